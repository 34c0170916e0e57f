use cryoet_core::{ClassLabel, Particle};

use crate::assignment::assign;
use crate::localisation::Counts;
use crate::neighbours::pairs_within;
use crate::{Confusion, EvaluateError, Evaluation, Localisation};

/// How near a pick must lie.
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceParams {
    /// The largest distance in voxels at which a pick can stand for a particle, inclusive.
    pub radius: f64,
}

impl DistanceParams {
    /// Matching within a radius in voxels.
    pub const fn new(radius: f64) -> Self {
        Self { radius }
    }
}

/// Scores picks by pairing them with true particles, one to one, within a radius.
///
/// Of all pairings those with the most pairs count, and of these the one with the least sum of distances (compared in
/// steps of radius / 2^30; where even these tie, the answer is one of them, always the same for the same input). Pairing
/// ignores classes; the classes of the pairs make the confusion matrix, in which unpaired picks count against the class
/// they name, in background's row.
///
/// MH counts particles with more than one pick within the radius; RO is 0, for there is no volume to be outside of.
///
/// # Errors
/// A radius that is not positive and finite; more than 2^32 - 2 particles or picks.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{DistanceParams, evaluate_distance};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// // A greedy match would give the first particle the pick at 3 and leave the second with none.
/// let truth = [at(2.0)?, at(5.0)?];
/// let picks = [at(3.0)?, at(0.0)?];
/// let evaluation = evaluate_distance(&truth, &picks, &DistanceParams::new(2.5))?;
/// assert_eq!(evaluation.localisation.tp, 2);
/// assert_eq!(evaluation.matches, [Some(1), Some(0)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate_distance(truth: &[Particle], picks: &[Particle], params: &DistanceParams) -> Result<Evaluation, EvaluateError> {
    let radius = params.radius;
    if !(radius.is_finite() && radius > 0.0) {
        return Err(EvaluateError::Radius { radius });
    }
    let limit = u32::MAX as usize - 1;
    let count = truth.len().max(picks.len());
    if count > limit {
        return Err(EvaluateError::TooMany { count, limit });
    }
    let near = pairs_within(truth, picks, radius);
    let matches = assign(&near, truth.len(), picks.len(), radius);
    let mut paired = vec![false; picks.len()];
    let mut counts = Counts { truth: truth.len() as u64, reported: picks.len() as u64, ..Counts::default() };
    let mut pairs = Vec::with_capacity(truth.len() + picks.len());
    for (particle, found) in truth.iter().zip(&matches) {
        if let Some(pick) = *found {
            paired[pick] = true;
            counts.tp += 1;
            counts.distance_sum += particle.position.distance(&picks[pick].position);
        }
        pairs.push((particle.class, found.map_or(ClassLabel::BACKGROUND, |pick| picks[pick].class)));
    }
    counts.hits = counts.tp;
    counts.fp = counts.reported - counts.tp;
    counts.multiple_hits = near.chunk_by(|a, b| a.truth == b.truth).filter(|of_one| of_one.len() > 1).count() as u64;
    pairs.extend(picks.iter().zip(&paired).filter(|(_, paired)| !**paired).map(|(pick, _)| (ClassLabel::BACKGROUND, pick.class)));
    Ok(Evaluation::new(Localisation::new(counts), Confusion::of(&pairs), matches))
}

#[cfg(test)]
mod tests;
