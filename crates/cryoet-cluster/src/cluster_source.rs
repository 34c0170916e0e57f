use cryoet_core::{Particle, Progress, Region, VolumeSource};

use crate::{ClusterError, ClusterParams, ClusterSourceError, ForegroundBuilder};

/// Clusters a label volume that is read slab by slab: the particles of [`cluster_labels`](crate::cluster_labels), to the bit.
///
/// Memory is bounded by the foreground and one slab of `depth` planes (0 counts as 1).
///
/// # Errors
/// As [`cluster_labels`](crate::cluster_labels), and a source that cannot be read.
///
/// ```
/// use cryoet_cluster::{ClusterParams, cluster_source};
/// use cryoet_core::{Volume, ndarray::Array3};
/// let labels = Volume::new(Array3::from_shape_fn((40, 9, 9), |(z, _, _)| u8::from(z < 4)));
/// let particles = cluster_source(&labels, None, 16, &ClusterParams { radius: 20.0, ..ClusterParams::default() }, &())?;
/// assert_eq!(particles[0].position.zyx(), [1.5, 4.0, 4.0]);
/// # Ok::<(), cryoet_cluster::ClusterSourceError>(())
/// ```
pub fn cluster_source(
    labels: &dyn VolumeSource<u8>,
    scores: Option<&dyn VolumeSource<f32>>,
    depth: usize,
    params: &ClusterParams,
    progress: &dyn Progress,
) -> Result<Vec<Particle>, ClusterSourceError> {
    params.check()?;
    let shape @ [nz, ny, nx] = labels.shape();
    if let Some(scores) = scores
        && scores.shape() != shape
    {
        return Err(ClusterError::Shapes { labels: shape, scores: scores.shape() }.into());
    }
    let mut builder = ForegroundBuilder::new(shape)?;
    for z in (0..nz).step_by(depth.max(1)) {
        let slab = Region::new([z, 0, 0], [depth.max(1).min(nz - z), ny, nx]);
        let of_labels = labels.read_region(slab)?;
        let of_scores = scores.map(|scores| scores.read_region(slab)).transpose()?;
        builder.push_block(slab.start, of_labels.view(), of_scores.as_ref().map(|scores| scores.view()))?;
        progress.report(0, 0).map_err(ClusterError::from)?;
    }
    Ok(builder.finish(params, progress)?)
}
