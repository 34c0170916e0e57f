use std::{io, path::PathBuf};

use thiserror::Error;

use crate::WriteWholeError;

/// Why a volume was not read.
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
    /// The HDF5 file has no such data set.
    #[error("{}: no data set {name:?}, found {found:?}", path.display())]
    NoDataset {
        /// The file.
        path: PathBuf,
        /// The data set looked for.
        name: String,
        /// The data sets of the file's root.
        found: Vec<String>,
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

/// Why a volume was not written. What stood under its name before still stands there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteVolumeError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteWholeError),
    /// The extension is of no format that volumes are written in.
    #[error("{}: extension {extension:?}: volumes are written as .mrc, .map, .rec, .st or .npy", path.display())]
    Extension {
        /// The file.
        path: PathBuf,
        /// Its extension, without the dot.
        extension: String,
    },
    /// The format cannot hold so many voxels along an axis.
    #[error("{}: shape {shape:?} (z, y, x): an MRC axis has at most 2147483647 voxels", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The shape.
        shape: [usize; 3],
    },
    /// A value that the format cannot hold exactly.
    #[error("{}: voxel {voxel:?} (z, y, x) is {value}: MRC holds integers exactly up to {limit}; write .npy", path.display())]
    Voxel {
        /// The file.
        path: PathBuf,
        /// The voxel, z, y, x.
        voxel: [usize; 3],
        /// Its value.
        value: u32,
        /// The largest value that MRC holds exactly.
        limit: u32,
    },
}
