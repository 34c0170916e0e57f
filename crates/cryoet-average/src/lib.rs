//! Subtomogram averaging: tomograms and particles go in, an average, its resolution and refined poses come out.
//!
//! [`extract()`] cuts out one particle, [`average()`] averages many, each frequency weighted by how many tilt series measured it,
//! [`refine()`] aligns and averages in turn with two halves kept apart, and [`fsc()`] compares two maps shell by shell.
//! [`random_particles`] are the control: places drawn without a look at the particles.
//!
//! ```
//! use cryoet_core::{ClassLabel, Particle, Position, Volume, VoxelSize, Wedge, ndarray::Array3};
//! use cryoet_average::{AverageParams, TomogramParticles, average, fsc};
//!
//! let blob = |z: usize, y: usize, x: usize| (-((z.abs_diff(12).pow(2) + (y % 16).abs_diff(8).pow(2) + (x % 16).abs_diff(8).pow(2)) as f32) / 8.0).exp();
//! let tomogram = Volume::new(Array3::from_shape_fn((24, 32, 32), |(z, y, x)| blob(z, y, x)))
//!     .with_voxel_size(VoxelSize::isotropic(10.0)?);
//! let at = |y, x| Position::new(12.0, y, x).map(|place| Particle::new(ClassLabel::new(1), place));
//! let map_of = |particles: &[Particle]| {
//!     average(&[TomogramParticles::new(&tomogram, particles).with_wedge(Wedge::new(-60.0, 60.0))], &AverageParams::new(16), &())
//! };
//! let first = map_of(&[at(8.0, 8.0)?, at(8.0, 24.0)?])?;
//! let second = map_of(&[at(24.0, 8.0)?, at(24.0, 24.0)?])?;
//! let curve = fsc(first.view(), second.view())?;
//! assert!(curve.resolution(0.143, VoxelSize::isotropic(10.0)?) < 45.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every answer is the same to the bit at any number of threads.

mod align;
mod average;
mod band;
mod error;
mod extract;
mod fourier;
mod fsc;
mod fsc_curve;
mod half_ball;
#[cfg(test)]
mod phantom;
mod power;
mod random;
mod reference;
mod refine;
mod refine_params;
mod shifts;
mod tomogram_particles;
mod turnable;

pub use average::{AverageParams, average};
pub use error::AverageError;
pub use extract::extract;
pub use fsc::{fsc, fsc_masked};
pub use fsc_curve::FscCurve;
pub use random::random_particles;
pub use refine::{Refinement, refine};
pub use refine_params::RefineParams;
pub use tomogram_particles::TomogramParticles;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
