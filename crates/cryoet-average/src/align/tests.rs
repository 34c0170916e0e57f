use super::*;
use crate::average::Map;
use crate::phantom::{density, draw, random_orientation, without_wedge};
use cryoet_core::RotationGrid;
use cryoet_core::Symmetry;
use cryoet_core::ndarray::Array3;
use cryoet_core::soft_sphere;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: usize = 24;

fn map() -> Map {
    Map { size: SIZE, voxels: density(SIZE).data().iter().map(|&v| f64::from(v)).collect(), measured: Vec::new() }
}

fn band(length: f64) -> f64 {
    if length <= 8.0 { 1.0 } else { 0.0 }
}

/// The particle in a box with a missing wedge.
fn posed(orientation: &Orientation, shift: [f64; 3]) -> Vec<f32> {
    let mut voxels = Array3::zeros([SIZE; 3]);
    draw(&mut voxels, shift.map(|s| s + (SIZE / 2) as f64), orientation);
    without_wedge(&voxels).into_iter().collect()
}

#[test]
fn recovers_a_known_turn_and_shift_from_any_start() {
    let reference = Reference::new(&map(), &soft_sphere(SIZE, 8.5, 2.0).into_raw_vec_and_offset().0);
    let wedge = Some(Wedge::new(-60.0, 60.0));
    let fine = Aligner::new(&reference, wedge, band);
    let coarse = Aligner::new(&reference, wedge, |length| if length <= 4.0 { 1.0 } else { 0.0 });
    let grid = RotationGrid::covering(20.0, Symmetry::default()).unwrap();
    let (fourier, mut work) = (CubeFourier::new(SIZE), AlignWork::default());
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let reach = Reach { steps: &[10.0, 5.0, 2.5, 1.25], shift: 4.0, moved: [0.0; 3] };
    for _ in 0..6 {
        let truth = random_orientation(&mut random);
        let shift: [f64; 3] = std::array::from_fn(|_| random.random_range(-2.0..2.0));
        let voxels = posed(&truth, shift);
        let image = coarse.image(&voxels, [0.0; 3], &fourier);
        let starts = coarse.best_of(&image, grid.orientations(), (3, 30.0), &reach, &mut work);
        assert!(starts[0].score >= starts[1].score && starts[0].orientation.angle_to(&starts[1].orientation) >= 30.0);
        let image = fine.image(&voxels, [0.0; 3], &fourier);
        let refined: Vec<Pose> = starts.iter().map(|&start| fine.refine(&image, start, true, &reach, &mut work).unwrap()).collect();
        let best = refined.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
        let angle = best.orientation.angle_to(&truth);
        let distance = best.shift.iter().zip(shift).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        println!("{angle:.3} degrees, {distance:.3} voxels, score {:.4}", best.score);
        assert!(angle < 0.6 && distance < 0.05 && best.score > 0.93, "{angle} {distance} {}", best.score);
        // No pose beats the true one.
        let true_start = Pose { orientation: truth, shift, score: -1.0 };
        let at_truth = fine.compare(&image, truth, &fine.around(shift, 0.125, &reach), &mut work).score;
        assert!(best.score >= at_truth - 1e-4);
        assert!(fine.refine(&image, true_start, true, &reach, &mut work).unwrap().orientation.angle_to(&truth) < 0.6);
    }
}

#[test]
fn the_wedges_of_both_sides_count() {
    // The reference itself comes from one tomogram: it lacks a wedge, and so does the particle, another one.
    let turn = Orientation::from_relion(30.0, 80.0, 20.0).unwrap();
    let voxels = posed(&turn, [0.0; 3]);
    let lacking = without_wedge(density(SIZE).data());
    let wedge = Wedge::new(-60.0, 60.0);
    let measured = CubeFourier::frequencies(SIZE).map(|frequency| wedge.weight(frequency) > 0.5).collect();
    let map = |measured| Map { size: SIZE, voxels: lacking.iter().map(|&v| f64::from(v)).collect(), measured };
    let mask = soft_sphere(SIZE, 8.5, 2.0).into_raw_vec_and_offset().0;
    let (informed, blind) = (Reference::new(&map(measured), &mask), Reference::new(&map(Vec::new()), &mask));
    let (fourier, mut work) = (CubeFourier::new(SIZE), AlignWork::default());
    let mut score = |reference: &Reference, wedge: Option<Wedge>| {
        let aligner = Aligner::new(reference, wedge, band);
        let image = aligner.image(&voxels, [0.0; 3], &fourier);
        let reach = Reach { steps: &[1.0], shift: 2.0, moved: [0.0; 3] };
        aligner.compare(&image, turn, &aligner.around([0.0; 3], 0.125, &reach), &mut work).score
    };
    let both = score(&informed, Some(wedge));
    let (of_particle, of_reference, none) = (score(&blind, Some(wedge)), score(&informed, None), score(&blind, None));
    println!("both {both}, the particle's {of_particle}, the reference's {of_reference}, none {none}");
    assert!(both > 0.9 && both > of_particle + 0.05 && both > of_reference + 0.05 && of_particle > none && of_reference > none);
}

#[test]
fn shifts_stay_within_reach_of_home() {
    let reference = Reference::new(&map(), &soft_sphere(SIZE, 8.5, 2.0).into_raw_vec_and_offset().0);
    let aligner = Aligner::new(&reference, None, band);
    let (fourier, mut work) = (CubeFourier::new(SIZE), AlignWork::default());
    let image = aligner.image(&posed(&Orientation::identity(), [0.0, 3.0, 0.0]), [0.0; 3], &fourier);
    let start = Pose { orientation: Orientation::identity(), shift: [0.0; 3], score: -1.0 };
    let mut shift_of = |moved: [f64; 3]| {
        let reach = Reach { steps: &[2.0], shift: 2.0, moved };
        aligner.refine(&image, start, false, &reach, &mut work).unwrap().shift
    };
    let free = shift_of([0.0, -2.0, 0.0]);
    assert!((free[1] - 3.0).abs() < 0.1, "{free:?}");
    let held = shift_of([0.0; 3]);
    let norm = held.iter().map(|s| s * s).sum::<f64>().sqrt();
    assert!(norm <= 2.0 + 1e-9, "{held:?}");
    assert!(held[1] > 1.0 && held[1] <= 2.0 + 1e-9, "{held:?}");
    let reach = Reach { steps: &[8.0, 4.0, 2.0, 1.0], shift: 0.0, moved: [0.0; 3] };
    assert_eq!(aligner.refine(&image, start, false, &reach, &mut work).unwrap().shift, [0.0; 3]);
}
