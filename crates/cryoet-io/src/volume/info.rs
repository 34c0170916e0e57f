use std::path::Path;

use cryoet_core::{Statistics, VoxelSize};

use super::{ReadVolumeError, VolumeFormat, open::Open};

/// What a volume's header says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VolumeInfo {
    /// The file format.
    pub format: VolumeFormat,
    /// The extent z, y, x.
    pub shape: [usize; 3],
    /// The voxel size, where the file has one.
    pub voxel_size: Option<VoxelSize>,
    /// The origin in Angstrom, z, y, x; zero where the format has none.
    pub origin: [f64; 3],
    /// The number type in NumPy's words: `int8`, `uint16`, `float32`.
    pub dtype: String,
    /// What the header says of the voxels, where it says it and that can be true: MRC's `dmin`, `dmax`, `dmean` and `rms`.
    pub statistics: Option<Statistics>,
    /// What the file says wrongly and was read all the same.
    pub warnings: Vec<String>,
}

impl VolumeInfo {
    /// What a file without voxel size, origin and statistics says.
    pub(super) fn of_shape(format: VolumeFormat, shape: [usize; 3], dtype: String) -> Self {
        Self { format, shape, voxel_size: None, origin: [0.0; 3], dtype, statistics: None, warnings: Vec::new() }
    }
}

/// Reads what a volume's header says, and checks that the file is as long as it promises; no voxel is read.
///
/// # Errors
/// A file that cannot be read, is of no known format, or does not hold what its header promises.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// cryoet_io::write_labels(folder.path().join("l.mrc"), &Volume::new(Array3::zeros((2, 3, 4))))?;
/// let info = cryoet_io::inspect_volume(folder.path().join("l.mrc"))?;
/// assert_eq!((info.shape, info.dtype.as_str()), ([2, 3, 4], "int8"));
/// assert_eq!(info.statistics, None); // all zeros may just as well mean that nobody looked
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect_volume(path: impl AsRef<Path>) -> Result<VolumeInfo, ReadVolumeError> {
    Ok(Open::file(path.as_ref(), None)?.info)
}

/// Reads what the header of one of a file's volumes says, by the name that [`volume_names`](crate::volume_names) lists.
///
/// # Errors
/// As [`inspect_volume`]; a name that the file does not have.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("v.npz");
/// cryoet_io::write_named_volumes(&path, &[("a", Array3::<u8>::zeros((2, 3, 4)).view()), ("b", Array3::zeros((5, 6, 7)).view())])?;
/// assert!(cryoet_io::inspect_volume(&path).is_err());
/// assert_eq!(cryoet_io::inspect_named_volume(&path, "b")?.shape, [5, 6, 7]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect_named_volume(path: impl AsRef<Path>, name: &str) -> Result<VolumeInfo, ReadVolumeError> {
    Ok(Open::file(path.as_ref(), Some(name))?.info)
}
