mod deepfinder;
mod design;
mod head;
mod layers;
mod msd;
mod needed;
pub(crate) mod on_cpu;
mod umc;

use std::fmt;

use cryoet_core::Region;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use design::Design;
pub use head::{Answer, Head};
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
    /// UMC's U-Net with two decoders (Gubins et al. 2020, section 3.6): 16 to 256 filters at five depths, ReLU. The first decoder learns to
    /// denoise, the second, which sees the first at every depth, to segment.
    Umc {
        /// Output channels of the second decoder: background and one per class.
        outputs: usize,
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
            Self::Umc { outputs } => write!(f, "UMC's U-Net with a decoder for the density and one for {outputs} outputs"),
        }
    }
}

impl Architecture {
    /// The network itself: the one place that knows which file belongs to which variant.
    fn design(&self) -> Box<dyn Design> {
        match *self {
            Self::DeepFinder { outputs } => Box::new(deepfinder::DeepFinder { outputs }),
            Self::Msd { outputs, depth, dilations } => Box::new(msd::Msd { outputs, depth, dilations }),
            Self::Umc { outputs } => Box::new(umc::Umc { outputs }),
        }
    }

    /// The same network for another number of classes.
    #[must_use]
    pub fn with_outputs(mut self, count: usize) -> Self {
        match &mut self {
            Self::DeepFinder { outputs } | Self::Msd { outputs, .. } | Self::Umc { outputs } => *outputs = count,
        }
        self
    }

    /// Channels of the head for classes: background and one per class.
    pub fn outputs(&self) -> usize {
        match self {
            Self::DeepFinder { outputs } | Self::Msd { outputs, .. } | Self::Umc { outputs } => *outputs,
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

    /// The last layers, in the order of their channels in what a network answers.
    ///
    /// ```
    /// use cryoet_net::{Answer, Architecture};
    /// let answers = |network: Architecture| network.heads().iter().map(|head| head.answer).collect::<Vec<_>>();
    /// assert_eq!(answers(Architecture::DeepFinder { outputs: 13 }), [Answer::Classes]);
    /// assert_eq!(answers(Architecture::Umc { outputs: 13 }), [Answer::Classes, Answer::Density]);
    /// ```
    pub fn heads(&self) -> Vec<Head> {
        self.design().heads()
    }

    /// Whether the network can learn to denoise, too.
    ///
    /// ```
    /// use cryoet_net::Architecture;
    /// assert!(Architecture::Umc { outputs: 2 }.denoises());
    /// assert!(!Architecture::DeepFinder { outputs: 2 }.denoises());
    /// ```
    pub fn denoises(&self) -> bool {
        self.channels(Answer::Density).is_some()
    }

    /// The number of trainable parameters.
    pub fn parameters(&self) -> usize {
        self.layers().iter().map(|layer| layer.kernel.iter().product::<usize>() + layer.kernel[0]).sum()
    }

    /// How many voxels along an axis the costly last layers compute, of a tile that sees `input` voxels and answers for `core`.
    pub(crate) fn fine_length(&self, core: usize, input: usize) -> usize {
        self.design().fine_length(core, input)
    }

    /// Bytes at the peak of a forward pass, grey values apart, in numbers of `number` bytes, over a tile of `input` voxels, `fine` of them in its last layers.
    pub(crate) fn peak_bytes(&self, input: usize, fine: usize, number: usize) -> usize {
        self.design().peak_bytes(input, fine, number)
    }

    /// The multiplications of such a pass, for choosing tiles.
    pub(crate) fn work(&self, input: usize, fine: usize) -> usize {
        self.design().work(input, fine)
    }

    /// What all heads answer (batch, channels, z, y, x) within a window of an input (batch, 1, z, y, x).
    pub(crate) fn forward(&self, layers: &dyn Layers, input: &Tensor, window: Region) -> Result<Tensor, tch::TchError> {
        self.design().forward(layers, input, window)
    }
}

#[cfg(test)]
mod tests;
