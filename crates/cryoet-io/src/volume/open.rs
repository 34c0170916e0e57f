use std::path::Path;

use cryoet_core::{Region, SourceError, Statistics, VolumeSource, VoxelSize, ndarray::Array3};

#[cfg(feature = "zarr")]
use super::ome_zarr::{self, ZarrVolume};
use super::{
    Bytes, Packed, ReadVolumeError, VolumeFormat, VolumeInfo, Voxel,
    compressed::unpack,
    hdf5::{self, Hdf5Volume},
    npy, npz,
    several::none_wanted,
};
use crate::{em, mrc};

/// What reads an open file's voxels.
enum Reader {
    Packed(Packed),
    Hdf5(Box<Hdf5Volume>),
    #[cfg(feature = "zarr")]
    Zarr(Box<ZarrVolume>),
}

/// An open volume of a file, in whichever format.
pub(super) struct Open {
    reader: Reader,
    pub(super) info: VolumeInfo,
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
        let packed = |packed: Packed, warnings: Vec<String>| Self {
            info: VolumeInfo {
                format,
                shape: packed.shape,
                voxel_size: packed.voxel_size,
                origin: packed.origin,
                dtype: packed.element.name().into(),
                statistics: packed.statistics,
                warnings,
            },
            reader: Reader::Packed(packed),
        };
        Ok(match format {
            VolumeFormat::Mrc => {
                let (volume, warnings) = mrc::open(path, bytes, name)?;
                packed(volume, warnings)
            }
            VolumeFormat::Npy => {
                none_wanted(path, name)?;
                let end = bytes.get().len();
                packed(npy::open(path, bytes, 0..end)?, Vec::new())
            }
            VolumeFormat::Npz => packed(npz::open(path, bytes, name)?, Vec::new()),
            VolumeFormat::Em => {
                none_wanted(path, name)?;
                packed(em::open(path, bytes)?, Vec::new())
            }
            VolumeFormat::Hdf5 => {
                let volume = Hdf5Volume::open(path, name)?;
                let info = VolumeInfo::of_shape(format, volume.shape, volume.element_name());
                Self { reader: Reader::Hdf5(Box::new(volume)), info }
            }
            #[cfg(feature = "zarr")]
            VolumeFormat::OmeZarr => {
                let zarr = ZarrVolume::open(path, name)?;
                let info = VolumeInfo::of_shape(format, zarr.shape, zarr.element.name().into());
                let info = VolumeInfo { voxel_size: zarr.voxel_size, origin: zarr.origin, ..info };
                Self { reader: Reader::Zarr(Box::new(zarr)), info }
            }
            #[cfg(not(feature = "zarr"))]
            VolumeFormat::OmeZarr => return Err(ReadVolumeError::NeedsZarr { path: path.to_path_buf() }),
        })
    }

    /// The region's voxels; the caller has checked that it lies inside.
    pub(super) fn read<V: Voxel>(&self, region: Region) -> Result<Array3<V>, ReadVolumeError> {
        match &self.reader {
            Reader::Packed(packed) => packed.read(region),
            Reader::Hdf5(hdf5) => hdf5.read(region),
            #[cfg(feature = "zarr")]
            Reader::Zarr(zarr) => zarr.read(region),
        }
    }
}

impl<V: Voxel> VolumeSource<V> for Open {
    fn shape(&self) -> [usize; 3] {
        self.info.shape
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        self.info.voxel_size
    }

    fn origin(&self) -> [f64; 3] {
        self.info.origin
    }

    fn noted_statistics(&self) -> Option<Statistics> {
        self.info.statistics
    }

    fn read_region(&self, region: Region) -> Result<Array3<V>, SourceError> {
        region.check_inside(self.info.shape)?;
        self.read(region).map_err(|error| SourceError::Read { start: region.start, size: region.size, source: Box::new(error) })
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
pub fn open_volume(path: impl AsRef<Path>) -> Result<Box<dyn VolumeSource<f32> + Send>, ReadVolumeError> {
    Ok(Box::new(Open::file(path.as_ref(), None)?))
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
pub fn open_named_volume(path: impl AsRef<Path>, name: &str) -> Result<Box<dyn VolumeSource<f32> + Send>, ReadVolumeError> {
    Ok(Box::new(Open::file(path.as_ref(), Some(name))?))
}

/// Opens a label volume of any number type to be read region by region: every voxel of a region that is read must be an integer of 0..=255.
///
/// # Errors
/// As [`open_volume`]; reading a region fails at the first voxel that is no such integer, with its place and value.
///
/// ```
/// use cryoet_core::{Region, Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("labels.mrc");
/// cryoet_io::write_labels(&path, &Volume::new(Array3::from_elem((2, 3, 4), 12)))?;
/// assert_eq!(cryoet_io::open_labels(&path)?.read_region(Region::new([1, 2, 3], [1, 1, 1]))?[[0, 0, 0]], 12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_labels(path: impl AsRef<Path>) -> Result<Box<dyn VolumeSource<u8>>, ReadVolumeError> {
    Ok(Box::new(Open::file(path.as_ref(), None)?))
}

/// Opens a volume of particle ids, hitboxes or occupancy to be read region by region: every voxel of a region that is read must be an
/// integer of 0..2^32.
///
/// # Errors
/// As [`open_labels`].
///
/// ```
/// use cryoet_core::{Region, Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("hitboxes.mrc");
/// cryoet_io::write_ids(&path, &Volume::new(Array3::from_elem((2, 3, 4), 70_000)))?;
/// assert_eq!(cryoet_io::open_ids(&path)?.read_region(Region::new([1, 2, 3], [1, 1, 1]))?[[0, 0, 0]], 70_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_ids(path: impl AsRef<Path>) -> Result<Box<dyn VolumeSource<u32>>, ReadVolumeError> {
    Ok(Box::new(Open::file(path.as_ref(), None)?))
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
