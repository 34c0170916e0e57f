use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::{Cancelled, Progress};
use rayon::prelude::*;

use crate::ball_sum::BallSum;
use crate::bin_seeds::{bin, seed};
use crate::bit_lattice::BitLattice;
use crate::foreground::{Foreground, voxel};
use crate::modes::{Mode, climb, merge};
use crate::nearest::Nearest;
use crate::particles::Clusters;
use crate::weighted_sum::WeightedSum;

/// Where the climbs of a lattice start.
pub(crate) enum Seeds {
    /// At the bins of the bandwidth that hold a voxel.
    Binned,
    /// At every voxel.
    EveryVoxel,
    /// At places given.
    Given(Vec<[f64; 3]>),
}

/// Mean-shift of the foreground's voxels; `weighted` by their scores where there are any.
pub(crate) fn lattice_mean_shift(
    foreground: &Foreground,
    seeds: Seeds,
    bandwidth: f64,
    weighted: bool,
    progress: &dyn Progress,
) -> Result<Clusters, Cancelled> {
    let seeds = match seeds {
        Seeds::Binned => bin_seeds(foreground, bandwidth),
        Seeds::EveryVoxel => (0..foreground.len()).map(|i| foreground.voxel(i).map(|c| c as f64)).collect(),
        Seeds::Given(seeds) => seeds,
    };
    let climbs = if weighted && foreground.has_scores() {
        let ball = WeightedSum::new(foreground, bandwidth);
        climbs(&seeds, bandwidth, |centre| ball.mean(centre), progress)?
    } else {
        let lattice = BitLattice::new(foreground);
        let ball = BallSum::new(&lattice, bandwidth);
        climbs(&seeds, bandwidth, |centre| ball.mean(centre), progress)?
    };
    let centres: Vec<[f64; 3]> = merge(&climbs, bandwidth).iter().map(|m| m.mean).collect();
    let members = nearest_centres(foreground, &centres);
    Ok(Clusters { centres, members, scores: None })
}

/// Where the seeds come to rest, in their order; those with an empty window come to none.
fn climbs(
    seeds: &[[f64; 3]],
    bandwidth: f64,
    window: impl Fn([f64; 3]) -> Mode + Sync,
    progress: &dyn Progress,
) -> Result<Vec<Mode>, Cancelled> {
    let done = AtomicU64::new(0);
    let climbs: Vec<Option<Mode>> = seeds
        .par_iter()
        .map(|&seed| {
            let mode = climb(seed, bandwidth, &window);
            progress.report(done.fetch_add(1, Ordering::Relaxed) + 1, seeds.len() as u64)?;
            Ok(mode)
        })
        .collect::<Result<_, Cancelled>>()?;
    Ok(climbs.into_iter().flatten().collect())
}

/// What [`bin_seeds`](crate::bin_seeds::bin_seeds) gives for the voxels, without writing them out as points.
fn bin_seeds(foreground: &Foreground, bandwidth: f64) -> Vec<[f64; 3]> {
    let shape = foreground.shape();
    // Along each axis the bins that its voxels fall into, and for each voxel the place of its bin.
    let axes = shape.map(|n| {
        let mut bins: Vec<f64> = Vec::new();
        let places: Vec<u32> = (0..n)
            .map(|i| {
                let of_voxel = bin(i as f64, bandwidth);
                if bins.last() != Some(&of_voxel) {
                    bins.push(of_voxel);
                }
                bins.len() as u32 - 1
            })
            .collect();
        (bins, places)
    });
    let mut seen = HashSet::new();
    let mut bins = Vec::new();
    let mut last = None;
    for &index in foreground.indices() {
        let [z, y, x] = voxel(shape, index);
        let of_voxel = [axes[0].1[z], axes[1].1[y], axes[2].1[x]];
        if last != Some(of_voxel) && seen.insert(of_voxel) {
            bins.push(of_voxel);
        }
        last = Some(of_voxel);
    }
    if bins.len() == foreground.len() {
        return (0..foreground.len()).map(|i| foreground.voxel(i).map(|c| c as f64)).collect();
    }
    bins.into_iter().map(|b| std::array::from_fn(|axis| seed(axes[axis].0[b[axis] as usize], bandwidth))).collect()
}

/// The side of the blocks of voxels that share a list of centres that may be nearest.
const BLOCK: usize = 4;

/// For each voxel the index of its nearest centre; of equally near ones the first.
fn nearest_centres(foreground: &Foreground, centres: &[[f64; 3]]) -> Vec<u32> {
    let [_, ny, nx] = foreground.shape();
    let nearest = Nearest::new(centres);
    let mut members = vec![0_u32; foreground.len()];
    let mut slabs = Vec::new();
    let (mut rest, mut first) = (members.as_mut_slice(), 0);
    while !rest.is_empty() {
        let slab = foreground.voxel(first)[0] / BLOCK;
        let end = foreground.indices().partition_point(|&index| voxel(foreground.shape(), index)[0] / BLOCK <= slab);
        let (here, after) = rest.split_at_mut(end - first);
        slabs.push((slab, first, here));
        (rest, first) = (after, end);
    }
    // No voxel of a block is further than this from the block's middle.
    let half = (BLOCK - 1) as f64 / 2.0;
    let slack = 2.0 * half * 3.0_f64.sqrt();
    slabs.into_par_iter().for_each(|(slab, first, members)| {
        let across = nx.div_ceil(BLOCK);
        let mut candidates: Vec<Option<Vec<u32>>> = vec![None; across * ny.div_ceil(BLOCK)];
        for (i, member) in members.iter_mut().enumerate() {
            let [z, y, x] = foreground.voxel(first + i);
            let block = [slab, y / BLOCK, x / BLOCK];
            let near = candidates[block[1] * across + block[2]]
                .get_or_insert_with(|| nearest.within_of_nearest(block.map(|b| (b * BLOCK) as f64 + half), slack));
            *member = nearest.nearest_of(near, [z as f64, y as f64, x as f64]).unwrap_or(0);
        }
    });
    members
}

#[cfg(test)]
mod tests;
