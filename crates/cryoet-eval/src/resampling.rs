use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::Progress;
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

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Particle => "particle",
            Self::Tomogram => "tomogram",
        })
    }
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

/// The percentile bootstrap intervals of figures (Efron and Tibshirani 1993, chapter 13), in their order: units are drawn with
/// replacement, as many as there are, and all figures are computed from the same draws.
///
/// An evaluation without any outcome gives intervals of no width. Reports resamples done.
///
/// # Errors
/// A single unit, which would give intervals of no width too; no resamples, or a confidence outside 0 to 1; the work was cancelled.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{DistanceParams, Figure, ResamplingParams, bootstrap, evaluate_distance};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let truth = (0..100).map(|i| at(f64::from(i) * 10.0)).collect::<Result<Vec<_>, _>>()?;
/// let evaluation = evaluate_distance(&truth, &truth[..80], &DistanceParams::new(2.0))?;
/// let recall = bootstrap(&evaluation, &[Figure::LocalisationRecall], &ResamplingParams::default(), &())?[0];
/// assert_eq!(recall.value, 0.8);
/// assert!(0.70 < recall.low && recall.low < 0.75 && 0.85 < recall.high && recall.high < 0.90); // 1.96 sigma = 0.078
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bootstrap(
    evaluation: &Evaluation,
    figures: &[Figure],
    params: &ResamplingParams,
    progress: &dyn Progress,
) -> Result<Vec<Interval>, EvaluateError> {
    params.check()?;
    let of = |entries: &mut dyn Iterator<Item = &Entry>| {
        let mut sums = Sums::new(evaluation.strays_count);
        entries.for_each(|entry| entry.add_to(&mut sums));
        figures.iter().map(|&figure| sums.figure(figure)).collect::<Vec<f64>>()
    };
    let entries = entries(evaluation);
    let values = of(&mut entries.iter());
    let units: Vec<&[Entry]> = match params.unit {
        Unit::Particle => entries.chunks(1).collect(),
        Unit::Tomogram => entries.chunk_by(|a, b| a.outcome.tomogram == b.outcome.tomogram).collect(),
    };
    params.check_units(units.len())?;
    if units.is_empty() {
        return Ok(values.into_iter().map(|value| Interval { value, low: value, high: value }).collect());
    }
    let drawn = params.each(progress, |mut rng| of(&mut (0..units.len()).flat_map(|_| units[rng.random_range(0..units.len())])))?;
    let tail = (1.0 - params.confidence) / 2.0;
    let interval = |(place, value): (usize, f64)| {
        let mut drawn: Vec<f64> = drawn.iter().map(|of_one| of_one[place]).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| drawn[((drawn.len() - 1) as f64 * share).round() as usize];
        Interval { value, low: at(tail), high: at(1.0 - tail) }
    };
    Ok(values.into_iter().enumerate().map(interval).collect())
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

/// Compares figures of two methods evaluated against the same truth, by the paired randomisation test: under the hypothesis that the
/// methods are alike, each unit's two outcomes may change places. With units of particles, both methods' outcomes for a true
/// particle change places together and every stray pick goes to either method. The p-value counts the observed arrangement
/// too, so it is never 0; and as n units can change places in 2^n ways, of which half repeat the other half, n tomograms give no p below about
/// 2^(1-n), however different the methods are: five or fewer can never tell them apart at 0.05.
///
/// All figures, in their order, are computed from the same arrangements. Reports resamples done.
///
/// # Errors
/// Evaluations whose true particles differ; a single unit, for which p is always 1; no resamples, or a confidence outside 0 to 1; the work was
/// cancelled.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{DistanceParams, Figure, ResamplingParams, compare, evaluate_distance};
///
/// let at = |x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let truth = (0..100).map(|i| at(f64::from(i) * 10.0)).collect::<Result<Vec<_>, _>>()?;
/// let of = |picks: &[Particle]| evaluate_distance(&truth, picks, &DistanceParams::new(2.0));
/// let (f1, params) = ([Figure::LocalisationF1], ResamplingParams::default());
/// let clear = compare(&of(&truth[..90])?, &of(&truth[..60])?, &f1, &params, &())?;
/// assert!(clear[0].p_value < 0.001);
/// let even = compare(&of(&truth[..90])?, &of(&truth[10..])?, &f1, &params, &())?;
/// assert!(even[0].p_value > 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare(
    first: &Evaluation,
    second: &Evaluation,
    figures: &[Figure],
    params: &ResamplingParams,
    progress: &dyn Progress,
) -> Result<Vec<Comparison>, EvaluateError> {
    params.check()?;
    let units = paired_units(first, second, params.unit)?;
    params.check_units(units.len())?;
    let both = |swap: &mut dyn FnMut() -> bool| {
        let mut sums = [first, second].map(|e| Sums::new(e.strays_count));
        for unit in &units {
            let swapped = usize::from(swap());
            for (method, entry) in unit {
                entry.add_to(&mut sums[method ^ swapped]);
            }
        }
        figures.iter().map(|&figure| [sums[0].figure(figure), sums[1].figure(figure)]).collect::<Vec<_>>()
    };
    let values = both(&mut || false);
    // Differences that are equal up to rounding are equal.
    let extreme = |[[a, b], [c, d]]: [[f64; 2]; 2]| (a - b).abs() >= (c - d).abs() - 1e-12;
    let extremes = params.each(progress, |mut rng| {
        let drawn = both(&mut || rng.random::<bool>());
        drawn.into_iter().zip(&values).map(|(drawn, &value)| extreme([drawn, value])).collect::<Vec<bool>>()
    })?;
    let comparison = |(place, &[first, second]): (usize, &[f64; 2])| {
        let count = extremes.iter().filter(|of_one| of_one[place]).count();
        Comparison { first, second, p_value: (count as f64 + 1.0) / (f64::from(params.resamples) + 1.0) }
    };
    Ok(values.iter().enumerate().map(comparison).collect())
}

