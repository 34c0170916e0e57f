//! What goes beyond one number: intervals, a second method, sweeps, groups of sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use cryoet::eval::{
    Comparison, Criterion, EvaluateError, Evaluation, Figure, Interval, ResamplingParams, SizeGroup, ThresholdRule, Unit, bootstrap,
    compare,
};
use cryoet::{ClassLabel, ClassTable};
use serde::Serialize;

use crate::bar::Bar;
use crate::failure::Failure;
use crate::numbers;
use crate::output;
use crate::per_class::per_class;

use super::rule::Rule;

/// What is asked beyond the evaluation.
#[derive(Debug, Clone, Args, Serialize)]
#[command(group(ArgGroup::new("resampling").args(["bootstrap", "against"]).multiple(true)))]
pub(super) struct FurtherOptions {
    /// Bootstrap intervals of the main figures
    #[arg(long)]
    pub(super) bootstrap: bool,
    /// Picks of another method on the same truth: p-values of the differences
    #[arg(long, value_name = "LIST")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(super) against: Option<PathBuf>,
    /// What is drawn at random
    #[arg(long, value_enum, default_value_t = Drawn::Particle, requires = "resampling")]
    draw: Drawn,
    /// How often it is drawn
    #[arg(long, value_name = "N", default_value_t = 2000, requires = "resampling", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    resamples: u32,
    /// The share of resamples inside an interval
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, requires = "bootstrap", value_parser = share)]
    confidence: f64,
    /// The seed of what is drawn
    #[arg(long, value_name = "N", default_value_t = 0, requires = "resampling")]
    seed: u64,
    /// Precision and recall at every threshold, and the best threshold per class (with --distance)
    #[arg(long, value_enum, value_name = "BY")]
    pub(super) sweep: Option<By>,
    /// What makes a threshold best: fbeta:BETA, or precision:LEAST for the most recall at such a precision
    #[arg(long, value_name = "RULE", default_value = "fbeta:1", requires = "sweep", value_parser = best)]
    pub(super) best: Best,
    /// Masses in kDa in class order, or one for all: mean F1 of small, medium and large complexes, as in SHREC'20
    #[arg(long, value_name = "KDA[,KDA..]", value_parser = masses)]
    masses: Option<Masses>,
}

/// Units of resampling.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Drawn {
    /// Particles and stray picks one by one
    Particle,
    /// Whole tomograms (with --pool)
    Tomogram,
}

/// By what picks are ranked.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    /// Their scores
    Score,
    /// Their sizes in voxels
    Size,
}

impl From<By> for Criterion {
    fn from(by: By) -> Self {
        match by {
            By::Score => Self::Score,
            By::Size => Self::Size,
        }
    }
}

/// The rule that chooses a threshold.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Best {
    FBeta(f64),
    Precision(f64),
}

impl From<Best> for ThresholdRule {
    fn from(best: Best) -> Self {
        match best {
            Best::FBeta(beta) => Self::MaxFBeta(beta),
            Best::Precision(least) => Self::MinPrecision(least),
        }
    }
}

