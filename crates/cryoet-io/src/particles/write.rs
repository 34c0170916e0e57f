use std::{io::Write, path::Path};

use super::{
    Dropped, ParticleFormat, ParticleList, WriteParticles, WriteParticlesError, copick, copick_csv, csv_table, deepfinder_xml, dynamo,
    em_motl, headerless, imod, portal, relion, shrec, stopgap,
};
use crate::write_whole;

/// Writes a particle list in the format said, else the extension's, whole or not at all. What the format could not carry
/// is said in the answer.
///
/// # Errors
/// An extension of no format, something that the format needs and the list does not hold, a file that cannot be written.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, VoxelSize};
/// use cryoet_io::{ParticleList, WriteParticles, write_particles};
/// let folder = tempfile::tempdir()?;
/// let mut list = ParticleList::new(vec![Particle::new(ClassLabel::new(1), Position::new(10.0, 20.0, 30.0)?).with_size(57)]);
/// let path = folder.path().join("picks.star");
/// assert!(write_particles(&path, &list, &WriteParticles::default()).is_err()); // RELION counts Angstrom from the centre
/// list.voxel_size = Some(VoxelSize::isotropic(10.0)?);
/// list.shape = Some([40, 64, 64]);
/// list.tomogram = Some("TS_01".into());
/// let dropped = write_particles(&path, &list, &WriteParticles::default())?;
/// assert_eq!(dropped[0].to_string(), "size of 1 particle");
/// assert!(std::fs::read_to_string(&path)?.contains("_rlnCenteredCoordinateXAngst"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_particles(path: impl AsRef<Path>, list: &ParticleList, options: &WriteParticles) -> Result<Vec<Dropped>, WriteParticlesError> {
    let path = path.as_ref();
    let as_text = (!options.columns.is_empty()).then_some(ParticleFormat::Text);
    let format = options.format.or(as_text).or_else(|| ParticleFormat::of_extension(path)).ok_or_else(|| {
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        WriteParticlesError::Extension { path: path.to_path_buf(), extension }
    })?;
    let counts_no_voxels = [ParticleFormat::Relion4, ParticleFormat::Relion5, ParticleFormat::Copick, ParticleFormat::CopickCsv];
    if options.first_voxel.is_some() && counts_no_voxels.contains(&format) {
        return Err(WriteParticlesError::FirstVoxel { path: path.to_path_buf(), format });
    }
    let (bytes, dropped) = match format {
        ParticleFormat::Csv => text(csv_table::write(path, list, options)?),
        ParticleFormat::DeepFinderXml => text(deepfinder_xml::write(path, list, options)?),
        ParticleFormat::Shrec => text(shrec::write(path, list, options)?),
        ParticleFormat::Relion3 | ParticleFormat::Relion31 | ParticleFormat::Relion4 | ParticleFormat::Relion5 => {
            text(relion::write(path, list, format, options)?)
        }
        ParticleFormat::Stopgap => text(stopgap::write(path, list, options)?),
        ParticleFormat::Copick => text(copick::write(path, list, options)?),
        ParticleFormat::CopickCsv => text(copick_csv::write(path, list, options)?),
        ParticleFormat::Text => text(headerless::write(path, list, options)?),
        ParticleFormat::PortalNdjson => text(portal::write(path, list, options)?),
        ParticleFormat::Dynamo => text(dynamo::write(list, options)),
        ParticleFormat::ImodModel => {
            check_32_bits(path, list, false)?;
            imod::write(list, options)
        }
        ParticleFormat::EmMotl => {
            check_32_bits(path, list, true)?;
            em_motl::write(list, options)
        }
    };
    write_whole(path, |file| file.write_all(&bytes))?;
    Ok(dropped)
}

fn text((text, dropped): (String, Vec<Dropped>)) -> (Vec<u8>, Vec<Dropped>) {
    (text.into_bytes(), dropped)
}

/// Coordinates z, y, x as a format counts them; one that became infinite on the way is refused.
pub(super) fn finite(path: &Path, particle: usize, zyx: [f64; 3]) -> Result<[f64; 3], WriteParticlesError> {
    match ["z", "y", "x"].iter().zip(zyx).find(|(_, number)| !number.is_finite()) {
        Some((field, number)) => {
            Err(WriteParticlesError::Text { path: path.to_path_buf(), particle, field: (*field).into(), value: number.to_string() })
        }
        None => Ok(zyx),
    }
}

/// Refuses numbers that would become infinite in a format of 32-bit floats.
fn check_32_bits(path: &Path, list: &ParticleList, scores: bool) -> Result<(), WriteParticlesError> {
    // A first voxel is added on writing: the limit keeps away from the end.
    const MOST: f64 = 1e38;
    for (index, particle) in list.particles.iter().enumerate() {
        let [z, y, x] = particle.position.zyx().map(Some);
        let score = particle.score.map(|score| score.get()).filter(|_| scores);
        for (field, number) in [("z", z), ("y", y), ("x", x), ("score", score)] {
            if let Some(number) = number.filter(|number| number.abs() > MOST) {
                let (field, value) = (field.into(), format!("{number:e}"));
                return Err(WriteParticlesError::Text { path: path.to_path_buf(), particle: index, field, value });
            }
        }
    }
    Ok(())
}
