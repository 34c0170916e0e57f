use std::{io, path::PathBuf};

use thiserror::Error;

use crate::WriteWholeError;

/// Why a volume was not read.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// use cryoet_io::ReadVolumeError;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("t.mrc");
/// cryoet_io::write_volume(&path, &Volume::new(Array3::zeros((2, 3, 4))))?;
/// std::fs::OpenOptions::new().write(true).open(&path)?.set_len(1100)?;
/// let error = cryoet_io::read_volume(&path).unwrap_err();
/// assert!(matches!(error, ReadVolumeError::Truncated { expected: 1120, found: 1100, .. }), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadVolumeError {
    /// The system refused.
    #[error("{}: cannot read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds nothing.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Neither content nor extension is of a volume.
    #[error("{}: neither content nor extension is of a known volume format ({})", path.display(), super::format::KNOWN)]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file ends too early.
    #[error("{}: truncated: {part} takes {expected} bytes, the file has {found}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        part: &'static str,
        /// Bytes that the file must have.
        expected: u128,
        /// Bytes that it has.
        found: u64,
    },
    /// A field of the header cannot be.
    #[error("{}: {field} is {found}, expected {expected}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// The field, with its byte in the file where it has one.
        field: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: String,
    },
    /// A voxel that the kind of volume asked for cannot hold.
    #[error("{}: voxel {voxel:?} (z, y, x) is {value}, expected {expected}", path.display())]
    Voxel {
        /// The file.
        path: PathBuf,
        /// The voxel, z, y, x.
        voxel: [usize; 3],
        /// Its value.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// The file has no volume of that name: no such data set, array, level.
    #[error("{}: no volume {name:?}, {}", path.display(), there_are(found))]
    NoSuchVolume {
        /// The file.
        path: PathBuf,
        /// The name looked for.
        name: String,
        /// The names there are; none where the file holds one volume without a name.
        found: Vec<String>,
    },
    /// The file holds several volumes, or none, and none was asked for by name.
    #[error("{}: one volume was asked for and the file holds {}: {found:?}", path.display(), found.len())]
    Several {
        /// The file.
        path: PathBuf,
        /// Their names.
        found: Vec<String>,
    },
    /// More voxels than there is memory for, or than a file of this size can hold.
    #[error("{}: {voxels} voxels of shape {shape:?} (z, y, x) were asked for: {reason}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The shape asked for.
        shape: [usize; 3],
        /// How many voxels that is.
        voxels: usize,
        /// What forbids it.
        reason: &'static str,
    },
    /// OME-Zarr is an optional feature, and this is a build without it.
    #[error("{}: reading OME-Zarr needs the feature zarr of cryoet-io", path.display())]
    NeedsZarr {
        /// The folder.
        path: PathBuf,
    },
    /// The OME-Zarr cannot be understood.
    #[error("{}: cannot read OME-Zarr: {source}", path.display())]
    Zarr {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The HDF5 file cannot be understood.
    #[error("{}: cannot read HDF5: {source}", path.display())]
    Hdf5 {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The names there are, for a message.
fn there_are(found: &[String]) -> String {
    if found.is_empty() {
        "the file holds no named volumes: a volume alone is read without a name".into()
    } else {
        format!("found {found:?}")
    }
}

/// Why a volume was not written. What stood under its name before still stands there.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// use cryoet_io::WriteVolumeError;
/// let error = cryoet_io::write_volume("tomogram.tiff", &Volume::new(Array3::zeros((2, 3, 4)))).unwrap_err();
/// assert!(matches!(error, WriteVolumeError::Extension { extension, .. } if extension == "tiff"));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteVolumeError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteWholeError),
    /// The extension is of no format that volumes are written in.
    #[error("{}: extension {extension:?}: expected one of .mrc .map .rec .st .npy .npz .h5 .em .zarr, or what this function says", path.display())]
    Extension {
        /// The file.
        path: PathBuf,
        /// Its extension, without the dot.
        extension: String,
    },
    /// The format cannot hold so many voxels along an axis.
    #[error("{}: shape {shape:?} (z, y, x): an MRC axis has at most 2147483647 voxels, a file at most 2^63 bytes", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The shape.
        shape: [usize; 3],
    },
    /// A name that a volume cannot have in a file of several.
    #[error("{}: volume {name:?}: {reason}", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// OME-Zarr is an optional feature, and this is a build without it.
    #[error("{}: writing OME-Zarr needs the feature zarr of cryoet-io", path.display())]
    NeedsZarr {
        /// The folder that was to be written.
        path: PathBuf,
    },
    /// A value that the format cannot hold exactly.
    #[error("{}: voxel {voxel:?} (z, y, x) is {value}: this format holds integers exactly up to {limit}; write .npy", path.display())]
    Voxel {
        /// The file.
        path: PathBuf,
        /// The voxel, z, y, x.
        voxel: [usize; 3],
        /// Its value.
        value: u32,
        /// The largest value that the format holds exactly.
        limit: u32,
    },
}
