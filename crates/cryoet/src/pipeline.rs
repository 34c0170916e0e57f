//! The few calls that span stages, written on their public interfaces only.

#[cfg(all(feature = "average", feature = "targets"))]
mod averaged_targets;
#[cfg(all(feature = "net", feature = "eval"))]
mod calibrate;
#[cfg(all(feature = "net", feature = "cluster"))]
mod own_clustering;
#[cfg(all(feature = "net", feature = "cluster"))]
mod pick;

#[cfg(all(feature = "average", feature = "targets"))]
pub use averaged_targets::{
    AveragedClass, AveragedShape, AveragedTargets, AveragedTargetsError, averaged_mask, averaged_shape, averaged_targets,
};
#[cfg(all(feature = "net", feature = "eval"))]
pub use calibrate::{CalibratedPick, ClassReliability, HeldOut, calibrate};
#[cfg(all(feature = "net", feature = "cluster"))]
pub use own_clustering::{OwnClusteringError, own_clustering, with_own_clustering};
#[cfg(all(feature = "net", feature = "cluster"))]
pub use pick::{PickError, PickParams, pick, pick_with};
