use cryoet_core::ClassLabel;

use crate::evaluation::Outcome;
use crate::ratio::{harmonic, mean, ratio};

/// A figure of which one wants to know how sure it is.
///
/// Computed from an evaluation's outcomes, it equals the evaluation's own, whatever the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// F1 of finding, whatever the class.
    LocalisationF1,
    /// Recall of finding.
    LocalisationRecall,
    /// Precision of finding: found over found and stray.
    LocalisationPrecision,
    /// Mean F1 over the classes that occur in the truth.
    MacroF1,
    /// F1 of one class.
    ClassF1(ClassLabel),
}

/// What a figure is computed from, added up outcome by outcome.
#[derive(Clone)]
pub(crate) struct Sums {
    found: u64,
    missed: u64,
    strays: u64,
    /// Particles that only recall divides by, and picks that only precision divides by.
    aside: [u64; 2],
    right: [u64; 256],
    support: [u64; 256],
    picked: [u64; 256],
    strays_count: bool,
}

impl Sums {
    pub(crate) const fn new(strays_count: bool) -> Self {
        Self { found: 0, missed: 0, strays: 0, aside: [0; 2], right: [0; 256], support: [0; 256], picked: [0; 256], strays_count }
    }

    pub(crate) fn add(&mut self, outcome: &Outcome) {
        let [truth, picked] = [outcome.truth_class, outcome.pick_class].map(|label| usize::from(label.get()));
        if outcome.is_stray() {
            self.strays += 1;
            self.picked[picked] += u64::from(self.strays_count);
            return;
        }
        if outcome.is_found() {
            self.found += 1;
            self.picked[picked] += 1;
            self.right[truth] += u64::from(truth == picked);
        } else {
            self.missed += 1;
        }
        self.support[truth] += 1;
    }

    /// Adds what only denominators count.
    pub(crate) fn add_aside(&mut self, outcome: &Outcome) {
        self.aside[usize::from(outcome.is_stray())] += 1;
    }

    pub(crate) fn figure(&self, figure: Figure) -> f64 {
        let class_f1 = |c: usize| harmonic(ratio(self.right[c], self.picked[c]), ratio(self.right[c], self.support[c]));
        let [particles, picks] = self.aside;
        let recall = ratio(self.found, self.found + self.missed + particles);
        let precision = ratio(self.found, self.found + self.strays + picks);
        match figure {
            Figure::LocalisationF1 => harmonic(recall, precision),
            Figure::LocalisationRecall => recall,
            Figure::LocalisationPrecision => precision,
            Figure::MacroF1 => mean((1..256).filter(|&c| self.support[c] > 0).map(class_f1)),
            Figure::ClassF1(label) => class_f1(usize::from(label.get())),
        }
    }
}
