use crate::voxel_size::TOLERANCE;

/// How much of its surroundings a tile sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TileHalo {
    /// The whole receptive field: the answer is that of the untiled network.
    #[default]
    Exact,
    /// [`Architecture::fast_halo`](crate::Architecture::fast_halo): less work, and near the tiles' faces an answer that may differ
    /// (docs/benchmarks.md says how much).
    Fast,
}

/// How a tomogram is segmented.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentParams {
    /// Tiles are chosen so that the activations of one fit into this many bytes.
    pub memory: usize,
    /// Averages the soft-max over the four exact turns (identity, half turns about z, y, x): four times the work.
    pub turns: bool,
    /// How much of its surroundings a tile sees.
    pub halo: TileHalo,
    /// Whether blocks carry the probabilities of all classes, not only the winner's.
    pub score_maps: bool,
    /// Whether the answer has the density without noise, of networks that learnt it.
    pub density: bool,
    /// The voxel size of the tomogram may differ from the weights' by this share.
    pub voxel_size_tolerance: f64,
}

impl Default for SegmentParams {
    /// 4 GiB, no turns, exact, no score maps, no density, 5 %.
    fn default() -> Self {
        Self { memory: 4 << 30, turns: false, halo: TileHalo::Exact, score_maps: false, density: false, voxel_size_tolerance: TOLERANCE }
    }
}
