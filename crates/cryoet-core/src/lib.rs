//! The types that every stage of finding macromolecules in cryo-electron tomograms speaks.
//!
//! Arrays are indexed `[z, y, x]`; positions are voxel indices with voxel centres at integers; the reference point of a
//! box is voxel `floor(N / 2)` on each axis. `docs/conventions.md` of the project states all conventions with examples.
//!
//! ```
//! use cryoet_core::{ClassLabel, Particle, Position, Volume, VoxelSize};
//! use cryoet_core::ndarray::Array3;
//!
//! let tomogram = Volume::new(Array3::<f32>::zeros((64, 128, 128))).with_voxel_size(VoxelSize::isotropic(10.0)?);
//! let particle = Particle::new(ClassLabel::new(3), Position::new(32.0, 64.5, 12.25)?);
//! let angstrom = particle.position.to_angstrom(tomogram.voxel_size().unwrap());
//! assert_eq!(angstrom, [320.0, 645.0, 122.5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Features: `serde` derives `Serialize` and `Deserialize` for every type but [`Volume`].

mod binning;
mod class_label;
mod class_table;
mod finite_statistics;
mod orientation;
mod particle;
mod position;
mod progress;
mod region;
mod resampled;
mod rotation_grid;
mod score;
mod soft_sphere;
mod statistics;
mod symmetry;
mod volume;
mod volume_sink;
mod volume_source;
mod voxel_size;
mod wedge;

pub use ndarray;

pub use binning::{Binned, BinningError, bin_mean};
pub use class_label::ClassLabel;
pub use class_table::{Class, ClassTable, ClassTableError};
pub use finite_statistics::FiniteStatistics;
pub use orientation::{Orientation, OrientationError};
pub use particle::Particle;
pub use position::{NonFinitePosition, Position};
pub use progress::{Cancelled, Progress};
pub use region::{Region, RegionOutside};
pub use resampled::{ResampleError, Resampled};
pub use rotation_grid::{RotationError, RotationGrid};
pub use score::{NonFiniteScore, Score};
pub use soft_sphere::soft_sphere;
pub use statistics::{Statistics, StatisticsError};
pub use symmetry::{ParseSymmetryError, Symmetry};
pub use volume::Volume;
pub use volume_sink::{SinkError, VolumeSink};
pub use volume_source::{SourceError, VolumeSource};
pub use voxel_size::{VoxelSize, VoxelSizeError};
pub use wedge::Wedge;

/// The reference point of a box of `n` voxels along one axis: voxel `floor(n / 2)`.
///
/// ```
/// assert_eq!((cryoet_core::box_centre(40), cryoet_core::box_centre(41)), (20, 20));
/// ```
pub const fn box_centre(n: usize) -> usize {
    n / 2
}
