use cryoet_core::Region;
use tch::{TchError, Tensor};

use super::design::{Design, cut, cut_out, extent};
use super::needed::{MARGIN, halved, needed, within};
use super::{Convolution, Halo, Head, LayerShape, Layers};

/// Filters at each depth, from the finest: with two convolutions a block they make the published 8.82 million parameters.
const FILTERS: [usize; LEVELS] = [16, 32, 64, 128, 256];

const LEVELS: usize = 5;

/// Four poolings by two.
const GRANULARITY: usize = 16;

/// The receptive field spans -123 .. +123 voxels around an output, rounded up to the granularity.
const HALO: Halo = Halo { before: 128, after: 128 };

/// Farther than this a fast tile does not look.
const FAST_HALO: Halo = Halo { before: 64, after: 64 };

/// Activations at their peak within the encoder, per voxel of the input: the input, two layers of 16 channels.
const ENCODER_NUMBERS: usize = 1 + 16 + 16;

/// The same in the decoders, per voxel of their finest stage: the second's concatenation (32 from below, 16 of the encoder, 16 of the first)
/// beside what it is made of.
const DECODER_NUMBERS: usize = 2 * (32 + 16 + 16);

/// The network of UMC.
pub(super) struct Umc {
    pub(super) outputs: usize,
}

/// A way through the network. Its layers come two a depth, the finest first; in [`Design::layers`] one path follows the other.
#[derive(Clone, Copy)]
enum Path {
    Encoder,
    Denoising,
    Segmentation,
}

impl Path {
    const ALL: [Self; 3] = [Self::Encoder, Self::Denoising, Self::Segmentation];

    fn name(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Denoising => "denoising",
            Self::Segmentation => "segmentation",
        }
    }

    fn levels(self) -> usize {
        match self {
            Self::Encoder => LEVELS,
            Self::Denoising | Self::Segmentation => LEVELS - 1,
        }
    }

    /// The index of its first layer at a depth.
    fn layer(self, level: usize) -> usize {
        let before = match self {
            Self::Encoder => 0,
            Self::Denoising => Self::Encoder.levels(),
            Self::Segmentation => Self::Encoder.levels() + Self::Denoising.levels(),
        };
        2 * (before + level)
    }

    /// Channels that its first layer at a depth sees: all that is joined.
    fn inputs(self, level: usize) -> usize {
        match self {
            Self::Encoder if level == 0 => 1,
            Self::Encoder => FILTERS[level - 1],
            Self::Denoising => FILTERS[level + 1] + FILTERS[level],
            Self::Segmentation => FILTERS[level + 1] + 2 * FILTERS[level],
        }
    }

    /// Multiplications of its layers per voxel of a depth.
    fn work(self, level: usize) -> usize {
        27 * FILTERS[level] * (self.inputs(level) + FILTERS[level])
    }

    /// Both layers at a depth. What they see is freed when the first has seen it.
    fn convolve(self, layers: &dyn Layers, level: usize, x: Tensor) -> Result<Tensor, TchError> {
        let once = layers.hidden(self.layer(level), &x, Convolution::padded(1))?;
        drop(x);
        layers.hidden(self.layer(level) + 1, &once, Convolution::padded(1))
    }
}

impl Design for Umc {
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
        let convolution = |path: Path, level: usize, number: usize| {
            let inputs = if number == 1 { path.inputs(level) } else { FILTERS[level] };
            LayerShape {
                name: format!("{}{}.conv{number}", path.name(), level + 1),
                kernel: [FILTERS[level], inputs, 3, 3, 3],
                hidden: true,
            }
        };
        let places = Path::ALL.into_iter().flat_map(|path| (0..path.levels()).map(move |level| (path, level)));
        let hidden = places.flat_map(|(path, level)| [1, 2].map(|number| convolution(path, level, number)));
        let last = |head: Head| LayerShape { name: head.layer, kernel: [head.channels, FILTERS[0], 1, 1, 1], hidden: false };
        hidden.chain(self.heads().into_iter().map(last)).collect()
    }

    fn heads(&self) -> Vec<Head> {
        vec![Head::of_classes("head", self.outputs), Head::of_density("density")]
    }

    fn fine_length(&self, core: usize, input: usize) -> usize {
        (core.div_ceil(GRANULARITY) * GRANULARITY + 2 * MARGIN).min(input)
    }

    fn peak_bytes(&self, input: usize, fine: usize, number: usize) -> usize {
        // Scores lie beside the activations, f32; they are there twice while they are normalised.
        let decoder = (number * DECODER_NUMBERS + 8 * (self.outputs + 1)).saturating_mul(fine);
        let encoder = (number * ENCODER_NUMBERS).saturating_mul(input).saturating_add(fine.saturating_mul(number * FILTERS[0]));
        decoder.max(encoder)
    }

    fn work(&self, input: usize, fine: usize) -> usize {
        let of = |path: Path, voxels: usize| {
            let at = |level: usize| path.work(level).saturating_mul(voxels.div_ceil(1 << (3 * level)));
            (0..path.levels()).map(at).fold(0, usize::saturating_add)
        };
        of(Path::Encoder, input).saturating_add(of(Path::Denoising, fine)).saturating_add(of(Path::Segmentation, fine))
    }

    /// The decoders compute each stage only as far as the window needs it.
    fn forward(&self, layers: &dyn Layers, input: &Tensor, window: Region) -> Result<Tensor, TchError> {
        let stages: [Region; LEVELS - 1] = needed(window, extent(input));
        let mut skips = Vec::new();
        let mut x = input.shallow_clone();
        for (level, &stage) in stages.iter().enumerate() {
            let whole = Path::Encoder.convolve(layers, level, x)?;
            x = whole.f_max_pool3d([2, 2, 2], [2, 2, 2], [0, 0, 0], [1, 1, 1], false)?;
            skips.push(cut_out(whole, stage)?);
        }
        let bottom = Path::Encoder.convolve(layers, LEVELS - 1, x)?;
        let mut below = Region::whole(extent(&bottom));
        let (mut denoising, mut segmentation) = (bottom.shallow_clone(), bottom);
        for (level, skip) in skips.into_iter().enumerate().rev() {
            let up = |x: Tensor| upsampled(&cut(&x, within(below, halved(stages[level])))?);
            let seen = joined(vec![up(denoising)?, skip.shallow_clone()])?;
            denoising = Path::Denoising.convolve(layers, level, seen)?;
            let seen = joined(vec![up(segmentation)?, skip, denoising.shallow_clone()])?;
            segmentation = Path::Segmentation.convolve(layers, level, seen)?;
            below = stages[level];
        }
        let (window, heads) = (within(below, window), Path::Segmentation.layer(LEVELS - 1));
        let classes = layers.last(heads, &cut(&segmentation, window)?)?;
        let density = layers.last(heads + 1, &cut(&denoising, window)?)?;
        Tensor::f_cat(&[classes, density], 1)
    }
}

/// Side by side along the channels; the parts are freed.
fn joined(parts: Vec<Tensor>) -> Result<Tensor, TchError> {
    Tensor::f_cat(&parts, 1)
}

/// Nearest-neighbour upsampling by two.
fn upsampled(x: &Tensor) -> Result<Tensor, TchError> {
    let twice = extent(x).map(|n| 2 * n as i64);
    x.f_upsample_nearest3d(twice.as_slice(), None, None, None)
}
