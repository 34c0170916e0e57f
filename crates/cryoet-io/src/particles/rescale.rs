use cryoet_core::{Position, VoxelSize};

use super::{ParticleList, ReadParticles, ReadParticlesError, read::Place};

/// Voxel sizes that differ by less, relatively, are the same: headers hold 32-bit floats and rounded numbers.
const SAME: f64 = 1e-4;

/// A voxel index of a stated voxel size in voxels of the wanted one: its place in Angstrom stays.
pub(super) fn rescaled(zyx: [f64; 3], stated: Option<VoxelSize>, wanted: Option<VoxelSize>) -> [f64; 3] {
    match (stated, wanted) {
        (Some(stated), Some(wanted)) if stated.relative_difference(&wanted) > SAME => {
            std::array::from_fn(|axis| zyx[axis] * (stated.zyx()[axis] / wanted.zyx()[axis]))
        }
        _ => zyx,
    }
}

/// The same for a list whose file states one voxel size; a particle's size then counts in the wanted voxels, too, and a shape that the file states then counts in other voxels and is left.
pub(super) fn rescale(place: Place, list: &mut ParticleList, options: &ReadParticles) -> Result<(), ReadParticlesError> {
    let (Some(own), Some(wanted)) = (list.voxel_size, options.voxel_size) else { return Ok(()) };
    let stated = options.stated_voxel_size.unwrap_or(own);
    if stated.relative_difference(&wanted) <= SAME {
        return Ok(());
    }
    let volume: f64 = (0..3).map(|axis| wanted.zyx()[axis] / stated.zyx()[axis]).product();
    for particle in &mut list.particles {
        particle.size = particle.size_in_voxels_of(volume);
        let zyx = rescaled(particle.position.zyx(), Some(stated), Some(wanted));
        particle.position = Position::try_from(zyx).map_err(|error| place.syntax(1, error.to_string()))?;
    }
    (list.voxel_size, list.shape) = (Some(wanted), None);
    Ok(())
}
