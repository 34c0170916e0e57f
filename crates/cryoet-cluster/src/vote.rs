/// How a cluster's voxels name its particle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Vote {
    /// The label of most voxels, as in the DeepFinder papers; of equally frequent ones the lowest.
    #[default]
    Majority,
    /// The label whose voxels' scores have the largest sum; of equal sums the one of most voxels, then the lowest. Without
    /// scores the majority.
    Confidence,
}
