use cryoet_core::ndarray::{ArrayView3, Axis};
use rayon::prelude::*;

/// The voxels of a score map that are larger than all their 26 neighbours, with their scores, in order of z, y, x.
///
/// `scores` is `[z, y, x]`. On a plateau of equal scores the first voxel counts; NaN is never a maximum and hides nothing. A
/// [`Histogram`](crate::Histogram) of the scores shows whether true peaks stand apart from noise.
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
    let (nz, ny, nx) = scores.dim();
    let near = |i: usize, n: usize| i.saturating_sub(1)..(i + 2).min(n);
    let is_peak = |at: [usize; 3], score: f32| {
        near(at[0], nz).all(|z| {
            near(at[1], ny).all(|y| {
                near(at[2], nx).all(|x| {
                    let other = scores[[z, y, x]];
                    // Earlier voxels must be smaller, later ones not larger: one voxel per pair of equals.
                    other.is_nan() || if [z, y, x] < at { other < score } else { other <= score }
                })
            })
        })
    };
    let planes: Vec<_> = scores.axis_iter(Axis(0)).collect();
    let of_plane = |(z, plane): (usize, &cryoet_core::ndarray::ArrayView2<'_, f32>)| {
        let candidates = plane.indexed_iter().filter(|(_, score)| **score >= least);
        candidates.map(|((y, x), &score)| ([z, y, x], score)).filter(|&(at, score)| is_peak(at, score)).collect::<Vec<_>>()
    };
    planes.par_iter().enumerate().flat_map_iter(of_plane).collect()
}

#[cfg(test)]
mod tests;
