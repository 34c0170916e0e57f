use cryoet_core::Region;
use serde::{Deserialize, Serialize};
use tch::{Kind, TchError, Tensor};
use thiserror::Error;

use crate::architecture::{Architecture, Convolution, Layers, activate, convolve, doubled, on_cpu};
use crate::device::{Device, DeviceError};
use crate::memory_layout::channels_last;
use crate::tensor_map::TensorMap;
use crate::torch_error::TorchError;
use crate::weights::{Weights, WeightsDescription};

/// The number format a network computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// bfloat16: faster on processors with AVX512-BF16 dot products at full rate or AMX, and on GPUs; soft-max outputs
    /// differ by some 1e-2.
    Bf16,
}

impl Precision {
    /// Of one number.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 => 2,
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::F32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }
}

/// Why a network cannot be built from weights.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum BuildError {
    /// A tensor that the architecture needs is absent.
    #[error("weights lack the tensor {name:?}")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor has another shape than the architecture says.
    #[error("tensor {name:?} has shape {found:?}: the architecture needs {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The shape the architecture needs.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// The device cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// Weights on a device, ready to run, with what they say about themselves. `Send`, not `Sync`: one thread at a time.
pub struct Network {
    description: WeightsDescription,
    layers: Vec<(Tensor, Tensor)>,
    device: Device,
    precision: Precision,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network")
            .field("architecture", &self.architecture())
            .field("device", &self.device)
            .field("precision", &self.precision)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// The network of the given weights, for inference.
    ///
    /// # Errors
    /// Tensors that do not fit the architecture, a device that is not there, or libtorch's refusal.
    pub fn new(weights: &Weights, device: Device, precision: Precision) -> Result<Self, BuildError> {
        Self::from_tensors(weights.description().clone(), weights.tensors(), device, precision)
    }

    pub(crate) fn from_tensors(
        description: WeightsDescription,
        tensors: &TensorMap,
        device: Device,
        precision: Precision,
    ) -> Result<Self, BuildError> {
        let device = device.check()?;
        let mut layers = Vec::new();
        for layer in description.architecture.layers() {
            let weight = load(tensors, format!("{}.weight", layer.name), &layer.kernel, device, precision)?;
            let weight = channels_last(&weight).map_err(TorchError::from)?;
            let bias = load(tensors, format!("{}.bias", layer.name), &layer.kernel[..1], device, precision)?;
            layers.push((weight, bias));
        }
        Ok(Self { description, layers, device, precision })
    }

    /// The network's shape.
    pub fn architecture(&self) -> Architecture {
        self.description.architecture
    }

    /// Classes, voxel size, normalisation and whatever else the weights' file says.
    pub fn description(&self) -> &WeightsDescription {
        &self.description
    }

    /// Where it runs.
    pub fn device(&self) -> Device {
        self.device
    }

    /// What it computes in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// What all heads answer (batch, channels, z, y, x) within a window of the input, in the network's precision.
    pub(crate) fn answers_within(&self, input: &Tensor, window: Region) -> Result<Tensor, TorchError> {
        Ok(self.architecture().forward(self, input, window)?)
    }
}

impl Layers for Network {
    fn hidden(&self, index: usize, x: &Tensor, how: Convolution) -> Result<Tensor, TchError> {
        activate(self.convolve(index, x, how)?, how)
    }

    fn hidden_doubled(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError> {
        match self.device {
            Device::Cpu => on_cpu::up_convolve(&self.layers[index], x)?.f_relu_(),
            Device::Cuda(_) => self.hidden(index, &doubled(x)?, Convolution::padded(0)),
        }
    }

    fn last(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError> {
        self.convolve(index, x, Convolution::padded(0))
    }
}

impl Network {
    fn convolve(&self, index: usize, x: &Tensor, how: Convolution) -> Result<Tensor, TchError> {
        let layer = &self.layers[index];
        match self.device {
            Device::Cpu => on_cpu::convolve(layer, x, how),
            Device::Cuda(_) => convolve(x, &layer.0, Some(&layer.1), how),
        }
    }
}

/// Copies tensors off the device, in f32 and C order.
pub(crate) fn tensors_to_map(names: &[String], tensors: &[&Tensor]) -> Result<TensorMap, TorchError> {
    let mut map = TensorMap::new();
    for (name, tensor) in names.iter().zip(tensors) {
        let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
        map.insert(name.clone(), shape, to_vec(tensor)?);
    }
    Ok(map)
}

/// The values of a tensor in C order.
pub(crate) fn to_vec(tensor: &Tensor) -> Result<Vec<f32>, TorchError> {
    let flat = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let mut values = vec![0.0; flat.numel()];
    let count = values.len();
    flat.f_copy_data(&mut values, count)?;
    Ok(values)
}

pub(crate) fn load(
    tensors: &TensorMap,
    name: String,
    expected: &[usize],
    device: Device,
    precision: Precision,
) -> Result<Tensor, BuildError> {
    let array = tensors.get(&name).ok_or_else(|| BuildError::MissingTensor { name: name.clone() })?;
    if array.shape != expected {
        return Err(BuildError::Shape { name, expected: expected.to_vec(), found: array.shape.clone() });
    }
    let size: Vec<i64> = expected.iter().map(|&n| n as i64).collect();
    Ok(to_device(&array.values, &size, device, precision)?)
}

/// A tensor of the given values (C order), shape, device and precision.
pub(crate) fn to_device(values: &[f32], size: &[i64], device: Device, precision: Precision) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_from_slice(values)?.f_view(size)?.f_to_device(device.torch())?.f_to_kind(precision.kind())?)
}
