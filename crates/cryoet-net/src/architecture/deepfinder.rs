use tch::Tensor;

use super::{Halo, LayerShape};

/// Two poolings by two.
pub(super) const GRANULARITY: usize = 4;

/// The receptive field spans -31 .. +34 voxels around an output, rounded up to the granularity.
pub(super) const HALO: Halo = Halo { before: 32, after: 36 };

/// At the last concatenation: 80 channels beside the 32 and 48 they are made of, in f32.
pub(super) const BYTES_PER_VOXEL: usize = 4 * (80 + 48 + 48 + 32 + 16);

pub(super) fn layers(outputs: usize) -> Vec<LayerShape> {
    let convolution = |name, out, input, k| LayerShape { name, kernel: [out, input, k, k, k] };
    vec![
        convolution("encoder1.conv1", 32, 1, 3),
        convolution("encoder1.conv2", 32, 32, 3),
        convolution("encoder2.conv1", 48, 32, 3),
        convolution("encoder2.conv2", 48, 48, 3),
        convolution("bottom.conv1", 64, 48, 3),
        convolution("bottom.conv2", 64, 64, 3),
        convolution("bottom.conv3", 64, 64, 3),
        convolution("bottom.conv4", 64, 64, 3),
        convolution("decoder2.up", 64, 64, 2),
        convolution("decoder2.conv1", 48, 64 + 48, 3),
        convolution("decoder2.conv2", 48, 48, 3),
        convolution("decoder1.up", 48, 48, 2),
        convolution("decoder1.conv1", 32, 48 + 32, 3),
        convolution("decoder1.conv2", 32, 32, 3),
        convolution("head", outputs, 32, 1),
    ]
}

pub(super) fn forward(layers: &[(Tensor, Tensor)], input: &Tensor) -> Result<Tensor, tch::TchError> {
    let relu_conv = |index: usize, x: &Tensor| convolve(&layers[index], x, 1)?.f_relu_();
    let high = relu_conv(1, &relu_conv(0, input)?)?;
    let mid = relu_conv(3, &relu_conv(2, &halve(&high)?)?)?;
    let mut x = halve(&mid)?;
    for index in 4..8 {
        x = relu_conv(index, &x)?;
    }
    x = up_convolve(&layers[8], &x)?;
    x = relu_conv(9, &Tensor::f_cat(&[x, mid], 1)?)?;
    x = relu_conv(10, &x)?;
    x = up_convolve(&layers[11], &x)?;
    x = relu_conv(12, &Tensor::f_cat(&[x, high], 1)?)?;
    x = relu_conv(13, &x)?;
    convolve(&layers[14], &x, 0)
}

fn convolve((weight, bias): &(Tensor, Tensor), x: &Tensor, padding: i64) -> Result<Tensor, tch::TchError> {
    x.f_conv3d(weight, Some(bias), [1, 1, 1], [padding; 3], [1, 1, 1], 1)
}

fn halve(x: &Tensor) -> Result<Tensor, tch::TchError> {
    x.f_max_pool3d([2, 2, 2], [2, 2, 2], [0, 0, 0], [1, 1, 1], false)
}

/// Nearest-neighbour upsampling by two and a 2^3 convolution, padded after only, as TensorFlow's `same` does.
fn up_convolve(layer: &(Tensor, Tensor), x: &Tensor) -> Result<Tensor, tch::TchError> {
    let size = x.size();
    let twice: Vec<i64> = size[2..].iter().map(|n| 2 * n).collect();
    let up = x.f_upsample_nearest3d(twice.as_slice(), None, None, None)?.f_constant_pad_nd([0, 1, 0, 1, 0, 1])?;
    convolve(layer, &up, 0)?.f_relu_()
}
