use crate::Cluster;

/// Of particles nearer to each other than `distance` voxels only the best stays: by score, then size, then order. Those
/// that stay keep their order.
pub(crate) fn keep_distance(found: Vec<Cluster>, distance: f64) -> Vec<Cluster> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    let rank = |i: usize| (found[i].particle.score.map_or(0.0, |s| s.get()), found[i].particle.size.unwrap_or(0));
    order.sort_by(|&a, &b| {
        let (a, b) = (rank(a), rank(b));
        b.0.total_cmp(&a.0).then(b.1.cmp(&a.1))
    });
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        let near = |&other: &usize| found[i].particle.position.distance_squared(&found[other].particle.position) < distance * distance;
        if !kept.iter().any(near) {
            kept.push(i);
        }
    }
    kept.sort_unstable();
    let mut keep = vec![false; found.len()];
    for i in kept {
        keep[i] = true;
    }
    found.into_iter().zip(keep).filter_map(|(cluster, keep)| keep.then_some(cluster)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::{ClassLabel, Particle, Position, Score};

    fn cluster(x: f64, score: f64) -> Cluster {
        let position = Position::new(0.0, 0.0, x).unwrap();
        let particle = Particle::new(ClassLabel::new(1), position).with_score(Score::new(score).unwrap());
        Cluster { particle, covariance: [[0.0; 3]; 3], shares: vec![] }
    }

    #[test]
    fn the_best_stays_and_those_at_the_distance_too() {
        let kept = keep_distance(vec![cluster(0.0, 0.5), cluster(3.0, 0.9), cluster(8.0, 0.1), cluster(9.0, 0.1)], 5.0);
        assert_eq!(kept.iter().map(|c| c.particle.position.x()).collect::<Vec<_>>(), [3.0, 8.0]);
    }
}
