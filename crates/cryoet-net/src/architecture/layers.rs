use tch::{TchError, Tensor};

/// What a forward pass asks of a network's layers, by their index in [`Architecture::layers`](super::Architecture::layers). Inference and
/// training compute a hidden layer differently (a training may normalise it), the pass through the layers is the same.
pub(crate) trait Layers {
    /// A hidden layer: convolution, whatever follows it in training, and ReLU.
    fn hidden(&self, index: usize, x: &Tensor, padding: i64) -> Result<Tensor, TchError>;

    /// A last layer: convolution alone.
    fn last(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError>;
}

/// A convolution of stride 1 with the same zero padding on all sides.
pub(crate) fn convolve(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, padding: i64) -> Result<Tensor, TchError> {
    x.f_conv3d(weight, bias, [1, 1, 1], [padding; 3], [1, 1, 1], 1)
}
