use std::{
    io::{self, Write},
    path::Path,
};

use cryoet_core::{SinkError, Volume, VolumeSink, ndarray::Axis};

use super::{NpyVoxel, VolumeFormat, WriteVolumeError, create_npy_sink, hdf5::DATASET, write_named_volumes};
use crate::{MrcHeader, MrcVoxel, WriteWholeError, create_mrc_sink, create_mrc_sink_like, em, write_whole};

/// What `numpy.savez` calls an array without a name.
const ARRAY: &str = "arr_0";

/// The largest integer up to which every integer has an exact `f32`.
const EXACT_IN_F32: u32 = 1 << 24;

/// Writes a volume by its extension: `.mrc` (mode 2; also `.map`, `.rec`, `.st`) with voxel size and origin; `.npy`, `.npz` (array
/// `arr_0`), `.h5` (data set `dataset`) and `.em`, which can hold neither, as 32-bit floats; or with the feature `zarr` an OME-Zarr 0.4
/// of three levels, `.zarr`.
///
/// # Errors
/// An extension of no format, a file that cannot be written.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let volume = Volume::new(Array3::from_elem((2, 3, 4), 0.5)).with_origin([10.0, 20.0, 30.0]);
/// cryoet_io::write_volume(folder.path().join("v.mrc"), &volume)?;
/// assert_eq!(cryoet_io::read_volume(folder.path().join("v.mrc"))?.origin(), [10.0, 20.0, 30.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_volume(path: impl AsRef<Path>, volume: &Volume<f32>) -> Result<(), WriteVolumeError> {
    let path = path.as_ref();
    match format(path)? {
        VolumeFormat::Mrc => write_mrc(path, volume, |&v| v),
        VolumeFormat::Em => write_em(path, volume, |&v| v),
        VolumeFormat::OmeZarr => write_ome_zarr(path, volume),
        format => write_unchanged(path, format, volume),
    }
}

/// Writes a volume as MRC, mode 2, with the labels, cell angles, space group, start indices and extended header of another
/// file; what was read with [`read_mrc_header`](crate::read_mrc_header) so survives a round trip.
///
/// # Errors
/// An extension that is not MRC's, a file that cannot be written.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("v.mrc");
/// let volume = Volume::new(Array3::zeros((2, 3, 4)));
/// cryoet_io::write_volume(&path, &volume)?;
/// let header = cryoet_io::read_mrc_header(&path)?;
/// cryoet_io::write_volume_like(&path, &volume, &header)?;
/// assert!(cryoet_io::write_volume_like(folder.path().join("v.npy"), &volume, &header).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_volume_like(path: impl AsRef<Path>, volume: &Volume<f32>, header: &MrcHeader) -> Result<(), WriteVolumeError> {
    let path = path.as_ref();
    if VolumeFormat::of_extension(path) != Some(VolumeFormat::Mrc) {
        return Err(extension(path));
    }
    let sink = create_mrc_sink_like::<f32>(path, volume.shape(), volume.voxel_size(), volume.origin(), header)?;
    fill(path, sink, volume, 1, |&v| v)?.finish()
}

/// Writes a label volume by its extension: `.mrc` in mode 0 (int8) when no label is above 127, else in mode 6 (uint16);
/// `.npy`, `.npz`, `.h5` (uint8) or `.em` (float32); or with the feature `zarr` an OME-Zarr, `.zarr` (uint8).
///
/// # Errors
/// An extension of no format, a file that cannot be written.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// cryoet_io::write_labels(folder.path().join("l.mrc"), &Volume::new(Array3::from_elem((2, 3, 4), 255)))?;
/// assert_eq!(cryoet_io::inspect_volume(folder.path().join("l.mrc"))?.dtype, "uint16");
/// assert_eq!(cryoet_io::read_labels(folder.path().join("l.mrc"))?.data()[[0, 0, 0]], 255);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_labels(path: impl AsRef<Path>, volume: &Volume<u8>) -> Result<(), WriteVolumeError> {
    let path = path.as_ref();
    match format(path)? {
        VolumeFormat::Mrc if volume.data().iter().all(|&label| label <= 127) => write_mrc(path, volume, |&label| label as i8),
        VolumeFormat::Mrc => write_mrc(path, volume, |&label| u16::from(label)),
        VolumeFormat::Em => write_em(path, volume, |&label| f32::from(label)),
        VolumeFormat::OmeZarr => write_ome_zarr(path, volume),
        format => write_unchanged(path, format, volume),
    }
}

