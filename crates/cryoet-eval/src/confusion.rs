use std::collections::BTreeSet;

use cryoet_core::ClassLabel;

/// How often particles of each class were taken for each class.
///
/// A row is a true class, a column a picked class. Background's column counts particles that were missed; background's
/// row counts picks that found nothing, where the rule of evaluation enters them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    labels: Vec<ClassLabel>,
    counts: Vec<u64>,
}

impl Confusion {
    /// The matrix of pairs (true class, picked class).
    pub(crate) fn of(pairs: &[(ClassLabel, ClassLabel)]) -> Self {
        let mut labels: BTreeSet<_> = pairs.iter().flat_map(|&(truth, picked)| [truth, picked]).collect();
        labels.insert(ClassLabel::BACKGROUND);
        let labels: Vec<_> = labels.into_iter().collect();
        let mut place = [0; 256];
        for (index, label) in labels.iter().enumerate() {
            place[usize::from(label.get())] = index;
        }
        let mut counts = vec![0; labels.len() * labels.len()];
        for (truth, picked) in pairs {
            counts[place[usize::from(truth.get())] * labels.len() + place[usize::from(picked.get())]] += 1;
        }
        Self { labels, counts }
    }

    /// The classes of rows and columns, rising, background first.
    pub fn labels(&self) -> &[ClassLabel] {
        &self.labels
    }

    /// How many particles of class `truth` were picked as `picked`; 0 for classes that do not occur.
    pub fn count(&self, truth: ClassLabel, picked: ClassLabel) -> u64 {
        match (self.labels.binary_search(&truth), self.labels.binary_search(&picked)) {
            (Ok(row), Ok(column)) => self.counts[row * self.labels.len() + column],
            _ => 0,
        }
    }

    /// The rows, in the order of [`labels`](Self::labels).
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u64]> {
        self.counts.chunks(self.labels.len())
    }

    /// How many true particles there are of a class.
    pub fn support(&self, truth: ClassLabel) -> u64 {
        self.labels.iter().map(|&picked| self.count(truth, picked)).sum()
    }

    /// How many picks of a class are entered.
    pub fn picked(&self, picked: ClassLabel) -> u64 {
        self.labels.iter().map(|&truth| self.count(truth, picked)).sum()
    }
}
