use std::collections::BTreeMap;
use std::fmt;

use cryoet_core::{ClassLabel, Particle};

use crate::assignment::Pairing;
use crate::czii::f_beta;
use crate::distance::near_pairs;
use crate::neighbours::turned;
use crate::ratio::{harmonic, ratio};
use crate::{DistanceParams, EvaluateError};

/// By what picks are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// The pick's score.
    Score,
    /// The pick's size in voxels: DeepFinder's criterion.
    Size,
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Score => "score",
            Self::Size => "size",
        })
    }
}

/// How the best threshold is chosen. Of equally good thresholds the highest is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ThresholdRule {
    /// The largest F-beta; beta 1 is F1.
    MaxFBeta(f64),
    /// The largest recall among thresholds at which precision is at least this.
    MinPrecision(f64),
}

/// Picks at or above one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CurvePoint {
    /// The threshold: a score or a size in voxels.
    pub threshold: f64,
    /// How many picks reach it.
    pub reported: u64,
    /// How many of them can stand for a particle each.
    pub tp: u64,
    /// `tp` over `reported`.
    pub precision: f64,
    /// `tp` over true particles.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
}

/// Precision and recall at every threshold that makes a difference.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Curve {
    /// By falling threshold, so by rising recall.
    pub points: Vec<CurvePoint>,
    /// The area under the curve: the sum of each step of recall times the precision reached with it.
    pub average_precision: f64,
    /// The point the rule chose; none without picks, or when no point fulfils it.
    pub best: Option<CurvePoint>,
}

/// Curves over all thresholds.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Sweep {
    /// Finding, whatever the class.
    pub localisation: Curve,
    /// Per class, only picks and particles of that class paired: every class but background that truth or picks have.
    pub classes: BTreeMap<ClassLabel, Curve>,
}

/// Sweeps a threshold over all picks: precision, recall and F1 at each, and the best threshold per class.
///
/// At every threshold the picks that reach it are paired with the particles one to one, as many as possible, within the
/// radius ([`evaluate_distance`](crate::evaluate_distance)'s pairing, grown pick by pick).
///
/// # Errors
/// A pick without a score or size; radii that are not positive and finite; too many particles.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, Score};
/// use cryoet_eval::{Criterion, DistanceParams, ThresholdRule, sweep};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let truth = [at(0.0)?, at(20.0)?];
/// let picks = [at(0.0)?.with_score(Score::new(0.9)?), at(50.0)?.with_score(Score::new(0.2)?), at(20.0)?.with_score(Score::new(0.7)?)];
/// let curves = sweep(&truth, &picks, &DistanceParams::new(3.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0))?;
/// assert_eq!(curves.classes[&ClassLabel::new(1)].best.unwrap().threshold, 0.7);
/// assert_eq!(curves.localisation.average_precision, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sweep(
    truth: &[Particle],
    picks: &[Particle],
    params: &DistanceParams,
    criterion: Criterion,
    rule: ThresholdRule,
) -> Result<Sweep, EvaluateError> {
    let mut by_class: BTreeMap<ClassLabel, [Vec<Particle>; 2]> = BTreeMap::new();
    for (side, list) in [truth, picks].into_iter().enumerate() {
        for particle in list.iter().filter(|particle| !particle.class.is_background()) {
            by_class.entry(particle.class).or_default()[side].push(particle.clone());
        }
    }
    let localisation = curve(truth, picks, params, criterion, rule)?;
    let classes = by_class.into_iter().map(|(label, [truth, picks])| Ok((label, curve(&truth, &picks, params, criterion, rule)?)));
    Ok(Sweep { localisation, classes: classes.collect::<Result<_, EvaluateError>>()? })
}

fn curve(
    truth: &[Particle],
    picks: &[Particle],
    params: &DistanceParams,
    criterion: Criterion,
    rule: ThresholdRule,
) -> Result<Curve, EvaluateError> {
    let value = |(index, pick): (usize, &Particle)| {
        let value = match criterion {
            Criterion::Score => pick.score.map(|score| score.get()),
            Criterion::Size => pick.size.map(|voxels| voxels as f64),
        };
        value.map(|value| (value, index as u32)).ok_or(EvaluateError::NothingToRankBy { pick: index, criterion })
    };
    let mut ranked = picks.iter().enumerate().map(value).collect::<Result<Vec<_>, _>>()?;
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let near = turned(near_pairs(truth, picks, params)?);
    let mut pairing = Pairing::new(&near, picks.len(), truth.len(), params.largest());
    let mut points: Vec<CurvePoint> = Vec::new();
    let (mut reported, mut average_precision) = (0, 0.0);
    for level in ranked.chunk_by(|a, b| a.0 == b.0) {
        for &(_, pick) in level {
            pairing.add(pick);
        }
        reported += level.len() as u64;
        let tp = pairing.pairs();
        let (precision, recall) = (ratio(tp, reported), ratio(tp, truth.len() as u64));
        average_precision += (recall - points.last().map_or(0.0, |point| point.recall)) * precision;
        points.push(CurvePoint { threshold: level[0].0, reported, tp, precision, recall, f1: harmonic(recall, precision) });
    }
    let best = best(&points, rule);
    Ok(Curve { points, average_precision, best })
}

fn best(points: &[CurvePoint], rule: ThresholdRule) -> Option<CurvePoint> {
    let worth = |point: &CurvePoint| match rule {
        ThresholdRule::MaxFBeta(beta) => Some(f_beta(point.precision, point.recall, beta)),
        ThresholdRule::MinPrecision(least) => (point.precision >= least).then_some(point.recall),
    };
    let mut best: Option<(f64, CurvePoint)> = None;
    for point in points {
        if let Some(worth) = worth(point)
            && best.is_none_or(|(most, _)| worth > most)
        {
            best = Some((worth, *point));
        }
    }
    best.map(|(_, point)| point)
}

#[cfg(test)]
mod tests;
