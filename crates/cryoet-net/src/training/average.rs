use tch::Tensor;

use super::model::Model;
use crate::torch_error::TorchError;

/// The exponential moving average of a model's parameters. Its decay rises as (1 + t) / (10 + t) at first, so that it forgets
/// the random start.
pub(super) struct Average {
    model: Model,
    decay: f64,
}

impl Average {
    pub(super) fn new(model: Model, decay: f64) -> Self {
        Self { model, decay }
    }

    pub(super) fn update(&mut self, model: &mut Model, step: u64) -> Result<(), TorchError> {
        let _no_grad = tch::no_grad_guard();
        let decay = self.decay.min((1.0 + step as f64) / (10.0 + step as f64));
        for (average, parameter) in self.model.parameters_mut().zip(model.parameters_mut()) {
            let new: Tensor = parameter.f_detach()?.f_multiply_scalar(1.0 - decay)?;
            let _ = average.f_multiply_scalar_(decay)?.f_add_(&new)?;
        }
        Ok(())
    }

    pub(super) fn model(&self) -> &Model {
        &self.model
    }
}
