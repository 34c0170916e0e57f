use std::path::Path;

use cryoet_core::{Region, VolumeSource, VoxelSize, ndarray::Array3};

#[cfg(feature = "zarr")]
use super::ome_zarr::{self, ZarrVolume};
use super::{
    Bytes, Packed, ReadVolumeError, VolumeFormat, Voxel,
    compressed::unpack,
    hdf5::{self, Hdf5Volume},
    npy, npz,
    several::none_wanted,
};
use crate::{em, mrc};

/// An open file, in whichever format.
pub(super) enum Opened {
    Packed(Packed),
    Hdf5(Box<Hdf5Volume>),
    #[cfg(feature = "zarr")]
    Zarr(Box<ZarrVolume>),
}

/// An open file and what was forgiven on the way.
pub(super) struct Open {
    pub(super) format: VolumeFormat,
    pub(super) volume: Opened,
    pub(super) warnings: Vec<String>,
}

/// A file's bytes; those of an MRC file packed by gzip or bzip2 are unpacked into memory.
pub(crate) fn unpacked(path: &Path) -> Result<Bytes, ReadVolumeError> {
    let bytes = Bytes::map(path)?;
    if bytes.get().is_empty() {
        return Err(ReadVolumeError::Empty { path: path.to_path_buf() });
    }
    match unpack(path, bytes.get()) {
        Some(content) => content.map(Bytes::Unpacked),
        None => Ok(bytes),
    }
}

/// A file's bytes and format; an OME-Zarr is a folder, without bytes of its own.
fn identify(path: &Path) -> Result<(VolumeFormat, Bytes), ReadVolumeError> {
    if let Some(format) = VolumeFormat::of_folder(path) {
        return Ok((format, Bytes::Empty));
    }
    let bytes = unpacked(path)?;
    match VolumeFormat::of(bytes.get(), path) {
        None | Some(VolumeFormat::OmeZarr) => Err(ReadVolumeError::UnknownFormat { path: path.to_path_buf() }),
        Some(format) => Ok((format, bytes)),
    }
}

impl Open {
    /// Opens the volume of a name, or the only one.
    pub(super) fn file(path: &Path, name: Option<&str>) -> Result<Self, ReadVolumeError> {
        let (format, bytes) = identify(path)?;
        let mut warnings = Vec::new();
        let volume = match format {
            VolumeFormat::Mrc => {
                let (packed, forgiven) = mrc::open(path, bytes, name)?;
                warnings = forgiven;
                Opened::Packed(packed)
            }
            VolumeFormat::Npy => {
                none_wanted(path, name)?;
                let end = bytes.get().len();
                Opened::Packed(npy::open(path, bytes, 0..end)?)
            }
            VolumeFormat::Npz => Opened::Packed(npz::open(path, bytes, name)?),
            VolumeFormat::Em => {
                none_wanted(path, name)?;
                Opened::Packed(em::open(path, bytes)?)
            }
            VolumeFormat::Hdf5 => Opened::Hdf5(Box::new(Hdf5Volume::open(path, name)?)),
            #[cfg(feature = "zarr")]
            VolumeFormat::OmeZarr => Opened::Zarr(Box::new(ZarrVolume::open(path, name)?)),
            #[cfg(not(feature = "zarr"))]
            VolumeFormat::OmeZarr => return Err(ReadVolumeError::NeedsZarr { path: path.to_path_buf() }),
        };
        Ok(Self { format, volume, warnings })
    }

    pub(super) fn shape(&self) -> [usize; 3] {
        match &self.volume {
            Opened::Packed(packed) => packed.shape,
            Opened::Hdf5(hdf5) => hdf5.shape,
            #[cfg(feature = "zarr")]
            Opened::Zarr(zarr) => zarr.shape,
        }
    }

    pub(super) fn voxel_size(&self) -> Option<VoxelSize> {
        match &self.volume {
            Opened::Packed(packed) => packed.voxel_size,
            Opened::Hdf5(_) => None,
            #[cfg(feature = "zarr")]
            Opened::Zarr(zarr) => zarr.voxel_size,
        }
    }

    pub(super) fn origin(&self) -> [f64; 3] {
        match &self.volume {
            Opened::Packed(packed) => packed.origin,
            Opened::Hdf5(_) => [0.0; 3],
            #[cfg(feature = "zarr")]
            Opened::Zarr(zarr) => zarr.origin,
        }
    }

