use cryoet_core::Region;
use tch::{Kind, TchError, Tensor};

use crate::architecture::{Architecture, Convolution, Layers, activate, convolve};
use crate::device::Device;
use crate::memory_layout::channels_last;
use crate::network::{BuildError, Precision, load, tensors_to_map};
use crate::tensor_map::TensorMap;
use crate::torch_error::TorchError;

/// Added to a variance before its root, as every framework does (Ioffe and Szegedy 2015).
const EPSILON: f64 = 1e-5;

/// A network while it learns: f32 weights that the optimiser moves, computed with in the given precision.
///
/// With batch normalisation a hidden layer gives ReLU(scale (c - mean) / deviation + bias), c its convolution without bias, mean and
/// deviation per channel over the batch. [`Model::folded`] puts measured means and deviations into plain weights and biases: the
/// network that leaves training has no normalisation.
pub(super) struct Model {
    architecture: Architecture,
    layers: Vec<TrainedLayer>,
    precision: Precision,
}

struct TrainedLayer {
    weight: Tensor,
    bias: Tensor,
    /// Per channel, where the layer is normalised.
    scale: Option<Tensor>,
}

impl Model {
    /// Of tensors named as in a weights file; a layer with a tensor `NAME.scale` is normalised.
    pub(super) fn new(architecture: Architecture, tensors: &TensorMap, device: Device, precision: Precision) -> Result<Self, BuildError> {
        let device = device.check()?;
        let mut layers = Vec::new();
        for layer in architecture.layers() {
            let named = |part: &str, shape: &[usize]| load(tensors, format!("{}.{part}", layer.name), shape, device, Precision::F32);
            let weight = channels_last(&named("weight", &layer.kernel)?).map_err(TorchError::from)?;
            let bias = named("bias", &layer.kernel[..1])?;
            let normalised = tensors.get(&format!("{}.scale", layer.name)).is_some();
            let scale = normalised.then(|| named("scale", &layer.kernel[..1])).transpose()?;
            layers.push(TrainedLayer { weight, bias, scale });
        }
        Ok(Self { architecture, layers, precision })
    }

    /// Normalises every hidden layer from random weights: deviation 1 and mean 0 before each ReLU.
    pub(super) fn normalised(mut self) -> Result<Self, TorchError> {
        for (layer, shape) in self.layers.iter_mut().zip(self.architecture.layers()) {
            if shape.hidden {
                layer.scale = Some(layer.bias.f_ones_like()?);
                layer.bias = layer.bias.f_zeros_like()?;
            }
        }
        Ok(self)
    }

    /// Normalises every hidden layer so that the network answers as before: scale and bias undo what the normalisation does to `inputs`.
    pub(super) fn normalised_alike(mut self, inputs: impl Iterator<Item = Result<Tensor, TorchError>>) -> Result<Self, TorchError> {
        let statistics = self.measure(inputs)?;
        for ((layer, shape), measured) in self.layers.iter_mut().zip(self.architecture.layers()).zip(&statistics) {
            if shape.hidden {
                layer.scale = Some(measured.deviation()?);
                layer.bias = layer.bias.f_add(&measured.mean)?;
            }
        }
        Ok(self)
    }

    /// What all heads answer (batch, channels, z, y, x) in the model's precision; normalised layers see the batch alone.
    pub(super) fn answers(&self, input: &Tensor) -> Result<Tensor, TorchError> {
        Ok(self.pass(input, None)?)
    }

    /// Prepares every parameter for gradients.
    pub(super) fn require_gradients(&mut self) -> Result<(), TorchError> {
        for parameter in self.parameters_mut() {
            *parameter = parameter.f_detach()?.f_requires_grad_(true)?;
        }
        Ok(())
    }

    /// Weights, biases and scales, layer by layer.
    pub(super) fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Tensor> {
        self.layers.iter_mut().flat_map(|layer| [&mut layer.weight, &mut layer.bias].into_iter().chain(layer.scale.as_mut()))
    }

    /// The names of [`Self::parameters_mut`], in its order.
    pub(super) fn parameter_names(&self) -> Vec<String> {
        let named = self.architecture.layers().into_iter().zip(&self.layers);
        let parts = |layer: &TrainedLayer| if layer.scale.is_some() { &["weight", "bias", "scale"][..] } else { &["weight", "bias"][..] };
        named.flat_map(|(shape, layer)| parts(layer).iter().map(move |part| format!("{}.{part}", shape.name))).collect()
    }

    fn parameters(&self) -> impl Iterator<Item = &Tensor> {
        self.layers.iter().flat_map(|layer| [&layer.weight, &layer.bias].into_iter().chain(&layer.scale))
    }

    /// Whether every parameter is a finite number.
    pub(super) fn is_finite(&self) -> Result<bool, TorchError> {
        let _no_grad = tch::no_grad_guard();
        let mut sum = Tensor::f_zeros([], (Kind::Double, self.layers.first().map_or(tch::Device::Cpu, |layer| layer.bias.device())))?;
        for parameter in self.parameters() {
            // What is not finite stays so in a sum, and f32 that are finite cannot overflow 64 bits.
            sum = sum.f_add(&parameter.f_sum(Kind::Double)?)?;
        }
        Ok(sum.f_double_value(&[])?.is_finite())
    }

