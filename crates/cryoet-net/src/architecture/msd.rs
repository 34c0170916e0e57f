use cryoet_core::Region;
use tch::{TchError, Tensor};

use super::design::{Design, cut};
use super::{Convolution, Halo, Head, LayerShape, Layers};

/// Filters of each hidden layer: what the published parameter counts imply (130 thousand for 49 layers, 543 thousand for 100 and 13 classes),
/// as they imply that layers are concatenated, where VP-Detector's text adds them.
const WIDTH: usize = 2;

/// Farther than this a fast tile does not look.
const FAST: usize = 32;

/// More of either is a slip of the hand, or a broken file.
const MOST_LAYERS: usize = 1000;
const MOST_DILATIONS: usize = 64;

/// A mixed-scale dense network.
pub(super) struct Msd {
    pub(super) outputs: usize,
    pub(super) depth: usize,
    pub(super) dilations: usize,
}

impl Msd {
    fn dilation(&self, index: usize) -> usize {
        index % self.dilations + 1
    }

    /// Channels that layer `index` sees: the input and all before it.
    fn channels(index: usize) -> usize {
        1 + WIDTH * index
    }

    fn reach(&self) -> usize {
        (0..self.depth).map(|index| self.dilation(index)).sum()
    }
}

impl Design for Msd {
    fn check(&self) -> Result<(), String> {
        let fits = (1..=MOST_LAYERS).contains(&self.depth) && (1..=MOST_DILATIONS).contains(&self.dilations);
        let found =
            || format!("depth {} and {} dilations: expected 1 to {MOST_LAYERS} and 1 to {MOST_DILATIONS}", self.depth, self.dilations);
        if fits { Ok(()) } else { Err(found()) }
    }

    fn granularity(&self) -> usize {
        1
    }

    fn halo(&self) -> Halo {
        Halo { before: self.reach(), after: self.reach() }
    }

    fn fast_halo(&self) -> Halo {
        let reach = self.reach().min(FAST);
        Halo { before: reach, after: reach }
    }

    fn layers(&self) -> Vec<LayerShape> {
        let dense =
            |index| LayerShape { name: format!("layer{}", index + 1), kernel: [WIDTH, Self::channels(index), 3, 3, 3], hidden: true };
        let head = LayerShape { name: "head".into(), kernel: [self.outputs, Self::channels(self.depth), 1, 1, 1], hidden: false };
        (0..self.depth).map(dense).chain([head]).collect()
    }

    fn heads(&self) -> Vec<Head> {
        vec![Head::of_classes("head", self.outputs)]
    }

    fn peak_bytes(&self, input: usize, fine: usize, number: usize) -> usize {
        // While a layer is added all before it are there twice.
        let channels = 2 * Self::channels(self.depth) + WIDTH;
        (number * channels).saturating_mul(input).saturating_add((8 * self.outputs).saturating_mul(fine))
    }

    fn work(&self, input: usize, _fine: usize) -> usize {
        (0..self.depth).map(|index| 27 * WIDTH * Self::channels(index)).sum::<usize>().saturating_mul(input)
    }

    fn forward(&self, layers: &dyn Layers, input: &Tensor, window: Region) -> Result<Tensor, TchError> {
        let mut all = input.shallow_clone();
        for index in 0..self.depth {
            let dilation = self.dilation(index) as i64;
            let next = layers.hidden(index, &all, Convolution { padding: dilation, dilation, leaky: true })?;
            all = Tensor::f_cat(&[all, next], 1)?;
        }
        layers.last(self.depth, &cut(&all, window)?)
    }
}
