use cryoet_core::Position;

use crate::{Connectivity, Watershed};

/// How foreground voxels become clusters.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Method {
    /// Mean-shift from binned seeds, as `MeanShift(bandwidth=radius, bin_seeding=True)` of scikit-learn: the procedure of
    /// DeepFinder. A particle lies at the mode.
    #[default]
    MeanShift,
    /// Mean-shift from every foreground voxel, as `MeanShift(bandwidth=radius)` of scikit-learn. A particle lies at the mode.
    EveryVoxel,
    /// Connected components. A particle lies at the centroid of its voxels; the radius does not part them.
    Components(Connectivity),
    /// Mean-shift seeded by the centroids of connected components, as VP-Detector does. A component that is hollow or bent, so that
    /// none of its voxels lies within the radius of its centroid, makes no cluster; its voxels go to the nearest other one, and are
    /// lost where there is none.
    Seeded(Connectivity),
    /// Mean-shift from places given, in voxels. A place with no voxel within the radius is dropped.
    SeedsGiven(Vec<Position>),
    /// Watershed: touching particles are parted at their necks, or where scores sink between them. A particle lies at the
    /// centroid of its voxels; the radius does not part them.
    Watershed(Watershed),
    /// Non-maximum suppression on the scores: the best voxel takes those within the radius, then the best of the rest. A
    /// particle lies at the top of a parabola through the scores; its score is the peak's, its size the voxels it took.
    Peaks,
}
