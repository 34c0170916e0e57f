//! From label and score volumes to particles.
//!
//! One way in: [`cluster_labels`] takes a label volume, indexed `[z, y, x]`, and gives a `Vec<Particle>`; [`ClusterParams`]
//! chooses the method. [`ForegroundBuilder`] takes the same volume in blocks, in whatever order a network produces them,
//! and gives the same particles to the bit. [`mean_shift()`] clusters points that lie on no lattice, with the answers of
//! scikit-learn's `MeanShift`.
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
//! Every answer is the same to the bit at any number of threads.

mod ball_sum;
mod bin_seeds;
mod bit_lattice;
mod cluster_labels;
mod cluster_source;
mod components;
mod cut_border;
mod error;
mod foreground;
mod foreground_builder;
mod lattice_mean_shift;
mod mean_shift;
mod min_distance;
mod modes;
mod nearest;
mod params;
mod particles;
mod peaks;
mod placement;
mod vote;

pub use cluster_labels::cluster_labels;
pub use cluster_source::cluster_source;
pub use components::Connectivity;
pub use cut_border::cut_border;
pub use error::{ClusterError, ClusterSourceError, MeanShiftError};
pub use foreground_builder::ForegroundBuilder;
pub use mean_shift::{MeanShift, mean_shift, mean_shift_from};
pub use params::{ClusterParams, Method, SizeFilter};
pub use particles::Cluster;
pub use placement::Placement;
pub use vote::Vote;
