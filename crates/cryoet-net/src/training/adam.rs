use tch::Tensor;
use thiserror::Error;

use crate::device::Device;
use crate::network::{Precision, tensors_to_map, to_device};
use crate::tensor_map::TensorMap;
use crate::torch_error::TorchError;

/// Kingma and Ba 2015, the values every framework takes as defaults.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Why a state cannot be taken.
#[derive(Debug, Error)]
pub(super) enum RestoreError {
    #[error("tensor {name:?} of the optimiser has shape {found:?}: expected {expected:?}")]
    Moment { name: String, expected: Vec<i64>, found: Vec<usize> },
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// Adam with decoupled weight decay, its state open to checkpoints.
pub(super) struct Adam {
    first: Vec<Tensor>,
    second: Vec<Tensor>,
    steps: i32,
}

impl Adam {
    pub(super) fn new<'a>(parameters: impl Iterator<Item = &'a mut Tensor>) -> Result<Self, TorchError> {
        let mut first = Vec::new();
        for parameter in parameters {
            first.push(parameter.f_detach()?.f_zeros_like()?);
        }
        let second = first.iter().map(Tensor::f_zeros_like).collect::<Result<_, _>>()?;
        Ok(Self { first, second, steps: 0 })
    }

    /// One update from the parameters' gradients. The gradients' norm is returned; where it is no finite number, nothing was changed.
    pub(super) fn step<'a>(
        &mut self,
        parameters: impl Iterator<Item = &'a mut Tensor>,
        rate: f64,
        decay: f64,
        max_norm: Option<f64>,
    ) -> Result<f64, TorchError> {
        let _no_grad = tch::no_grad_guard();
        let parameters: Vec<_> = parameters.collect();
        let gradients: Vec<Tensor> = parameters.iter().map(|parameter| parameter.f_grad()).collect::<Result<_, _>>()?;
        let mut squares = 0.0;
        for gradient in &gradients {
            squares += gradient.f_square()?.f_sum(tch::Kind::Double)?.f_double_value(&[])?;
        }
        let norm = squares.sqrt();
        if !norm.is_finite() {
            return Ok(norm);
        }
        let scale = max_norm.filter(|max| norm > *max).map_or(1.0, |max| max / norm);
        self.steps += 1;
        let (bias1, bias2) = (1.0 - BETA1.powi(self.steps), 1.0 - BETA2.powi(self.steps));
        for (((parameter, gradient), first), second) in parameters.into_iter().zip(&gradients).zip(&mut self.first).zip(&mut self.second) {
            let gradient = gradient.f_multiply_scalar(scale)?;
            let _ = first.f_multiply_scalar_(BETA1)?.f_add_(&gradient.f_multiply_scalar(1.0 - BETA1)?)?;
            let _ = second.f_multiply_scalar_(BETA2)?.f_add_(&gradient.f_square()?.f_multiply_scalar(1.0 - BETA2)?)?;
            let denominator = second.f_divide_scalar(bias2)?.f_sqrt()?.f_add_scalar(EPSILON)?;
            let update = first.f_divide(&denominator)?.f_multiply_scalar(rate / bias1)?;
            let _ = parameter.f_multiply_scalar_(1.0 - rate * decay)?.f_subtract_(&update)?;
        }
        Ok(norm)
    }

    pub(super) fn to_tensors(&self, names: &[String]) -> Result<TensorMap, TorchError> {
        let mut map = TensorMap::new();
        map.extend_prefixed("first.", tensors_to_map(names, &self.first.iter().collect::<Vec<_>>())?);
        map.extend_prefixed("second.", tensors_to_map(names, &self.second.iter().collect::<Vec<_>>())?);
        Ok(map)
    }

    /// Takes the state of a checkpoint.
    pub(super) fn restore(&mut self, names: &[String], state: &TensorMap, steps: u64, device: Device) -> Result<(), RestoreError> {
        for (prefix, tensors) in [("first.", &mut self.first), ("second.", &mut self.second)] {
            for (name, tensor) in names.iter().zip(tensors.iter_mut()) {
                let key = format!("{prefix}{name}");
                let size = tensor.size();
                match state.get(&key) {
                    Some(array) if array.shape.iter().map(|&n| n as i64).eq(size.iter().copied()) => {
                        tensor.f_copy_(&to_device(&array.values, &size, device, Precision::F32)?).map_err(TorchError::from)?;
                    }
                    other => {
                        let found = other.map(|array| array.shape.clone()).unwrap_or_default();
                        return Err(RestoreError::Moment { name: key, expected: size, found });
                    }
                }
            }
        }
        self.steps = i32::try_from(steps).unwrap_or(i32::MAX);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_that_are_no_numbers_change_nothing() {
        let mut parameter = Tensor::from_slice(&[1.0f32]).set_requires_grad(true);
        (&parameter * f64::NAN).sum(tch::Kind::Float).backward();
        let mut adam = Adam::new(std::iter::once(&mut parameter)).unwrap();
        let norm = adam.step(std::iter::once(&mut parameter), 0.1, 0.0, Some(1.0)).unwrap();
        assert!(norm.is_nan());
        assert_eq!((parameter.double_value(&[0]), adam.steps), (1.0, 0));
    }
}
