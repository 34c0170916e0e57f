use cryoet_core::{ClassLabel, Progress};

use crate::components::components;
use crate::foreground::Foreground;
use crate::lattice_mean_shift::{Seeds, lattice_mean_shift};
use crate::min_distance::keep_distance;
use crate::opening::opened;
use crate::particles::{Clusters, particles};
use crate::peaks::peaks;
use crate::watershed::watershed;
use crate::{Cluster, ClusterError, ClusterParams, Method, Relief, Watershed};

/// All of [`cluster_labels`](crate::cluster_labels) but the scan of the volume.
pub(crate) fn cluster_foreground(
    foreground: &Foreground,
    params: &ClusterParams,
    progress: &dyn Progress,
) -> Result<Vec<Cluster>, ClusterError> {
    let mut found = Vec::new();
    if params.per_class {
        for class in foreground.classes() {
            let radius = params.radius_of(ClassLabel::new(class));
            found.extend(cluster_together(&foreground.of_class(class), radius, params, progress)?);
        }
    } else {
        found = cluster_together(foreground, params.radius, params, progress)?;
    }
    found.retain(|cluster| cluster.particle.size.unwrap_or(0) >= params.size_filter.minimum(cluster.particle.class));
    Ok(match params.min_distance {
        Some(distance) => keep_distance(found, distance),
        None => found,
    })
}

fn cluster_together(
    foreground: &Foreground,
    radius: f64,
    params: &ClusterParams,
    progress: &dyn Progress,
) -> Result<Vec<Cluster>, ClusterError> {
    progress.report(0, 0)?;
    if foreground.len() == 0 {
        return Ok(vec![]);
    }
    match params.opening {
        Some(ball) => {
            let opened = opened(foreground, ball);
            particles(&opened, &clusters(&opened, radius, params, progress)?, params)
        }
        None => particles(foreground, &clusters(foreground, radius, params, progress)?, params),
    }
}

fn clusters(foreground: &Foreground, radius: f64, params: &ClusterParams, progress: &dyn Progress) -> Result<Clusters, ClusterError> {
    let mean_shift = |seeds| lattice_mean_shift(foreground, seeds, radius, params.weighted, progress);
    let without_scores = foreground.len() > 0 && !foreground.has_scores();
    match &params.method {
        Method::MeanShift => Ok(mean_shift(Seeds::Binned)?),
        Method::EveryVoxel => Ok(mean_shift(Seeds::EveryVoxel)?),
        Method::SeedsGiven(seeds) => Ok(mean_shift(Seeds::Given(seeds.iter().map(|seed| seed.zyx()).collect()))?),
        Method::Seeded(connectivity) => Ok(mean_shift(Seeds::Given(components(foreground, *connectivity).centres))?),
        Method::Components(connectivity) => Ok(components(foreground, *connectivity)),
        Method::Peaks | Method::Watershed(Watershed { relief: Relief::Score, .. }) if without_scores => Err(ClusterError::NoScores),
        Method::Peaks => Ok(peaks(foreground, radius)),
        Method::Watershed(params) => Ok(watershed(foreground, *params, progress)?),
    }
}
