use cryoet_core::ndarray::Array3;
use proptest::prelude::*;

use super::*;

#[test]
fn finds_peaks_at_borders_and_one_per_pair_of_equals() {
    let mut scores = Array3::<f32>::zeros((6, 6, 6));
    scores[[0, 0, 0]] = 1.0;
    (scores[[3, 3, 3]], scores[[3, 4, 4]]) = (0.5, 0.5);
    scores[[5, 5, 0]] = f32::NAN;
    scores[[5, 4, 0]] = 0.3;
    let peaks = local_maxima(scores.view(), 0.1);
    assert_eq!(peaks, [([0, 0, 0], 1.0), ([3, 3, 3], 0.5), ([5, 4, 0], 0.3)]);
}

#[test]
fn the_foot_of_a_slope_is_no_peak_and_a_bent_plateau_is_one() {
    let slope = Array3::from_shape_vec((1, 1, 5), vec![0.0, 1.0, 1.0, 2.0, 0.0]).unwrap();
    assert_eq!(local_maxima(slope.view(), 0.5), [([0, 0, 3], 2.0)]);
    let mut bent = Array3::<f32>::zeros((1, 2, 3));
    for at in [[0, 0, 0], [0, 1, 1], [0, 0, 2]] {
        bent[at] = 1.0;
    }
    assert_eq!(local_maxima(bent.view(), 0.5), [([0, 0, 0], 1.0)]);
}

/// Every plateau by repeated spreading of the least voxel, and what is around it.
fn by_definition(scores: &Array3<f32>, least: f32) -> Vec<([usize; 3], f32)> {
    let shape: [usize; 3] = scores.dim().into();
    let mut first = Array3::from_shape_fn(shape, |(z, y, x)| [z, y, x]);
    for _ in 0..scores.len() {
        for ((z, y, x), score) in scores.indexed_iter() {
            let equal = around([z, y, x], shape).filter(|&beside| scores[beside] == *score).map(|beside| first[beside]).min();
            first[[z, y, x]] = equal.unwrap_or([z, y, x]);
        }
    }
    let higher = |at: [usize; 3]| around(at, shape).any(|beside| scores[beside] > scores[at]);
    let of_plateau = |at: [usize; 3]| first.indexed_iter().filter(move |(_, first)| **first == at).map(|((z, y, x), _)| [z, y, x]);
    let firsts = scores.indexed_iter().map(|((z, y, x), &score)| ([z, y, x], score)).filter(|&(at, _)| first[at] == at);
    firsts.filter(|&(at, score)| score >= least && !of_plateau(at).any(higher)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn agrees_with_the_definition(levels in proptest::collection::vec(0u8..4, 60)) {
        let scores = Array3::from_shape_vec((3, 4, 5), levels.into_iter().map(f32::from).collect()).unwrap();
        prop_assert_eq!(local_maxima(scores.view(), 1.0), by_definition(&scores, 1.0));
    }
}
