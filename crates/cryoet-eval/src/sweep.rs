use std::collections::BTreeMap;
use std::fmt;

use cryoet_core::{ClassLabel, Particle};

use crate::assignment::Pairing;
use crate::czii::f_beta;
use crate::distance::near_pairs;
use crate::neighbours::{Near, turned};
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

/// How the best threshold is chosen. Of equally good thresholds the highest is taken; where no threshold finds anything, none is.
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
    /// The point the rule chose; none without picks, when no point fulfils it, or when nothing was found at any.
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
    sweep_pooled(&[(truth, picks)], params, criterion, rule)
}

/// The same over several tomograms together: truth and picks of each, one threshold for all, counts added up.
///
/// # Errors
/// As for [`sweep()`]; a pick without a score or size is numbered among the picks of its curve, tomogram after tomogram.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, Score};
/// use cryoet_eval::{Criterion, DistanceParams, ThresholdRule, sweep_pooled};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let (first, second) = ([at(0.0)?.with_score(Score::new(0.9)?)], [at(0.0)?.with_score(Score::new(0.4)?)]);
/// let tomograms = [(&first[..], &first[..]), (&second[..], &second[..])];
/// let curves = sweep_pooled(&tomograms, &DistanceParams::new(3.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0))?;
/// assert_eq!(curves.localisation.best.unwrap().tp, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sweep_pooled(
    tomograms: &[(&[Particle], &[Particle])],
    params: &DistanceParams,
    criterion: Criterion,
    rule: ThresholdRule,
) -> Result<Sweep, EvaluateError> {
    let mut by_class: BTreeMap<ClassLabel, Vec<[Vec<Particle>; 2]>> = BTreeMap::new();
    for (tomogram, (truth, picks)) in tomograms.iter().enumerate() {
        for (side, list) in [truth, picks].into_iter().enumerate() {
            for particle in list.iter().filter(|particle| !particle.class.is_background()) {
                let of_class = by_class.entry(particle.class).or_insert_with(|| vec![Default::default(); tomograms.len()]);
                of_class[tomogram][side].push(particle.clone());
            }
        }
    }
    let localisation = curve(tomograms, params, criterion, rule)?;
    let of_class = |(label, lists): (ClassLabel, Vec<[Vec<Particle>; 2]>)| {
        let lists: Vec<_> = lists.iter().map(|[truth, picks]| (&truth[..], &picks[..])).collect();
        Ok((label, curve(&lists, params, criterion, rule)?))
    };
    Ok(Sweep { localisation, classes: by_class.into_iter().map(of_class).collect::<Result<_, EvaluateError>>()? })
}

fn curve(
    tomograms: &[(&[Particle], &[Particle])],
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
    let picks = tomograms.iter().flat_map(|(_, picks)| *picks);
    let mut ranked = picks.enumerate().map(value).collect::<Result<Vec<_>, _>>()?;
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut near, mut count) = (Vec::new(), [0, 0]);
    for (truth, picks) in tomograms {
        let of_one = turned(near_pairs(truth, picks, params)?.pairs);
        near.extend(of_one.into_iter().map(|pair| Near { row: pair.row + count[0], column: pair.column + count[1], ..pair }));
        count = add(count, [picks.len(), truth.len()])?;
    }
    let [picks, truth] = count;
    let listed = |count: u32| (0..count).collect::<Vec<_>>();
    let mut pairing = Pairing::new(&near, [&listed(picks), &listed(truth)], params.largest());
    let mut points: Vec<CurvePoint> = Vec::new();
    let (mut reported, mut average_precision) = (0, 0.0);
    for level in ranked.chunk_by(|a, b| a.0 == b.0) {
        for &(_, pick) in level {
            pairing.add(pick);
        }
        reported += level.len() as u64;
        let tp = pairing.pairs();
        let (precision, recall) = (ratio(tp, reported), ratio(tp, truth.into()));
        average_precision += (recall - points.last().map_or(0.0, |point| point.recall)) * precision;
        points.push(CurvePoint { threshold: level[0].0, reported, tp, precision, recall, f1: harmonic(recall, precision) });
    }
    let best = best(&points, rule);
    Ok(Curve { points, average_precision, best })
}

/// Lengths of lists added up, as far as particles can be numbered.
fn add(count: [u32; 2], more: [usize; 2]) -> Result<[u32; 2], EvaluateError> {
    let limit = u32::MAX as usize - 1;
    let sum = [count[0] as usize + more[0], count[1] as usize + more[1]];
    if sum.iter().any(|&count| count > limit) {
        return Err(EvaluateError::TooMany { count: sum[0].max(sum[1]), limit });
    }
    Ok(sum.map(|count| count as u32))
}

fn best(points: &[CurvePoint], rule: ThresholdRule) -> Option<CurvePoint> {
    let worth = |point: &CurvePoint| match rule {
        ThresholdRule::MaxFBeta(beta) => Some(f_beta(point.precision, point.recall, beta)),
        ThresholdRule::MinPrecision(least) => (point.precision >= least).then_some(point.recall),
    };
    let (mut most, mut best) = (0.0, None);
    for point in points {
        if let Some(worth) = worth(point)
            && worth > most
        {
            (most, best) = (worth, Some(*point));
        }
    }
    best
}

#[cfg(test)]
mod tests;
