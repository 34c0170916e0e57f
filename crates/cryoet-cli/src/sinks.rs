//! Label and score volumes, written block by block where the format allows it.

use std::path::{Path, PathBuf};

use cryoet::io::{MrcSink, NpySink, VolumeFormat, create_mrc_sink, create_npy_sink, write_labels, write_volume};
#[cfg(feature = "zarr")]
use cryoet::io::{OmeZarrParams, OmeZarrSink, create_ome_zarr_sink};
use cryoet::ndarray::{Array3, ArrayView3};
use cryoet::{ClassTable, SinkError, Volume, VolumeSink, VolumeSource};

use crate::failure::Failure;
use crate::options::check_volume_output;

/// The largest label that MRC's signed bytes hold.
const LARGEST_SIGNED: u8 = 127;

/// A label volume to be.
pub(crate) struct LabelSink {
    path: PathBuf,
    kind: LabelKind,
}

enum LabelKind {
    Signed(Box<MrcSink<i8>>),
    Wide(Box<MrcSink<u16>>),
    Npy(NpySink<u8>),
    #[cfg(feature = "zarr")]
    Zarr(Box<OmeZarrSink<u8>>),
    Memory(Volume<u8>),
}

impl LabelSink {
    /// A label volume of a tomogram's shape, voxel size and origin.
    pub(crate) fn create(path: &Path, like: &dyn VolumeSource<f32>, classes: &ClassTable) -> Result<Self, Failure> {
        let (shape, size, origin) = (like.shape(), like.voxel_size(), like.origin());
        let kind = match check_volume_output(path)? {
            VolumeFormat::Mrc if classes.max_label().get() <= LARGEST_SIGNED => {
                LabelKind::Signed(Box::new(create_mrc_sink(path, shape, size, origin)?))
            }
            VolumeFormat::Mrc => LabelKind::Wide(Box::new(create_mrc_sink(path, shape, size, origin)?)),
            VolumeFormat::Npy => LabelKind::Npy(create_npy_sink(path, shape)?),
            #[cfg(feature = "zarr")]
            VolumeFormat::OmeZarr => LabelKind::Zarr(Box::new(create_ome_zarr_sink(path, shape, size, origin, OmeZarrParams::default())?)),
            _ => LabelKind::Memory(Volume::new(Array3::zeros(shape)).with_voxel_size(size).with_origin(origin)),
        };
        Ok(Self { path: path.to_path_buf(), kind })
    }

    /// Writes a block.
    pub(crate) fn write(&mut self, start: [usize; 3], labels: ArrayView3<'_, u8>) -> Result<(), SinkError> {
        match &mut self.kind {
            LabelKind::Signed(sink) => sink.write_region(start, labels.mapv(|label| label as i8).view()),
            LabelKind::Wide(sink) => sink.write_region(start, labels.mapv(u16::from).view()),
            LabelKind::Npy(sink) => sink.write_region(start, labels),
            #[cfg(feature = "zarr")]
            LabelKind::Zarr(sink) => sink.write_region(start, labels),
            LabelKind::Memory(volume) => volume.write_region(start, labels),
        }
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.kind {
            LabelKind::Signed(sink) => sink.finish()?,
            LabelKind::Wide(sink) => sink.finish()?,
            LabelKind::Npy(sink) => sink.finish()?,
            #[cfg(feature = "zarr")]
            LabelKind::Zarr(sink) => sink.finish()?,
            LabelKind::Memory(volume) => write_labels(self.path, &volume)?,
        }
        Ok(())
    }
}

/// A score volume to be.
pub(crate) struct ScoreSink {
    path: PathBuf,
    kind: ScoreKind,
}

enum ScoreKind {
    Mrc(Box<MrcSink<f32>>),
    Npy(NpySink<f32>),
    #[cfg(feature = "zarr")]
    Zarr(Box<OmeZarrSink<f32>>),
    Memory(Volume<f32>),
}

impl ScoreSink {
    /// A score volume of a tomogram's shape, voxel size and origin.
    pub(crate) fn create(path: &Path, like: &dyn VolumeSource<f32>) -> Result<Self, Failure> {
        let (shape, size, origin) = (like.shape(), like.voxel_size(), like.origin());
        let kind = match check_volume_output(path)? {
            VolumeFormat::Mrc => ScoreKind::Mrc(Box::new(create_mrc_sink(path, shape, size, origin)?)),
            VolumeFormat::Npy => ScoreKind::Npy(create_npy_sink(path, shape)?),
            #[cfg(feature = "zarr")]
            VolumeFormat::OmeZarr => ScoreKind::Zarr(Box::new(create_ome_zarr_sink(path, shape, size, origin, OmeZarrParams::default())?)),
            _ => ScoreKind::Memory(Volume::new(Array3::zeros(shape)).with_voxel_size(size).with_origin(origin)),
        };
        Ok(Self { path: path.to_path_buf(), kind })
    }

    /// Writes a block.
    pub(crate) fn write(&mut self, start: [usize; 3], scores: ArrayView3<'_, f32>) -> Result<(), SinkError> {
        match &mut self.kind {
            ScoreKind::Mrc(sink) => sink.write_region(start, scores),
            ScoreKind::Npy(sink) => sink.write_region(start, scores),
            #[cfg(feature = "zarr")]
            ScoreKind::Zarr(sink) => sink.write_region(start, scores),
            ScoreKind::Memory(volume) => volume.write_region(start, scores),
        }
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.kind {
            ScoreKind::Mrc(sink) => sink.finish()?,
            ScoreKind::Npy(sink) => sink.finish()?,
            #[cfg(feature = "zarr")]
            ScoreKind::Zarr(sink) => sink.finish()?,
            ScoreKind::Memory(volume) => write_volume(self.path, &volume)?,
        }
        Ok(())
    }
}
