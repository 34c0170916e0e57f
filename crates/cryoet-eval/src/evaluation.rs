use cryoet_core::{ClassLabel, ClassTable};

use crate::localisation::Counts;
use crate::ratio::{harmonic, mean, ratio};
use crate::{Confusion, Localisation};

/// What became of one true particle, or of one pick that stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Which of the pooled evaluations it belongs to; 0 in an evaluation of its own.
    pub tomogram: usize,
    /// The true particle's index, none for a stray pick.
    pub truth: Option<usize>,
    /// The index of the pick that stands for the particle, or the stray pick's own; none for a missed particle.
    pub pick: Option<usize>,
    /// The true class, background for a stray pick.
    pub truth_class: ClassLabel,
    /// The picked class, background for a missed particle.
    pub pick_class: ClassLabel,
}

impl Outcome {
    /// Whether it is a particle that was found, whatever class the pick names.
    pub fn is_found(&self) -> bool {
        self.truth.is_some() && self.pick.is_some()
    }

    /// Whether it is a pick that stands for no particle.
    pub fn is_stray(&self) -> bool {
        self.truth.is_none()
    }
}

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
/// `{localisation, classes: {label: {name, precision, recall, f1, support}}, macro_f1, micro_f1, confusion: {labels, classes, counts}}`, where
/// `confusion.classes` are the names of the labels.
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
    /// The true particles that count, in order, then the stray picks in order.
    pub outcomes: Vec<Outcome>,
    /// What only denominators count: particles that only recall divides by, and picks on excluded particles, which only precision divides by.
    pub(crate) aside: Vec<Outcome>,
    pub(crate) counts: Counts,
    /// Whether stray picks enter the confusion matrix.
    pub(crate) strays_count: bool,
}

impl Evaluation {
    pub(crate) fn new(
        counts: Counts,
        outcomes: Vec<Outcome>,
        aside: Vec<Outcome>,
        matches: Vec<Option<usize>>,
        strays_count: bool,
    ) -> Self {
        let confusion = Confusion::of(outcomes.iter().filter(|o| strays_count || !o.is_stray()).map(|o| (o.truth_class, o.pick_class)));
        let classes: Vec<_> =
            confusion.labels().iter().filter(|label| !label.is_background()).map(|&label| scores(&confusion, label)).collect();
        let macro_f1 = mean(classes.iter().filter(|class| class.support > 0).map(|class| class.f1));
        Self { localisation: Localisation::new(counts), classes, macro_f1, confusion, matches, outcomes, aside, counts, strays_count }
    }

    /// Several tomograms' evaluations as one: counts are added up before any ratio is taken (micro-averaged over
    /// tomograms). They should come from the same rule; names are those of the first that names a class.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position};
    /// use cryoet_eval::{DistanceParams, Evaluation, evaluate_distance};
    /// let list = [Particle::new(ClassLabel::new(1), Position::new(1.0, 2.0, 3.0)?)];
    /// let good = evaluate_distance(&list, &list, &DistanceParams::new(2.0))?;
    /// let bad = evaluate_distance(&list, &[], &DistanceParams::new(2.0))?;
    /// assert_eq!(Evaluation::pooled(&[good, bad]).localisation.recall, 0.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pooled(evaluations: &[Self]) -> Self {
        let mut counts = Counts::default();
        let (mut outcomes, mut aside, mut matches, mut offset) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for evaluation in evaluations {
            counts.add(&evaluation.counts);
            matches.extend_from_slice(&evaluation.matches);
            let moved = |o: &Outcome| Outcome { tomogram: o.tomogram + offset, ..*o };
            outcomes.extend(evaluation.outcomes.iter().map(moved));
            aside.extend(evaluation.aside.iter().map(moved));
            offset += 1 + evaluation.outcomes.iter().chain(&evaluation.aside).map(|o| o.tomogram).max().unwrap_or(0);
        }
        let mut pooled = Self::new(counts, outcomes, aside, matches, evaluations.iter().any(|e| e.strays_count));
        for class in &mut pooled.classes {
            let named = evaluations.iter().filter_map(|e| e.class(class.label)).find(|c| c.name != c.label.to_string());
            if let Some(named) = named {
                class.name.clone_from(&named.name);
            }
        }
        pooled
    }

    /// F1 over all classes at once: twice the particles found and rightly named over all particles and all entered picks.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position};
    /// use cryoet_eval::{DistanceParams, evaluate_distance};
    /// let at = |class, x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(class), position));
    /// let truth = [at(1, 0.0)?, at(1, 9.0)?, at(2, 18.0)?];
    /// let evaluation = evaluate_distance(&truth, &truth[..2], &DistanceParams::new(2.0))?;
    /// assert_eq!((evaluation.micro_f1(), evaluation.macro_f1), (0.8, 0.5));
    /// assert_eq!(evaluation.mean_f1(&[ClassLabel::new(1)]), 1.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn micro_f1(&self) -> f64 {
        let right: u64 = self.confusion.labels().iter().filter(|l| !l.is_background()).map(|&l| self.confusion.count(l, l)).sum();
        let truth: u64 = self.classes.iter().map(|class| class.support).sum();
        let picked: u64 = self.classes.iter().map(|class| self.confusion.picked(class.label)).sum();
        ratio(2 * right, truth + picked)
    }

    /// Mean F1 over some of the classes, such as a group of similar size; classes absent from the truth are left out, and
    /// without any the mean is 0.
    pub fn mean_f1(&self, group: &[ClassLabel]) -> f64 {
        mean(self.classes.iter().filter(|class| class.support > 0 && group.contains(&class.label)).map(|class| class.f1))
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
