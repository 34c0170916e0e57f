use cryoet_core::{Particle, Position, VolumeSource, VoxelSize, Wedge};

use crate::AverageError;
use crate::extract::Cut;

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
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position, Volume, Wedge, ndarray::Array3};
    /// use cryoet_average::TomogramParticles;
    /// let tomogram = Volume::new(Array3::<f32>::zeros((32, 64, 64)));
    /// let particles = [Particle::new(ClassLabel::new(1), Position::new(16.0, 30.5, 20.0)?)];
    /// let whole = TomogramParticles::new(&tomogram, &particles);
    /// let tilted = whole.with_wedge(Wedge::new(-60.0, 60.0));
    /// assert!(whole.wedge.is_none() && tilted.wedge.is_some());
    /// # Ok::<(), cryoet_core::NonFinitePosition>(())
    /// ```
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

impl Member {
    /// Its box in its tomogram, which an error names.
    pub(crate) fn cut(&self, sets: &[TomogramParticles<'_>], size: usize) -> Result<Cut, AverageError> {
        Cut::new(sets[self.set].tomogram, self.particle.position, size).map_err(|error| error.in_tomogram(self.set))
    }
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
    let mut known = None;
    for (place, set) in sets.iter().enumerate() {
        if let Some(wedge) = set.wedge.filter(|wedge| !wedge.is_valid()) {
            return Err(AverageError::Wedge { from: wedge.from, to: wedge.to, edge: wedge.edge }.in_tomogram(place));
        }
        let Some(size) = set.tomogram.voxel_size() else { continue };
        if !size.is_cubic() {
            return Err(AverageError::AnisotropicVoxels { found: size.zyx() }.in_tomogram(place));
        }
        same(*known.get_or_insert(size), size).map_err(|error| error.in_tomogram(place))?;
    }
    Ok(known)
}

/// Refuses voxel sizes that differ by more than 1 %.
pub(crate) fn same(expected: VoxelSize, found: VoxelSize) -> Result<(), AverageError> {
    if !found.agrees_with(&expected) {
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
        let error = check(10.2).unwrap_err();
        assert!(matches!(error.cause(), AverageError::AnisotropicVoxels { found: [10.2, 10.0, 10.0] }), "{error:?}");
    }
}
