use cryoet_core::ndarray::{Array3, ArrayView3, Axis};
use rayon::prelude::*;

/// The voxels of a score map that are larger than all their 26 neighbours, with their scores, in order of z, y, x.
///
/// `scores` is `[z, y, x]`. Neighbours of equal score are a plateau, of which the first voxel counts if no voxel around the plateau is larger.
/// NaN is never a maximum and hides nothing. A [`Histogram`](crate::Histogram) of the scores shows whether true peaks stand apart from noise.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_eval::{Histogram, local_maxima};
/// let mut scores = Array3::<f32>::zeros((5, 5, 5));
/// scores[[2, 2, 2]] = 0.9;
/// scores[[2, 2, 3]] = 0.4;
/// let peaks = local_maxima(scores.view(), 0.1);
/// assert_eq!(peaks, [([2, 2, 2], 0.9)]);
/// let histogram = Histogram::of(peaks.iter().map(|(_, score)| f64::from(*score)), 0.0, 0.1, 10);
/// assert_eq!(histogram.counts.iter().sum::<u64>(), 1);
/// ```
///
/// Scores below `least` are left out: a flat background would count as plateaus otherwise.
pub fn local_maxima(scores: ArrayView3<'_, f32>, least: f32) -> Vec<([usize; 3], f32)> {
    let shape: [usize; 3] = scores.dim().into();
    // Whether no neighbour is larger and no earlier one equal; then, whether none is equal at all.
    let candidate = |at: [usize; 3], score: f32| {
        let mut alone = true;
        for beside in around(at, shape) {
            let other = scores[beside];
            if other > score || other == score && beside < at {
                return None;
            }
            alone &= other != score || beside == at;
        }
        Some((at, score, alone))
    };
    let planes: Vec<_> = scores.axis_iter(Axis(0)).collect();
    let of_plane = |(z, plane): (usize, &cryoet_core::ndarray::ArrayView2<'_, f32>)| {
        let high = plane.indexed_iter().filter(|(_, score)| **score >= least);
        high.filter_map(|((y, x), &score)| candidate([z, y, x], score)).collect::<Vec<_>>()
    };
    let candidates: Vec<_> = planes.par_iter().enumerate().flat_map_iter(of_plane).collect();
    let mut seen = None;
    let is_peak = |&(at, _, alone): &([usize; 3], f32, bool)| {
        alone || is_summit(scores, at, seen.get_or_insert_with(|| Array3::from_elem(shape, false)))
    };
    candidates.into_iter().filter(is_peak).map(|(at, score, _)| (at, score)).collect()
}

/// Whether the plateau of a voxel is higher than all around it and has not been seen yet; marks it as seen.
fn is_summit(scores: ArrayView3<'_, f32>, at: [usize; 3], seen: &mut Array3<bool>) -> bool {
    if std::mem::replace(&mut seen[at], true) {
        return false;
    }
    let (height, mut summit) = (scores[at], true);
    let mut stack = vec![at];
    while let Some(voxel) = stack.pop() {
        for beside in around(voxel, scores.dim().into()) {
            if scores[beside] > height {
                summit = false;
            } else if scores[beside] == height && !std::mem::replace(&mut seen[beside], true) {
                stack.push(beside);
            }
        }
    }
    summit
}

/// A voxel and its neighbours inside the shape, in order of z, y, x.
fn around([z, y, x]: [usize; 3], shape: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    let near = |i: usize, n: usize| i.saturating_sub(1)..(i + 2).min(n);
    let (zs, ys, xs) = (near(z, shape[0]), near(y, shape[1]), near(x, shape[2]));
    zs.flat_map(move |z| {
        let xs = xs.clone();
        ys.clone().flat_map(move |y| xs.clone().map(move |x| [z, y, x]))
    })
}

#[cfg(test)]
mod tests;
