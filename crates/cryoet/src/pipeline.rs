//! The few calls that span stages, written on their public interfaces only.

#[cfg(all(feature = "net", feature = "cluster"))]
mod pick;

#[cfg(all(feature = "net", feature = "cluster"))]
pub use pick::{PickError, PickParams, pick, pick_with};
