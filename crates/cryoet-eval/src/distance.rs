use std::collections::BTreeMap;

use cryoet_core::{ClassLabel, Particle};

use crate::assignment::assign;
use crate::evaluation::Outcome;
use crate::localisation::Counts;
use crate::neighbours::{MOST_PAIRS, Near, Neighbours, neighbours};
use crate::{EvaluateError, Evaluation};

/// How near a pick must lie.
///
/// ```
/// use cryoet_core::ClassLabel;
/// use cryoet_eval::DistanceParams;
/// let params = DistanceParams::new(10.0).with_class_radius(ClassLabel::new(3), 4.5);
/// assert_eq!(params.radius_of(ClassLabel::new(3)), 4.5);
/// assert_eq!(params.radius_of(ClassLabel::new(1)), 10.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceParams {
    /// The largest distance in voxels at which a pick can stand for a particle, inclusive.
    pub radius: f64,
    /// Radii of true classes that differ from it.
    pub class_radii: BTreeMap<ClassLabel, f64>,
}

impl DistanceParams {
    /// Matching within a radius in voxels.
    pub const fn new(radius: f64) -> Self {
        Self { radius, class_radii: BTreeMap::new() }
    }

    /// The same with another radius for particles of a class.
    #[must_use]
    pub fn with_class_radius(mut self, class: ClassLabel, radius: f64) -> Self {
        self.class_radii.insert(class, radius);
        self
    }

    /// The radius for true particles of a class.
    pub fn radius_of(&self, class: ClassLabel) -> f64 {
        self.class_radii.get(&class).copied().unwrap_or(self.radius)
    }

    pub(crate) fn largest(&self) -> f64 {
        self.class_radii.values().fold(self.radius, |a, &b| a.max(b))
    }

    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        let bad = std::iter::once(&self.radius).chain(self.class_radii.values()).find(|r| !(r.is_finite() && **r > 0.0));
        bad.map_or(Ok(()), |&radius| Err(EvaluateError::Radius { radius }))
    }
}

/// The pairs near enough, once parameters and list lengths are found to be in order.
pub(crate) fn near_pairs(truth: &[Particle], picks: &[Particle], params: &DistanceParams) -> Result<Neighbours, EvaluateError> {
    params.check()?;
    let limit = u32::MAX as usize - 1;
    let count = truth.len().max(picks.len());
    if count > limit {
        return Err(EvaluateError::TooMany { count, limit });
    }
    neighbours(truth, picks, params.largest(), |particle| params.radius_of(particle.class), MOST_PAIRS)
}

/// Scores picks by pairing them with true particles, one to one, within a radius.
///
/// Of all pairings those with the most pairs count, and of these the one with the least sum of distances (compared in
/// steps of the largest radius / 2^30; where even these tie, the answer is one of them, always the same for the same
/// input). Pairing ignores the picks' classes; the classes of the pairs make the confusion matrix, in which unpaired
/// picks count against the class they name, in background's row.
///
/// MH counts particles with more than one pick within the radius; RO is 0, for there is no volume to be outside of.
///
/// # Errors
/// A radius that is not positive and finite, or so large (in a wrong unit, say) that more than 2^27 pairs lie within it; more than 2^32 - 2
/// particles or picks.
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
    let near = near_pairs(truth, picks, params)?;
    let matches = assign(&near, params.largest());
    Ok(from_matches(truth, picks, &near.pairs, matches))
}

/// The evaluation that follows from each truth's pick; picks that stand for no truth are strays.
pub(crate) fn from_matches(truth: &[Particle], picks: &[Particle], near: &[Near], matches: Vec<Option<usize>>) -> Evaluation {
    let mut paired = vec![false; picks.len()];
    let mut counts = Counts { truth: truth.len() as u64, reported: picks.len() as u64, ..Counts::default() };
    let mut outcomes = Vec::with_capacity(truth.len() + picks.len());
    for (index, (particle, &found)) in truth.iter().zip(&matches).enumerate() {
        if let Some(pick) = found {
            paired[pick] = true;
            counts.tp += 1;
            counts.distance_sum += particle.position.distance(&picks[pick].position);
        }
        outcomes.push(Outcome {
            tomogram: 0,
            truth: Some(index),
            pick: found,
            truth_class: particle.class,
            pick_class: found.map_or(ClassLabel::BACKGROUND, |pick| picks[pick].class),
        });
    }
    counts.hits = counts.tp;
    counts.multiple_hits = near.chunk_by(|a, b| a.row == b.row).filter(|of_one| of_one.len() > 1).count() as u64;
    let strays = picks.iter().enumerate().filter(|(index, _)| !paired[*index]);
    outcomes.extend(strays.map(|(index, pick)| stray(index, pick.class)));
    counts.fp = (outcomes.len() - truth.len()) as u64;
    Evaluation::new(counts, outcomes, Vec::new(), matches, true)
}

pub(crate) fn stray(pick: usize, class: ClassLabel) -> Outcome {
    Outcome { tomogram: 0, truth: None, pick: Some(pick), truth_class: ClassLabel::BACKGROUND, pick_class: class }
}

#[cfg(test)]
mod tests;