fn best(text: &str) -> Result<Best, String> {
    match text.split_once(':') {
        Some(("fbeta", beta)) => Ok(Best::FBeta(numbers::positive(beta)?)),
        Some(("precision", least)) => {
            Ok(Best::Precision(numbers::not_negative(least).ok().filter(|least| *least <= 1.0).ok_or("a precision lies between 0 and 1")?))
        }
        _ => Err("expected fbeta:BETA or precision:LEAST".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    numbers::positive(text).ok().filter(|share| *share < 1.0).ok_or_else(|| "expected a number between 0 and 1".into())
}

#[derive(Debug, Clone, Serialize)]
struct Masses(Vec<f64>);

fn masses(text: &str) -> Result<Masses, String> {
    Ok(Masses(text.split(',').map(numbers::positive).collect::<Result<_, _>>()?))
}

/// The figures that are given an interval and compared, by name.
const FIGURES: [(&str, Figure); 4] = [
    ("localisation_f1", Figure::LocalisationF1),
    ("localisation_recall", Figure::LocalisationRecall),
    ("localisation_precision", Figure::LocalisationPrecision),
    ("macro_f1", Figure::MacroF1),
];

/// A figure of each name, and F1 of each class by label.
#[derive(Debug, Serialize)]
pub(super) struct Figures<T> {
    #[serde(flatten)]
    whole: BTreeMap<&'static str, T>,
    classes: BTreeMap<ClassLabel, T>,
}

impl<T> Figures<T> {
    /// The figures in the order asked for: those of everything, then F1 of every class of the truth.
    fn of(evaluation: &Evaluation, figures: impl FnOnce(&[Figure]) -> Result<Vec<T>, EvaluateError>) -> Result<Self, Failure> {
        let labels: Vec<_> = evaluation.classes.iter().filter(|class| class.support > 0).map(|class| class.label).collect();
        let asked: Vec<_> = FIGURES.iter().map(|&(_, figure)| figure).chain(labels.iter().map(|&label| Figure::ClassF1(label))).collect();
        let mut values = figures(&asked)?.into_iter();
        let whole = FIGURES.iter().map(|&(name, _)| name).zip(values.by_ref()).collect();
        Ok(Self { whole, classes: labels.into_iter().zip(values).collect() })
    }

    /// A table: names, then the cells of each figure.
    fn table(&self, head: &[&str], classes: &ClassTable, cells: impl Fn(&T) -> Vec<String>) -> String {
        let mut rows = vec![head.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>()];
        let of_class = |(label, value): (&ClassLabel, _)| (format!("F1 of {}", classes.name(*label)), value);
        let whole = FIGURES.iter().filter_map(|(name, _)| Some((name.replace('_', " "), self.whole.get(name)?)));
        rows.extend(whole.chain(self.classes.iter().map(of_class)).map(|(name, value)| [vec![name], cells(value)].concat()));
        output::table(&rows)
    }
}

impl FurtherOptions {
    fn params(&self) -> ResamplingParams {
        let unit = match self.draw {
            Drawn::Particle => Unit::Particle,
            Drawn::Tomogram => Unit::Tomogram,
        };
        ResamplingParams { unit, resamples: self.resamples, confidence: self.confidence, seed: self.seed }
    }

    /// Whether nothing is asked.
    pub(super) fn is_empty(&self) -> bool {
        !self.bootstrap && self.against.is_none() && self.sweep.is_none() && self.masses.is_none()
    }

    /// The interval of every figure, and their table.
    pub(super) fn intervals(&self, evaluation: &Evaluation, classes: &ClassTable) -> Result<(Figures<Interval>, String), Failure> {
        let intervals = Figures::of(evaluation, |figures| bootstrap(evaluation, figures, &self.params(), &Bar::new("resampling")))?;
        // Rounded, since 0.29 times 100 is not quite 29.
        let share = format!("{} % from", (self.confidence * 1e10).round() / 1e8);
        let text = intervals.table(&["figure", "value", &share, "to"], classes, |interval| {
            [interval.value, interval.low, interval.high].map(|value| format!("{value:.4}")).to_vec()
        });
        Ok((intervals, text))
    }

    /// Every figure of both methods with the p-value of its difference, and their table.
    pub(super) fn comparison(
        &self,
        first: &Evaluation,
        second: &Evaluation,
        classes: &ClassTable,
    ) -> Result<(Figures<Comparison>, String), Failure> {
        let compared = Figures::of(first, |figures| compare(first, second, figures, &self.params(), &Bar::new("comparing")))?;
        let text = compared.table(&["figure", "picks", "against", "p"], classes, |comparison| {
            [comparison.first, comparison.second, comparison.p_value].map(|value| format!("{value:.4}")).to_vec()
        });
        Ok((compared, text))
    }

    /// Masses by class.
    pub(super) fn masses(
        &self,
        classes: &ClassTable,
        occurring: &BTreeSet<ClassLabel>,
    ) -> Result<Option<BTreeMap<ClassLabel, f64>>, Failure> {
        self.masses.as_ref().map(|Masses(masses)| per_class("--masses", masses, classes, occurring)).transpose()
    }

    /// Refuses, before the work, what this rule or so many tomograms cannot give.
    pub(super) fn check(&self, tomograms: usize, rule: &Rule) -> Result<(), Failure> {
        if self.sweep.is_some() && !matches!(rule, Rule::Assignment(_)) {
            return Err(Failure::usage("--sweep pairs one to one: give --distance, and no other protocol"));
        }
        if matches!(self.draw, Drawn::Tomogram) && tomograms < 2 {
            return Err(Failure::usage("--draw tomogram needs lists of two tomograms or more, and --pool: one alone cannot be resampled"));
        }
        Ok(())
    }
}

/// Mean F1 of groups of sizes by name, and their table.
pub(super) fn by_size(groups: &BTreeMap<SizeGroup, f64>) -> (BTreeMap<String, f64>, String) {
    let mut rows = vec![vec!["size".to_owned(), "mean F1".to_owned()]];
    rows.extend(groups.iter().map(|(group, f1)| vec![group.to_string(), format!("{f1:.4}")]));
    (groups.iter().map(|(group, &f1)| (group.to_string(), f1)).collect(), output::table(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rules_of_thresholds() {
        assert!(matches!(best("fbeta:4"), Ok(Best::FBeta(4.0))));
        assert!(matches!(best("precision:0.9"), Ok(Best::Precision(0.9))));
        assert!(["f1", "fbeta:", "fbeta:-1", "precision:x", "precision:7", ""].iter().all(|text| best(text).is_err()));
        assert!(share("1").is_err() && share("0").is_err() && share("0.9").is_ok());
    }
}
