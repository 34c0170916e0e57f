use cryoet_core::{Position, Score};
use proptest::prelude::*;

use super::*;
use crate::Overlap;
use crate::coverage::shared_volume;

fn at(class: u8, z: f64, y: f64, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(z, y, x).unwrap())
}

fn radii() -> BTreeMap<ClassLabel, f64> {
    [(1, 3.0), (2, 4.5), (3, 0.2)].map(|(class, radius)| (ClassLabel::new(class), radius)).into()
}

/// Whether half of a voxel lies inside the particle's ball.
fn covers(voxel: &Position, particle: &Particle) -> bool {
    let radius = radii()[&particle.class];
    let [from, to] = [&particle.position, voxel].map(Position::zyx);
    let near = voxel.distance(&particle.position) <= radius;
    near && shared_volume(radius, std::array::from_fn(|axis| to[axis] - from[axis])) >= 0.5
}

/// Every voxel asked on its own, straight from the definition.
fn by_definition(shape: [usize; 3], particles: &[Particle], overlap: Overlap) -> Array3<u8> {
    Array3::from_shape_fn(shape, |(z, y, x)| {
        let voxel = Position::from_index([z, y, x]);
        let mut covering = particles.iter().enumerate().filter(|(_, p)| covers(&voxel, p));
        let owner = match overlap {
            Overlap::Last => covering.next_back(),
            Overlap::First => covering.next(),
            Overlap::Nearest => covering.min_by(|a, b| {
                let [a2, b2] = [a, b].map(|p| voxel.distance_squared(&p.1.position));
                a2.total_cmp(&b2).then(b.0.cmp(&a.0))
            }),
            Overlap::Largest => covering.max_by(|a, b| radii()[&a.1.class].total_cmp(&radii()[&b.1.class])),
        };
        owner.map_or(0, |(_, particle)| particle.class.get())
    })
}

proptest! {
    #[test]
    fn agrees_with_the_definition(
        // Quarters of voxels make distances exact, so that rounding cannot decide which centre is nearest.
        centres in proptest::collection::vec((1u8..4, -12i32..90, -12i32..90, -12i32..90), 0..12),
        overlap in prop_oneof![Just(Overlap::Last), Just(Overlap::First), Just(Overlap::Nearest), Just(Overlap::Largest)],
    ) {
        let particles: Vec<_> = centres.iter().map(|&(class, z, y, x)| at(class, z as f64 / 4.0, y as f64 / 4.0, x as f64 / 4.0)).collect();
        let shape = [20, 18, 19];
        let params = TargetParams { overlap, ..Default::default() };
        let targets = sphere_targets(shape, &particles, &radii(), &params).unwrap();
        prop_assert_eq!(&targets.labels, &by_definition(shape, &particles, overlap));
        for (index, particle) in particles.iter().enumerate() {
            let alone = by_definition(shape, std::slice::from_ref(particle), overlap);
            prop_assert_eq!(targets.skipped.contains(&index), alone.iter().all(|&label| label == 0));
        }
    }
}

#[test]
fn whole_spheres_are_symmetric_about_their_centre() {
    let labels = sphere_targets([13, 13, 13], &[at(2, 6.0, 6.0, 6.0)], &radii(), &TargetParams::default()).unwrap().labels;
    let mut turned = labels.clone();
    turned.invert_axis(cryoet_core::ndarray::Axis(0));
    turned.invert_axis(cryoet_core::ndarray::Axis(2));
    assert_eq!(labels, turned);
    let volume = labels.iter().filter(|&&label| label == 2).count() as f64;
    let ball = 4.0 / 3.0 * std::f64::consts::PI * 4.5f64.powi(3);
    assert!((volume / ball - 1.0).abs() < 0.02, "{volume} voxels for a ball of {ball:.1}");
}

