/// How a tomogram is segmented.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentParams {
    /// Tiles are chosen so that the activations of one fit into this many bytes.
    pub memory: usize,
    /// Averages the soft-max over the four exact turns (identity, half turns about z, y, x): four times the work.
    pub turns: bool,
    /// The voxel size of the tomogram may differ from the weights' by this share.
    pub voxel_size_tolerance: f64,
}

impl Default for SegmentParams {
    /// 4 GiB, no turns, 5 %.
    fn default() -> Self {
        Self { memory: 4 << 30, turns: false, voxel_size_tolerance: 0.05 }
    }
}
