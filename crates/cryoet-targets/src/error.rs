use cryoet_core::{Cancelled, ClassLabel, SinkError, SourceError};
use thiserror::Error;

/// Why particles give no target.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// A particle's class has no radius.
    #[error("particle {particle} is of class {class}, which has no radius; classes with one: {known:?}")]
    NoRadius {
        /// The first such particle's index in the list.
        particle: usize,
        /// Its class.
        class: ClassLabel,
        /// The classes that have a radius.
        known: Vec<u8>,
    },
    /// A particle's class has no mask.
    #[error("particle {particle} is of class {class}, which has no mask; classes with one: {known:?}")]
    NoMask {
        /// The first such particle's index in the list.
        particle: usize,
        /// Its class.
        class: ClassLabel,
        /// The classes that have a mask.
        known: Vec<u8>,
    },
    /// A class label that label volumes keep for background or ignored voxels.
    #[error("class {class} is reserved: labels of classes run from 1 to 254")]
    ReservedLabel {
        /// The label.
        class: ClassLabel,
    },
    /// A radius that is not positive and finite.
    #[error("class {class} has radius {radius}: expected a positive number of voxels")]
    Radius {
        /// The class.
        class: ClassLabel,
        /// The radius in voxels.
        radius: f64,
    },
    /// The largest radius is so small that DeepFinder's balls, whose boxes are of whole voxels, have none.
    #[error("class {class} has radius {radius}, the largest: balls as DeepFinder draws them need one of 1 voxel or more")]
    SmallBall {
        /// The class of the largest radius.
        class: ClassLabel,
        /// The radius in voxels.
        radius: f64,
    },
    /// A ball far larger than the volume.
    #[error(
        "class {class} has radius {radius} (voxels), more than the longest side of a volume of shape {shape:?} (z, y, x): is it in another unit?"
    )]
    LargeBall {
        /// The class of the largest radius.
        class: ClassLabel,
        /// The radius in voxels.
        radius: f64,
        /// The volume's shape, z, y, x.
        shape: [usize; 3],
    },
    /// A margin around uncertain particles that is negative, no number or beyond any particle's size.
    #[error("margin {margin} around uncertain particles: expected 0 to 100 voxels")]
    Margin {
        /// The margin in voxels.
        margin: f64,
    },
    /// A mask without a single voxel set.
    #[error("the mask of class {class}, shape {shape:?} (z, y, x), has no voxel set")]
    EmptyMask {
        /// The class.
        class: ClassLabel,
        /// The mask's shape, z, y, x.
        shape: [usize; 3],
    },
    /// The volume has too many voxels to be held in memory.
    #[error("a volume of shape {shape:?} (z, y, x) has more voxels than memory can address")]
    TooLarge {
        /// The shape, z, y, x.
        shape: [usize; 3],
    },
    /// The labels to be kept underneath are not of the shape of what is written to.
    #[error("labels of shape {base:?} (z, y, x) to be kept underneath, but {sink:?} are to be written")]
    BaseShape {
        /// The shape of the labels underneath, z, y, x.
        base: [usize; 3],
        /// The shape of what is written to, z, y, x.
        sink: [usize; 3],
    },
    /// What the labels underneath are read from failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// What the labels are written to failed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
