use super::*;
use crate::average::AverageParams;
use crate::phantom::{Phantom, density};
use crate::random_particles;
use cryoet_core::ndarray::Array3;
use cryoet_core::{Cancelled, ClassLabel, VoxelSize};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

const SIZE: usize = 20;

fn params() -> RefineParams {
    RefineParams { radius: 7.0, edge: 2.0, iterations: 2, coarse_step: 20.0, low_pass: 0.25, ..RefineParams::new(SIZE) }
}

fn disturbed(truth: &[Particle], seed: u64) -> Vec<Particle> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let one = |particle: &Particle| {
        let [z, y, x] = particle.position.zyx().map(|c| c + random.random_range(-1.5..1.5));
        let angles: [f64; 3] = std::array::from_fn(|_| random.random_range(-6.0..6.0_f64));
        let turn = Orientation::from_zxz(angles[0], angles[2], angles[1]).unwrap().then(&particle.orientation.unwrap());
        Particle { position: Position::new(z, y, x).unwrap(), orientation: Some(turn), ..particle.clone() }
    };
    truth.iter().map(one).collect()
}

#[test]
fn poses_get_better_and_the_halves_agree() {
    let phantom = Phantom::new(3, 0.1, 2);
    let start = disturbed(&phantom.truth, 3);
    let refined = refine(&phantom.with(&start), Some(&density(SIZE)), &params(), &()).unwrap();
    let (before, after) = (phantom.errors(&start), phantom.errors(&refined.particles[0]));
    println!("errors in degrees and voxels: {before:?} before, {after:?} after; crossings {:?}", refined.crossings);
    assert!(before.0 > 4.0 && before.1 > 1.0, "{before:?}");
    assert!(after.0 < 2.0 && after.1 < 0.2, "{after:?}");
    assert!(refined.fsc.crossing(GOLD_STANDARD) > 0.2, "{:?}", refined.fsc);
}

#[test]
fn orientations_are_found_from_none() {
    let phantom = Phantom::new(2, 0.1, 6);
    let unknown: Vec<Particle> = phantom.truth.iter().map(|p| Particle { orientation: None, ..p.clone() }).collect();
    let refined = refine(&phantom.with(&unknown), Some(&density(SIZE)), &params(), &()).unwrap();
    let after = phantom.errors(&refined.particles[0]);
    println!("{after:?}");
    assert!(after.0 < 3.0 && after.1 < 0.3, "{after:?}");
}

#[test]
fn starts_without_a_reference() {
    let phantom = Phantom::new(2, 0.2, 7);
    let start = disturbed(&phantom.truth, 8);
    let refined = refine(&phantom.with(&start), None, &params(), &()).unwrap();
    let poses = &refined.particles[0];
    // Any common turn is as good: compare particles with each other.
    let relative = |list: &[Particle], i: usize| list[0].orientation.unwrap().inverse().then(&list[i].orientation.unwrap());
    let mean = (1..8).map(|i| relative(poses, i).angle_to(&relative(&phantom.truth, i))).sum::<f64>() / 7.0;
    println!("{mean}");
    assert!(mean < 6.0, "{mean}");
    assert!(refined.fsc.crossing(GOLD_STANDARD) > 0.15, "{:?}", refined.fsc);
}

#[test]
fn noise_does_not_become_the_reference() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let tomogram = Volume::new(Array3::from_shape_simple_fn([60; 3], || random.sample::<f32, _>(StandardNormal)));
    let particles = random_particles([60; 3], 16, SIZE, 1).unwrap();
    let params = RefineParams { iterations: 1, ..params() };
    let refined = refine(&[TomogramParticles::new(&tomogram, &particles)], Some(&density(SIZE)), &params, &()).unwrap();
    // The halves may agree where both saw the reference, up to the low-pass and its fall; not beyond.
    let beyond = refined.fsc.frequencies.iter().position(|&f| f > params.low_pass + 3.0 / SIZE as f64).unwrap();
    let mean = refined.fsc.values[beyond..].iter().sum::<f64>() / (refined.fsc.values.len() - beyond) as f64;
    assert!(mean.abs() < GOLD_STANDARD, "{:?}", refined.fsc);
}

