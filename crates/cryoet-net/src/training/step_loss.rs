use tch::Tensor;

use super::batch::{Batch, Density};
use crate::architecture::Architecture;
use crate::loss::{LossParams, squared_difference};
use crate::torch_error::TorchError;

/// The loss of a step over all heads, and that of the density alone, unweighted, where any is known.
pub(super) struct StepLoss {
    pub(super) loss: Tensor,
    pub(super) density: Option<Tensor>,
}

impl StepLoss {
    /// What the heads' answers (batch, channels, z, y, x) to a batch are worth.
    pub(super) fn of(answers: &Tensor, batch: &Batch, architecture: Architecture, params: &LossParams) -> Result<Self, TorchError> {
        let loss = params.compute(&architecture.logits(answers, 1)?, &batch.target, &batch.valid)?;
        match (architecture.density(answers, 1)?, &batch.density) {
            (Some(answer), Some(Density { target, known, share })) => {
                let density = squared_difference(&answer, target, known)?;
                // Patches that say nothing of the density leave it less weight, not others more.
                let loss = loss.f_add(&density.f_multiply_scalar(params.density * share)?)?;
                Ok(Self { loss, density: (*share > 0.0).then_some(density) })
            }
            _ => Ok(Self { loss, density: None }),
        }
    }
}
