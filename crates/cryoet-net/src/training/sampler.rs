use cryoet_core::ClassLabel;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::data::PreparedTomogram;
use super::params::TrainParams;
use crate::turn::Turn;

/// Attempts at a voxel that is not ignored before any voxel serves.
const DRAWS: usize = 100;

/// Where a patch is cut and how it is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatchPlan {
    pub(super) tomogram: usize,
    /// First voxel, z, y, x.
    pub(super) start: [usize; 3],
    /// Extent, z, y, x: the patch size, less where the tomogram is thinner.
    pub(super) size: [usize; 3],
    pub(super) turn: Turn,
}

/// Draws patches: every class equally likely, then every voxel of the class, then a shift; some anywhere.
#[derive(Debug)]
pub(super) struct Sampler {
    size: [usize; 3],
    /// Per class that occurs: the tomograms that have it, with the running count of its voxels.
    classes: Vec<Vec<(usize, u64)>>,
    channels: Vec<usize>,
}

impl Sampler {
    /// `None` when no class has a voxel.
    pub(super) fn new(tomograms: &[PreparedTomogram], patch: usize, granularity: usize) -> Option<Self> {
        let least: [usize; 3] =
            std::array::from_fn(|axis| tomograms.iter().map(|t| t.channels.shape()[axis]).min().unwrap_or(0) / granularity * granularity);
        let (mut classes, mut channels) = (Vec::new(), Vec::new());
        for channel in 0..tomograms.first()?.voxels.len() {
            let mut running = 0;
            let mut holders = Vec::new();
            for (index, tomogram) in tomograms.iter().enumerate() {
                if !tomogram.voxels[channel].is_empty() {
                    running += tomogram.voxels[channel].len() as u64;
                    holders.push((index, running));
                }
            }
            if !holders.is_empty() {
                classes.push(holders);
                channels.push(channel);
            }
        }
        (!classes.is_empty()).then(|| Self { size: least.map(|n| n.min(patch)), classes, channels })
    }

    /// The extent of every patch, z, y, x.
    pub(super) fn size(&self) -> [usize; 3] {
        self.size
    }

    /// The patches of a step; they depend on seed and step alone, so that a resumed run draws the same.
    pub(super) fn draw(&self, tomograms: &[PreparedTomogram], params: &TrainParams, step: u64) -> Vec<PatchPlan> {
        let mut rng = ChaCha8Rng::seed_from_u64(params.seed);
        rng.set_stream(step.wrapping_add(1));
        (0..params.batch).map(|_| self.draw_one(tomograms, params, &mut rng)).collect()
    }

    fn draw_one(&self, tomograms: &[PreparedTomogram], params: &TrainParams, rng: &mut ChaCha8Rng) -> PatchPlan {
        let (tomogram, centre) =
            if rng.random::<f64>() < params.background { draw_anywhere(tomograms, rng) } else { self.draw_voxel(tomograms, rng) };
        let shift = i64::try_from(params.shift).unwrap_or(i64::MAX).min(i64::MAX / 4);
        let start = std::array::from_fn(|axis| {
            let moved = centre[axis] + rng.random_range(-shift..=shift);
            let last = tomograms[tomogram].channels.shape()[axis] - self.size[axis];
            (moved - self.size[axis] as i64 / 2).clamp(0, last as i64) as usize
        });
        let turns = Turn::choices(params.turns);
        PatchPlan { tomogram, start, size: self.size, turn: turns[rng.random_range(0..turns.len())] }
    }

    fn draw_voxel(&self, tomograms: &[PreparedTomogram], rng: &mut ChaCha8Rng) -> (usize, [i64; 3]) {
        let class = rng.random_range(0..self.classes.len());
        let holders = &self.classes[class];
        let total = holders.last().map_or(1, |(_, running)| *running);
        let pick = rng.random_range(0..total);
        let holder = holders.partition_point(|(_, running)| *running <= pick);
        let before = if holder == 0 { 0 } else { holders[holder - 1].1 };
        let tomogram = holders[holder].0;
        let linear = tomograms[tomogram].voxels[self.channels[class]][(pick - before) as usize];
        let shape = tomograms[tomogram].channels.shape();
        let (plane, row) = ((shape[1] * shape[2]) as u64, shape[2] as u64);
        (tomogram, [(linear / plane) as i64, (linear % plane / row) as i64, (linear % row) as i64])
    }
}

/// A voxel that is not ignored, where a few draws find one: patches of ignored voxels teach nothing.
fn draw_anywhere(tomograms: &[PreparedTomogram], rng: &mut ChaCha8Rng) -> (usize, [i64; 3]) {
    let tomogram = rng.random_range(0..tomograms.len());
    let channels = &tomograms[tomogram].channels;
    let mut voxel = [0; 3];
    for _ in 0..DRAWS {
        voxel = std::array::from_fn(|axis| rng.random_range(0..channels.shape()[axis]));
        if channels[voxel] != ClassLabel::IGNORE.get() {
            break;
        }
    }
    (tomogram, voxel.map(|i| i as i64))
}

#[cfg(test)]
mod tests;