#[test]
fn halves_never_mix() {
    // What the second half's particles show changes nothing in the first half but the band and the last average.
    let phantom = Phantom::new(2, 0.3, 10);
    let start = disturbed(&phantom.truth, 11);
    let mut other = start.clone();
    for i in (1..8).step_by(2) {
        other[i] = start[(i + 2) % 8].clone();
        other[i].orientation = Some(Orientation::from_zxz(40.0, 10.0, 30.0).unwrap());
    }
    let params = RefineParams { iterations: 1, ..params() };
    let [a, b] = [&start, &other].map(|list| refine(&phantom.with(list), None, &params, &()).unwrap());
    assert_eq!(a.halves[0], b.halves[0]);
    assert_ne!(a.halves[1], b.halves[1]);
    assert_ne!(a.average, b.average);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let phantom = Phantom::new(2, 0.3, 12);
    let start = disturbed(&phantom.truth, 13);
    let quick = RefineParams { iterations: 1, levels: 1, ..params() };
    let run = || refine(&phantom.with(&start), None, &quick, &()).unwrap();
    let [one, three] = [1, 3].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(run));
    assert_eq!(one, three);
}

#[test]
fn refuses_what_cannot_be_refined() {
    let phantom = Phantom::new(1, 0.1, 4);
    let four: Vec<Particle> = std::iter::repeat_n(phantom.truth[0].clone(), 4).collect();
    let run = |particles: &[Particle], params: &RefineParams| {
        refine(&phantom.with(particles), Some(&density(SIZE)), params, &()).map(|_| ()).unwrap_err()
    };
    assert!(matches!(run(&four[..3], &params()), AverageError::TooFew { count: 3, least: 4 }));
    let larger = RefineParams { average: AverageParams::new(SIZE + 2), ..params() };
    assert!(matches!(run(&four, &larger), AverageError::Shape { what: "reference", shape: [SIZE, SIZE, SIZE], size: 22 }));
    assert!(matches!(run(&four, &RefineParams { step: f64::NAN, ..params() }), AverageError::Parameter { .. }));
    let masked = |size, value| RefineParams { mask: Some(Array3::from_elem([size; 3], value)), ..params() };
    assert!(matches!(run(&four, &masked(SIZE - 1, 1.0)), AverageError::Shape { what: "mask", .. }));
    assert!(matches!(run(&four, &masked(SIZE, 2.0)), AverageError::MaskValue { index: [0, 0, 0], .. }));
    assert!(matches!(run(&four, &masked(SIZE, f32::NAN)), AverageError::MaskValue { .. }));
    assert!(matches!(run(&four, &masked(SIZE, 0.0)), AverageError::MaskEmpty));
    let mut far = four.clone();
    far[2].position = Position::new(500.0, 3.0, 3.0).unwrap();
    assert!(matches!(run(&far, &params()).cause(), AverageError::Outside { .. }));
    let finer = density(SIZE).with_voxel_size(VoxelSize::isotropic(8.0).unwrap());
    assert!(matches!(refine(&phantom.with(&four), Some(&finer), &params(), &()), Err(AverageError::VoxelSizes { .. })));
    let mut hole = density(SIZE);
    hole.data_mut()[[1, 2, 3]] = f32::INFINITY;
    assert!(matches!(refine(&phantom.with(&four), Some(&hole), &params(), &()), Err(AverageError::NonFinite { index: [1, 2, 3], .. })));
    let stop = |done: u64, _: u64| if done > 2 { Err(Cancelled) } else { Ok(()) };
    assert!(matches!(refine(&phantom.with(&four), Some(&density(SIZE)), &params(), &stop), Err(AverageError::Cancelled(_))));
    let none = [Particle::new(ClassLabel::new(1), Position::new(1.0, 1.0, 1.0).unwrap())];
    assert!(random_particles([60, 60, 10], 4, SIZE, 1).is_err() && refine(&phantom.with(&none), None, &params(), &()).is_err());
}
