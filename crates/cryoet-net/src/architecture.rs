mod deepfinder;
mod design;
mod layers;
mod msd;
pub(crate) mod on_cpu;

use std::fmt;

use cryoet_core::Region;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use design::Design;
pub(crate) use layers::{Convolution, Layers, activate, convolve, doubled};

/// A network's shape, stored in its weights. Training, tiling and import learn everything about a network from here.
///
/// In the crate each network is one file under `architecture/`; this list only gives it a name in weights files.
///
/// ```
/// use cryoet_net::Architecture;
/// let network = Architecture::DeepFinder { outputs: 13 };
/// assert_eq!(network.parameters(), 902_928 + 33 * 13);
/// assert_eq!((network.granularity(), network.halo().before, network.halo().after), (4, 32, 36));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Architecture {
    /// The 3D U-Net of DeepFinder (Moebel et al. 2021, Fig. 1): 32, 48, 64 filters, ReLU, no normalisation.
    DeepFinder {
        /// Output channels: background and one per class.
        outputs: usize,
    },
    /// VP-Detector's 3D mixed-scale dense network (Hao et al. 2022, after Pelt and Sethian 2018): `depth` layers of two filters of 3^3, each of
    /// which sees the input and all layers before it, dilated by 1, 2, .. `dilations` voxels in turn; leaky ReLU.
    Msd {
        /// Output channels: background and one per class.
        outputs: usize,
        /// Hidden layers: 49 to find particles, 100 to name them.
        depth: usize,
        /// Layer i is dilated by i mod `dilations` + 1 voxels: 7 to find particles, 5 to name them.
        dilations: usize,
    },
}

/// How far around an output voxel a network looks, rounded up to its granularity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halo {
    /// Voxels towards index 0.
    pub before: usize,
    /// Voxels towards the end.
    pub after: usize,
}

impl Halo {
    /// The wider of the two both ways: for blocks that are turned.
    #[must_use]
    pub fn either_way(self) -> Self {
        let wider = self.before.max(self.after);
        Self { before: wider, after: wider }
    }
}

/// One layer with weights: its name and its kernel's shape (out, in, z, y, x).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerShape {
    /// The name, the stem of its tensors' names in a weights file (`NAME.weight`, `NAME.bias`).
    pub name: String,
    /// Output channels, input channels, and the kernel's extent z, y, x.
    pub kernel: [usize; 5],
    /// Whether a ReLU or its like follows: in all layers but the last ones, whose outputs are logits.
    pub hidden: bool,
}

/// For people: `DeepFinder's U-Net, 13 outputs`.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeepFinder { outputs } => write!(f, "DeepFinder's U-Net, {outputs} outputs"),
            Self::Msd { outputs, depth, dilations } => {
                write!(f, "mixed-scale dense network, {depth} layers dilated by 1 to {dilations} voxels, {outputs} outputs")
            }
        }
    }
}

impl Architecture {
    /// The network itself: the one place that knows which file belongs to which variant.
    fn design(&self) -> Box<dyn Design> {
        match *self {
            Self::DeepFinder { outputs } => Box::new(deepfinder::DeepFinder { outputs }),
            Self::Msd { outputs, depth, dilations } => Box::new(msd::Msd { outputs, depth, dilations }),
        }
    }

    /// The same network for another number of classes.
    #[must_use]
    pub fn with_outputs(mut self, count: usize) -> Self {
        match &mut self {
            Self::DeepFinder { outputs } | Self::Msd { outputs, .. } => *outputs = count,
        }
        self
    }

    /// Output channels: background and one per class.
    pub fn outputs(&self) -> usize {
        match self {
            Self::DeepFinder { outputs } | Self::Msd { outputs, .. } => *outputs,
        }
    }

    /// Whether such a network can be: what a weights file says may be anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.design().check()
    }

    /// Tiles start on, and extend over, multiples of this number of voxels.
    pub fn granularity(&self) -> usize {
        self.design().granularity()
    }

    /// How far an output voxel's value depends on the input; tiles with this halo show no seams.
    pub fn halo(&self) -> Halo {
        self.design().halo()
    }

    /// A smaller halo for those who trade exactness near the tiles' faces for speed.
    pub fn fast_halo(&self) -> Halo {
        self.design().fast_halo()
    }

    /// The layers with weights, from input to output.
    pub fn layers(&self) -> Vec<LayerShape> {
        self.design().layers()
    }

    /// The number of trainable parameters.
    pub fn parameters(&self) -> usize {
        self.layers().iter().map(|layer| layer.kernel.iter().product::<usize>() + layer.kernel[0]).sum()
    }

    /// How many voxels along an axis the costly last layers compute, of a tile that sees `input` voxels and answers for `core`.
    pub(crate) fn fine_length(&self, core: usize, input: usize) -> usize {
        self.design().fine_length(core, input)
    }

    /// Bytes at the peak of a forward pass, in numbers of `number` bytes, over a tile of `input` voxels, `fine` of them in its last layers.
    pub(crate) fn peak_bytes(&self, input: usize, fine: usize, number: usize) -> usize {
        self.design().peak_bytes(input, fine, number)
    }

    /// The multiplications of such a pass, for choosing tiles.
    pub(crate) fn work(&self, input: usize, fine: usize) -> usize {
        self.design().work(input, fine)
    }

    /// Logits (batch, outputs, z, y, x) of a window of an input (batch, 1, z, y, x).
    pub(crate) fn forward(&self, layers: &dyn Layers, input: &Tensor, window: Region) -> Result<Tensor, tch::TchError> {
        self.design().forward(layers, input, window)
    }
}

#[cfg(test)]
mod tests;
