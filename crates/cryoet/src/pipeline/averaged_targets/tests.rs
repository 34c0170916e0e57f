use super::*;
use cryoet_core::{Orientation, Position, Wedge};

/// A bent rod, by blobs z, y, x from its reference point, dark on a grey ground.
const BLOBS: [[f64; 3]; 5] = [[0.0, 0.0, -4.5], [0.0, 0.0, -1.5], [0.0, 0.0, 1.5], [0.0, 2.0, 4.0], [2.5, 3.0, 5.5]];

fn density_at(place: [f64; 3], at: [f64; 3], orientation: &Orientation) -> f64 {
    let blob = |offset: [f64; 3]| {
        let turned = orientation.rotate_zyx(offset);
        let square: f64 = (0..3).map(|i| (place[i] - at[i] - turned[i]).powi(2)).sum();
        (-square / (2.0 * 1.5 * 1.5)).exp()
    };
    BLOBS.iter().map(|&offset| blob(offset)).sum()
}

struct Scene {
    tomogram: Volume<f32>,
    truth: Vec<Particle>,
    inside: Array3<bool>,
}

fn scene() -> Scene {
    let mut truth = Vec::new();
    for i in 0..8_usize {
        let [z, y, x] = [i / 4, i / 2 % 2, i % 2].map(|cell| 12.0 + 24.0 * cell as f64 + 0.06 * i as f64);
        let orientation = Orientation::from_zxz(47.0 * i as f64, 101.0 * i as f64, 29.0 * i as f64).unwrap();
        truth.push(Particle::new(ClassLabel::new(3), Position::new(z, y, x).unwrap()).with_orientation(orientation));
    }
    let density = Array3::from_shape_fn((48, 48, 48), |(z, y, x)| {
        let place = [z, y, x].map(|i| i as f64);
        truth.iter().map(|p| density_at(place, p.position.zyx(), &p.orientation.unwrap())).sum::<f64>()
    });
    let mut state = 7_u64;
    let noise = |v: f64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (5.0 - v) as f32 + 0.2 * ((state >> 40) as f32 / (1 << 24) as f32 - 0.5)
    };
    let mut noise = noise;
    Scene { tomogram: Volume::new(density.mapv(&mut noise)), inside: density.mapv(|v| v > 0.5), truth }
}

fn params() -> AveragedClass {
    let refine = RefineParams { iterations: 2, radius: 8.5, edge: 2.0, low_pass: 0.25, ..RefineParams::new(22) };
    AveragedClass { refine, ..AveragedClass::new(22) }
}

#[test]
fn positions_become_the_particles_shapes() {
    let scene = scene();
    // As annotated: a voxel off, and some degrees.
    let annotated: Vec<Particle> = scene
        .truth
        .iter()
        .enumerate()
        .map(|(i, particle)| {
            let [z, y, x] = particle.position.zyx();
            let off = Orientation::from_zxz(6.0, -6.0, if i % 2 == 0 { 8.0 } else { 3.0 }).unwrap();
            let position = Position::new(z + 0.8, y - 0.7, x + if i % 3 == 0 { 0.9 } else { -0.6 }).unwrap();
            Particle { position, orientation: Some(off.then(&particle.orientation.unwrap())), ..particle.clone() }
        })
        .collect();
    let sets = [TomogramParticles::new(&scene.tomogram, &annotated).with_wedge(Wedge::new(-90.0, 90.0))];
    let classes = [(ClassLabel::new(3), params())].into();
    let made = averaged_targets(&sets, &classes, &TargetParams::default(), &()).unwrap();
    let labels = &made.targets[0].labels;
    let both = labels.iter().zip(&scene.inside).filter(|&(&label, &inside)| label == 3 && inside).count() as f64;
    let either = labels.iter().filter(|&&label| label == 3).count() + scene.inside.iter().filter(|&&inside| inside).count();
    let dice = 2.0 * both / either as f64;
    println!("dice {dice:.3}, crossings {:?}", made.classes[&ClassLabel::new(3)].refinement.crossings);
    assert!(dice > 0.8, "{dice}");
    assert!(labels.iter().all(|&label| label == 0 || label == 3));
    assert_eq!(made.particles[0].len(), 8);
}

#[test]
fn classes_need_both_particles_and_parameters() {
    let scene = scene();
    let sets = [TomogramParticles::new(&scene.tomogram, &scene.truth)];
    let run = |classes: BTreeMap<ClassLabel, AveragedClass>| averaged_targets(&sets, &classes, &TargetParams::default(), &()).unwrap_err();
    assert!(matches!(run(BTreeMap::new()), AveragedTargetsError::Class { found: "particles only", .. }));
    let both = [(ClassLabel::new(3), params()), (ClassLabel::new(4), params())].into();
    assert!(matches!(run(both), AveragedTargetsError::Class { found: "parameters only", .. }));
    let tiny = [(ClassLabel::new(3), AveragedClass::new(2))].into();
    assert!(matches!(run(tiny), AveragedTargetsError::Average { .. }));
}

#[test]
fn an_average_of_another_box_has_no_mask() {
    let average = Volume::new(Array3::from_elem((12, 12, 12), -1.0_f32));
    let misfits = |params: AveragedClass| {
        let error = averaged_mask(&average, ClassLabel::new(1), &params).unwrap_err();
        assert!(matches!(error, AveragedTargetsError::Average { source: AverageError::Shape { what: "average", .. }, .. }), "{error:?}");
    };
    misfits(AveragedClass::new(14));
    let refine = RefineParams { mask: Some(Array3::from_elem((12, 12, 10), 1.0)), ..RefineParams::new(12) };
    misfits(AveragedClass { refine, ..AveragedClass::new(12) });
}
