use std::collections::BTreeMap;

use cryoet_core::ClassLabel;

use crate::{ClusterError, Method, Placement, Scoring, SizeFilter, Vote, Watershed};

/// What [`cluster_labels`](crate::cluster_labels) does.
///
/// The default is the procedure of the DeepFinder papers: mean-shift over all classes together, position = the mode,
/// class = the majority label, no size filter.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct ClusterParams {
    /// How voxels become clusters. Default: [`Method::MeanShift`].
    pub method: Method,
    /// About a particle's radius, in voxels: the bandwidth of mean-shift, the reach of peaks, and what [`Scoring::Evidence`]
    /// measures clusters against. Default 5, as DeepFinder took for SHREC'19.
    pub radius: f64,
    /// The radius of some classes, in voxels. Clustering itself uses it where each class is clustered alone. Default: `radius`
    /// for all.
    pub radius_per_class: BTreeMap<ClassLabel, f64>,
    /// Whether each class is clustered alone; else all classes together, then a vote. Default: false.
    pub per_class: bool,
    /// Whether mean-shift weighs voxels by their scores, in steps of 1 / 65535. Default: false, as scikit-learn. Without scores
    /// all voxels weigh the same.
    pub weighted: bool,
    /// The radius in voxels of the ball of a morphological opening ([`open_labels`](crate::open_labels)) that comes first;
    /// where each class is clustered alone, of each class alone. Default: none.
    pub opening: Option<f64>,
    /// How a cluster's voxels name its particle. Default: by majority.
    pub vote: Vote,
    /// What a particle's score says. Default: [`Scoring::Evidence`].
    pub scoring: Scoring,
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
            weighted: false,
            opening: None,
            vote: Vote::Majority,
            scoring: Scoring::Evidence,
            placement: Placement::Method,
            size_filter: SizeFilter::default(),
            min_distance: None,
        }
    }
}

/// The largest radius in voxels: larger than any volume, and its square is far from overflowing.
pub(crate) const LARGEST_RADIUS: f64 = 1e6;

impl ClusterParams {
    /// The radius of a class, in voxels.
    ///
    /// ```
    /// use cryoet_cluster::ClusterParams;
    /// use cryoet_core::ClassLabel;
    /// let params = ClusterParams { radius_per_class: [(ClassLabel::new(2), 9.0)].into(), ..ClusterParams::default() };
    /// assert_eq!(params.radius_of(ClassLabel::new(1)), 5.0);
    /// assert_eq!(params.radius_of(ClassLabel::new(2)), 9.0);
    /// ```
    pub fn radius_of(&self, class: ClassLabel) -> f64 {
        self.radius_per_class.get(&class).copied().unwrap_or(self.radius)
    }

    /// Checks everything that can be checked before work starts.
    ///
    /// # Errors
    /// The first parameter out of range: a radius that is not above 0 and at most 10^6 voxels; a radius of opening, a minimum
    /// distance or a depth of the watershed that is negative or not finite.
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
        if let Some(radius) = self.opening.filter(|&radius| !not_negative(radius, LARGEST_RADIUS)) {
            return Err(ClusterError::Opening { radius });
        }
        if let Some(distance) = self.min_distance.filter(|&distance| !not_negative(distance, f64::MAX)) {
            return Err(ClusterError::MinDistance { distance });
        }
        match self.method {
            Method::Watershed(Watershed { depth, .. }) if !not_negative(depth, f64::MAX) => Err(ClusterError::Depth { depth }),
            _ => Ok(()),
        }
    }
}

/// Whether a number lies between 0 and a largest one, both included.
pub(crate) fn not_negative(value: f64, most: f64) -> bool {
    (0.0..=most).contains(&value)
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use crate::Relief;

    #[test]
    fn parameters_come_back_from_json_and_what_is_not_named_is_the_default() {
        let watershed = Watershed { relief: Relief::Score, depth: 0.2, ..Watershed::default() };
        let params = ClusterParams {
            method: Method::Watershed(watershed),
            radius_per_class: [(ClassLabel::new(2), 9.5)].into(),
            opening: Some(1.0),
            size_filter: SizeFilter { all: 20, per_class: [(ClassLabel::new(3), 100)].into() },
            ..ClusterParams::default()
        };
        let text = serde_json::to_string(&params).unwrap();
        assert_eq!(serde_json::from_str::<ClusterParams>(&text).unwrap(), params);
        let short = r#"{"method": "mean-shift", "size_filter": {"all": 7}}"#;
        let expected = ClusterParams { size_filter: SizeFilter { all: 7, ..SizeFilter::default() }, ..ClusterParams::default() };
        assert_eq!(serde_json::from_str::<ClusterParams>(short).unwrap(), expected);
        assert!(serde_json::from_str::<ClusterParams>(r#"{"radios": 5}"#).is_err());
    }
}
