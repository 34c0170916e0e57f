use super::*;
use proptest::prelude::*;

#[test]
fn bad_input_is_named() {
    assert_eq!(mean_shift(&[[0.0; 3]], -1.0), Err(MeanShiftError::Bandwidth { bandwidth: -1.0 }));
    assert!(matches!(mean_shift(&[[0.0; 3]], f64::NAN), Err(MeanShiftError::Bandwidth { .. })));
    let error = mean_shift(&[[0.0; 3], [0.0, f64::INFINITY, 0.0]], 1.0).unwrap_err();
    assert_eq!(error, MeanShiftError::NonFinitePoint { index: 1, axis: 1, value: f64::INFINITY });
    assert_eq!(mean_shift(&[], 1.0), Ok(MeanShift::default()));
}

/// Mean-shift by looking at all points for every window, written from the definition.
fn brute_force(points: &[[f64; 3]], bandwidth: f64) -> (Vec<[f64; 3]>, Vec<u32>) {
    let mut found: Vec<([f64; 3], u64)> = Vec::new();
    for seed in bin_seeds(points, bandwidth) {
        let mut mean = seed;
        let mut count = 0;
        for _ in 0..301 {
            let near: Vec<_> = points.iter().filter(|&&p| distance_squared(p, mean) <= bandwidth * bandwidth).collect();
            count = near.len() as u64;
            if near.is_empty() {
                break;
            }
            let next: [f64; 3] = std::array::from_fn(|a| near.iter().map(|p| p[a]).sum::<f64>() / near.len() as f64);
            let moved = distance_squared(next, mean).sqrt();
            mean = next;
            if moved < 1e-3 * bandwidth {
                break;
            }
        }
        if count > 0 {
            found.retain(|f| f.0 != mean);
            found.push((mean, count));
        }
    }
    found.sort_by(|a, b| (b.1, b.0).partial_cmp(&(a.1, a.0)).unwrap());
    let mut centres: Vec<[f64; 3]> = Vec::new();
    for (mean, _) in found {
        if centres.iter().all(|&c| distance_squared(c, mean) > bandwidth * bandwidth) {
            centres.push(mean);
        }
    }
    let nearest = |&p: &[f64; 3]| {
        let mut best = 0;
        for (i, &c) in centres.iter().enumerate() {
            if distance_squared(c, p) < distance_squared(centres[best], p) {
                best = i;
            }
        }
        best as u32
    };
    let labels = points.iter().map(nearest).collect();
    (centres, labels)
}

proptest! {
    #[test]
    fn agrees_with_brute_force(
        points in prop::collection::vec(prop::array::uniform3(-8.0..8.0), 1..120),
        bandwidth in 0.2..6.0,
    ) {
        let clusters = mean_shift(&points, bandwidth).unwrap();
        let (centres, labels) = brute_force(&points, bandwidth);
        prop_assert_eq!(clusters.centres, centres);
        prop_assert_eq!(clusters.labels, labels);
    }
}
