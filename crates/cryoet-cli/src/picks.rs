//! Particles of one tomogram as lists, each with its record beside it.

use std::path::{Path, PathBuf};

#[cfg(feature = "net")]
use cryoet::Resampled;
use cryoet::io::{ParticleList, WriteParticles};
use cryoet::{ClassTable, Particle, VoxelSize};

use crate::failure::Failure;
use crate::options::{tomogram_name, write_lists};
use crate::record::Record;

/// What particles were found in.
pub(crate) struct Origin<'a> {
    /// The volume's file, which names the tomogram where the user does not.
    pub(crate) volume: &'a Path,
    /// The name the user gave.
    pub(crate) name: Option<&'a String>,
    pub(crate) voxel_size: Option<VoxelSize>,
    /// Its extent z, y, x.
    pub(crate) shape: [usize; 3],
}

/// Brings particles that were found in a resampled tomogram back to its own voxels, places and sizes.
#[cfg(feature = "net")]
pub(crate) fn to_own_voxels(particles: &mut [Particle], resampled: &Resampled<'_>) -> Result<(), Failure> {
    for particle in particles {
        particle.position = resampled.to_source(particle.position)?;
        particle.size = particle.size_in_voxels_of(resampled.volume_ratio().recip());
    }
    Ok(())
}

/// Writes particles to every output, and returns how many there are.
pub(crate) fn write_picks(
    outputs: &[PathBuf],
    particles: Vec<Particle>,
    origin: &Origin<'_>,
    classes: &ClassTable,
    record: &Record,
) -> Result<usize, Failure> {
    let tomogram = origin.name.cloned().unwrap_or_else(|| tomogram_name(origin.volume));
    let list = ParticleList { particles, voxel_size: origin.voxel_size, shape: Some(origin.shape), tomogram: Some(tomogram) };
    write_lists(outputs, &list, &WriteParticles { classes: classes.clone(), ..WriteParticles::default() })?;
    for output in outputs {
        record.write_beside(output)?;
    }
    Ok(list.particles.len())
}
