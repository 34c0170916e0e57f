//! From label and score volumes to particles.
//!
//! ```
//! use cryoet_cluster::{ClusterParams, cluster_labels};
//! use cryoet_core::ndarray::Array3;
//!
//! let ball = |z: usize, y: usize, x: usize| {
//!     let near = |c: [usize; 3]| z.abs_diff(c[0]).pow(2) + y.abs_diff(c[1]).pow(2) + x.abs_diff(c[2]).pow(2) <= 16;
//!     if near([10, 10, 10]) { 1 } else if near([20, 22, 24]) { 2 } else { 0 }
//! };
//! let labels = Array3::from_shape_fn((32, 32, 32), |(z, y, x)| ball(z, y, x));
//!
//! let params = ClusterParams { radius: 5.0, ..ClusterParams::default() };
//! let particles = cluster_labels(labels.view(), None, &params, &())?;
//! assert_eq!(particles.len(), 2);
//! assert_eq!(particles[0].size, Some(257));
//! # Ok::<(), cryoet_cluster::ClusterError>(())
//! ```
//!
//! # Ways in
//! - [`cluster_labels`]: a label volume in memory, indexed `[z, y, x]`, with or without the scores of its labels.
//! - [`cluster_source`]: volumes read slab by slab.
//! - [`ForegroundBuilder`]: blocks in whatever order a network produces them; besides particles it gives [`Cluster`]s, with the
//!   covariance of each and the fractions of its labels.
//!
//! All three give the same particles, to the bit, at any number of threads. [`ClusterParams`] says how:
//!
//! | field | chooses |
//! |---|---|
//! | `method` | [`Method`]: mean-shift (from bins, every voxel, components or seeds given), components, watershed, peaks |
//! | `radius`, `radius_per_class`, `per_class`, `weighted` | the scale of particles, and whether classes mix and scores weigh |
//! | `opening` | a morphological opening first |
//! | `vote`, `placement`, `scoring` | class, position and score of each particle ([`Vote`], [`Placement`], [`Scoring`]) |
//! | `size_filter`, `min_distance` | what is dropped at the end |
//!
//! Features: `serde` derives `Serialize` and `Deserialize` for [`ClusterParams`] and what it holds.
//!
//! # By themselves
//! - [`mean_shift()`] and [`mean_shift_from`]: points that lie on no lattice, with the answers of scikit-learn's `MeanShift`.
//! - [`open_labels`]: the morphological opening of a label volume.
//! - [`cut_border`]: drops what a tile's border cuts.

mod ball_sum;
mod bin_seeds;
mod bit_lattice;
mod cells;
mod cluster_foreground;
mod cluster_labels;
mod cluster_source;
mod components;
mod cut_border;
mod distance_map;
mod error;
mod foreground;
mod foreground_builder;
mod lattice_mean_shift;
mod mean_shift;
mod method;
mod min_distance;
mod modes;
mod nearest;
mod opening;
mod params;
mod particles;
mod peaks;
mod placement;
mod row_index;
mod scoring;
mod size_filter;
mod vote;
mod watershed;
mod weighted_sum;

pub use cluster_labels::cluster_labels;
pub use cluster_source::cluster_source;
pub use components::Connectivity;
pub use cut_border::cut_border;
pub use error::{ClusterError, ClusterSourceError, MeanShiftError};
pub use foreground_builder::ForegroundBuilder;
pub use mean_shift::{MeanShift, mean_shift, mean_shift_from};
pub use method::Method;
pub use opening::open_labels;
pub use params::ClusterParams;
pub use particles::Cluster;
pub use placement::Placement;
pub use scoring::Scoring;
pub use size_filter::SizeFilter;
pub use vote::Vote;
pub use watershed::{Relief, Watershed};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
