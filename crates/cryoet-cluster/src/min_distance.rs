use cryoet_core::Particle;

/// Of particles nearer to each other than `distance` voxels only the best stays: by score, then size, then order. Those
/// that stay keep their order.
pub(crate) fn keep_distance(found: Vec<Particle>, distance: f64) -> Vec<Particle> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    let rank = |i: usize| (found[i].score.map_or(0.0, |s| s.get()), found[i].size.unwrap_or(0));
    order.sort_by(|&a, &b| {
        let (a, b) = (rank(a), rank(b));
        b.0.total_cmp(&a.0).then(b.1.cmp(&a.1))
    });
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        let near = |&other: &usize| found[i].position.distance_squared(&found[other].position) < distance * distance;
        if !kept.iter().any(near) {
            kept.push(i);
        }
    }
    kept.sort_unstable();
    let mut keep = vec![false; found.len()];
    for i in kept {
        keep[i] = true;
    }
    found.into_iter().zip(keep).filter_map(|(particle, keep)| keep.then_some(particle)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::{ClassLabel, Position, Score};

    fn particle(x: f64, score: f64) -> Particle {
        let position = Position::new(0.0, 0.0, x).unwrap();
        Particle::new(ClassLabel::new(1), position).with_score(Score::new(score).unwrap())
    }

    #[test]
    fn the_best_stays_and_those_at_the_distance_too() {
        let kept = keep_distance(vec![particle(0.0, 0.5), particle(3.0, 0.9), particle(8.0, 0.1), particle(9.0, 0.1)], 5.0);
        assert_eq!(kept.iter().map(|p| p.position.x()).collect::<Vec<_>>(), [3.0, 8.0]);
    }
}
