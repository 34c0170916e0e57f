use cryoet_core::ClassLabel;

/// How often particles of each class were taken for each class.
///
/// A row is a true class, a column a picked class. Background's column counts particles that were missed; background's
/// row counts picks that found nothing, where the rule of evaluation enters them.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{DistanceParams, evaluate_distance};
/// let at = |class, x| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(class), position));
/// let truth = [at(1, 0.0)?, at(1, 9.0)?];
/// let confusion = evaluate_distance(&truth, &[at(2, 0.0)?, at(1, 90.0)?], &DistanceParams::new(2.0))?.confusion;
/// let [nobody, one, two] = [0, 1, 2].map(ClassLabel::new);
/// assert_eq!((confusion.count(one, two), confusion.count(one, nobody), confusion.count(nobody, one)), (1, 1, 1));
/// assert_eq!((confusion.support(one), confusion.picked(one), confusion.support(two)), (2, 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    labels: Vec<ClassLabel>,
    counts: Vec<u64>,
}

impl Confusion {
    /// The matrix of pairs (true class, picked class).
    pub(crate) fn of(pairs: impl Iterator<Item = (ClassLabel, ClassLabel)>) -> Self {
        let mut table = vec![0u64; 256 * 256];
        let mut occurs = [false; 256];
        occurs[0] = true;
        for (truth, picked) in pairs {
            let [truth, picked] = [truth, picked].map(|label| usize::from(label.get()));
            table[truth * 256 + picked] += 1;
            (occurs[truth], occurs[picked]) = (true, true);
        }
        let labels: Vec<_> = (0..=255).filter(|&label| occurs[usize::from(label)]).map(ClassLabel::new).collect();
        let of_row = |row: &ClassLabel| {
            labels.iter().map(|column| table[usize::from(row.get()) * 256 + usize::from(column.get())]).collect::<Vec<_>>()
        };
        let counts = labels.iter().flat_map(of_row).collect();
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