    /// The parameters as plain arrays: what [`Model::new`] takes.
    pub(super) fn to_tensors(&self) -> Result<TensorMap, TorchError> {
        tensors_to_map(&self.parameter_names(), &self.parameters().collect::<Vec<_>>())
    }

    /// Weights and biases of the network without normalisation: what each layer does to the batches given is measured and folded in.
    pub(super) fn folded(&self, inputs: impl Iterator<Item = Result<Tensor, TorchError>>) -> Result<TensorMap, TorchError> {
        let _no_grad = tch::no_grad_guard();
        let normalised = self.layers.iter().any(|layer| layer.scale.is_some());
        if !normalised {
            return self.to_tensors();
        }
        let statistics = self.measure(inputs)?;
        let (mut names, mut tensors) = (Vec::new(), Vec::new());
        for ((layer, shape), measured) in self.layers.iter().zip(self.architecture.layers()).zip(&statistics) {
            let (mut weight, mut bias) = (layer.weight.shallow_clone(), layer.bias.shallow_clone());
            if let Some(scale) = &layer.scale {
                let factor = scale.f_divide(&measured.deviation()?)?;
                weight = weight.f_multiply(&factor.f_view([-1, 1, 1, 1, 1])?)?;
                bias = bias.f_subtract(&measured.mean.f_multiply(&factor)?)?;
            }
            names.extend(["weight", "bias"].map(|part| format!("{}.{part}", shape.name)));
            tensors.extend([weight, bias]);
        }
        tensors_to_map(&names, &tensors.iter().collect::<Vec<_>>())
    }

    /// Means and variances of each layer's convolution, without bias, over all batches.
    fn measure(&self, inputs: impl Iterator<Item = Result<Tensor, TorchError>>) -> Result<Vec<Measured>, TorchError> {
        let _no_grad = tch::no_grad_guard();
        let new = |layer: &TrainedLayer| Ok(Measured { mean: layer.bias.f_zeros_like()?, variance: layer.bias.f_ones_like()? });
        let measured = self.layers.iter().map(new).collect::<Result<Vec<_>, TorchError>>()?;
        for (earlier, input) in inputs.enumerate() {
            let _answers = self.pass(&input?, Some(Measurement { layers: &measured, share: 1.0 / (earlier + 1) as f64 }))?;
        }
        Ok(measured)
    }

    fn pass(&self, input: &Tensor, measurement: Option<Measurement<'_>>) -> Result<Tensor, TchError> {
        let size = input.size();
        let window = Region::whole([size[2], size[3], size[4]].map(|n| n as usize));
        let kind = self.precision.kind();
        self.architecture.forward(&Pass { layers: &self.layers, kind, measurement }, &input.f_to_kind(kind)?, window)
    }
}

/// What a layer's convolution gives, per channel.
struct Measured {
    mean: Tensor,
    variance: Tensor,
}

impl Measured {
    fn deviation(&self) -> Result<Tensor, TchError> {
        self.variance.f_add_scalar(EPSILON)?.f_sqrt()
    }
}

/// Where a pass notes what it measures: the present batch moves the means by its share.
struct Measurement<'a> {
    layers: &'a [Measured],
    share: f64,
}

/// One pass over a batch.
struct Pass<'a> {
    layers: &'a [TrainedLayer],
    kind: Kind,
    measurement: Option<Measurement<'a>>,
}

impl Pass<'_> {
    /// Normalises by the batch, and notes its mean and variance where asked to.
    fn normalise(&self, index: usize, x: &Tensor, scale: Option<&Tensor>, bias: Option<&Tensor>) -> Result<Tensor, TchError> {
        let (mean, variance, share) = match &self.measurement {
            Some(Measurement { layers, share }) => (Some(&layers[index].mean), Some(&layers[index].variance), *share),
            None => (None, None, 0.0),
        };
        x.f_batch_norm(scale, bias, mean, variance, true, share, EPSILON, true)
    }
}

impl Layers for Pass<'_> {
    fn hidden(&self, index: usize, x: &Tensor, how: Convolution) -> Result<Tensor, TchError> {
        let TrainedLayer { weight, bias, scale } = &self.layers[index];
        let weight = weight.f_to_kind(self.kind)?;
        let convolved = match (scale, &self.measurement) {
            (None, None) => convolve(x, &weight, Some(&bias.f_to_kind(self.kind)?), how)?,
            (Some(scale), _) => self.normalise(index, &convolve(x, &weight, None, how)?, Some(scale), Some(bias))?,
            (None, Some(_)) => {
                let convolved = convolve(x, &weight, None, how)?;
                let _normalised = self.normalise(index, &convolved, None, None)?;
                convolved.f_add(&bias.f_to_kind(self.kind)?.f_view([1, -1, 1, 1, 1])?)?
            }
        };
        activate(convolved, how)
    }

    fn last(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError> {
        let TrainedLayer { weight, bias, .. } = &self.layers[index];
        convolve(x, &weight.f_to_kind(self.kind)?, Some(&bias.f_to_kind(self.kind)?), Convolution::padded(0))
    }
}

#[cfg(test)]
mod tests;
