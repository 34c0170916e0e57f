//! Files of cryo-electron tomography to and from the types of [`cryoet_core`]: volumes, particle lists, class tables.
//!
//! Volumes are told by their content, written by their extension. Voxel size and origin are kept; every file appears
//! whole or not at all. `docs/formats.md` of the project says what each format carries, the frame its numbers count in,
//! and what is lost.
//!
//! | to | whole | region by region |
//! |---|---|---|
//! | read a volume | [`read_volume`], [`read_labels`], [`read_ids`]; one of several: [`read_named_volume`] | [`open_volume`], [`open_labels`], [`open_ids`]; one of several: [`open_named_volume`] |
//! | write a volume | [`write_volume`], [`write_labels`], [`write_ids`]; several: [`write_named_volumes`], [`write_score_maps`] | [`create_mrc_sink`], [`create_npy_sink`]; several: [`create_score_maps_sink`] |
//! | particles | [`read_particles`], [`write_particles`] | |
//! | classes | [`read_class_table`], [`write_class_table`] | |
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
//!
//! Features: `zarr` reads and writes OME-Zarr 0.4 and 0.5. It is off by default, because it takes some 100 further crates and a C compiler.

mod class_table;
mod copick_config;
mod em;
mod large_pages;
mod mrc;
mod particles;
mod volume;
mod write_whole;

pub use class_table::{ReadClassTableError, WriteClassTableError, read_class_table, write_class_table};
pub use mrc::{MrcHeader, MrcSink, MrcVoxel, create_mrc_sink, create_mrc_sink_like, read_mrc_header};
pub use particles::{
    AxisOrder, CoordinateUnit, Dropped, ParticleFormat, ParticleList, ReadParticles, ReadParticlesError, StarCentre, TomogramFrame,
    WriteParticles, WriteParticlesError, particle_format, read_particles, read_relion_tomograms, write_particles,
};
pub use volume::{
    NpySink, NpyVoxel, ReadVolumeError, ScoreMapsSink, VolumeFormat, VolumeInfo, WriteVolumeError, create_npy_sink, create_score_maps_sink,
    inspect_named_volume, inspect_volume, open_ids, open_labels, open_named_volume, open_volume, read_ids, read_labels, read_named_volume,
    read_volume, volume_names, write_ids, write_labels, write_named_volumes, write_score_maps, write_volume, write_volume_like,
};
#[cfg(feature = "zarr")]
pub use volume::{OmeZarrParams, OmeZarrSink, OmeZarrVersion, OmeZarrVoxel, create_ome_zarr_sink};
pub use write_whole::{WriteWholeError, write_whole};
