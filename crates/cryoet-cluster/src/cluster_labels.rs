use cryoet_core::ndarray::ArrayView3;
use cryoet_core::{ClassLabel, Particle, Progress};

use crate::components::components;
use crate::foreground::Foreground;
use crate::lattice_mean_shift::{binned, every_voxel, seeded};
use crate::min_distance::keep_distance;
use crate::particles::{Clusters, particles};
use crate::peaks::peaks;
use crate::{Cluster, ClusterError, ClusterParams, ForegroundBuilder, Method};

/// Clusters a label volume, indexed `[z, y, x]`, into particles: the one way in for all methods.
///
/// Voxels labelled 0 (background) or 255 (left out) belong to no cluster. `scores`, of the labels' shape, holds for each
/// voxel the probability in \[0, 1\] of the label it was given.
///
/// Each particle has the majority label of its voxels (or what [`Vote`](crate::Vote) says), a size in voxels, and a score in
/// \[0, 1\] (of peaks the peak's own): the sum of the scores of those of its voxels that carry its label, over the number of all its voxels. Without
/// scores that is the share of the majority label. Positions are voxel indices z, y, x. The order is that of the method:
/// mean-shift by the number of points in the mode's window, descending; components by their first voxel; with
/// `per_class` class after class. An empty foreground gives an empty list.
///
/// # Errors
/// Parameters out of their range; shapes that differ; a score that is NaN or outside \[0, 1\]; more than 2^32 voxels; a
/// cancelled [`Progress`].
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

pub(crate) fn cluster_foreground(
    foreground: &Foreground,
    params: &ClusterParams,
    progress: &dyn Progress,
) -> Result<Vec<Cluster>, ClusterError> {
    let mut found = Vec::new();
    if params.per_class {
        for class in foreground.classes() {
            let of_class = foreground.of_class(class);
            let radius = params.radius_per_class.get(&ClassLabel::new(class)).copied().unwrap_or(params.radius);
            found.extend(particles(&of_class, &clusters(&of_class, params.method, radius, progress)?, params)?);
        }
    } else {
        found = particles(foreground, &clusters(foreground, params.method, params.radius, progress)?, params)?;
    }
    found.retain(|cluster| cluster.particle.size.unwrap_or(0) >= params.size_filter.minimum(cluster.particle.class));
    Ok(match params.min_distance {
        Some(distance) => keep_distance(found, distance),
        None => found,
    })
}

fn clusters(foreground: &Foreground, method: Method, radius: f64, progress: &dyn Progress) -> Result<Clusters, ClusterError> {
    match method {
        Method::MeanShift => Ok(binned(foreground, radius, progress)?),
        Method::EveryVoxel => Ok(every_voxel(foreground, radius, progress)?),
        Method::Peaks => {
            progress.report(0, 0)?;
            if !foreground.has_scores() && foreground.len() > 0 {
                return Err(ClusterError::NoScores);
            }
            Ok(peaks(foreground, radius))
        }
        Method::Components(connectivity) => {
            progress.report(0, 0)?;
            Ok(components(foreground, connectivity))
        }
        Method::Seeded(connectivity) => {
            progress.report(0, 0)?;
            let seeds = components(foreground, connectivity).centres;
            Ok(seeded(foreground, &seeds, radius, progress)?)
        }
    }
}

#[cfg(test)]
mod tests;
