use cryoet_core::ndarray::ArrayView3;
use cryoet_core::{Particle, Progress, Region};
use rayon::prelude::*;

use crate::cluster_foreground::cluster_foreground;
use crate::foreground::{Foreground, Voxels, check_shape, scan, voxel};
use crate::{Cluster, ClusterError, ClusterParams};

/// Takes a label volume in blocks, in any order, and clusters it at the end.
///
/// Memory is bounded by the foreground, not by the volume: 12 bytes a foreground voxel while blocks come (up to twice that
/// where it has just grown), and what the method needs at the end. The particles are those of
/// [`cluster_labels`](crate::cluster_labels) on the whole volume, to the bit. Voxels that no block holds are background.
///
/// ```
/// use cryoet_cluster::{ClusterParams, ForegroundBuilder};
/// use cryoet_core::ndarray::Array3;
/// let block = Array3::from_elem((3, 3, 3), 1_u8);
/// let mut builder = ForegroundBuilder::new([64, 64, 64])?;
/// builder.push_block([40, 8, 8], block.view(), None)?;
/// builder.push_block([8, 8, 8], block.view(), None)?;
/// let particles = builder.finish(&ClusterParams::default(), &())?;
/// assert_eq!(particles.len(), 2);
/// assert_eq!(particles[0].position.zyx(), [41.0, 9.0, 9.0]);
/// # Ok::<(), cryoet_cluster::ClusterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ForegroundBuilder {
    shape: [usize; 3],
    voxels: Voxels,
    scored: Option<bool>,
}

impl ForegroundBuilder {
    /// A volume of the shape (z, y, x) without foreground.
    ///
    /// # Errors
    /// More than 2^32 voxels.
    pub fn new(shape: [usize; 3]) -> Result<Self, ClusterError> {
        check_shape(shape)?;
        Ok(Self { shape, voxels: Vec::new(), scored: None })
    }

    /// Takes the labels, and the scores where there are any, of a block whose first voxel lies at `start` (z, y, x).
    ///
    /// # Errors
    /// A block beyond the volume; scores of another shape than the labels, or out of the range that
    /// [`cluster_labels`](crate::cluster_labels) takes; scores here and none in earlier blocks, or the reverse. After an error
    /// the builder is as before the call.
    pub fn push_block(
        &mut self,
        start: [usize; 3],
        labels: ArrayView3<'_, u8>,
        scores: Option<ArrayView3<'_, f32>>,
    ) -> Result<(), ClusterError> {
        Region::new(start, labels.dim().into()).check_inside(self.shape)?;
        if self.scored.is_some_and(|scored| scored != scores.is_some()) {
            return Err(ClusterError::MixedScores { start, scores: scores.is_some() });
        }
        let found = scan(self.shape, start, labels, scores)?;
        self.scored = Some(scores.is_some());
        self.voxels.extend(found);
        Ok(())
    }

    /// The number of foreground voxels so far.
    pub fn len(&self) -> usize {
        self.voxels.len()
    }

    /// Whether there is no foreground so far.
    pub fn is_empty(&self) -> bool {
        self.voxels.is_empty()
    }

    /// Clusters what came.
    ///
    /// # Errors
    /// Parameters out of their range, a voxel that came twice, a method that works on scores where no block brought any, or a
    /// cancelled [`Progress`].
    pub fn finish(self, params: &ClusterParams, progress: &dyn Progress) -> Result<Vec<Particle>, ClusterError> {
        Ok(self.finish_clusters(params, progress)?.into_iter().map(|cluster| cluster.particle).collect())
    }

    /// Clusters what came; besides each particle the covariance of its voxels and the shares of the labels among them.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    ///
    /// ```
    /// use cryoet_cluster::{ClusterParams, ForegroundBuilder};
    /// use cryoet_core::{ClassLabel, ndarray::Array3};
    /// let block = Array3::from_shape_fn((1, 1, 4), |(_, _, x)| if x < 3 { 5_u8 } else { 6 });
    /// let mut builder = ForegroundBuilder::new([9, 9, 9])?;
    /// builder.push_block([2, 2, 2], block.view(), None)?;
    /// let clusters = builder.finish_clusters(&ClusterParams::default(), &())?;
    /// assert_eq!(clusters[0].shares, [(ClassLabel::new(5), 0.75), (ClassLabel::new(6), 0.25)]);
    /// assert_eq!(clusters[0].covariance[2][2], 1.25);
    /// # Ok::<(), cryoet_cluster::ClusterError>(())
    /// ```
    pub fn finish_clusters(self, params: &ClusterParams, progress: &dyn Progress) -> Result<Vec<Cluster>, ClusterError> {
        params.check()?;
        cluster_foreground(&self.into_foreground()?, params, progress)
    }

    pub(crate) fn into_foreground(self) -> Result<Foreground, ClusterError> {
        let Self { shape, mut voxels, scored } = self;
        if !voxels.is_sorted_by_key(|v| v.0) {
            voxels.par_sort_unstable_by_key(|v| v.0);
        }
        if let Some(pair) = voxels.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(ClusterError::Overlap { voxel: voxel(shape, pair[0].0) });
        }
        let scores = (scored == Some(true)).then(|| voxels.iter().map(|v| v.2).collect());
        Ok(Foreground::from_parts(shape, voxels.iter().map(|v| v.0).collect(), voxels.iter().map(|v| v.1).collect(), scores))
    }
}
