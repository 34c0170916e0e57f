//! Files of cryo-electron tomography to and from the types of [`cryoet_core`]: volumes, particle lists, class tables.
//!
//! Volumes are told by their content, written by their extension. Voxel size and origin are kept; every file appears
//! whole or not at all.
//!
//! ```
//! use cryoet_core::{ClassLabel, Particle, Position, Volume, VoxelSize, ndarray::Array3};
//! use cryoet_io::{ParticleList, ReadParticles, WriteParticles};
//!
//! let folder = tempfile::tempdir()?;
//! let tomogram = Volume::new(Array3::<f32>::zeros((8, 16, 16))).with_voxel_size(VoxelSize::isotropic(10.0)?);
//! cryoet_io::write_volume(folder.path().join("tomogram.mrc"), &tomogram)?;
//! assert_eq!(cryoet_io::read_volume(folder.path().join("tomogram.mrc"))?, tomogram);
//!
//! let picks = ParticleList::new(vec![Particle::new(ClassLabel::new(1), Position::new(4.0, 8.5, 3.0)?)]);
//! cryoet_io::write_particles(folder.path().join("picks.csv"), &picks, &WriteParticles::default())?;
//! let back = cryoet_io::read_particles(folder.path().join("picks.csv"), &ReadParticles::default())?;
//! assert_eq!(back.particles, picks.particles);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod class_table;
mod em;
mod mrc;
mod particles;
mod volume;
mod write_whole;

pub use class_table::{ReadClassTableError, WriteClassTableError, read_class_table, write_class_table};
pub use mrc::{MrcHeader, MrcSink, MrcVoxel, create_mrc_sink, create_mrc_sink_like, read_mrc_header};
pub use particles::{
    AxisOrder, Dropped, ParticleFormat, ParticleList, ReadParticles, ReadParticlesError, StarCentre, TomogramFrame, WriteParticles,
    WriteParticlesError, read_particles, read_relion_tomograms, write_particles,
};
pub use volume::{
    ReadVolumeError, VolumeFormat, VolumeInfo, WriteVolumeError, inspect_volume, open_volume, read_ids, read_labels, read_volume,
    write_ids, write_labels, write_volume, write_volume_like,
};
pub use write_whole::{WriteWholeError, write_whole};
