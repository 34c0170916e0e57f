use cryoet_core::Region;
use tch::Tensor;

use super::design::{Design, cut, cut_out, extent};
use super::needed::{MARGIN, halved, needed, within};
use super::{Convolution, Halo, Head, LayerShape, Layers};

/// Two poolings by two.
const GRANULARITY: usize = 4;

/// The receptive field spans -31 .. +34 voxels around an output, rounded up to the granularity.
const HALO: Halo = Halo { before: 32, after: 36 };

/// What lies farther weighs little: the decoder's margin and some of what the bottom layers see.
const FAST_HALO: Halo = Halo { before: 12, after: 12 };

/// Activations at their peak within the encoder, per voxel of the input: the input and two layers of 32 channels.
const ENCODER_NUMBERS: usize = 1 + 32 + 32;

/// The same in the decoder, per voxel of its fine stage: the last concatenation (80 channels) beside the 32 and 48 it is made of, and the
/// layer after it.
const DECODER_NUMBERS: usize = 80 + 48 + 32 + 32 + 16;

/// Multiplications per voxel of the input in the encoder and at the bottom, and per voxel of the fine stage in the decoder.
const ENCODER_WORK: usize = 27 * (32 + 32 * 32) + 27 * (32 * 48 + 48 * 48) / 8 + 27 * (48 * 64 + 3 * 64 * 64) / 64;
const DECODER_WORK: usize = (8 * 64 * 64 + 27 * (112 * 48 + 48 * 48)) / 8 + 8 * 48 * 48 + 27 * (80 * 32 + 32 * 32);

/// DeepFinder's U-Net.
pub(super) struct DeepFinder {
    pub(super) outputs: usize,
}

impl Design for DeepFinder {
    fn granularity(&self) -> usize {
        GRANULARITY
    }

    fn halo(&self) -> Halo {
        HALO
    }

    fn fast_halo(&self) -> Halo {
        FAST_HALO
    }

    fn layers(&self) -> Vec<LayerShape> {
        let convolution =
            |name: &str, out, input, k| LayerShape { name: String::from(name), kernel: [out, input, k, k, k], hidden: name != "head" };
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
            convolution("head", self.outputs, 32, 1),
        ]
    }

    fn heads(&self) -> Vec<Head> {
        vec![Head::of_classes("head", self.outputs)]
    }

    fn fine_length(&self, core: usize, input: usize) -> usize {
        (core.div_ceil(GRANULARITY) * GRANULARITY + 2 * MARGIN).min(input)
    }

    fn peak_bytes(&self, input: usize, fine: usize, number: usize) -> usize {
        // Scores lie beside the activations, f32; they are there twice while they are normalised.
        let decoder = (number * DECODER_NUMBERS + 8 * self.outputs).saturating_mul(fine);
        let encoder = (number * ENCODER_NUMBERS).saturating_mul(input).saturating_add(fine.saturating_mul(number * 32));
        decoder.max(encoder)
    }

    fn work(&self, input: usize, fine: usize) -> usize {
        ENCODER_WORK.saturating_mul(input).saturating_add(DECODER_WORK.saturating_mul(fine))
    }

    /// Each stage is computed only as far as the window needs it.
    fn forward(&self, layers: &dyn Layers, input: &Tensor, window: Region) -> Result<Tensor, tch::TchError> {
        let relu_conv = |index: usize, x: &Tensor| layers.hidden(index, x, Convolution::padded(1));
        let [fine, coarse] = needed(window, extent(input));
        let whole = relu_conv(1, &relu_conv(0, input)?)?;
        let mut x = halve(&whole)?;
        let high = cut_out(whole, fine)?;
        let whole = relu_conv(3, &relu_conv(2, &x)?)?;
        x = halve(&whole)?;
        let mid = cut_out(whole, coarse)?;
        for index in 4..8 {
            x = relu_conv(index, &x)?;
        }
        x = cut(&x, halved(coarse))?;
        x = layers.hidden_doubled(8, &x)?;
        x = relu_conv(9, &Tensor::f_cat(&[x, mid], 1)?)?;
        x = relu_conv(10, &x)?;
        x = cut(&x, within(coarse, halved(fine)))?;
        x = layers.hidden_doubled(11, &x)?;
        x = relu_conv(12, &Tensor::f_cat(&[x, high], 1)?)?;
        x = relu_conv(13, &x)?;
        layers.last(14, &cut(&x, within(fine, window))?)
    }
}

fn halve(x: &Tensor) -> Result<Tensor, tch::TchError> {
    x.f_max_pool3d([2, 2, 2], [2, 2, 2], [0, 0, 0], [1, 1, 1], false)
}
