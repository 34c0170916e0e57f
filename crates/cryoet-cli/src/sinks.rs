//! Label, score and id volumes, written block by block where the format allows it.

use std::path::{Path, PathBuf};

use cryoet::io::{
    MrcHeader, MrcSink, MrcVoxel, NpySink, NpyVoxel, VolumeFormat, WriteVolumeError, create_mrc_sink, create_mrc_sink_like,
    create_npy_sink, write_ids, write_labels, write_volume,
};
#[cfg(feature = "zarr")]
use cryoet::io::{OmeZarrParams, OmeZarrSink, OmeZarrVoxel, create_ome_zarr_sink};
use cryoet::ndarray::{Array3, ArrayView3};
use cryoet::{SinkError, Volume, VolumeSink, VolumeSource, VoxelSize};

use crate::failure::Failure;
use crate::options::check_volume_output;

/// The largest label that MRC's signed bytes hold.
const LARGEST_SIGNED: u8 = 127;

/// What a volume to be says besides its voxels.
pub(crate) struct Header {
    pub(crate) shape: [usize; 3],
    pub(crate) voxel_size: Option<VoxelSize>,
    pub(crate) origin: [f64; 3],
    /// What else an MRC file is to say.
    pub(crate) mrc: Option<MrcHeader>,
}

impl Header {
    /// Shape, voxel size and origin of a volume.
    pub(crate) fn of<T>(like: &dyn VolumeSource<T>) -> Self {
        Self { shape: like.shape(), voxel_size: like.voxel_size(), origin: like.origin(), mrc: None }
    }

    fn mrc_sink<U: MrcVoxel>(&self, path: &Path) -> Result<MrcSink<U>, WriteVolumeError> {
        match &self.mrc {
            Some(header) => create_mrc_sink_like(path, self.shape, self.voxel_size, self.origin, header),
            None => create_mrc_sink(path, self.shape, self.voxel_size, self.origin),
        }
    }
}

/// A volume file to be.
pub(crate) struct FileSink<T>(Box<dyn Blocks<T>>);

impl<T> FileSink<T> {
    /// Writes a block.
    pub(crate) fn write(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        self.0.write(start, voxels)
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        Ok(self.0.finish()?)
    }
}

/// Class labels of which none is above `largest`.
pub(crate) fn label_sink(path: &Path, header: &Header, largest: u8) -> Result<FileSink<u8>, Failure> {
    Ok(FileSink(match check_volume_output(path)? {
        VolumeFormat::Mrc if largest <= LARGEST_SIGNED => Box::new(Converting(header.mrc_sink(path)?, |label: u8| label as i8)),
        VolumeFormat::Mrc => Box::new(Converting(header.mrc_sink(path)?, |label: u8| u16::from(label))),
        format => unchanged(path, format, header, |path, labels| write_labels(path, labels))?,
    }))
}

/// Grey values or scores.
pub(crate) fn score_sink(path: &Path, header: &Header) -> Result<FileSink<f32>, Failure> {
    Ok(FileSink(match check_volume_output(path)? {
        VolumeFormat::Mrc => Box::new(header.mrc_sink::<f32>(path)?),
        format => unchanged(path, format, header, |path, scores| write_volume(path, scores))?,
    }))
}

/// Particle ids of which none is above `largest`, and that one no more than the format holds.
pub(crate) fn id_sink(path: &Path, header: &Header, largest: u32) -> Result<FileSink<u32>, Failure> {
    Ok(FileSink(match check_volume_output(path)? {
        VolumeFormat::Mrc if largest <= u32::from(u16::MAX) => Box::new(Converting(header.mrc_sink(path)?, |id: u32| id as u16)),
        VolumeFormat::Mrc => Box::new(Converting(header.mrc_sink(path)?, |id: u32| id as f32)),
        format => unchanged(path, format, header, |path, ids| write_ids(path, ids))?,
    }))
}

/// Formats that hold the numbers as they are, and those that are written from memory.
#[cfg(feature = "zarr")]
fn unchanged<T: NpyVoxel + OmeZarrVoxel + Default + 'static>(
    path: &Path,
    format: VolumeFormat,
    header: &Header,
    write: fn(&Path, &Volume<T>) -> Result<(), WriteVolumeError>,
) -> Result<Box<dyn Blocks<T>>, WriteVolumeError> {
    match format {
        VolumeFormat::OmeZarr => {
            let params = OmeZarrParams::default();
            Ok(Box::new(create_ome_zarr_sink::<T>(path, header.shape, header.voxel_size, header.origin, params)?))
        }
        format => npy_or_memory(path, format, header, write),
    }
}

#[cfg(not(feature = "zarr"))]
use npy_or_memory as unchanged;

fn npy_or_memory<T: NpyVoxel + Default + 'static>(
    path: &Path,
    format: VolumeFormat,
    header: &Header,
    write: fn(&Path, &Volume<T>) -> Result<(), WriteVolumeError>,
) -> Result<Box<dyn Blocks<T>>, WriteVolumeError> {
    if format == VolumeFormat::Npy {
        return Ok(Box::new(create_npy_sink::<T>(path, header.shape)?));
    }
    let volume = Volume::new(Array3::default(header.shape)).with_voxel_size(header.voxel_size).with_origin(header.origin);
    Ok(Box::new(InMemory { path: path.to_path_buf(), volume, write }))
}

/// What takes blocks and becomes a file.
trait Blocks<T> {
    fn write(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError>;

    fn finish(self: Box<Self>) -> Result<(), WriteVolumeError>;
}

impl<T: MrcVoxel> Blocks<T> for MrcSink<T> {
    fn write(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        self.write_region(start, voxels)
    }

    fn finish(self: Box<Self>) -> Result<(), WriteVolumeError> {
        (*self).finish()
    }
}

impl<T: NpyVoxel> Blocks<T> for NpySink<T> {
    fn write(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        self.write_region(start, voxels)
    }

    fn finish(self: Box<Self>) -> Result<(), WriteVolumeError> {
        (*self).finish()
    }
}

#[cfg(feature = "zarr")]
impl<T: OmeZarrVoxel> Blocks<T> for OmeZarrSink<T> {
    fn write(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        self.write_region(start, voxels)
    }

    fn finish(self: Box<Self>) -> Result<(), WriteVolumeError> {
        (*self).finish()
    }
}

/// An MRC file of another number type.
struct Converting<T, U>(MrcSink<U>, fn(T) -> U);

impl<T: Copy, U: MrcVoxel> Blocks<T> for Converting<T, U> {
    fn write(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        self.0.write_region(start, voxels.mapv(self.1).view())
    }

    fn finish(self: Box<Self>) -> Result<(), WriteVolumeError> {
        self.0.finish()
    }
}

/// A volume of a format that is written in one piece.
struct InMemory<T> {
    path: PathBuf,
    volume: Volume<T>,
    write: fn(&Path, &Volume<T>) -> Result<(), WriteVolumeError>,
}

impl<T: Clone> Blocks<T> for InMemory<T> {
    fn write(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        self.volume.write_region(start, voxels)
    }

    fn finish(self: Box<Self>) -> Result<(), WriteVolumeError> {
        (self.write)(&self.path, &self.volume)
    }
}
