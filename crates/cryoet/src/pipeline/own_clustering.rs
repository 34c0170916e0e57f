use cryoet_cluster::{ClusterError, ClusterParams};
use cryoet_net::{Weights, WeightsDescription};
use thiserror::Error;

/// Why the clustering that weights name cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OwnClusteringError {
    /// It holds something that this version does not know, or lacks something.
    #[error("the clustering in the weights' description cannot be read: {0}")]
    Unreadable(#[source] serde_json::Error),
    /// A parameter is out of range.
    #[error("the clustering in the weights' description: {0}")]
    Params(#[from] ClusterError),
}

/// The clustering that weights carry as their own: how picks are best made of this network's labels, chosen on tomograms that it did not
/// learn from. None where they carry none. Lengths are in voxels of the weights' voxel size.
///
/// # Errors
/// Parameters that this version does not know, or out of range.
///
/// ```
/// use cryoet::cluster::{ClusterParams, Method, Watershed};
/// use cryoet::net::Weights;
/// use cryoet::pipeline::{PickParams, own_clustering, with_own_clustering};
/// use cryoet::{Class, ClassLabel, ClassTable};
///
/// let weights = Weights::random(ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?, None, 1);
/// assert_eq!(own_clustering(weights.description())?, None);
/// let chosen = ClusterParams { method: Method::Watershed(Watershed::default()), ..ClusterParams::default() };
/// let weights = with_own_clustering(weights, &chosen)?;
/// let cluster = own_clustering(weights.description())?.unwrap_or_default();
/// assert_eq!(PickParams { cluster, ..PickParams::default() }.cluster, chosen);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn own_clustering(weights: &WeightsDescription) -> Result<Option<ClusterParams>, OwnClusteringError> {
    let Some(value) = &weights.clustering else { return Ok(None) };
    let params: ClusterParams = serde_json::from_value(value.clone()).map_err(OwnClusteringError::Unreadable)?;
    params.check()?;
    Ok(Some(params))
}

/// The same weights with a clustering of their own.
///
/// # Errors
/// A parameter out of range.
///
/// ```
/// use cryoet::cluster::{ClusterParams, SizeFilter};
/// use cryoet::net::Weights;
/// use cryoet::pipeline::with_own_clustering;
/// use cryoet::ClassTable;
///
/// let params = ClusterParams { size_filter: SizeFilter { all: 60, ..SizeFilter::default() }, ..ClusterParams::default() };
/// let weights = with_own_clustering(Weights::random(ClassTable::default(), None, 1), &params)?;
/// assert_eq!(weights.description().clustering.as_ref().unwrap()["size_filter"]["all"], 60);
/// # Ok::<(), cryoet::pipeline::OwnClusteringError>(())
/// ```
pub fn with_own_clustering(weights: Weights, params: &ClusterParams) -> Result<Weights, OwnClusteringError> {
    params.check()?;
    Ok(weights.with_clustering(Some(serde_json::to_value(params).map_err(OwnClusteringError::Unreadable)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::ClassTable;

    #[test]
    fn what_is_unknown_or_out_of_range_is_refused() {
        let of = |value| own_clustering(Weights::random(ClassTable::default(), None, 1).with_clustering(Some(value)).description());
        let unknown = of(serde_json::json!({"method": "by-eye"})).unwrap_err();
        assert!(matches!(unknown, OwnClusteringError::Unreadable(_)) && unknown.to_string().contains("by-eye"), "{unknown}");
        let negative = of(serde_json::json!({"radius": -2.0})).unwrap_err();
        assert!(matches!(negative, OwnClusteringError::Params(_)) && negative.to_string().contains("-2"), "{negative}");
        assert_eq!(of(serde_json::json!({})).unwrap(), Some(ClusterParams::default()));
    }
}
