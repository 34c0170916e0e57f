use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::evaluation::Outcome;
use crate::figure::{Figure, Sums};
use crate::{EvaluateError, Evaluation};

/// What is drawn at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Particles and stray picks, one by one.
    Particle,
    /// Whole tomograms of a pooled evaluation: wider intervals, and honest where tomograms differ.
    Tomogram,
}

/// How figures are resampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResamplingParams {
    /// What is drawn. Default: particles.
    pub unit: Unit,
    /// How often. Default: 2,000, which fixes the ends of a 95 % interval to about a tenth of its width.
    pub resamples: u32,
    /// The share of resamples inside an interval. Default: 0.95.
    pub confidence: f64,
    /// The seed: the same one gives the same numbers, at any number of threads. Default: 0.
    pub seed: u64,
}

impl Default for ResamplingParams {
    fn default() -> Self {
        Self { unit: Unit::Particle, resamples: 2000, confidence: 0.95, seed: 0 }
    }
}

/// A figure and the bootstrap interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Interval {
    /// The figure itself.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The percentile bootstrap interval of a figure (Efron and Tibshirani 1993, chapter 13): units are drawn with replacement,
/// as many as there are.
///
/// # Errors
/// No resamples, or a confidence outside 0 to 1.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{DistanceParams, Figure, ResamplingParams, bootstrap, evaluate_distance};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let truth = (0..100).map(|i| at(f64::from(i) * 10.0)).collect::<Result<Vec<_>, _>>()?;
/// let evaluation = evaluate_distance(&truth, &truth[..80], &DistanceParams::new(2.0))?;
/// let recall = bootstrap(&evaluation, Figure::LocalisationRecall, &ResamplingParams::default())?;
/// assert_eq!(recall.value, 0.8);
/// assert!(0.70 < recall.low && recall.low < 0.75 && 0.85 < recall.high && recall.high < 0.90); // 1.96 sigma = 0.078
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bootstrap(evaluation: &Evaluation, figure: Figure, params: &ResamplingParams) -> Result<Interval, EvaluateError> {
    params.check()?;
    let of = |outcomes: &mut dyn Iterator<Item = &Outcome>| {
        let mut sums = Sums::new(evaluation.strays_count);
        outcomes.for_each(|outcome| sums.add(outcome));
        sums.figure(figure)
    };
    let value = of(&mut evaluation.outcomes.iter());
    let units: Vec<&[Outcome]> = match params.unit {
        Unit::Particle => evaluation.outcomes.chunks(1).collect(),
        Unit::Tomogram => evaluation.outcomes.chunk_by(|a, b| a.tomogram == b.tomogram).collect(),
    };
    if units.is_empty() {
        return Ok(Interval { value, low: value, high: value });
    }
    let mut drawn: Vec<f64> = (0..params.resamples)
        .into_par_iter()
        .map(|resample| {
            let mut rng = params.rng(resample);
            of(&mut (0..units.len()).flat_map(|_| units[rng.random_range(0..units.len())]))
        })
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| drawn[((drawn.len() - 1) as f64 * share).round() as usize];
    let tail = (1.0 - params.confidence) / 2.0;
    Ok(Interval { value, low: at(tail), high: at(1.0 - tail) })
}

/// Two methods on the same truth.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Comparison {
    /// The first method's figure.
    pub first: f64,
    /// The second method's figure.
    pub second: f64,
    /// How often a difference at least as large arises, either way, when it is a matter of chance which method did what.
    pub p_value: f64,
}

/// Compares two methods evaluated against the same truth, by the paired randomisation test: under the hypothesis that the
/// methods are alike, each unit's two outcomes may change places. With units of particles, both methods' outcomes for a true
/// particle change places together and every stray pick goes to either method. The p-value counts the observed arrangement
/// too, so it is never 0.
///
/// # Errors
/// Evaluations whose true particles differ; no resamples, or a confidence outside 0 to 1.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{DistanceParams, Figure, ResamplingParams, compare, evaluate_distance};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let truth = (0..100).map(|i| at(f64::from(i) * 10.0)).collect::<Result<Vec<_>, _>>()?;
/// let of = |picks: &[Particle]| evaluate_distance(&truth, picks, &DistanceParams::new(2.0));
/// let clear = compare(&of(&truth[..90])?, &of(&truth[..60])?, Figure::LocalisationF1, &ResamplingParams::default())?;
/// assert!(clear.p_value < 0.001);
/// let even = compare(&of(&truth[..90])?, &of(&truth[10..])?, Figure::LocalisationF1, &ResamplingParams::default())?;
/// assert!(even.p_value > 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare(first: &Evaluation, second: &Evaluation, figure: Figure, params: &ResamplingParams) -> Result<Comparison, EvaluateError> {
    params.check()?;
    let units = paired_units(first, second, params.unit)?;
    let both = |swap: &mut dyn FnMut() -> bool| {
        let mut sums = [first, second].map(|e| Sums::new(e.strays_count));
        for unit in &units {
            let swapped = usize::from(swap());
            for (method, outcome) in unit {
                sums[method ^ swapped].add(outcome);
            }
        }
        sums.map(|s| s.figure(figure))
    };
    let [a, b] = both(&mut || false);
    // Differences that are equal up to rounding are equal.
    let least = (a - b).abs() - 1e-12;
    let extreme = (0..params.resamples).into_par_iter().filter(|&resample| {
        let mut rng = params.rng(resample);
        let [a, b] = both(&mut || rng.random::<bool>());
        (a - b).abs() >= least
    });
    let p_value = (extreme.count() as f64 + 1.0) / (f64::from(params.resamples) + 1.0);
    Ok(Comparison { first: a, second: b, p_value })
}

type Paired = Vec<(usize, Outcome)>;

/// Outcomes that change places together, each with the method it belongs to.
fn paired_units(first: &Evaluation, second: &Evaluation, unit: Unit) -> Result<Vec<Paired>, EvaluateError> {
    let truths = |e: &Evaluation| e.outcomes.iter().filter(|o| !o.is_stray()).copied().collect::<Vec<_>>();
    let (a, b) = (truths(first), truths(second));
    let same = |(a, b): (&Outcome, &Outcome)| (a.tomogram, a.truth, a.truth_class) == (b.tomogram, b.truth, b.truth_class);
    if a.len() != b.len() || !a.iter().zip(&b).all(same) {
        return Err(EvaluateError::DifferentTruth { first: a.len(), second: b.len() });
    }
    let mut units: Vec<Paired> = a.into_iter().zip(b).map(|(a, b)| vec![(0, a), (1, b)]).collect();
    for (method, evaluation) in [first, second].into_iter().enumerate() {
        units.extend(evaluation.outcomes.iter().filter(|o| o.is_stray()).map(|o| vec![(method, *o)]));
    }
    if unit == Unit::Tomogram {
        units.sort_by_key(|unit| unit[0].1.tomogram);
        units = units.chunk_by(|a, b| a[0].1.tomogram == b[0].1.tomogram).map(<[_]>::concat).collect();
    }
    Ok(units)
}

impl ResamplingParams {
    fn check(&self) -> Result<(), EvaluateError> {
        let Self { resamples, confidence, .. } = *self;
        if resamples == 0 || !(confidence > 0.0 && confidence < 1.0) {
            return Err(EvaluateError::Resampling { resamples, confidence });
        }
        Ok(())
    }

    /// Each resample has its own stream, so that threads do not matter.
    fn rng(&self, resample: u32) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from(resample));
        rng
    }
}

#[cfg(test)]
mod tests;
