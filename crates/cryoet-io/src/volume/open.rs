use std::path::Path;

use cryoet_core::{Region, VolumeSource, VoxelSize, ndarray::Array3};

use super::{Bytes, Packed, ReadVolumeError, VolumeFormat, Voxel, compressed::unpack, hdf5::Hdf5Volume, npy};
use crate::{em, mrc};

/// An open file, in whichever format.
pub(super) enum Opened {
    Packed(Packed),
    Hdf5(Box<Hdf5Volume>),
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

impl Open {
    pub(super) fn file(path: &Path) -> Result<Self, ReadVolumeError> {
        let bytes = unpacked(path)?;
        let format = VolumeFormat::of(bytes.get(), path).ok_or_else(|| ReadVolumeError::UnknownFormat { path: path.to_path_buf() })?;
        let mut warnings = Vec::new();
        let volume = match format {
            VolumeFormat::Mrc => {
                let (packed, forgiven) = mrc::open(path, bytes)?;
                warnings = forgiven;
                Opened::Packed(packed)
            }
            VolumeFormat::Npy => Opened::Packed(npy::open(path, bytes)?),
            VolumeFormat::Em => Opened::Packed(em::open(path, bytes)?),
            VolumeFormat::Hdf5 => Opened::Hdf5(Box::new(Hdf5Volume::open(path)?)),
        };
        Ok(Self { format, volume, warnings })
    }

    pub(super) fn shape(&self) -> [usize; 3] {
        match &self.volume {
            Opened::Packed(packed) => packed.shape,
            Opened::Hdf5(hdf5) => hdf5.shape,
        }
    }

    pub(super) fn voxel_size(&self) -> Option<VoxelSize> {
        match &self.volume {
            Opened::Packed(packed) => packed.voxel_size,
            Opened::Hdf5(_) => None,
        }
    }

    pub(super) fn origin(&self) -> [f64; 3] {
        match &self.volume {
            Opened::Packed(packed) => packed.origin,
            Opened::Hdf5(_) => [0.0; 3],
        }
    }

    pub(super) fn element(&self) -> String {
        match &self.volume {
            Opened::Packed(packed) => packed.element.name().into(),
            Opened::Hdf5(hdf5) => hdf5.element_name(),
        }
    }

    pub(super) fn read_whole<V: Voxel>(&self) -> Result<Array3<V>, ReadVolumeError> {
        let whole = Region::whole(self.shape());
        match &self.volume {
            Opened::Packed(packed) => packed.read(whole),
            Opened::Hdf5(hdf5) => hdf5.read(whole),
        }
    }
}

/// Opens a volume to be read region by region: MRC, NPY and EM through a map of the file (MRC in gzip or bzip2 is unpacked into
/// memory), HDF5 chunk by chunk. Any number
/// type becomes `f32`.
///
/// # Errors
/// A file that cannot be read, is of no known format, or does not hold what its header promises.
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
    Ok(match Open::file(path.as_ref())?.volume {
        Opened::Packed(packed) => Box::new(packed),
        Opened::Hdf5(hdf5) => hdf5,
    })
}
