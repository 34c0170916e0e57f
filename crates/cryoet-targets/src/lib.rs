//! Particles to training label volumes: a voxel holds the class of the object that covers it, or 0.
//!
//! [`sphere_targets`] draws every particle as a ball of its class's radius (the voxels of which half or more lies inside), [`shape_targets`] as its class's mask turned
//! by the particle's orientation; both also draw over a volume, into a sink, or erase. [`gaussian_targets`] and [`point_targets`] mark centres,
//! [`density_mask`] makes the masks, and [`ignore_outside()`] hides what was not annotated. [`deepfinder_shape_targets`] and
//! [`deepfinder_sphere_targets`] repeat DeepFinder 0.2.1 voxel for voxel. Arrays are indexed `[z, y, x]`; positions are continuous voxel indices.
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
//!
//! # Odd input
//!
//! - Without particles every voxel is background. Repeated particles cover the same voxels once more.
//! - Voxels outside the volume are left out; particles that cover none are drawn nowhere and listed in [`Targets::skipped`].
//! - A particle whose class has no radius or mask is an error that names it; so is class 0 or 255, and a radius that is no positive number.
//! - Positions and orientations cannot hold NaN: [`cryoet_core`]'s types refuse it.

mod coverage;
mod deepfinder;
mod density;
mod error;
mod grow;
mod ignore_outside;
mod mask;
mod paint;
mod params;
mod shape;
mod soft;
mod solid;
mod sphere;
mod targets;
mod turned_mask;

pub use deepfinder::{deepfinder_shape_targets, deepfinder_sphere_targets};
pub use density::{DALTON_PER_CUBIC_ANGSTROM, DensityMaskError, DensityMaskParams, DensityThreshold, density_mask, equivalent_radius};
pub use error::TargetError;
pub use ignore_outside::ignore_outside;
pub use params::{Overlap, TargetParams};
pub use shape::{draw_shapes, erase_shapes, shape_targets, write_shapes, write_shapes_over};
pub use soft::{gaussian_targets, point_targets, scaled_radii};
pub use sphere::{draw_spheres, erase_spheres, sphere_targets, write_spheres, write_spheres_over};
pub use targets::Targets;
