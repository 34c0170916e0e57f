mod deepfinder;
mod layers;
pub(crate) mod on_cpu;

use cryoet_core::Region;
use serde::{Deserialize, Serialize};
use tch::Tensor;

pub(crate) use layers::{Layers, convolve, doubled};

/// A network's shape, stored in its weights. Training, tiling and import learn everything about a network from here.
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
    pub name: &'static str,
    /// Output channels, input channels, and the kernel's extent z, y, x.
    pub kernel: [usize; 5],
    /// Whether a ReLU follows: in all layers but the last ones, whose outputs are logits.
    pub hidden: bool,
}

impl Architecture {
    /// Output channels: background and one per class.
    pub fn outputs(&self) -> usize {
        match self {
            Self::DeepFinder { outputs } => *outputs,
        }
    }

    /// Tiles start on, and extend over, multiples of this number of voxels.
    pub fn granularity(&self) -> usize {
        match self {
            Self::DeepFinder { .. } => deepfinder::GRANULARITY,
        }
    }

    /// How far an output voxel's value depends on the input; tiles with this halo show no seams.
    pub fn halo(&self) -> Halo {
        match self {
            Self::DeepFinder { .. } => deepfinder::HALO,
        }
    }

    /// A smaller halo for those who trade exactness near the tiles' faces for speed.
    pub fn fast_halo(&self) -> Halo {
        match self {
            Self::DeepFinder { .. } => deepfinder::FAST_HALO,
        }
    }

    /// The layers with weights, from input to output.
    pub fn layers(&self) -> Vec<LayerShape> {
        match self {
            Self::DeepFinder { outputs } => deepfinder::layers(*outputs),
        }
    }

    /// The number of trainable parameters.
    pub fn parameters(&self) -> usize {
        self.layers().iter().map(|layer| layer.kernel.iter().product::<usize>() + layer.kernel[0]).sum()
    }

    /// How many voxels along an axis the costly last layers compute, of a tile that sees `input` voxels and answers for `core`.
    pub(crate) fn fine_length(&self, core: usize, input: usize) -> usize {
        match self {
            Self::DeepFinder { .. } => deepfinder::fine_length(core, input),
        }
    }

    /// Bytes at the peak of a forward pass in f32 over a tile of `input` voxels, `fine` of them in its last layers.
    pub(crate) fn peak_bytes(&self, input: usize, fine: usize) -> usize {
        match self {
            Self::DeepFinder { outputs } => deepfinder::peak_bytes(input, fine, *outputs),
        }
    }

    /// The multiplications of such a pass, for choosing tiles.
    pub(crate) fn work(&self, input: usize, fine: usize) -> usize {
        match self {
            Self::DeepFinder { .. } => deepfinder::work(input, fine),
        }
    }

    /// Logits (batch, outputs, z, y, x) of a window of an input (batch, 1, z, y, x); `layers` are those of [`Self::layers`].
    pub(crate) fn forward(&self, layers: &impl Layers, input: &Tensor, window: Region) -> Result<Tensor, tch::TchError> {
        match self {
            Self::DeepFinder { .. } => deepfinder::forward(layers, input, window),
        }
    }
}
