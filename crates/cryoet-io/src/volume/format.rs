use std::{fmt, path::Path};

/// What [`ReadVolumeError::UnknownFormat`](super::ReadVolumeError::UnknownFormat) lists.
pub(super) const KNOWN: &str = "MRC, NPY, NPZ, HDF5, EM, OME-Zarr";

/// A file format of volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VolumeFormat {
    /// MRC2014 and its relatives: `.mrc`, `.map`, `.rec`, `.st`.
    Mrc,
    /// NumPy's array file: `.npy`.
    Npy,
    /// NumPy's archive of arrays: `.npz`.
    Npz,
    /// HDF5 with one data set, or with `dataset`, as DeepFinder writes it, or others that are asked for by name: `.h5`, `.hdf5`.
    Hdf5,
    /// EM of TOM, PyTom and Artiatomi: `.em`.
    Em,
    /// OME-Zarr 0.4 or 0.5, a folder: `.zarr`. Needs the feature `zarr`.
    OmeZarr,
}

impl VolumeFormat {
    /// The format that a file's first bytes show, where they show one. 1024 bytes suffice.
    pub(crate) fn of_content(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x93NUMPY") {
            Some(Self::Npy)
        } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Some(Self::Npz)
        } else if head.starts_with(b"\x89HDF\r\n\x1a\n") {
            Some(Self::Hdf5)
        } else if head.get(208..211) == Some(b"MAP") {
            Some(Self::Mrc)
        } else {
            None
        }
    }

    /// The format that a file's extension promises, where it promises one.
    ///
    /// ```
    /// use cryoet_io::VolumeFormat;
    /// assert_eq!(VolumeFormat::of_extension("labels.MRC"), Some(VolumeFormat::Mrc));
    /// assert_eq!(VolumeFormat::of_extension("picks.csv"), None);
    /// ```
    pub fn of_extension(path: impl AsRef<Path>) -> Option<Self> {
        match path.as_ref().extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "mrc" | "map" | "rec" | "st" | "ali" | "mrcs" | "preali" => Some(Self::Mrc),
            "npy" => Some(Self::Npy),
            "npz" => Some(Self::Npz),
            "zarr" => Some(Self::OmeZarr),
            "em" => Some(Self::Em),
            "h5" | "hdf5" | "hdf" => Some(Self::Hdf5),
            _ => None,
        }
    }

    /// The format of a folder: that of the metadata in it.
    pub(crate) fn of_folder(path: &Path) -> Option<Self> {
        [".zattrs", ".zgroup", ".zarray", "zarr.json"].iter().any(|name| path.join(name).is_file()).then_some(Self::OmeZarr)
    }

    /// The format of a file: by its content where that is plain, else by its extension.
    pub(crate) fn of(head: &[u8], path: &Path) -> Option<Self> {
        Self::of_content(head).or_else(|| Self::of_extension(path))
    }
}

impl fmt::Display for VolumeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mrc => "MRC",
            Self::Npy => "NPY",
            Self::Npz => "NPZ",
            Self::OmeZarr => "OME-Zarr",
            Self::Hdf5 => "HDF5",
            Self::Em => "EM",
        })
    }
}
