use cryoet::matching::PeakParams;
use cryoet::{Particle, Volume};

/// What a finer search leaves of particles: those that score more than was asked for, lie in the region and keep their distance from
/// better ones.
pub(super) fn still_found(mut particles: Vec<Particle>, peaks: &PeakParams, region: Option<&Volume<bool>>) -> Vec<Particle> {
    let score = |particle: &Particle| particle.score.map_or(f64::NEG_INFINITY, |score| score.get());
    let inside = |particle: &Particle| {
        let voxel = |region: &Volume<bool>| particle.position.voxel(region.shape()).is_some_and(|voxel| region.data()[voxel]);
        region.is_none_or(voxel)
    };
    particles.retain(|particle| score(particle) > peaks.threshold && inside(particle));
    particles.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let mut kept: Vec<Particle> = Vec::new();
    for particle in particles {
        if kept.iter().all(|better| better.position.distance(&particle.position) >= peaks.distance) {
            kept.push(particle);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::ndarray::Array3;
    use cryoet::{ClassLabel, Position, Score};

    #[test]
    fn particles_that_moved_too_near_too_far_or_too_low_go() {
        let at = |x: f64, score: f64| {
            Particle::new(ClassLabel::new(1), Position::new(0.0, 0.0, x).unwrap()).with_score(Score::new(score).unwrap())
        };
        let peaks = PeakParams { distance: 3.0, threshold: 0.2, most: None };
        let found = vec![at(2.0, 0.4), at(4.0, 0.5), at(7.0, 0.3), at(11.0, 0.2)];
        assert_eq!(still_found(found.clone(), &peaks, None), [at(4.0, 0.5), at(7.0, 0.3)]);
        let region = Volume::new(Array3::from_shape_fn((1, 1, 12), |(_, _, x)| x < 7));
        assert_eq!(still_found(found, &peaks, Some(&region)), [at(4.0, 0.5)]);
    }
}