/// The documented difference to the rule by voxel centres; the volume by centres is the ball's on average.
#[test]
fn balls_have_few_voxels_less_than_by_their_centres() {
    for radius in [1.5, 2.0, 3.0, 4.5, 6.0, 8.0, 10.0, 12.0] {
        let side = 2 * radius as usize + 5;
        let middle = (side / 2) as f64;
        let (mut voxels, mut by_centre) = (0, 0);
        for step in 0..32 {
            let shift = |factor: f64| middle + (f64::from(step) * factor).fract() - 0.5;
            let place = Position::new(shift(0.618), shift(0.755), shift(0.57)).unwrap();
            let sizes = BTreeMap::from([(ClassLabel::new(1), radius)]);
            let particle = Particle::new(ClassLabel::new(1), place);
            let labels = sphere_targets([side; 3], &[particle], &sizes, &TargetParams::default()).unwrap().labels;
            voxels += labels.iter().filter(|&&label| label == 1).count();
            by_centre +=
                labels.indexed_iter().filter(|((z, y, x), _)| Position::from_index([*z, *y, *x]).distance(&place) <= radius).count();
        }
        let ball = 4.0 / 3.0 * std::f64::consts::PI * f64::powi(radius, 3);
        let [ours, by_centre] = [voxels, by_centre].map(|n| n as f64 / 32.0);
        println!("radius {radius}: {ours:.1} voxels, {by_centre:.1} by their centres, of a ball of {ball:.1}");
        let fewer = (by_centre - ours) / radius;
        assert!((1.0..1.6).contains(&fewer), "radius {radius}: {ours} voxels, {by_centre} by their centres");
    }
}

#[test]
fn uncertain_particles_lie_beneath_certain_ones_under_every_policy() {
    let doubted = at(2, 8.0, 8.0, 8.0).with_score(Score::new(0.1).unwrap());
    let sure = at(1, 8.0, 8.0, 8.0).with_score(Score::new(0.9).unwrap());
    for overlap in [Overlap::Last, Overlap::First, Overlap::Nearest, Overlap::Largest] {
        for particles in [[doubted.clone(), sure.clone()], [sure.clone(), doubted.clone()]] {
            let params = TargetParams { overlap, uncertain_below: Some(Score::new(0.5).unwrap()), ..Default::default() };
            let labels = sphere_targets([17, 17, 17], &particles, &radii(), &params).unwrap().labels;
            assert_eq!((labels[[8, 8, 8]], labels[[8, 8, 10]], labels[[8, 8, 11]]), (1, 1, 255), "{overlap:?}");
        }
    }
    let params = TargetParams { uncertain_classes: [ClassLabel::new(2)].into(), ..Default::default() };
    let labels = sphere_targets([17, 17, 17], &[at(2, 8.0, 8.0, 8.0)], &radii(), &params).unwrap().labels;
    assert_eq!(labels[[8, 8, 8]], 255);
}

#[test]
fn a_margin_grows_uncertain_balls_alone() {
    let params = |uncertain_margin| TargetParams { uncertain_margin, uncertain_classes: [ClassLabel::new(2)].into(), ..Default::default() };
    let particles = [at(1, 8.0, 8.0, 8.0), at(2, 8.0, 8.0, 24.0)];
    let labels = sphere_targets([17, 17, 40], &particles, &radii(), &params(2.0)).unwrap().labels;
    assert_eq!((labels[[8, 8, 10]], labels[[8, 8, 11]]), (1, 0));
    assert_eq!((labels[[8, 8, 30]], labels[[8, 8, 31]], labels[[8, 8, 18]]), (255, 0, 255)); // 4.5 + 2 voxels
    for margin in [-1.0, 100.5, f64::NAN, f64::INFINITY] {
        assert!(matches!(sphere_targets([8, 8, 8], &[], &radii(), &params(margin)), Err(TargetError::Margin { .. })));
    }
}

#[test]
fn defined_answers_for_odd_input() {
    let params = TargetParams::default();
    let far = [at(1, -100.0, 0.0, 0.0), at(1, 1e300, 0.0, 0.0), at(2, 3.0, 3.0, 3.0)];
    assert_eq!(sphere_targets([8, 8, 8], &far, &radii(), &params).unwrap().skipped, [0, 1]);
    let empty = sphere_targets([0, 8, 8], &far, &radii(), &params).unwrap();
    assert_eq!((empty.labels.len(), empty.skipped), (0, vec![0, 1, 2]));
    assert!(sphere_targets([4, 4, 4], &[], &radii(), &params).unwrap().labels.iter().all(|&label| label == 0));
}

