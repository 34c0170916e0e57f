use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::Progress;
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

use crate::MeanShiftError;
use crate::bin_seeds::bin_seeds;
use crate::modes::{Mode, climb, distance_squared, merge};
use crate::nearest::Nearest;

/// Clusters of points, the densest window first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MeanShift {
    /// The modes, in the coordinates of the points.
    pub centres: Vec<[f64; 3]>,
    /// For each point the index of its nearest centre; of equally near ones the first.
    pub labels: Vec<u32>,
    /// For each centre the number of points labelled with it.
    pub counts: Vec<u64>,
    /// For each centre the number of points in the window that gave it.
    pub windows: Vec<u64>,
}

/// Mean-shift with a flat kernel, as `MeanShift(bandwidth, bin_seeding=True, cluster_all=True)` of scikit-learn 1.3.2.
///
/// Seeds are the bins of side `bandwidth` that hold a point. Each climbs to the mean of the points within the bandwidth
/// (inclusive) until it moves less than a thousandth of the bandwidth, 300 times at most. Of modes within the bandwidth
/// of each other the one with most points stays. Every point belongs to its nearest mode.
///
/// Points may be in any unit; an empty list gives no clusters. Bins are held in single precision, as scikit-learn holds them:
/// points more than about 10^7 bandwidths away from zero may lie within reach of no seed. Where no point does there are no
/// centres, and `labels` is empty. Comaniciu and Meer, *Mean shift: a robust approach toward feature space analysis*, IEEE TPAMI
/// 2002.
///
/// # Errors
/// A bandwidth that is not positive and finite, a coordinate that is not finite, 2^32 points or more.
///
/// ```
/// use cryoet_cluster::mean_shift;
/// let points = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 9.0]];
/// let clusters = mean_shift(&points, 2.0)?;
/// assert_eq!(clusters.centres, [[0.0, 0.0, 0.5], [0.0, 0.0, 9.0]]);
/// assert_eq!(clusters.labels, [0, 0, 1]);
/// assert_eq!(clusters.counts, [2, 1]);
/// # Ok::<(), cryoet_cluster::MeanShiftError>(())
/// ```
pub fn mean_shift(points: &[[f64; 3]], bandwidth: f64) -> Result<MeanShift, MeanShiftError> {
    check(points, bandwidth)?;
    let seeds = bin_seeds(points, bandwidth);
    from_seeds(points, &seeds, bandwidth, &())
}

/// Mean-shift as [`mean_shift()`] does it, from seeds given instead of bins: as `MeanShift(bandwidth, seeds=seeds)` of
/// scikit-learn, or, with the points as seeds, `MeanShift(bandwidth)`.
///
/// A seed with no point within the bandwidth is dropped. Where that leaves none there are no centres, and `labels` is empty.
///
/// # Errors
/// As [`mean_shift()`], for seeds as for points (a seed's index counts from the last point on); a cancelled [`Progress`].
///
/// ```
/// use cryoet_cluster::mean_shift_from;
/// let points = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 9.0]];
/// let clusters = mean_shift_from(&points, &[[0.0, 0.0, 2.0]], 2.0, &())?;
/// assert_eq!(clusters.centres, [[0.0, 0.0, 0.5]]);
/// assert_eq!(clusters.counts, [3]);
/// # Ok::<(), cryoet_cluster::MeanShiftError>(())
/// ```
pub fn mean_shift_from(
    points: &[[f64; 3]],
    seeds: &[[f64; 3]],
    bandwidth: f64,
    progress: &dyn Progress,
) -> Result<MeanShift, MeanShiftError> {
    check(points, bandwidth)?;
    if let Err(MeanShiftError::NonFinitePoint { index, axis, value }) = check(seeds, bandwidth) {
        return Err(MeanShiftError::NonFinitePoint { index: index + points.len(), axis, value });
    }
    from_seeds(points, seeds, bandwidth, progress)
}

fn check(points: &[[f64; 3]], bandwidth: f64) -> Result<(), MeanShiftError> {
    if !(bandwidth.is_finite() && bandwidth > 0.0) {
        return Err(MeanShiftError::Bandwidth { bandwidth });
    }
    if u32::try_from(points.len()).is_err() {
        return Err(MeanShiftError::TooManyPoints { points: points.len() });
    }
    for (index, point) in points.iter().enumerate() {
        if let Some(axis) = point.iter().position(|c| !c.is_finite()) {
            return Err(MeanShiftError::NonFinitePoint { index, axis, value: point[axis] });
        }
    }
    Ok(())
}

fn from_seeds(points: &[[f64; 3]], seeds: &[[f64; 3]], bandwidth: f64, progress: &dyn Progress) -> Result<MeanShift, MeanShiftError> {
    let Ok(tree) = ImmutableKdTree::<f64, 3>::new_from_slice(points) else {
        return Ok(MeanShift::default());
    };
    let limit = bandwidth * bandwidth;
    let window = |centre: [f64; 3]| {
        // A wider query, then our own comparison: the tree's rounding never decides.
        let mut near: Vec<u32> = tree
            .query(&centre)
            .within::<SquaredEuclidean<f64>>(limit * (1.0 + 1e-9))
            .unsorted()
            .execute()
            .into_iter()
            .map(|r| r.item)
            .filter(|&i| distance_squared(points[i as usize], centre) <= limit)
            .collect();
        // Summed in the order of the points, so that the same window has the same mean from wherever it is seen.
        near.sort_unstable();
        let mut sum = [0.0; 3];
        for &i in &near {
            for (s, c) in sum.iter_mut().zip(points[i as usize]) {
                *s += c;
            }
        }
        Mode { mean: sum.map(|s| s / near.len() as f64), count: near.len() as u64 }
    };
    let done = AtomicU64::new(0);
    let total = seeds.len() as u64;
    let climbs: Vec<Option<Mode>> = seeds
        .par_iter()
        .map(|&seed| {
            let mode = climb(seed, bandwidth, window);
            progress.report(done.fetch_add(1, Ordering::Relaxed) + 1, total)?;
            Ok(mode)
        })
        .collect::<Result<_, MeanShiftError>>()?;
    let climbs: Vec<Mode> = climbs.into_iter().flatten().collect();
    let modes = merge(&climbs, bandwidth);
    let centres: Vec<[f64; 3]> = modes.iter().map(|m| m.mean).collect();
    if centres.is_empty() {
        return Ok(MeanShift::default());
    }
    let nearest = Nearest::new(&centres);
    let labels: Vec<u32> = points.par_iter().map(|&point| nearest.index(point).unwrap_or(0)).collect();
    let mut counts = vec![0; centres.len()];
    for &label in &labels {
        counts[label as usize] += 1;
    }
    Ok(MeanShift { centres, labels, counts, windows: modes.iter().map(|m| m.count).collect() })
}

#[cfg(test)]
mod tests;
