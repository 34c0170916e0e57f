use cryoet_core::{ClassLabel, ClassTable};

use crate::ratio::{harmonic, ratio};
use crate::{Confusion, Localisation};

/// How well one class was found and named.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClassScores {
    /// The class.
    pub label: ClassLabel,
    /// Its name; the label's digits until [`Evaluation::with_names`] gives another.
    pub name: String,
    /// Picks of the class on particles of the class, over all picks of the class that the confusion matrix holds.
    pub precision: f64,
    /// Particles of the class picked as such, over all particles of the class.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
    /// How many true particles there are of the class.
    pub support: u64,
}

/// What picks are worth against a truth.
///
/// Prints as a table; with the feature `serde` it serialises to
/// `{localisation, classes: {name: {precision, recall, f1, support}}, macro_f1, confusion: {classes, counts}}`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// Finding, whatever the class.
    pub localisation: Localisation,
    /// Finding and naming, per class, by rising label: every class that the truth or an entered pick has.
    pub classes: Vec<ClassScores>,
    /// Mean F1 over the classes that occur in the truth.
    pub macro_f1: f64,
    /// Which class was taken for which.
    pub confusion: Confusion,
    /// For each true particle the index of the pick that stands for it.
    pub matches: Vec<Option<usize>>,
}

impl Evaluation {
    pub(crate) fn new(localisation: Localisation, confusion: Confusion, matches: Vec<Option<usize>>) -> Self {
        let classes: Vec<_> =
            confusion.labels().iter().filter(|label| !label.is_background()).map(|&label| scores(&confusion, label)).collect();
        let present: Vec<_> = classes.iter().filter(|class| class.support > 0).map(|class| class.f1).collect();
        let macro_f1 = if present.is_empty() { 0.0 } else { present.iter().sum::<f64>() / present.len() as f64 };
        Self { localisation, classes, macro_f1, confusion, matches }
    }

    /// The scores of a class, where it occurs.
    pub fn class(&self, label: ClassLabel) -> Option<&ClassScores> {
        self.classes.iter().find(|class| class.label == label)
    }

    /// The same evaluation with the names of a class table; classes unknown to it keep their label's digits.
    #[must_use]
    pub fn with_names(mut self, table: &ClassTable) -> Self {
        for class in &mut self.classes {
            class.name = table.name(class.label);
        }
        self
    }

    /// The name of a class as the table and the JSON show it.
    pub(crate) fn name(&self, label: ClassLabel) -> String {
        if label.is_background() {
            return "background".to_owned();
        }
        self.class(label).map_or_else(|| label.to_string(), |class| class.name.clone())
    }
}

fn scores(confusion: &Confusion, label: ClassLabel) -> ClassScores {
    let hits = confusion.count(label, label);
    let support = confusion.support(label);
    let (precision, recall) = (ratio(hits, confusion.picked(label)), ratio(hits, support));
    ClassScores { label, name: label.to_string(), precision, recall, f1: harmonic(precision, recall), support }
}
