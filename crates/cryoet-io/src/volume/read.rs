use std::path::Path;

use cryoet_core::{Region, Volume};

use super::{ReadVolumeError, Voxel, open::Open};

fn read<V: Voxel>(path: &Path, name: Option<&str>) -> Result<Volume<V>, ReadVolumeError> {
    let open = Open::file(path, name)?;
    let voxels = open.read(Region::whole(open.info.shape))?;
    Ok(Volume::new(voxels).with_voxel_size(open.info.voxel_size).with_origin(open.info.origin))
}

/// Reads a volume of any number type as `f32`, indexed `[z, y, x]`, with its voxel size and origin where the file has
/// them.
///
/// The format is told by content, then by extension; of an HDF5 file the only data set is read, of several `dataset`, of an OME-Zarr
/// the finest level. Voxels that are NaN are handed on as they are.
///
/// # Errors
/// A file that cannot be read, is of no known format, or does not hold what its header promises.
///
/// ```
/// use cryoet_core::{Volume, VoxelSize, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let tomogram = Volume::new(Array3::from_elem((2, 3, 4), 0.5)).with_voxel_size(VoxelSize::isotropic(13.48)?);
/// cryoet_io::write_volume(folder.path().join("t.mrc"), &tomogram)?;
/// assert_eq!(cryoet_io::read_volume(folder.path().join("t.mrc"))?, tomogram);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_volume(path: impl AsRef<Path>) -> Result<Volume<f32>, ReadVolumeError> {
    read(path.as_ref(), None)
}

/// Reads one of a file's volumes as `f32`, by the name that [`volume_names`](crate::volume_names) lists.
///
/// # Errors
/// As [`read_volume`]; a name that the file does not have.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.h5");
/// cryoet_io::write_score_maps(&path, &[0.75, 0.25].map(|score| Volume::new(Array3::from_elem((2, 3, 4), score))))?;
/// assert_eq!(cryoet_io::read_named_volume(&path, "class1")?.data()[[1, 2, 3]], 0.25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_named_volume(path: impl AsRef<Path>, name: &str) -> Result<Volume<f32>, ReadVolumeError> {
    read(path.as_ref(), Some(name))
}

/// Reads a label volume of any number type: every voxel must be an integer of 0..=255.
///
/// # Errors
/// As [`read_volume`]; besides, the first voxel that is no such integer, with its place and value.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("labels.mrc");
/// cryoet_io::write_labels(&path, &Volume::new(Array3::from_elem((2, 3, 4), 12)))?;
/// assert_eq!(cryoet_io::read_labels(&path)?.data()[[1, 2, 3]], 12);
/// cryoet_io::write_volume(&path, &Volume::new(Array3::from_elem((2, 3, 4), 0.5)))?;
/// assert!(cryoet_io::read_labels(&path).unwrap_err().to_string().contains("voxel [0, 0, 0]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_labels(path: impl AsRef<Path>) -> Result<Volume<u8>, ReadVolumeError> {
    read(path.as_ref(), None)
}

/// Reads a volume of particle ids, hitboxes or occupancy, of any number type: every voxel must be an integer of 0..2^32.
///
/// # Errors
/// As [`read_labels`].
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("hitboxes.mrc");
/// cryoet_io::write_ids(&path, &Volume::new(Array3::from_elem((2, 3, 4), 70_000)))?;
/// assert_eq!(cryoet_io::read_ids(&path)?.data()[[1, 2, 3]], 70_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_ids(path: impl AsRef<Path>) -> Result<Volume<u32>, ReadVolumeError> {
    read(path.as_ref(), None)
}
