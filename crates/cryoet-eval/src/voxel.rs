use cryoet_core::ClassLabel;
use cryoet_core::ndarray::{ArrayView3, Axis};
use rayon::prelude::*;
use thiserror::Error;

use crate::ratio::{mean, ratio};

/// Why two label volumes cannot be compared.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VoxelConfusionError {
    /// Their shapes differ.
    #[error("predicted labels of shape {predicted:?} (z, y, x), but the true ones have {truth:?}")]
    Shape {
        /// The true labels' shape, z, y, x.
        truth: [usize; 3],
        /// The predicted labels' shape, z, y, x.
        predicted: [usize; 3],
    },
}

/// How many voxels of each true class were given each class.
///
/// Figures of a class that neither volume has are 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoxelConfusion {
    /// 256 x 256, row: truth, column: prediction.
    counts: Vec<u64>,
    labels: Vec<ClassLabel>,
}

/// Compares two label volumes `[z, y, x]` voxel by voxel. Voxels whose true label is [`ClassLabel::IGNORE`] are left out.
///
/// # Errors
/// Volumes of different shapes.
///
/// ```
/// use cryoet_core::{ClassLabel, ndarray::arr3};
/// use cryoet_eval::voxel_confusion;
/// let truth = arr3(&[[[0u8, 1, 1, 1, 255]]]);
/// let predicted = arr3(&[[[0u8, 0, 1, 1, 1]]]);
/// let confusion = voxel_confusion(truth.view(), predicted.view())?;
/// assert_eq!(confusion.dice(ClassLabel::new(1)), 0.8);
/// assert_eq!(confusion.voxels(), 4);
/// # Ok::<(), cryoet_eval::VoxelConfusionError>(())
/// ```
pub fn voxel_confusion(truth: ArrayView3<'_, u8>, predicted: ArrayView3<'_, u8>) -> Result<VoxelConfusion, VoxelConfusionError> {
    if truth.dim() != predicted.dim() {
        return Err(VoxelConfusionError::Shape { truth: truth.dim().into(), predicted: predicted.dim().into() });
    }
    let count_plane = |z: usize| {
        let mut counts = vec![0u64; 256 * 256];
        let planes = truth.index_axis(Axis(0), z);
        for (&t, &p) in planes.iter().zip(predicted.index_axis(Axis(0), z)) {
            counts[usize::from(t) * 256 + usize::from(p)] += 1;
        }
        counts
    };
    let add = |mut sum: Vec<u64>, counts: Vec<u64>| {
        sum.iter_mut().zip(counts).for_each(|(s, c)| *s += c);
        sum
    };
    let mut counts = (0..truth.dim().0).into_par_iter().map(count_plane).reduce(|| vec![0; 256 * 256], add);
    counts[usize::from(ClassLabel::IGNORE.get()) * 256..].fill(0);
    let occurs = |label: usize| (0..256).any(|other| counts[label * 256 + other] + counts[other * 256 + label] > 0);
    let labels = (0..=255).filter(|&label| occurs(usize::from(label))).map(ClassLabel::new).collect();
    Ok(VoxelConfusion { counts, labels })
}

impl VoxelConfusion {
    /// The labels that occur in either volume, rising.
    pub fn labels(&self) -> &[ClassLabel] {
        &self.labels
    }

    /// How many voxels of class `truth` were given class `predicted`.
    pub fn count(&self, truth: ClassLabel, predicted: ClassLabel) -> u64 {
        self.counts[usize::from(truth.get()) * 256 + usize::from(predicted.get())]
    }

    /// How many voxels were compared.
    pub fn voxels(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Voxels of the class that were found, true voxels of the class, voxels given the class.
    fn marginals(&self, class: ClassLabel) -> (u64, u64, u64) {
        let truth = self.labels.iter().map(|&other| self.count(class, other)).sum();
        let predicted = self.labels.iter().map(|&other| self.count(other, class)).sum();
        (self.count(class, class), truth, predicted)
    }

    /// Dice's coefficient of a class: twice the voxels in common over the sum of both volumes' voxels.
    pub fn dice(&self, class: ClassLabel) -> f64 {
        let (common, truth, predicted) = self.marginals(class);
        ratio(2 * common, truth + predicted)
    }

    /// Intersection over union of a class (Jaccard's index).
    pub fn iou(&self, class: ClassLabel) -> f64 {
        let (common, truth, predicted) = self.marginals(class);
        ratio(common, truth + predicted - common)
    }

    /// The share of a class's true voxels that were found.
    pub fn recall(&self, class: ClassLabel) -> f64 {
        let (common, truth, _) = self.marginals(class);
        ratio(common, truth)
    }

    /// The share of the voxels given a class that are of it.
    pub fn precision(&self, class: ClassLabel) -> f64 {
        let (common, _, predicted) = self.marginals(class);
        ratio(common, predicted)
    }

    /// The share of all voxels that were given their class, background included.
    pub fn accuracy(&self) -> f64 {
        let right = self.labels.iter().map(|&label| self.count(label, label)).sum();
        ratio(right, self.voxels())
    }

    /// Mean Dice over the foreground classes that occur in the truth; 0 when there is none.
    pub fn mean_dice(&self) -> f64 {
        self.mean_over_foreground(Self::dice)
    }

    /// Mean intersection over union over the foreground classes that occur in the truth; 0 when there is none.
    pub fn mean_iou(&self) -> f64 {
        self.mean_over_foreground(Self::iou)
    }

    /// VA of VP-Detector: the share of all voxels that were given their class, background included. The same as [`accuracy`](Self::accuracy).
    pub fn va(&self) -> f64 {
        self.accuracy()
    }

    /// MVA of VP-Detector: the mean over the true classes, background included, of the share of their voxels that were found.
    pub fn mva(&self) -> f64 {
        mean(self.true_classes().map(|label| self.recall(label)))
    }

    /// MIoU of VP-Detector: the mean over the true classes, background included, of intersection over union.
    pub fn miou(&self) -> f64 {
        mean(self.true_classes().map(|label| self.iou(label)))
    }

    fn true_classes(&self) -> impl Iterator<Item = ClassLabel> {
        self.labels.iter().copied().filter(|label| self.marginals(*label).1 > 0)
    }

    fn mean_over_foreground(&self, figure: fn(&Self, ClassLabel) -> f64) -> f64 {
        mean(self.true_classes().filter(|label| !label.is_background()).map(|label| figure(self, label)))
    }
}

#[cfg(test)]
mod tests;
