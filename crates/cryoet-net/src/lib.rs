//! Segmentation networks for cryo-electron tomograms, on libtorch.
//!
//! DeepFinder's U-Net (Moebel et al., Nature Methods 2021) with training that can be stopped and resumed at any step, and inference in
//! exact tiles. Arrays are indexed `[z, y, x]`; labels are `u8`, 0 is background, 255 is ignored.
//!
//! ```
//! use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
//! use cryoet_net::{Device, Network, Precision, SegmentParams, Weights, segment};
//!
//! let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?;
//! let weights = Weights::random(classes, None, 1); // or Weights::from_bytes(&std::fs::read("ribosome.safetensors")?)?
//! let network = Network::new(&weights, Device::auto(), Precision::F32)?;
//! let tomogram = Volume::new(Array3::from_shape_fn((16, 32, 32), |(z, y, x)| (z + y * x) as f32));
//! let answer = segment(&[network], &tomogram, &SegmentParams::default(), &())?;
//! println!("{:?} voxels labelled", answer.labels.shape());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! libtorch 2.11 is found through the variable `LIBTORCH` while building, or fetched by the feature `download-libtorch`. The feature
//! `doc-only` builds the documentation without it.

mod architecture;
mod calibration;
mod device;
mod grey_values;
mod inference;
mod initialisation;
#[cfg(feature = "keras")]
mod keras;
mod loss;
mod memory_layout;
mod network;
mod normalisation;
mod safetensors_file;
mod smoothing;
mod tensor_map;
mod threads;
mod torch_error;
mod training;
mod turn;
mod voxel_size;
mod weights;

pub use architecture::{Answer, Architecture, Halo, Head, LayerShape};
pub use calibration::{Calibration, CalibrationError, ClassCalibration, best_threshold};
pub use device::{Device, DeviceError, cuda_devices};
pub use inference::{
    SegmentError, SegmentParams, Segmentation, SegmentedBlock, Tile, TileHalo, TilePlan, TilePlanError, segment, segment_blocks,
};
#[cfg(feature = "keras")]
pub use keras::KerasError;
pub use loss::LossParams;
pub use network::{BuildError, Network, Precision};
pub use normalisation::Normalisation;
pub use threads::{set_threads, threads};
pub use torch_error::TorchError;
pub use training::{
    CheckpointError, ClassMetrics, DataError, History, Schedule, StepRecord, TrainError, TrainParams, TrainParamsError, Trainer,
    TrainingTomogram, TrainingVolume, TrainingWarning, Turns, ValidationMetrics, ValidationRecord,
};
pub use weights::{HashCover, Weights, WeightsDescription, WeightsError, class_list};

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
