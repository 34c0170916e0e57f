/// Where in its cluster a particle lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Placement {
    /// Where the method says: the mode of mean-shift, the centroid of a component, the refined maximum of a peak.
    #[default]
    Method,
    /// The centroid of all voxels of the cluster.
    Centroid,
    /// The centroid of all voxels of the cluster, weighted by their scores. Without scores the centroid.
    WeightedCentroid,
}