/// An outcome, or what only denominators count.
#[derive(Clone, Copy)]
struct Entry {
    outcome: Outcome,
    aside: bool,
}

impl Entry {
    fn add_to(&self, sums: &mut Sums) {
        if self.aside { sums.add_aside(&self.outcome) } else { sums.add(&self.outcome) }
    }
}

/// What an evaluation's figures are computed from, tomogram by tomogram.
fn entries(evaluation: &Evaluation) -> Vec<Entry> {
    let of = |aside: bool| move |&outcome: &Outcome| Entry { outcome, aside };
    let mut entries: Vec<Entry> = evaluation.outcomes.iter().map(of(false)).chain(evaluation.aside.iter().map(of(true))).collect();
    entries.sort_by_key(|entry| entry.outcome.tomogram);
    entries
}

type Paired = Vec<(usize, Entry)>;

/// Outcomes that change places together, each with the method it belongs to.
fn paired_units(first: &Evaluation, second: &Evaluation, unit: Unit) -> Result<Vec<Paired>, EvaluateError> {
    let split = |e: &Evaluation| entries(e).into_iter().partition::<Vec<_>, _>(|entry| !entry.outcome.is_stray());
    let ([(a, of_first), (b, of_second)], key) =
        ([split(first), split(second)], |e: &Entry| (e.aside, e.outcome.tomogram, e.outcome.truth, e.outcome.truth_class));
    if a.len() != b.len() || !a.iter().map(key).eq(b.iter().map(key)) {
        return Err(EvaluateError::DifferentTruth { first: a.len(), second: b.len() });
    }
    let mut units: Vec<Paired> = a.into_iter().zip(b).map(|(a, b)| vec![(0, a), (1, b)]).collect();
    for (method, strays) in [of_first, of_second].into_iter().enumerate() {
        units.extend(strays.into_iter().map(|stray| vec![(method, stray)]));
    }
    if unit == Unit::Tomogram {
        let tomogram = |unit: &Paired| unit[0].1.outcome.tomogram;
        units.sort_by_key(tomogram);
        units = units.chunk_by(|a, b| tomogram(a) == tomogram(b)).map(<[_]>::concat).collect();
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

    fn check_units(&self, units: usize) -> Result<(), EvaluateError> {
        if units == 1 { Err(EvaluateError::OneUnit { unit: self.unit }) } else { Ok(()) }
    }

    /// What each resample gives.
    fn each<T: Send>(&self, progress: &dyn Progress, of_one: impl Fn(ChaCha8Rng) -> T + Sync) -> Result<Vec<T>, EvaluateError> {
        let done = AtomicU64::new(0);
        let resample = |resample: u32| {
            let drawn = of_one(self.rng(resample));
            progress.report(done.fetch_add(1, Ordering::Relaxed) + 1, self.resamples.into())?;
            Ok(drawn)
        };
        (0..self.resamples).into_par_iter().map(resample).collect()
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
