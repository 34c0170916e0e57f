//! Finding and naming macromolecules in cryo-electron tomograms: every stage of the pipeline under one roof.
//!
//! Each stage is a crate of its own and a feature here; the types they share are at the root. A tomogram goes from a file
//! ([`io`]) through a network (`net`) and clustering ([`cluster`]) to a list of particles, which [`eval`] compares with a truth
//! and [`io`] writes; [`targets`] makes what the network learns from, [`matching`] finds particles by a template, [`average`]
//! averages them, [`sim`] makes tomograms whose truth is known. The few calls that span stages are in [`pipeline`].
//!
//! ```
//! use cryoet::cluster::{ClusterParams, cluster_labels};
//! use cryoet::{ClassLabel, Particle, Position};
//! use cryoet::eval::{DistanceParams, evaluate_distance};
//! use cryoet::targets::{TargetParams, sphere_targets};
//!
//! let truth = [Particle::new(ClassLabel::new(1), Position::new(16.0, 20.0, 30.0)?)];
//! let radii = [(ClassLabel::new(1), 5.0)].into();
//! let targets = sphere_targets([32, 48, 64], &truth, &radii, &TargetParams::default())?;
//! let picks = cluster_labels(targets.labels.view(), None, &ClusterParams::default(), &())?;
//! let evaluation = evaluate_distance(&truth, &picks, &DistanceParams::new(1.0))?;
//! assert_eq!(evaluation.localisation.f1, 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! `io`, `targets`, `cluster`, `eval`, `matching`, `average` and `sim` are on by default, `net` is not: it needs libtorch 2.11, which is found
//! through the variable `LIBTORCH` or fetched by the feature `download-libtorch`. `serde` serialises core types, evaluations and
//! the parameters of clustering and simulation.

#[doc(inline)]
pub use cryoet_core::*;

/// Tomograms and particles to averages, resolution and refined poses.
#[cfg(feature = "average")]
#[doc(inline)]
pub use cryoet_average as average;
/// Label and score volumes to particles.
#[cfg(feature = "cluster")]
#[doc(inline)]
pub use cryoet_cluster as cluster;
/// Particles against truth, labels against labels.
#[cfg(feature = "eval")]
#[doc(inline)]
pub use cryoet_eval as eval;
/// Files to and from the types.
#[cfg(feature = "io")]
#[doc(inline)]
pub use cryoet_io as io;
/// Tomograms and templates to particles: template matching; difference of Gaussians.
#[cfg(feature = "matching")]
#[doc(inline)]
pub use cryoet_match as matching;
/// Networks: training and tiled inference.
#[cfg(feature = "net")]
#[doc(inline)]
pub use cryoet_net as net;
/// Tomograms with known truth.
#[cfg(feature = "sim")]
#[doc(inline)]
pub use cryoet_sim as sim;
/// Particles to training label volumes.
#[cfg(feature = "targets")]
#[doc(inline)]
pub use cryoet_targets as targets;

pub mod pipeline;
