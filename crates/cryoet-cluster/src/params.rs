use std::collections::BTreeMap;

use cryoet_core::ClassLabel;

use crate::{ClusterError, Connectivity, Placement, Vote};

/// How foreground voxels become clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Method {
    /// Mean-shift from binned seeds, as `MeanShift(bandwidth=radius, bin_seeding=True)` of scikit-learn: the procedure of
    /// DeepFinder. A particle lies at the mode.
    #[default]
    MeanShift,
    /// Mean-shift from every foreground voxel, as `MeanShift(bandwidth=radius)` of scikit-learn. A particle lies at the mode.
    EveryVoxel,
    /// Connected components. A particle lies at the centroid of its voxels; the radius is not used.
    Components(Connectivity),
    /// Mean-shift seeded by the centroids of connected components, as VP-Detector does.
    Seeded(Connectivity),
    /// Non-maximum suppression on the scores: the best voxel takes those within the radius, then the best of the rest. A
    /// particle lies at the top of a parabola through the scores; its score is the peak's, its size the voxels it took.
    Peaks,
}

/// The smallest clusters kept, in voxels: one figure for all, others for some classes.
///
/// ```
/// use cryoet_cluster::SizeFilter;
/// use cryoet_core::ClassLabel;
/// let filter = SizeFilter { all: 50, per_class: [(ClassLabel::new(2), 100)].into() };
/// assert_eq!(filter.minimum(ClassLabel::new(1)), 50);
/// assert_eq!(filter.minimum(ClassLabel::new(2)), 100);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SizeFilter {
    /// The smallest cluster kept of any class that `per_class` does not name. Default 0: all are kept.
    pub all: u64,
    /// The smallest cluster kept of a class.
    pub per_class: BTreeMap<ClassLabel, u64>,
}

impl SizeFilter {
    /// The smallest cluster kept of a class, in voxels.
    pub fn minimum(&self, class: ClassLabel) -> u64 {
        self.per_class.get(&class).copied().unwrap_or(self.all)
    }
}

/// What [`cluster_labels`](crate::cluster_labels) does.
///
/// The default is the procedure of the DeepFinder papers: mean-shift over all classes together, position = the mode,
/// class = the majority label, no size filter.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterParams {
    /// How voxels become clusters. Default: [`Method::MeanShift`].
    pub method: Method,
    /// The bandwidth of mean-shift in voxels: about a particle's radius. Default 5, as DeepFinder took for SHREC'19.
    pub radius: f64,
    /// The radius of some classes, in voxels, where each class is clustered alone. Default: `radius` for all.
    pub radius_per_class: BTreeMap<ClassLabel, f64>,
    /// Whether each class is clustered alone; else all classes together, then a vote. Default: false.
    pub per_class: bool,
    /// How a cluster's voxels name its particle. Default: by majority.
    pub vote: Vote,
    /// Where in its cluster a particle lies. Default: where the method says.
    pub placement: Placement,
    /// The smallest clusters kept. Default: all.
    pub size_filter: SizeFilter,
    /// Of particles nearer to each other than this many voxels only the best stays: by score, then by size, then by order.
    /// Default: none.
    pub min_distance: Option<f64>,
}

impl Default for ClusterParams {
    fn default() -> Self {
        Self {
            method: Method::MeanShift,
            radius: 5.0,
            radius_per_class: BTreeMap::new(),
            per_class: false,
            vote: Vote::Majority,
            placement: Placement::Method,
            size_filter: SizeFilter::default(),
            min_distance: None,
        }
    }
}

/// The largest radius in voxels: larger than any volume, and its square is far from overflowing.
pub(crate) const LARGEST_RADIUS: f64 = 1e6;

impl ClusterParams {
    /// Checks everything that can be checked before work starts.
    ///
    /// # Errors
    /// The first parameter out of range: a radius that is not above 0 and at most 10^6 voxels, a minimum distance that is
    /// negative or not finite.
    ///
    /// ```
    /// use cryoet_cluster::ClusterParams;
    /// assert!(ClusterParams::default().check().is_ok());
    /// assert!(ClusterParams { radius: 1e300, ..ClusterParams::default() }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<(), ClusterError> {
        for &radius in self.radius_per_class.values().chain([&self.radius]) {
            if !(radius > 0.0 && radius <= LARGEST_RADIUS) {
                return Err(ClusterError::Radius { radius });
            }
        }
        match self.min_distance {
            Some(distance) if !(distance.is_finite() && distance >= 0.0) => Err(ClusterError::MinDistance { distance }),
            _ => Ok(()),
        }
    }
}
