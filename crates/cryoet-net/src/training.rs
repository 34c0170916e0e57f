//! Training: patches around particles, the loss, Adam, validation, checkpoints.

mod adam;
mod average;
mod batch;
mod central_box;
mod checkpoint;
mod confusion;
mod data;
mod densities;
mod error;
mod history;
mod model;
mod params;
mod patches;
mod prefetch;
mod sampler;
mod schedule;
mod step_loss;
mod trainer;
mod volume;
mod warning;

pub use checkpoint::CheckpointError;
pub use confusion::{ClassMetrics, ValidationMetrics};
pub use data::{DataError, TrainingTomogram};
pub use error::TrainError;
pub use history::{History, StepRecord, ValidationRecord};
pub use params::{Schedule, TrainParams, TrainParamsError, Turns};
pub use trainer::Trainer;
pub use volume::TrainingVolume;
pub use warning::TrainingWarning;
