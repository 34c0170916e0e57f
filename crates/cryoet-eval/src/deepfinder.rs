use cryoet_core::Particle;

use crate::distance::{from_matches, near_pairs};
use crate::{DistanceParams, EvaluateError, Evaluation};

/// Scores picks as DeepFinder 0.2.1's `Evaluator` does, for figures that must equal its own.
///
/// A particle is found when exactly one pick of any class lies within the radius (in voxels, inclusive). With several it is missed, and each
/// of these picks that stands for no other particle is false; one pick may stand for several particles, and counts once for each in the
/// confusion matrix and in precision. Prefer [`evaluate_distance`](crate::evaluate_distance), which pairs one to one.
///
/// # Errors
/// As for [`evaluate_distance`](crate::evaluate_distance).
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::evaluate_deepfinder;
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let evaluation = evaluate_deepfinder(&[at(0.0)?, at(20.0)?], &[at(1.0)?, at(2.0)?, at(20.0)?], 3.0)?;
/// assert_eq!((evaluation.localisation.tp, evaluation.localisation.fp, evaluation.localisation.fn_), (1, 2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate_deepfinder(truth: &[Particle], picks: &[Particle], radius: f64) -> Result<Evaluation, EvaluateError> {
    let near = near_pairs(truth, picks, &DistanceParams::new(radius))?.pairs;
    let mut matches = vec![None; truth.len()];
    for of_one in near.chunk_by(|a, b| a.row == b.row) {
        if let [only] = of_one {
            matches[only.row as usize] = Some(only.column as usize);
        }
    }
    Ok(from_matches(truth, picks, &near, matches))
}

#[cfg(test)]
mod tests;
