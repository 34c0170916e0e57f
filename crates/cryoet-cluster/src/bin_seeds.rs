use std::collections::HashSet;

/// The bin of a coordinate: rounding is half to even, as numpy's.
pub(crate) fn bin(coordinate: f64, bandwidth: f64) -> f64 {
    // Adding zero turns -0 into 0, so that both are one bin.
    (coordinate / bandwidth).round_ties_even() + 0.0
}

/// The seed of a bin. scikit-learn holds bins in single precision and multiplies in it.
pub(crate) fn seed(bin: f64, bandwidth: f64) -> f64 {
    f64::from(bin as f32 * bandwidth as f32)
}

/// One seed for each bin that holds a point, in the order of the bins' first points; the points themselves where there
/// are as many bins as points.
pub(crate) fn bin_seeds(points: &[[f64; 3]], bandwidth: f64) -> Vec<[f64; 3]> {
    let mut seen = HashSet::new();
    let mut bins = Vec::new();
    for point in points {
        let of_point = point.map(|c| bin(c, bandwidth));
        if seen.insert(of_point.map(f64::to_bits)) {
            bins.push(of_point);
        }
    }
    if bins.len() == points.len() {
        return points.to_vec();
    }
    bins.into_iter().map(|of_point| of_point.map(|b| seed(b, bandwidth))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_bandwidths_tie_to_even_bins() {
        assert_eq!([1.0, 3.0, 5.0, 7.0].map(|c| bin(c, 2.0)), [0.0, 2.0, 2.0, 4.0]);
    }

    #[test]
    fn seeds_are_single_precision() {
        assert_eq!(seed(3.0, 0.1), f64::from(3.0_f32 * 0.1_f32));
        assert_ne!(seed(3.0, 0.1), 3.0 * 0.1);
    }

    #[test]
    fn as_many_bins_as_points_give_the_points() {
        let points = [[0.25, 0.0, 0.0], [7.3, 0.0, 0.0]];
        assert_eq!(bin_seeds(&points, 1.0), points);
        let three = [[0.25, 0.0, 0.0], [7.3, 0.0, 0.0], [-0.25, 0.0, 0.0]];
        assert_eq!(bin_seeds(&three, 1.0), [[0.0, 0.0, 0.0], [7.0, 0.0, 0.0]]);
    }
}
