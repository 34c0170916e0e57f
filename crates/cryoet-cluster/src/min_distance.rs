use crate::Cluster;
use crate::cells::Cells;
use crate::modes::distance_squared;

/// Of particles nearer to each other than `distance` voxels only the best stays: by score, then size, then order. Those
/// that stay keep their order.
pub(crate) fn keep_distance(found: Vec<Cluster>, distance: f64) -> Vec<Cluster> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    let rank = |i: usize| (found[i].particle.score.map_or(0.0, |s| s.get()), found[i].particle.size.unwrap_or(0));
    order.sort_by(|&a, &b| {
        let (a, b) = (rank(a), rank(b));
        b.0.total_cmp(&a.0).then(b.1.cmp(&a.1))
    });
    // Cells as wide as a voxel at least: narrow ones would be without number.
    let mut kept = Cells::new(distance.max(1.0));
    let mut keep = vec![false; found.len()];
    for i in order {
        let place = found[i].particle.position.zyx();
        keep[i] = !kept.near(place).any(|&other| distance_squared(place, other) < distance * distance);
        if keep[i] {
            kept.push(place, place);
        }
    }
    found.into_iter().zip(keep).filter_map(|(cluster, keep)| keep.then_some(cluster)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::{ClassLabel, Particle, Position, Score};
    use proptest::prelude::*;

    fn cluster([z, y, x]: [f64; 3], score: f64) -> Cluster {
        let position = Position::new(z, y, x).unwrap();
        let particle = Particle::new(ClassLabel::new(1), position).with_score(Score::new(score).unwrap());
        Cluster { particle, covariance: [[0.0; 3]; 3], shares: vec![] }
    }

    #[test]
    fn the_best_stays_and_those_at_the_distance_too() {
        let row = [(0.0, 0.5), (3.0, 0.9), (8.0, 0.1), (9.0, 0.1)].map(|(x, score)| cluster([0.0, 0.0, x], score));
        let kept = keep_distance(row.to_vec(), 5.0);
        assert_eq!(kept.iter().map(|c| c.particle.position.x()).collect::<Vec<_>>(), [3.0, 8.0]);
        assert_eq!(keep_distance(row.to_vec(), 0.0).len(), 4);
    }

    /// A distance that parts nobody is no reason to compare everybody with everybody.
    #[test]
    fn no_distance_at_all_keeps_everything_at_once() {
        let all: Vec<Cluster> =
            (0..30_000).map(|i| cluster([f64::from(i % 40), f64::from(i / 1600), f64::from(i / 40 % 40)], 0.5)).collect();
        for distance in [0.0, 1e-300] {
            assert_eq!(keep_distance(all.clone(), distance).len(), all.len());
        }
    }

    proptest! {
        #[test]
        fn agrees_with_looking_at_all(
            places in prop::collection::vec((prop::array::uniform3(0..12_i32), 0..4_i32), 0..60),
            distance in 0.0..6.0,
        ) {
            let found: Vec<Cluster> = places.iter().map(|(p, score)| cluster(p.map(f64::from), f64::from(*score))).collect();
            let mut best_first = found.clone();
            best_first.sort_by(|a, b| b.particle.score.partial_cmp(&a.particle.score).unwrap());
            let mut expected: Vec<Cluster> = Vec::new();
            for candidate in best_first {
                if expected.iter().all(|kept| kept.particle.position.distance_squared(&candidate.particle.position) >= distance * distance) {
                    expected.push(candidate);
                }
            }
            let mut kept = keep_distance(found.clone(), distance);
            prop_assert!(kept.iter().map(|c| found.iter().position(|f| f == c)).is_sorted());
            kept.sort_by(|a, b| b.particle.score.partial_cmp(&a.particle.score).unwrap());
            prop_assert_eq!(kept, expected);
        }
    }
}
