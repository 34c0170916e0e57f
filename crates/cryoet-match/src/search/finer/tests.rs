use super::*;
use crate::{MatchParams, PeakParams, Template, TemplateMask, Wedge, find_peaks};
use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Volume};

const BLOBS: [([f64; 3], f64); 4] = [([0.0, 0.0, 0.0], 1.0), ([0.0, 0.0, 3.5], 1.0), ([0.0, 3.0, -2.0], 0.8), ([3.0, -1.0, -2.0], 0.9)];

fn draw(volume: &mut Array3<f32>, at: [f64; 3], orientation: &Orientation) {
    for ((z, y, x), value) in volume.indexed_iter_mut() {
        for (offset, weight) in BLOBS {
            let turned = orientation.rotate_zyx(offset);
            let square: f64 = [z, y, x].iter().enumerate().map(|(i, &k)| (k as f64 - at[i] - turned[i]).powi(2)).sum();
            *value += (weight * (-square / 2.5).exp()) as f32;
        }
    }
}

struct Scene {
    tomogram: Volume<f32>,
    template: Template,
    truth: Vec<([f64; 3], Orientation)>,
}

fn scene() -> Scene {
    let mut density = Array3::zeros((14, 14, 14));
    draw(&mut density, [7.0; 3], &Orientation::identity());
    let mut voxels = Array3::from_shape_fn((20, 20, 60), |(z, y, x)| ((z * 7 + y * 13 + x * 29) % 23) as f32 * 0.004);
    let truth: Vec<([f64; 3], Orientation)> = (0..3)
        .map(|i| ([10.0, 10.0, 10.0 + 20.0 * i as f64], Orientation::from_zxz(61.0 * i as f64, 100.0, 25.0 + 50.0 * i as f64).unwrap()))
        .collect();
    truth.iter().for_each(|(at, orientation)| draw(&mut voxels, *at, orientation));
    let template = Template::new(Volume::new(density), TemplateMask::Sphere { radius: 5.5, edge: 1.0 }).unwrap();
    Scene { tomogram: Volume::new(voxels), template, truth }
}

#[test]
fn coarse_to_fine_is_the_fine_search_at_the_particles() {
    let scene = scene();
    let (coarse, fine) =
        (RotationGrid::covering(40.0, Symmetry::default()).unwrap(), RotationGrid::covering(16.0, Symmetry::default()).unwrap());
    let params = MatchParams { wedge: Some(Wedge::new(-60.0, 60.0)), ..MatchParams::default() };
    let search = Search::new(&scene.tomogram, &scene.template, &coarse, params).unwrap();
    let peaks = PeakParams { most: Some(3), ..PeakParams::new(8.0) };
    let found = find_peaks(&search.run(&()).unwrap(), &coarse, ClassLabel::new(1), &peaks).unwrap();
    let finer = search.finer(&found, &fine, &FineParams { audit_every: 1, ..FineParams::after(40.0) }, &()).unwrap();
    assert_eq!((finer.audit.checked, finer.audit.differed), (3, 0), "{:?}", finer.audit);
    let all = Search::new(&scene.tomogram, &scene.template, &fine, params).unwrap().run(&()).unwrap();
    for particle in &finer.particles {
        let voxel = particle.position.voxel(scene.tomogram.shape()).unwrap();
        assert!((f64::from(all.scores.data()[voxel]) - particle.score.unwrap().get()).abs() < 1e-5);
        assert_eq!(fine.get(all.rotations[voxel]), particle.orientation.as_ref());
        let error = |(at, orientation): &([f64; 3], Orientation)| {
            (particle.position.distance(&Position::new(at[0], at[1], at[2]).unwrap()), particle.orientation.unwrap().angle_to(orientation))
        };
        let (distance, angle) = scene.truth.iter().map(error).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        assert!(distance < 0.1 && angle < 0.85 * 16.0, "{distance} voxels, {angle} degrees");
    }
    // Too narrow a range misses what the audit then finds.
    let turned: Vec<Particle> = found
        .iter()
        .map(|p| p.clone().with_orientation(Orientation::from_zxz(90.0, 0.0, 90.0).unwrap().then(&p.orientation.unwrap())))
        .collect();
    let narrow = search.finer(&turned, &fine, &FineParams { audit_every: 2, ..FineParams::after(20.0) }, &()).unwrap();
    assert_eq!((narrow.audit.checked, narrow.audit.differed), (2, 2));
    assert!(narrow.audit.mean_gain > 0.05);
}

#[test]
fn refuses_particles_that_cannot_be_refined() {
    let scene = scene();
    let grid = RotationGrid::covering(40.0, Symmetry::default()).unwrap();
    let search = Search::new(&scene.tomogram, &scene.template, &grid, MatchParams::default()).unwrap();
    let run = |particle: Particle, within: f64| search.finer(&[particle], &grid, &FineParams::after(within), &()).unwrap_err();
    let at = |z: f64| Particle::new(ClassLabel::new(1), Position::new(z, 10.0, 10.0).unwrap());
    assert!(matches!(run(at(10.0), 40.0), MatchError::NoOrientation { place: 0 }));
    assert!(matches!(run(at(30.0).with_orientation(Orientation::identity()), 40.0), MatchError::Outside { .. }));
    assert!(matches!(run(at(10.0).with_orientation(Orientation::identity()), 0.0), MatchError::NothingNear { .. }));
}
