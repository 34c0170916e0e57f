use cryoet_core::{Particle, VoxelSize};

/// Particles and the frame their positions count in.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, VoxelSize};
/// use cryoet_io::ParticleList;
/// let mut list = ParticleList::new(vec![Particle::new(ClassLabel::new(1), Position::new(1.0, 2.0, 3.0)?)]);
/// list.voxel_size = Some(VoxelSize::isotropic(10.0)?);
/// assert_eq!(list.particles.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParticleList {
    /// The particles; positions in voxels of their tomogram, z, y, x.
    pub particles: Vec<Particle>,
    /// The voxel size of the tomogram, where known: what Angstrom formats need.
    pub voxel_size: Option<VoxelSize>,
    /// The tomogram's extent z, y, x, where known: what formats that count from its centre need.
    pub shape: Option<[usize; 3]>,
    /// The tomogram's name, for particles that name none.
    pub tomogram: Option<String>,
}

impl ParticleList {
    /// A list of particles of an unknown frame.
    pub fn new(particles: Vec<Particle>) -> Self {
        Self { particles, ..Self::default() }
    }

    /// The name of the tomogram a particle lies in: its own, else the list's.
    pub fn tomogram_of<'a>(&'a self, particle: &'a Particle) -> Option<&'a str> {
        particle.tomogram.as_deref().or(self.tomogram.as_deref())
    }
}
