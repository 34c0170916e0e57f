use super::*;
use crate::mean_shift;
use proptest::prelude::*;

proptest! {
    #[test]
    fn agrees_with_the_points_to_the_bit(
        shape in prop::array::uniform3(1..24_usize),
        blobs in prop::collection::vec((prop::array::uniform3(0..24_usize), 0..20_usize), 1..8),
        bandwidth in prop::sample::select(vec![0.4, 1.0, 2.0, 3.0, 4.0, 5.0, 2.7, 100.0]),
    ) {
        let indices: Vec<u32> = (0..shape.iter().product::<usize>() as u32)
            .filter(|&i| {
                let v = voxel(shape, i);
                blobs.iter().any(|(c, r2)| (0..3).map(|a| v[a].abs_diff(c[a]).pow(2)).sum::<usize>() <= *r2)
            })
            .collect();
        let foreground = Foreground::from_parts(shape, indices.clone(), vec![1; indices.len()], None);
        let points: Vec<[f64; 3]> = indices.iter().map(|&i| voxel(shape, i).map(|c| c as f64)).collect();
        let of_points = mean_shift(&points, bandwidth).unwrap();
        let clusters = lattice_mean_shift(&foreground, Seeds::Binned, bandwidth, false, &()).unwrap();
        prop_assert_eq!(clusters.centres, of_points.centres);
        prop_assert_eq!(clusters.members, of_points.labels);
    }
}

/// Voxels of a volume with scores: some places and what they weigh in eighths.
fn scored(shape: [usize; 3], places: &[([usize; 3], u8)]) -> Foreground {
    let index = |[z, y, x]: [usize; 3]| ((z * shape[1] + y) * shape[2] + x) as u32;
    let inside = places.iter().filter(|(place, _)| (0..3).all(|a| place[a] < shape[a]));
    let by_index: std::collections::BTreeMap<u32, f32> =
        inside.map(|(place, eighths)| (index(*place), f32::from(*eighths) / 8.0)).collect();
    let scores = by_index.values().copied().collect();
    Foreground::from_parts(shape, by_index.keys().copied().collect(), vec![1; by_index.len()], Some(scores))
}

/// Weighted mean-shift by looking at all voxels for every window, in double precision.
fn brute_force(foreground: &Foreground, bandwidth: f64) -> Vec<[f64; 3]> {
    let limit = bandwidth * bandwidth;
    let points: Vec<([f64; 3], f64)> = (0..foreground.len())
        .map(|i| (foreground.voxel(i).map(|c| c as f64), (foreground.score(i) * crate::weighted_sum::STEPS).round()))
        .collect();
    let apart = |a: [f64; 3], b: [f64; 3]| (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>();
    let mut found: Vec<(f64, [f64; 3])> = Vec::new();
    for seed in bin_seeds(foreground, bandwidth) {
        let (mut mean, mut weight) = (seed, 0.0);
        for _ in 0..301 {
            let near: Vec<_> = points.iter().filter(|(p, _)| apart(*p, mean) <= limit).collect();
            weight = near.iter().map(|(_, w)| w).sum::<f64>();
            if weight == 0.0 {
                break;
            }
            let next: [f64; 3] = std::array::from_fn(|a| near.iter().map(|(p, w)| p[a] * w).sum::<f64>() / weight);
            let moved = apart(next, mean).sqrt();
            mean = next;
            if moved < 1e-3 * bandwidth {
                break;
            }
        }
        if weight > 0.0 {
            found.retain(|f| f.1 != mean);
            found.push((weight, mean));
        }
    }
    found.sort_by(|a, b| b.partial_cmp(a).unwrap());
    let mut centres: Vec<[f64; 3]> = Vec::new();
    for (_, mean) in found {
        if centres.iter().all(|&c| apart(c, mean) > limit) {
            centres.push(mean);
        }
    }
    centres
}

#[test]
fn weights_draw_the_mode() {
    let two = scored([1, 1, 9], &[([0, 0, 2], 8), ([0, 0, 5], 4)]);
    let centre = lattice_mean_shift(&two, Seeds::Binned, 4.0, true, &()).unwrap().centres;
    // Half a step of the weights is the most that a score moves.
    assert!(centre.len() == 1 && (centre[0][2] - 3.0).abs() < 1e-4, "{centre:?}");
}

#[test]
fn no_window_with_weight_leaves_no_cluster() {
    let weightless = scored([3, 3, 3], &[([1, 1, 1], 0)]);
    assert!(lattice_mean_shift(&weightless, Seeds::Binned, 4.0, true, &()).unwrap().centres.is_empty());
    let far = Seeds::Given(vec![[1e300, 0.0, -1e300], [0.0, 0.0, 90.0], [-50.0, 1.0, 1.0]]);
    assert!(lattice_mean_shift(&weightless, far, 4.0, false, &()).unwrap().centres.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn weighted_agrees_with_brute_force(
        shape in prop::array::uniform3(1..14_usize),
        places in prop::collection::vec((prop::array::uniform3(0..14_usize), 0..9_u8), 1..120),
        bandwidth in prop::sample::select(vec![1.0, 2.0, 3.3, 5.0, 40.0]),
    ) {
        let foreground = scored(shape, &places);
        let clusters = lattice_mean_shift(&foreground, Seeds::Binned, bandwidth, true, &()).unwrap();
        prop_assert_eq!(clusters.centres, brute_force(&foreground, bandwidth));
    }

    #[test]
    fn equal_weights_are_no_weights(
        places in prop::collection::vec(prop::array::uniform3(0..14_usize), 1..200),
        eighths in 1..9_u8,
        bandwidth in prop::sample::select(vec![1.0, 2.0, 3.3, 5.0, 40.0]),
    ) {
        let places: Vec<_> = places.into_iter().map(|place| (place, eighths)).collect();
        let foreground = scored([14; 3], &places);
        let with = |weighted| lattice_mean_shift(&foreground, Seeds::Binned, bandwidth, weighted, &()).unwrap();
        prop_assert_eq!(with(true), with(false));
    }
}
