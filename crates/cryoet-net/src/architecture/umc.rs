use cryoet_core::Region;
use tch::{TchError, Tensor};

use super::design::{Design, GREY_BYTES, cut, cut_out, extent};
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
/// beside what it is made of, and the layer after it.
const DECODER_NUMBERS: usize = 2 * (32 + 16 + 16) + 16;

/// The network of UMC.
pub(super) struct Umc {
    pub(super) outputs: usize,
}

/// Layers by their index in [`Design::layers`]: two of each block of the encoder, then of the first decoder, then of the second.
#[derive(Clone, Copy)]
enum Block {
    Encoder,
    First,
    Second,
}

impl Block {
    /// Its first layer at a depth; decoders have no block at the deepest.
    fn at(self, level: usize) -> usize {
        match self {
            Self::Encoder => 2 * level,
            Self::First => 2 * LEVELS + 2 * level,
            Self::Second => 2 * LEVELS + 2 * (LEVELS - 1) + 2 * level,
        }
    }

    /// What it sees: all that is joined.
    fn inputs(self, level: usize) -> usize {
        let above = |level: usize| if level == 0 { 1 } else { FILTERS[level - 1] };
        match self {
            Self::Encoder => above(level),
            Self::First => FILTERS[level + 1] + FILTERS[level],
            Self::Second => FILTERS[level + 1] + 2 * FILTERS[level],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::First => "denoising",
            Self::Second => "segmentation",
        }
    }

    fn levels(self) -> usize {
        match self {
            Self::Encoder => LEVELS,
            Self::First | Self::Second => LEVELS - 1,
        }
    }

    const ALL: [Self; 3] = [Self::Encoder, Self::First, Self::Second];

    /// Multiplications of its layers per voxel of a depth.
    fn work(self, level: usize) -> usize {
        27 * FILTERS[level] * (self.inputs(level) + FILTERS[level])
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
        let convolution = |block: Block, level: usize, number: usize| {
            let inputs = if number == 1 { block.inputs(level) } else { FILTERS[level] };
            LayerShape {
                name: format!("{}{}.conv{number}", block.name(), level + 1),
                kernel: [FILTERS[level], inputs, 3, 3, 3],
                hidden: true,
            }
        };
        let blocks = Block::ALL.into_iter().flat_map(|block| (0..block.levels()).map(move |level| (block, level)));
        let hidden = blocks.flat_map(|(block, level)| [1, 2].map(|number| convolution(block, level, number)));
        let heads = self.heads();
        let last =
            heads.iter().map(|head| LayerShape { name: head.layer.clone(), kernel: [head.channels, FILTERS[0], 1, 1, 1], hidden: false });
        hidden.chain(last).collect()
    }

    fn heads(&self) -> Vec<Head> {
        vec![Head::of_classes("head", self.outputs), Head::of_density("density")]
    }

    fn fine_length(&self, core: usize, input: usize) -> usize {
        (core.div_ceil(GRANULARITY) * GRANULARITY + 2 * MARGIN).min(input)
    }

    fn peak_bytes(&self, input: usize, fine: usize, number: usize) -> usize {
        // Scores lie beside the activations, f32; they are there twice while they are normalised. The next depth lies below the finest.
        let below = input.saturating_mul(number * FILTERS[1]) / 8;
        let decoder = (number * DECODER_NUMBERS + 8 * (self.outputs + 1)).saturating_mul(fine).saturating_add(below);
        let encoder = (number * ENCODER_NUMBERS).saturating_mul(input).saturating_add(fine.saturating_mul(number * FILTERS[0]));
        decoder.max(encoder).saturating_add(input.saturating_mul(GREY_BYTES))
    }

    fn work(&self, input: usize, fine: usize) -> usize {
        let at = |voxels: usize, level: usize| voxels.div_ceil(1 << (3 * level));
        let of = |block: Block, voxels: usize| {
            (0..block.levels()).map(|level| block.work(level).saturating_mul(at(voxels, level))).fold(0, usize::saturating_add)
        };
        of(Block::Encoder, input).saturating_add(of(Block::First, fine)).saturating_add(of(Block::Second, fine))
    }

    /// The decoders compute each stage only as far as the window needs it.
    fn forward(&self, layers: &dyn Layers, input: &Tensor, window: Region) -> Result<Tensor, TchError> {
        let twice = |block: Block, level: usize, x: &Tensor| {
            let first = block.at(level);
            layers.hidden(first + 1, &layers.hidden(first, x, Convolution::padded(1))?, Convolution::padded(1))
        };
        let stages: [Region; LEVELS - 1] = needed(window, extent(input));
        let mut skips = Vec::new();
        let mut x = input.shallow_clone();
        for (level, &stage) in stages.iter().enumerate() {
            let whole = twice(Block::Encoder, level, &x)?;
            x = whole.f_max_pool3d([2, 2, 2], [2, 2, 2], [0, 0, 0], [1, 1, 1], false)?;
            skips.push(cut_out(whole, stage)?);
        }
        let bottom = twice(Block::Encoder, LEVELS - 1, &x)?;
        let mut below = Region::whole(extent(&bottom));
        let (mut first, mut second) = (bottom.shallow_clone(), bottom);
        for (level, skip) in skips.into_iter().enumerate().rev() {
            let up = |x: &Tensor| upsampled(&cut(x, within(below, halved(stages[level])))?);
            first = twice(Block::First, level, &Tensor::f_cat(&[&up(&first)?, &skip], 1)?)?;
            second = twice(Block::Second, level, &Tensor::f_cat(&[&up(&second)?, &skip, &first], 1)?)?;
            below = stages[level];
        }
        let (window, heads) = (within(below, window), Block::Second.at(LEVELS - 1));
        let classes = layers.last(heads, &cut(&second, window)?)?;
        let density = layers.last(heads + 1, &cut(&first, window)?)?;
        Tensor::f_cat(&[classes, density], 1)
    }
}

/// Nearest-neighbour upsampling by two.
fn upsampled(x: &Tensor) -> Result<Tensor, TchError> {
    let twice = extent(x).map(|n| 2 * n as i64);
    x.f_upsample_nearest3d(twice.as_slice(), None, None, None)
}