    pub(super) fn element(&self) -> String {
        match &self.volume {
            Opened::Packed(packed) => packed.element.name().into(),
            Opened::Hdf5(hdf5) => hdf5.element_name(),
            #[cfg(feature = "zarr")]
            Opened::Zarr(zarr) => zarr.element.name().into(),
        }
    }

    pub(super) fn read_whole<V: Voxel>(&self) -> Result<Array3<V>, ReadVolumeError> {
        let whole = Region::whole(self.shape());
        match &self.volume {
            Opened::Packed(packed) => packed.read(whole),
            Opened::Hdf5(hdf5) => hdf5.read(whole),
            #[cfg(feature = "zarr")]
            Opened::Zarr(zarr) => zarr.read(whole),
        }
    }

    fn into_source(self) -> Box<dyn VolumeSource<f32>> {
        match self.volume {
            Opened::Packed(packed) => Box::new(packed),
            Opened::Hdf5(hdf5) => hdf5,
            #[cfg(feature = "zarr")]
            Opened::Zarr(zarr) => zarr,
        }
    }
}

/// Opens a volume to be read region by region: MRC, NPY, NPZ and EM through a map of the file (what is compressed as a whole is
/// unpacked into memory), HDF5 and OME-Zarr chunk by chunk. Any number type becomes `f32`.
///
/// # Errors
/// A file that cannot be read, is of no known format, or does not hold what its header promises; a file of several volumes, for which
/// there is [`open_named_volume`].
///
/// ```
/// use cryoet_core::{Region, Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tomogram.mrc");
/// cryoet_io::write_volume(&path, &Volume::new(Array3::from_shape_fn((8, 8, 8), |(z, y, x)| (z * 64 + y * 8 + x) as f32)))?;
/// let tomogram = cryoet_io::open_volume(&path)?;
/// assert_eq!(tomogram.shape(), [8, 8, 8]);
/// assert_eq!(tomogram.read_region(Region::new([1, 2, 3], [1, 1, 2]))?.as_slice().unwrap(), [83.0, 84.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_volume(path: impl AsRef<Path>) -> Result<Box<dyn VolumeSource<f32>>, ReadVolumeError> {
    Ok(Open::file(path.as_ref(), None)?.into_source())
}

/// Opens one of the volumes of a file by its name, as [`volume_names`] lists them: a data set of an HDF5 file (`class0` of
/// DeepFinder's score maps), an array of an NPZ file, a level of an OME-Zarr, a volume of an MRC stack, and `real`, `imaginary`,
/// `magnitude` or `phase` (radians) of a complex MRC file.
///
/// # Errors
/// As [`open_volume`]; a name that the file does not have.
///
/// ```
/// # use cryoet_core::{Volume, ndarray::Array3};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("v.npy");
/// # cryoet_io::write_volume(&path, &Volume::new(Array3::zeros((2, 3, 4))))?;
/// let error = cryoet_io::open_named_volume(&path, "class3").err().unwrap();
/// assert!(error.to_string().contains("no volume \"class3\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_named_volume(path: impl AsRef<Path>, name: &str) -> Result<Box<dyn VolumeSource<f32>>, ReadVolumeError> {
    Ok(Open::file(path.as_ref(), Some(name))?.into_source())
}

/// The names of the volumes that a file holds, for [`open_named_volume`]; none where it holds one volume without a name.
///
/// # Errors
/// A file that cannot be read or is of no known format.
///
/// ```
/// # use cryoet_core::{Volume, ndarray::Array3};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("v.npy");
/// # cryoet_io::write_volume(&path, &Volume::new(Array3::zeros((2, 3, 4))))?;
/// assert!(cryoet_io::volume_names(&path)?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn volume_names(path: impl AsRef<Path>) -> Result<Vec<String>, ReadVolumeError> {
    let path = path.as_ref();
    let (format, bytes) = identify(path)?;
    match format {
        VolumeFormat::Mrc => mrc::names(path, bytes.get()),
        VolumeFormat::Npy | VolumeFormat::Em => Ok(Vec::new()),
        VolumeFormat::Npz => npz::names(path, bytes.get()),
        VolumeFormat::Hdf5 => hdf5::names(path),
        #[cfg(feature = "zarr")]
        VolumeFormat::OmeZarr => ome_zarr::names(path),
        #[cfg(not(feature = "zarr"))]
        VolumeFormat::OmeZarr => Err(ReadVolumeError::NeedsZarr { path: path.to_path_buf() }),
    }
}
