use cryoet_core::ndarray::Array3;
use cryoet_core::{Class, ClassLabel, ClassTable, Volume};

use super::*;
use crate::Architecture;
use crate::smoothing::Smoothing;
use crate::training::TrainingTomogram;
use crate::training::data::prepare;

fn prepared(shapes: &[[usize; 3]]) -> Vec<PreparedTomogram> {
    let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "rare"), Class::new(ClassLabel::new(2), "common")]).unwrap();
    let tomograms = shapes.iter().map(|&shape| {
        let labels = Array3::from_shape_fn(shape, |(z, y, x)| match (z, y, x) {
            (1, 2, 3) => 1,
            (_, y, _) if y > 20 => 2,
            _ => 0,
        });
        let volume = Volume::new(Array3::from_shape_fn(shape, |(z, y, x)| (z * y * x) as f32));
        TrainingTomogram::new("t", volume, labels)
    });
    prepare(tomograms.collect(), &classes, &Smoothing::new(0.0), Architecture::DeepFinder { outputs: 2 }, &()).unwrap()
}

#[test]
fn classes_are_balanced_and_patches_lie_inside() {
    let tomograms = prepared(&[[30, 40, 50], [26, 44, 44]]);
    let params = TrainParams { batch: 2000, patch: 16, shift: 0, background: 0.0, ..TrainParams::default() };
    let sampler = Sampler::new(&tomograms, params.patch, 4).unwrap();
    let plans = sampler.draw(&tomograms, &params, 0);
    let mut rare = 0;
    for plan in &plans {
        let shape = tomograms[plan.tomogram].channels.shape();
        assert!((0..3).all(|axis| plan.start[axis] + plan.size[axis] <= shape[axis]));
        rare += usize::from(plan.start == [0, 0, 0]);
    }
    // The rare class's only voxel makes patches start at 0: half of the draws, 2 voxels against 47 thousand.
    assert!((900..1100).contains(&rare), "{rare} of 2000");
    for turn in Turn::ALL {
        assert!(plans.iter().filter(|plan| plan.turn == turn).count() > 400);
    }
}

#[test]
fn a_step_draws_the_same_whenever_it_is_asked() {
    let tomograms = prepared(&[[30, 40, 50]]);
    let params = TrainParams { patch: 16, ..TrainParams::default() };
    let sampler = Sampler::new(&tomograms, params.patch, 4).unwrap();
    assert_eq!(sampler.draw(&tomograms, &params, 7), sampler.draw(&tomograms, &params, 7));
    assert_ne!(sampler.draw(&tomograms, &params, 7), sampler.draw(&tomograms, &params, 8));
}

#[test]
fn patches_shrink_to_thin_tomograms() {
    let tomograms = prepared(&[[10, 40, 50], [30, 40, 50]]);
    let params = TrainParams { patch: 32, ..TrainParams::default() };
    let sampler = Sampler::new(&tomograms, params.patch, 4).unwrap();
    assert!(sampler.draw(&tomograms, &params, 0).iter().all(|plan| plan.size == [8, 32, 32]));
}
