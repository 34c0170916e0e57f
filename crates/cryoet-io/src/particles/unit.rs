use cryoet_core::VoxelSize;

/// What a file counts coordinates in, for formats whose files do not say.
///
/// ```
/// use cryoet_io::{CoordinateUnit, ReadParticles};
/// let angstrom = ReadParticles { unit: Some(CoordinateUnit::Angstrom), ..ReadParticles::default() };
/// assert!(angstrom.voxel_size.is_none()); // must be said too, or the reader asks for it
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CoordinateUnit {
    /// Voxels of the tomogram.
    #[default]
    Voxels,
    /// Angstrom from the tomogram's first voxel.
    Angstrom,
}

/// What an error says where Angstrom are asked for and no voxel size is known.
pub(super) const NEED_SIZE: &str = "coordinates in Angstrom need the voxel size";

impl CoordinateUnit {
    /// How many of the unit a voxel is long along z, y, x; none where that takes a voxel size which is not known.
    pub(super) fn of_a_voxel(self, voxel_size: Option<VoxelSize>) -> Option<[f64; 3]> {
        match self {
            Self::Voxels => Some([1.0; 3]),
            Self::Angstrom => voxel_size.map(|size| size.zyx()),
        }
    }
}
