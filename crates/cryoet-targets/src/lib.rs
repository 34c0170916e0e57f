//! Particles to training label volumes: a voxel holds the class of the object that covers it, or 0.
//!
//! [`sphere_targets`] draws every particle as a ball of its class's radius, [`shape_targets`] as its class's mask turned
//! by the particle's orientation. Arrays are indexed `[z, y, x]`; positions are continuous voxel indices.
//!
//! ```
//! use std::collections::BTreeMap;
//! use cryoet_core::{ClassLabel, Particle, Position};
//! use cryoet_targets::{TargetParams, sphere_targets};
//!
//! let ribosome = ClassLabel::new(1);
//! let particles = [Particle::new(ribosome, Position::new(16.0, 20.5, 30.0)?)];
//! let radii = BTreeMap::from([(ribosome, 6.0)]);
//! let targets = sphere_targets([32, 64, 64], &particles, &radii, &TargetParams::default())?;
//! assert_eq!(targets.labels[[16, 20, 30]], 1);
//! assert_eq!(targets.labels[[16, 20, 37]], 0);
//! assert!(targets.skipped.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod deepfinder;
mod error;
mod mask;
mod paint;
mod params;
mod shape;
mod solid;
mod sphere;
mod targets;

pub use deepfinder::{deepfinder_shape_targets, deepfinder_sphere_targets};
pub use error::TargetError;
pub use params::{Overlap, TargetParams};
pub use shape::shape_targets;
pub use sphere::sphere_targets;
pub use targets::Targets;
