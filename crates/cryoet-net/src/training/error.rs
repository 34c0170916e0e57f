use cryoet_core::Cancelled;
use thiserror::Error;

use super::checkpoint::CheckpointError;
use super::data::DataError;
use super::params::TrainParamsError;
use crate::inference::SegmentError;
use crate::network::BuildError;
use crate::torch_error::TorchError;
use crate::weights::WeightsError;

/// Why training cannot start or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A parameter is out of range.
    #[error(transparent)]
    Params(#[from] TrainParamsError),
    /// A tomogram or its labels cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The loss, the gradient or the weights became NaN or infinite.
    #[error(
        "the training diverged at step {step}: {what}; a learning rate below {learning_rate}, less weight decay or clipped gradients may help"
    )]
    Diverged {
        /// The step, from 1.
        step: u64,
        /// What is no finite number.
        what: String,
        /// The step's learning rate.
        learning_rate: f64,
    },
    /// A validation tomogram cannot be segmented.
    #[error("{name} cannot be validated")]
    Validation {
        /// The tomogram's name.
        name: String,
        /// Why.
        source: SegmentError,
    },
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The trained weights cannot be described.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}
