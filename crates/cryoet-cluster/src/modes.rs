use std::cmp::Ordering;
use std::collections::HashMap;

use crate::cells::Cells;

/// Where a seed came to rest: the mean of its last window and the number of points in that window, or their weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mode {
    pub(crate) mean: [f64; 3],
    pub(crate) count: u64,
}

/// The climb of one seed: `window` gives the mean and number of points within the bandwidth of a place.
///
/// It ends when the mean moves less than a thousandth of the bandwidth, or after the iterations that scikit-learn allows.
pub(crate) fn climb(seed: [f64; 3], bandwidth: f64, mut window: impl FnMut([f64; 3]) -> Mode) -> Option<Mode> {
    let stop = 1e-3 * bandwidth;
    let mut mean = seed;
    for completed in 0.. {
        let mode = window(mean);
        if mode.count == 0 {
            return None;
        }
        if distance_squared(mode.mean, mean).sqrt() < stop || completed == MAX_ITERATIONS {
            return Some(mode);
        }
        mean = mode.mean;
    }
    None
}

/// The default `max_iter` of scikit-learn.
const MAX_ITERATIONS: u32 = 300;

/// The square of a distance, summed in the order of the axes.
pub(crate) fn distance_squared(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
}

/// The modes that remain of all climbs: identical means merge (the last count stays), then by count and coordinates
/// descending each mode takes those within the bandwidth.
pub(crate) fn merge(climbs: &[Mode], bandwidth: f64) -> Vec<Mode> {
    let mut at = HashMap::new();
    let mut modes: Vec<Mode> = Vec::new();
    for climb in climbs {
        let place = *at.entry(climb.mean.map(|c| (c + 0.0).to_bits())).or_insert(modes.len());
        match modes.get_mut(place) {
            Some(known) => known.count = climb.count,
            None => modes.push(*climb),
        }
    }
    modes.sort_unstable_by(descending);

    let limit = bandwidth * bandwidth;
    let mut kept = Cells::new(bandwidth);
    modes.retain(|mode| {
        let taken = kept.near(mode.mean).any(|&other| distance_squared(mode.mean, other) <= limit);
        if !taken {
            kept.push(mode.mean, mode.mean);
        }
        !taken
    });
    modes
}

fn descending(a: &Mode, b: &Mode) -> Ordering {
    let by_axis = |axis: usize| b.mean[axis].total_cmp(&a.mean[axis]);
    b.count.cmp(&a.count).then_with(|| by_axis(0)).then_with(|| by_axis(1)).then_with(|| by_axis(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(x: f64, count: u64) -> Mode {
        Mode { mean: [0.0, 0.0, x], count }
    }

    #[test]
    fn the_last_count_of_identical_means_stays() {
        assert_eq!(merge(&[mode(1.0, 9), mode(1.0, 4)], 1.0), [mode(1.0, 4)]);
    }

    #[test]
    fn a_mode_takes_those_within_the_bandwidth_and_no_further() {
        let merged = merge(&[mode(0.0, 3), mode(2.0, 5), mode(4.0, 1), mode(4.1, 1)], 2.0);
        assert_eq!(merged, [mode(2.0, 5), mode(4.1, 1)]);
    }

    #[test]
    fn equal_counts_are_ordered_by_coordinates_descending() {
        assert_eq!(merge(&[mode(-1.0, 3), mode(0.0, 3)], 1.5), [mode(0.0, 3)]);
    }
}
