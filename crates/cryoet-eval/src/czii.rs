use std::collections::BTreeMap;

use cryoet_core::{ClassLabel, Particle};

use crate::neighbours::{MOST_PAIRS, neighbours};
use crate::ratio::ratio;
use crate::{DistanceParams, EvaluateError};

/// A class in the CZII challenge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CziiClass {
    /// The particle's radius in voxels.
    pub radius: f64,
    /// How much the class counts: 1 for the easy, 2 for the hard, 0 for those not scored.
    pub weight: f64,
}

/// The rule of the CZII cryoET object identification challenge (2024).
#[derive(Debug, Clone, PartialEq)]
pub struct CziiParams {
    /// The classes; particles and picks of others are left out.
    pub classes: BTreeMap<ClassLabel, CziiClass>,
    /// How many times as much recall counts as precision. The challenge: 4. Where it is no number, every F-beta is 0.
    pub beta: f64,
    /// The share of the particle's radius within which a pick is a hit. The challenge: 0.5.
    pub radius_share: f64,
}

impl CziiParams {
    /// The challenge's rule for some classes: beta 4, half the radius.
    pub const fn new(classes: BTreeMap<ClassLabel, CziiClass>) -> Self {
        Self { classes, beta: 4.0, radius_share: 0.5 }
    }
}

/// A class's counts and scores under the CZII rule, all tomograms together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CziiScores {
    /// True particles with a pick of their class within the radius.
    pub hit: u64,
    /// True particles.
    pub truth: u64,
    /// Picks.
    pub picks: u64,
    /// Hit over picks; above 1 where one pick hits several particles.
    pub precision: f64,
    /// Hit over true particles.
    pub recall: f64,
    /// F-beta of the two.
    pub f_beta: f64,
}

/// The CZII challenge's result.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CziiEvaluation {
    /// Scores by class.
    pub classes: BTreeMap<ClassLabel, CziiScores>,
    /// The weighted mean of the classes' F-beta.
    pub score: f64,
}

/// Scores picks as the CZII challenge did: per class F-beta over all tomograms together, then the weighted mean.
///
/// `tomograms` holds truth and picks of each. Within a class, every true particle with a pick within the radius is hit, and
/// picks beyond the number of hit particles are false. One pick near two particles hits both, as in the challenge, whose
/// authors call that case extremely rare. Figures without a denominator are 0.
///
/// # Errors
/// A radius that is not positive and finite, or with more than 2^27 pairs of a class in one tomogram within it; a weight that is negative,
/// infinite or no number.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{CziiClass, CziiParams, evaluate_czii};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let (truth, picks) = ([at(0.0)?, at(50.0)?], [at(1.0)?]);
/// let params = CziiParams::new(BTreeMap::from([(ClassLabel::new(1), CziiClass { radius: 6.0, weight: 1.0 })]));
/// let evaluation = evaluate_czii(&[(&truth, &picks)], &params)?;
/// assert!((evaluation.score - 17.0 * 0.5 / 16.5).abs() < 1e-12); // precision 1, recall 1/2
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate_czii(tomograms: &[(&[Particle], &[Particle])], params: &CziiParams) -> Result<CziiEvaluation, EvaluateError> {
    let mut classes = BTreeMap::new();
    let (mut sum, mut weights) = (0.0, 0.0);
    for (&label, class) in &params.classes {
        let radius = class.radius * params.radius_share;
        DistanceParams::new(radius).check()?;
        if !(class.weight >= 0.0 && class.weight.is_finite()) {
            return Err(EvaluateError::Weight { class: label, weight: class.weight });
        }
        let of_class = |list: &[Particle]| list.iter().filter(|p| p.class == label).cloned().collect::<Vec<_>>();
        let mut scores = CziiScores::default();
        for (truth, picks) in tomograms {
            let (truth, picks) = (of_class(truth), of_class(picks));
            let near = neighbours(&truth, &picks, radius, |_| radius, MOST_PAIRS)?.pairs;
            scores.hit += near.chunk_by(|a, b| a.row == b.row).count() as u64;
            scores.truth += truth.len() as u64;
            scores.picks += picks.len() as u64;
        }
        scores.precision = ratio(scores.hit, scores.picks);
        scores.recall = ratio(scores.hit, scores.truth);
        scores.f_beta = f_beta(scores.precision, scores.recall, params.beta);
        sum += class.weight * scores.f_beta;
        weights += class.weight;
        classes.insert(label, scores);
    }
    Ok(CziiEvaluation { classes, score: if weights > 0.0 { sum / weights } else { 0.0 } })
}

/// (1 + beta^2) P R / (beta^2 P + R), 0 where both are 0 or beta is no number, and R where beta is infinite.
pub(crate) fn f_beta(precision: f64, recall: f64, beta: f64) -> f64 {
    let square = beta * beta;
    if square == f64::INFINITY {
        return recall;
    }
    let below = square * precision + recall;
    if below > 0.0 { (1.0 + square) * precision * recall / below } else { 0.0 }
}

#[cfg(test)]
mod tests;
