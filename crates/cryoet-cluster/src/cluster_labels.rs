use cryoet_core::ndarray::ArrayView3;
use cryoet_core::{Particle, Progress};

use crate::{ClusterError, ClusterParams, ForegroundBuilder};

/// Clusters a label volume, indexed `[z, y, x]`, into particles: the one way in for all methods.
///
/// Voxels labelled 0 (background) or 255 (left out) belong to no cluster. `scores`, of the labels' shape, holds for each
/// voxel the probability in \[0, 1\] of the label it was given.
///
/// Each particle has a class ([`Vote`](crate::Vote): the majority label of its voxels), a size in voxels, a position in voxel
/// indices z, y, x ([`Placement`](crate::Placement)), and a score in \[0, 1\] ([`Scoring`](crate::Scoring)). The order is that
/// of the method: mean-shift by the number (or weight) of voxels in the mode's window, peaks by score, watersheds by height of
/// their tops, all descending; components by their first voxel; with `per_class` class after class. An empty foreground gives
/// an empty list.
///
/// # Errors
/// Parameters out of their range; shapes that differ; a score, of background too, that is NaN or beyond \[0, 1\] by more than the
/// 0.001 that rounding explains; a method that works on scores, and none given; more than 2^32 voxels; a cancelled [`Progress`].
///
/// ```
/// use cryoet_cluster::{ClusterParams, Connectivity, Method, cluster_labels};
/// use cryoet_core::ndarray::{Array3, s};
/// let mut labels = Array3::<u8>::zeros((16, 16, 16));
/// labels.slice_mut(s![2..5, 2..5, 2..6]).fill(3);
/// let params = ClusterParams { method: Method::Components(Connectivity::Corners), ..ClusterParams::default() };
/// let particles = cluster_labels(labels.view(), None, &params, &())?;
/// assert_eq!(particles[0].class.get(), 3);
/// assert_eq!(particles[0].position.zyx(), [3.0, 3.0, 3.5]);
/// # Ok::<(), cryoet_cluster::ClusterError>(())
/// ```
pub fn cluster_labels(
    labels: ArrayView3<'_, u8>,
    scores: Option<ArrayView3<'_, f32>>,
    params: &ClusterParams,
    progress: &dyn Progress,
) -> Result<Vec<Particle>, ClusterError> {
    params.check()?;
    let mut builder = ForegroundBuilder::new(labels.dim().into())?;
    builder.push_block([0; 3], labels, scores)?;
    builder.finish(params, progress)
}

#[cfg(test)]
mod tests;
