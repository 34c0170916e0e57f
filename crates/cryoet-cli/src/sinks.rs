//! Label and score volumes, written block by block where the format allows it.

use std::path::{Path, PathBuf};

use cryoet::io::{MrcSink, VolumeFormat, create_mrc_sink, write_labels, write_volume};
use cryoet::ndarray::{Array3, ArrayView3};
use cryoet::{ClassTable, SinkError, Volume, VolumeSink, VolumeSource};

use crate::failure::Failure;

/// The largest label that MRC's signed bytes hold.
const LARGEST_SIGNED: u8 = 127;

/// A label volume to be.
pub(crate) struct LabelSink {
    path: PathBuf,
    kind: LabelKind,
}

enum LabelKind {
    Signed(MrcSink<i8>),
    Wide(MrcSink<u16>),
    Memory(Volume<u8>),
}

impl LabelSink {
    /// A label volume of a tomogram's shape, voxel size and origin.
    pub(crate) fn create(path: &Path, like: &dyn VolumeSource<f32>, classes: &ClassTable) -> Result<Self, Failure> {
        check(path)?;
        let (shape, size, origin) = (like.shape(), like.voxel_size(), like.origin());
        let kind = if VolumeFormat::of_extension(path) == Some(VolumeFormat::Npy) {
            LabelKind::Memory(Volume::new(Array3::zeros(shape)).with_voxel_size(size).with_origin(origin))
        } else if classes.max_label().get() <= LARGEST_SIGNED {
            LabelKind::Signed(create_mrc_sink(path, shape, size, origin)?)
        } else {
            LabelKind::Wide(create_mrc_sink(path, shape, size, origin)?)
        };
        Ok(Self { path: path.to_path_buf(), kind })
    }

    /// Writes a block.
    pub(crate) fn write(&mut self, start: [usize; 3], labels: ArrayView3<'_, u8>) -> Result<(), SinkError> {
        match &mut self.kind {
            LabelKind::Signed(sink) => sink.write_region(start, labels.mapv(|label| label as i8).view()),
            LabelKind::Wide(sink) => sink.write_region(start, labels.mapv(u16::from).view()),
            LabelKind::Memory(volume) => volume.write_region(start, labels),
        }
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.kind {
            LabelKind::Signed(sink) => sink.finish()?,
            LabelKind::Wide(sink) => sink.finish()?,
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
    Memory(Volume<f32>),
}

impl ScoreSink {
    /// A score volume of a tomogram's shape, voxel size and origin.
    pub(crate) fn create(path: &Path, like: &dyn VolumeSource<f32>) -> Result<Self, Failure> {
        check(path)?;
        let (shape, size, origin) = (like.shape(), like.voxel_size(), like.origin());
        let kind = if VolumeFormat::of_extension(path) == Some(VolumeFormat::Npy) {
            ScoreKind::Memory(Volume::new(Array3::zeros(shape)).with_voxel_size(size).with_origin(origin))
        } else {
            ScoreKind::Mrc(Box::new(create_mrc_sink(path, shape, size, origin)?))
        };
        Ok(Self { path: path.to_path_buf(), kind })
    }

    /// Writes a block.
    pub(crate) fn write(&mut self, start: [usize; 3], scores: ArrayView3<'_, f32>) -> Result<(), SinkError> {
        match &mut self.kind {
            ScoreKind::Mrc(sink) => sink.write_region(start, scores),
            ScoreKind::Memory(volume) => volume.write_region(start, scores),
        }
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.kind {
            ScoreKind::Mrc(sink) => sink.finish()?,
            ScoreKind::Memory(volume) => write_volume(self.path, &volume)?,
        }
        Ok(())
    }
}

fn check(path: &Path) -> Result<(), Failure> {
    match VolumeFormat::of_extension(path) {
        Some(VolumeFormat::Mrc | VolumeFormat::Npy) => Ok(()),
        _ => Err(Failure::usage(format!("{}: volumes are written as .mrc or .npy", path.display()))),
    }
}