#[test]
fn refuses_what_has_no_meaning() {
    let params = TargetParams::default();
    let with = |class: u8, radius: f64| BTreeMap::from([(ClassLabel::new(class), radius)]);
    let unknown = sphere_targets([8, 8, 8], &[at(1, 0.0, 0.0, 0.0), at(7, 0.0, 0.0, 0.0)], &radii(), &params).unwrap_err();
    assert_eq!(unknown.to_string(), "particle 1 is of class 7, which has no radius; classes with one: [1, 2, 3]");
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(sphere_targets([8, 8, 8], &[], &with(1, radius), &params), Err(TargetError::Radius { .. })));
    }
    for class in [0, 255] {
        assert!(matches!(sphere_targets([8, 8, 8], &[], &with(class, 2.0), &params), Err(TargetError::ReservedLabel { .. })));
    }
    assert!(matches!(sphere_targets([usize::MAX, 2, 2], &[], &radii(), &params), Err(TargetError::TooLarge { .. })));
}

#[test]
fn sinks_and_drawn_volumes_equal_targets() {
    let particles: Vec<_> = (0..40).map(|i| at(1 + i % 2, f64::from(i) * 4.9, 7.3, f64::from(i % 5) * 3.1)).collect();
    for overlap in [Overlap::Last, Overlap::First, Overlap::Nearest, Overlap::Largest] {
        let params = TargetParams { overlap, ..Default::default() };
        let shape = [171, 14, 15];
        let targets = sphere_targets(shape, &particles, &radii(), &params).unwrap();
        let mut sink = cryoet_core::Volume::new(Array3::<u8>::zeros(shape));
        assert_eq!(write_spheres(&mut sink, &particles, &radii(), &params, &()).unwrap(), targets.skipped);
        assert_eq!(sink.data(), &targets.labels);
        let mut drawn = Array3::from_elem((171, 14, 15), 9u8).reversed_axes().as_standard_layout().to_owned().reversed_axes();
        assert!(!drawn.is_standard_layout());
        draw_spheres(&mut drawn, &particles, &radii(), &params).unwrap();
        assert_eq!(drawn, targets.labels.mapv(|label| if label == 0 { 9 } else { label }));
        let base = cryoet_core::Volume::new(Array3::from_elem(shape, 9u8));
        assert_eq!(write_spheres_over(&base, &mut sink, &particles, &radii(), &params, &()).unwrap(), targets.skipped);
        assert_eq!(sink.data(), &drawn);
        erase_spheres(&mut drawn, &particles, &radii()).unwrap();
        assert_eq!(drawn, targets.labels.mapv(|label| if label == 0 { 9 } else { 0 }));
    }
}

#[test]
fn a_base_of_another_shape_is_refused() {
    let base = cryoet_core::Volume::new(Array3::<u8>::zeros((4, 4, 5)));
    let mut sink = cryoet_core::Volume::new(Array3::<u8>::zeros((4, 4, 4)));
    let error = write_spheres_over(&base, &mut sink, &[], &radii(), &TargetParams::default(), &()).unwrap_err();
    assert_eq!(error.to_string(), "labels of shape [4, 4, 5] (z, y, x) to be kept underneath, but [4, 4, 4] are to be written");
}

#[test]
fn writing_can_be_cancelled() {
    let mut sink = cryoet_core::Volume::new(Array3::<u8>::zeros((200, 4, 4)));
    let stop = |done: u64, _: u64| if done >= 128 { Err(cryoet_core::Cancelled) } else { Ok(()) };
    let error = write_spheres(&mut sink, &[], &radii(), &TargetParams::default(), &stop).unwrap_err();
    assert!(matches!(error, TargetError::Cancelled(_)));
}
