use cryoet_core::{Particle, Position, VolumeSource, VoxelSize, Wedge};

use crate::AverageError;

/// The largest relative difference between voxel sizes that count as the same: over 30 voxels they shift by a third of one.
const VOXEL_SIZE_TOLERANCE: f64 = 0.01;

/// A tomogram, the particles in it, and what its tilt series measured.
#[derive(Clone, Copy)]
pub struct TomogramParticles<'a> {
    /// The tomogram.
    pub tomogram: &'a dyn VolumeSource<f32>,
    /// Its particles; positions are voxel indices of this tomogram.
    pub particles: &'a [Particle],
    /// The frequencies that the tilt series measured. None: all of them.
    pub wedge: Option<Wedge>,
}

impl<'a> TomogramParticles<'a> {
    /// A tomogram without missing wedge and its particles.
    pub fn new(tomogram: &'a dyn VolumeSource<f32>, particles: &'a [Particle]) -> Self {
        Self { tomogram, particles, wedge: None }
    }

    /// The same with the frequencies that the tilt series measured.
    #[must_use]
    pub fn with_wedge(mut self, wedge: Wedge) -> Self {
        self.wedge = Some(wedge);
        self
    }
}

/// A particle on its way through averages and alignments.
#[derive(Clone)]
pub(crate) struct Member {
    /// Which tomogram it lies in.
    pub(crate) set: usize,
    pub(crate) particle: Particle,
    /// Where it was given: what its shift counts from.
    pub(crate) home: Position,
}

/// All particles, tomogram by tomogram.
pub(crate) fn members(sets: &[TomogramParticles<'_>]) -> Vec<Member> {
    let of_set = |(set, one): (usize, &TomogramParticles<'_>)| -> Vec<Member> {
        one.particles.iter().map(|particle| Member { set, particle: particle.clone(), home: particle.position }).collect()
    };
    sets.iter().enumerate().flat_map(of_set).collect()
}

/// The voxel size that all tomograms share, where any knows it. Wedges are checked, too.
pub(crate) fn checked(sets: &[TomogramParticles<'_>]) -> Result<Option<VoxelSize>, AverageError> {
    if let Some(wedge) = sets.iter().filter_map(|set| set.wedge).find(|wedge| !wedge.is_valid()) {
        return Err(AverageError::Wedge { from: wedge.from, to: wedge.to, edge: wedge.edge });
    }
    let mut known = None;
    for size in sets.iter().filter_map(|set| set.tomogram.voxel_size()) {
        if size.anisotropy() > VOXEL_SIZE_TOLERANCE {
            return Err(AverageError::AnisotropicVoxels { found: size.zyx() });
        }
        same(*known.get_or_insert(size), size)?;
    }
    Ok(known)
}

/// Refuses voxel sizes that differ by more than 1 %.
pub(crate) fn same(expected: VoxelSize, found: VoxelSize) -> Result<(), AverageError> {
    if found.relative_difference(&expected) > VOXEL_SIZE_TOLERANCE {
        return Err(AverageError::VoxelSizes { expected: expected.zyx(), found: found.zyx() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::Volume;
    use cryoet_core::ndarray::Array3;

    #[test]
    fn voxels_that_are_no_cubes_are_refused() {
        let check = |z: f64| {
            let tomogram = Volume::new(Array3::zeros((4, 4, 4))).with_voxel_size(VoxelSize::new(z, 10.0, 10.0).ok());
            checked(&[TomogramParticles::new(&tomogram, &[])])
        };
        assert!(check(10.05).is_ok());
        assert!(matches!(check(10.2), Err(AverageError::AnisotropicVoxels { found: [10.2, 10.0, 10.0] })));
    }
}
