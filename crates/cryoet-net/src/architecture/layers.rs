use tch::{TchError, Tensor};

/// What a forward pass asks of a network's layers, by their index in [`Architecture::layers`](super::Architecture::layers). Inference and
/// training compute a hidden layer differently (a training may normalise it), the pass through the layers is the same.
pub(crate) trait Layers {
    /// A hidden layer: convolution, whatever follows it in training, and ReLU.
    fn hidden(&self, index: usize, x: &Tensor, padding: i64) -> Result<Tensor, TchError>;

    /// A hidden layer of a 2^3 kernel on twice as many voxels: nearest-neighbour upsampling by two, padded after only, as TensorFlow's `same`
    /// does, and [`Layers::hidden`].
    fn hidden_doubled(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError> {
        self.hidden(index, &doubled(x)?, 0)
    }

    /// A last layer: convolution alone.
    fn last(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError>;
}

/// A convolution of stride 1 with the same zero padding on all sides.
pub(crate) fn convolve(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, padding: i64) -> Result<Tensor, TchError> {
    x.f_conv3d(weight, bias, [1, 1, 1], [padding; 3], [1, 1, 1], 1)
}

/// Nearest-neighbour upsampling by two, padded after only for a 2^3 convolution.
pub(crate) fn doubled(x: &Tensor) -> Result<Tensor, TchError> {
    let twice: Vec<i64> = x.size()[2..].iter().map(|n| 2 * n).collect();
    x.f_upsample_nearest3d(twice.as_slice(), None, None, None)?.f_constant_pad_nd([0, 1, 0, 1, 0, 1])
}
