use cryoet_core::ndarray::Array3;

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