/// Writes a volume of particle ids by its extension: `.mrc` in mode 6 (uint16) when no id is above 65535, else in mode 2
/// (float32) when none is above 2^24, where every integer is exact; `.em` (float32) likewise; or `.npy`, `.npz`, `.h5` and, with the
/// feature `zarr`, `.zarr` (uint32), which hold them all.
///
/// # Errors
/// An id that MRC or EM cannot hold exactly, an extension of no format, a file that cannot be written.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let ids = Volume::new(Array3::from_elem((2, 3, 4), 100_000_001));
/// assert!(cryoet_io::write_ids(folder.path().join("ids.mrc"), &ids).is_err());
/// cryoet_io::write_ids(folder.path().join("ids.npy"), &ids)?;
/// assert_eq!(cryoet_io::read_ids(folder.path().join("ids.npy"))?, ids);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_ids(path: impl AsRef<Path>, volume: &Volume<u32>) -> Result<(), WriteVolumeError> {
    let path = path.as_ref();
    let format = format(path)?;
    match format {
        VolumeFormat::Mrc | VolumeFormat::Em => {}
        VolumeFormat::OmeZarr => return write_ome_zarr(path, volume),
        _ => return write_unchanged(path, format, volume),
    }
    if let Some((place, &value)) = volume.data().indexed_iter().find(|&(_, &id)| id > EXACT_IN_F32) {
        return Err(WriteVolumeError::Voxel { path: path.to_path_buf(), voxel: place.into(), value, limit: EXACT_IN_F32 });
    }
    if format == VolumeFormat::Em {
        write_em(path, volume, |&id| id as f32)
    } else if volume.data().iter().all(|&id| id <= u32::from(u16::MAX)) {
        write_mrc(path, volume, |&id| id as u16)
    } else {
        write_mrc(path, volume, |&id| id as f32)
    }
}

fn format(path: &Path) -> Result<VolumeFormat, WriteVolumeError> {
    VolumeFormat::of_extension(path).ok_or_else(|| extension(path))
}

pub(super) fn extension(path: &Path) -> WriteVolumeError {
    let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    WriteVolumeError::Extension { path: path.to_path_buf(), extension }
}

fn write_em<T>(path: &Path, volume: &Volume<T>, convert: impl Fn(&T) -> f32) -> Result<(), WriteVolumeError> {
    let shape = volume.shape();
    if shape.iter().any(|&n| i32::try_from(n).is_err()) {
        return Err(WriteVolumeError::Shape { path: path.to_path_buf(), shape });
    }
    Ok(write_whole(path, |file| {
        file.write_all(&em::Header::float(shape))?;
        volume.data().iter().try_for_each(|voxel| file.write_all(&convert(voxel).to_le_bytes()))
    })?)
}

fn write_mrc<T, U: MrcVoxel>(path: &Path, volume: &Volume<T>, convert: impl Fn(&T) -> U) -> Result<(), WriteVolumeError> {
    let sink = create_mrc_sink::<U>(path, volume.shape(), volume.voxel_size(), volume.origin())?;
    fill(path, sink, volume, 1, convert)?.finish()
}

/// Writes a format that holds the numbers as they are, without voxel size and origin.
fn write_unchanged<T: NpyVoxel>(path: &Path, format: VolumeFormat, volume: &Volume<T>) -> Result<(), WriteVolumeError> {
    match format {
        VolumeFormat::Npz => write_named_volumes(path, &[(ARRAY, volume.view())]),
        VolumeFormat::Hdf5 => write_named_volumes(path, &[(DATASET, volume.view())]),
        _ => fill(path, create_npy_sink(path, volume.shape())?, volume, 1, |&v| v)?.finish(),
    }
}

#[cfg(feature = "zarr")]
fn write_ome_zarr<T: super::OmeZarrVoxel>(path: &Path, volume: &Volume<T>) -> Result<(), WriteVolumeError> {
    let params = super::OmeZarrParams::default();
    let depth = params.chunk[0];
    let sink = super::create_ome_zarr_sink(path, volume.shape(), volume.voxel_size(), volume.origin(), params)?;
    fill(path, sink, volume, depth, |&v| v)?.finish()
}

#[cfg(not(feature = "zarr"))]
fn write_ome_zarr<T>(path: &Path, _volume: &Volume<T>) -> Result<(), WriteVolumeError> {
    Err(WriteVolumeError::NeedsZarr { path: path.to_path_buf() })
}

/// Hands a volume to a sink, so many planes at a time.
fn fill<T, U, S: VolumeSink<U>>(
    path: &Path,
    mut sink: S,
    volume: &Volume<T>,
    planes: usize,
    convert: impl Fn(&T) -> U,
) -> Result<S, WriteVolumeError> {
    for (slab, voxels) in volume.data().axis_chunks_iter(Axis(0), planes).enumerate() {
        sink.write_region([slab * planes, 0, 0], voxels.map(&convert).view()).map_err(|error| write_error(path, error))?;
    }
    Ok(sink)
}

fn write_error(path: &Path, error: SinkError) -> WriteVolumeError {
    let source = match error {
        SinkError::Write { source, .. } => match source.downcast::<WriteWholeError>() {
            Ok(whole) => return WriteVolumeError::Write(*whole),
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    };
    WriteVolumeError::Write(WriteWholeError { path: path.to_path_buf(), source })
}
