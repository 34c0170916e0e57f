use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::history::History;
use super::params::TrainParams;
use crate::safetensors_file::{self, Contents, ReadError};
use crate::tensor_map::TensorMap;
use crate::weights::{Weights, WeightsDescription, WeightsError};

/// Why bytes are no checkpoint that this training can go on from.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The bytes are no safetensors file.
    #[error("not a checkpoint: {reason}")]
    Format {
        /// What the parser found.
        reason: String,
    },
    /// The record inside cannot be read.
    #[error("the checkpoint's record cannot be read: {reason}")]
    Record {
        /// What the parser found.
        reason: String,
    },
    /// The optimiser's state is absent or does not fit.
    #[error("the checkpoint is not complete: {reason}")]
    Optimiser {
        /// The tensor, what it should be and what it is.
        reason: String,
    },
    /// The recipe averages weights, and their average is absent.
    #[error("the checkpoint is not complete: it lacks the average of the weights, which the recipe asks for")]
    Average,
    /// Tensors or record are not those that were written.
    #[error("{reason}: the checkpoint was damaged or changed")]
    Damaged {
        /// The hash over both, and what the file says.
        reason: String,
    },
    /// No hash tells whether the checkpoint is whole.
    #[error("the checkpoint holds no hash: an earlier version wrote it, or it was changed")]
    NoHash,
    /// The weights inside are not usable.
    #[error("the checkpoint's weights are not usable")]
    Weights(#[source] WeightsError),
}

/// What a checkpoint says beside its tensors.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) description: WeightsDescription,
    pub(super) params: TrainParams,
    pub(super) step: u64,
    pub(super) history: History,
    /// What the best weights say about themselves, where there are any.
    pub(super) best: Option<WeightsDescription>,
}

/// A state of training: weights, their average, the optimiser's moments, the best average so far.
pub(super) struct Checkpoint {
    pub(super) record: Record,
    pub(super) weights: Weights,
    pub(super) average: Option<TensorMap>,
    pub(super) optimiser: TensorMap,
    pub(super) best: Option<Weights>,
}

impl Checkpoint {
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        let record = serde_json::to_string(&self.record).map_err(|error| CheckpointError::Record { reason: error.to_string() })?;
        let mut tensors = TensorMap::new();
        tensors.extend_prefixed("weights.", self.weights.tensors().clone());
        tensors.extend_prefixed("optimiser.", self.optimiser.clone());
        if let Some(average) = &self.average {
            tensors.extend_prefixed("average.", average.clone());
        }
        if let Some(best) = &self.best {
            tensors.extend_prefixed("best.", best.tensors().clone());
        }
        safetensors_file::to_bytes(&tensors, &record).map_err(|error| CheckpointError::Format { reason: error.to_string() })
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let Contents { tensors, description, sealed } = safetensors_file::from_bytes(bytes).map_err(|error| match error {
            ReadError::Hash { .. } | ReadError::Seal { .. } => CheckpointError::Damaged { reason: error.to_string() },
            ReadError::Format(_) | ReadError::Element { .. } => CheckpointError::Format { reason: error.to_string() },
        })?;
        let record = description.ok_or_else(|| CheckpointError::Record { reason: "absent".to_owned() })?;
        if !sealed {
            return Err(CheckpointError::NoHash);
        }
        let record: Record = serde_json::from_str(&record).map_err(|error| CheckpointError::Record { reason: error.to_string() })?;
        let part = |prefix: &str| Some(tensors.with_prefix(prefix)).filter(|map| map.iter().next().is_some());
        let weights = |description: &WeightsDescription, map: TensorMap| {
            Weights::from_parts(description.clone(), map).map_err(CheckpointError::Weights)
        };
        let average = part("average.");
        if average.is_none() && record.params.average.is_some() {
            return Err(CheckpointError::Average);
        }
        Ok(Self {
            weights: weights(&record.description, tensors.with_prefix("weights."))?,
            average,
            optimiser: tensors.with_prefix("optimiser."),
            best: record.best.as_ref().map(|description| weights(description, tensors.with_prefix("best."))).transpose()?,
            record,
        })
    }
}
