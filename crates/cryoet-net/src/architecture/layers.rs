use tch::{TchError, Tensor};

/// What a forward pass asks of a network's layers, by their index in [`Architecture::layers`](super::Architecture::layers). Inference and
/// training compute a hidden layer differently (a training may normalise it), the pass through the layers is the same.
pub(crate) trait Layers {
    /// A hidden layer: convolution, whatever follows it in training, and ReLU.
    fn hidden(&self, index: usize, x: &Tensor, how: Convolution) -> Result<Tensor, TchError>;

    /// A hidden layer of a 2^3 kernel on twice as many voxels: nearest-neighbour upsampling by two, padded after only, as TensorFlow's `same`
    /// does, and [`Layers::hidden`].
    fn hidden_doubled(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError> {
        self.hidden(index, &doubled(x)?, Convolution::padded(0))
    }

    /// A last layer: convolution alone.
    fn last(&self, index: usize, x: &Tensor) -> Result<Tensor, TchError>;
}

/// How a layer of stride 1 convolves and what follows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Convolution {
    /// Zeros on all sides.
    pub(crate) padding: i64,
    /// Voxels from one tap to the next.
    pub(crate) dilation: i64,
    /// Whether negative values are kept at a hundredth, instead of nothing of them.
    pub(crate) leaky: bool,
}

impl Convolution {
    /// Taps side by side, then ReLU.
    pub(crate) const fn padded(padding: i64) -> Self {
        Self { padding, dilation: 1, leaky: false }
    }
}

/// The convolution alone.
pub(crate) fn convolve(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, how: Convolution) -> Result<Tensor, TchError> {
    x.f_conv3d(weight, bias, [1, 1, 1], [how.padding; 3], [how.dilation; 3], 1)
}

/// What follows, in place.
pub(crate) fn activate(mut x: Tensor, how: Convolution) -> Result<Tensor, TchError> {
    if how.leaky { x.f_leaky_relu_() } else { x.f_relu_() }
}

/// Nearest-neighbour upsampling by two, padded after only for a 2^3 convolution.
pub(crate) fn doubled(x: &Tensor) -> Result<Tensor, TchError> {
    let twice: Vec<i64> = x.size()[2..].iter().map(|n| 2 * n).collect();
    x.f_upsample_nearest3d(twice.as_slice(), None, None, None)?.f_constant_pad_nd([0, 1, 0, 1, 0, 1])
}
