use cryoet_core::{ClassLabel, ClassTable};
use serde::{Deserialize, Serialize};

/// How well one class's voxels were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// The class.
    pub label: ClassLabel,
    /// Right voxels among those given the class; 0 when none was.
    pub precision: f64,
    /// Right voxels among those of the class; 0 when there are none.
    pub recall: f64,
    /// The harmonic mean of the two, equal to Dice; 0 when both are 0.
    pub f1: f64,
    /// Voxels of the class.
    pub support: u64,
}

/// Metrics over the voxels of the validation tomograms, ignored ones left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationMetrics {
    /// Right voxels among all, background included.
    pub accuracy: f64,
    /// One entry per class, background apart.
    pub classes: Vec<ClassMetrics>,
    /// The mean F1 (Dice) of the classes that occur.
    pub mean_f1: f64,
}

/// Counts of (true channel, predicted channel).
#[derive(Debug, Clone)]
pub(super) struct VoxelCounts {
    channels: usize,
    counts: Vec<u64>,
}

impl VoxelCounts {
    pub(super) fn new(channels: usize) -> Self {
        Self { channels, counts: vec![0; channels * channels] }
    }

    pub(super) fn add(&mut self, truth: u8, predicted: u8) {
        let (truth, predicted) = (usize::from(truth), usize::from(predicted));
        if truth < self.channels && predicted < self.channels {
            self.counts[truth * self.channels + predicted] += 1;
        }
    }

    pub(super) fn metrics(&self, classes: &ClassTable) -> ValidationMetrics {
        let at = |truth: usize, predicted: usize| self.counts[truth * self.channels + predicted];
        let ratio = |a: u64, b: u64| if b == 0 { 0.0 } else { a as f64 / b as f64 };
        let metrics: Vec<ClassMetrics> = classes
            .iter()
            .enumerate()
            .map(|(index, class)| {
                let c = index + 1;
                let support: u64 = (0..self.channels).map(|p| at(c, p)).sum();
                let claimed: u64 = (0..self.channels).map(|t| at(t, c)).sum();
                let hit = at(c, c);
                ClassMetrics {
                    label: class.label,
                    precision: ratio(hit, claimed),
                    recall: ratio(hit, support),
                    f1: ratio(2 * hit, support + claimed),
                    support,
                }
            })
            .collect();
        let present: Vec<f64> = metrics.iter().filter(|m| m.support > 0).map(|m| m.f1).collect();
        let right: u64 = (0..self.channels).map(|c| at(c, c)).sum();
        ValidationMetrics {
            accuracy: ratio(right, self.counts.iter().sum()),
            mean_f1: if present.is_empty() { 0.0 } else { present.iter().sum::<f64>() / present.len() as f64 },
            classes: metrics,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use cryoet_core::Class;

    #[test]
    fn counts_by_hand() {
        let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "a"), Class::new(ClassLabel::new(2), "b")]).unwrap();
        let mut counts = VoxelCounts::new(3);
        for (truth, predicted) in [(0, 0), (0, 1), (1, 1), (1, 1), (1, 0), (0, 0)] {
            counts.add(truth, predicted);
        }
        let metrics = counts.metrics(&classes);
        assert_relative_eq!(metrics.classes[0].precision, 2.0 / 3.0);
        assert_relative_eq!(metrics.classes[0].recall, 2.0 / 3.0);
        assert_eq!((metrics.classes[1].f1, metrics.classes[1].support), (0.0, 0));
        assert_relative_eq!(metrics.mean_f1, 2.0 / 3.0);
        assert_relative_eq!(metrics.accuracy, 4.0 / 6.0);
    }
}
