use cryoet_core::ClassLabel;
use cryoet_core::ndarray::ArrayView3;
use rayon::prelude::*;

use crate::ClusterError;

/// The voxels of a label volume that are neither background nor left out, in the order of the volume, with labels and scores.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Foreground {
    shape: [usize; 3],
    indices: Vec<u32>,
    labels: Vec<u8>,
    scores: Option<Vec<f32>>,
}

/// Rounding in a soft-max or an average of tiles may pass 1 by this much.
const SCORE_SLACK: f32 = 1e-3;

/// A block's foreground: index in the volume, label, score.
pub(crate) type Voxels = Vec<(u32, u8, f32)>;

impl Foreground {
    /// From indices that ascend.
    pub(crate) fn from_parts(shape: [usize; 3], indices: Vec<u32>, labels: Vec<u8>, scores: Option<Vec<f32>>) -> Self {
        Self { shape, indices, labels, scores }
    }

    pub(crate) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    pub(crate) fn len(&self) -> usize {
        self.indices.len()
    }

    pub(crate) fn indices(&self) -> &[u32] {
        &self.indices
    }

    pub(crate) fn label(&self, i: usize) -> u8 {
        self.labels[i]
    }

    /// The score of the `i`-th voxel; 1 where there are no scores.
    pub(crate) fn score(&self, i: usize) -> f64 {
        self.scores.as_ref().map_or(1.0, |scores| f64::from(scores[i]))
    }

    /// The `i`-th voxel, z, y, x.
    pub(crate) fn voxel(&self, i: usize) -> [usize; 3] {
        voxel(self.shape, self.indices[i])
    }

    /// Whether there are scores.
    pub(crate) fn has_scores(&self) -> bool {
        self.scores.is_some()
    }

    /// The place of a voxel in the foreground, where it belongs to it.
    pub(crate) fn find(&self, voxel: [usize; 3]) -> Option<usize> {
        if (0..3).any(|axis| voxel[axis] >= self.shape[axis]) {
            return None;
        }
        let index = (voxel[0] * self.shape[1] + voxel[1]) * self.shape[2] + voxel[2];
        self.indices.binary_search(&(index as u32)).ok()
    }

    /// The labels that occur, ascending.
    pub(crate) fn classes(&self) -> Vec<u8> {
        let mut present = [false; 256];
        for &label in &self.labels {
            present[label as usize] = true;
        }
        (0..=255).filter(|&label: &u8| present[label as usize]).collect()
    }

    /// The voxels of one label.
    pub(crate) fn of_class(&self, label: u8) -> Self {
        self.only(|i| self.labels[i] == label)
    }

    /// The voxels whose place in the foreground satisfies a condition.
    pub(crate) fn only(&self, condition: impl Fn(usize) -> bool) -> Self {
        let chosen: Vec<usize> = (0..self.len()).filter(|&i| condition(i)).collect();
        Self {
            shape: self.shape,
            indices: chosen.iter().map(|&i| self.indices[i]).collect(),
            labels: chosen.iter().map(|&i| self.labels[i]).collect(),
            scores: self.scores.as_ref().map(|scores| chosen.iter().map(|&i| scores[i]).collect()),
        }
    }
}

/// The place of an index, z, y, x.
pub(crate) fn voxel([_, ny, nx]: [usize; 3], index: u32) -> [usize; 3] {
    let index = index as usize;
    [index / (ny * nx), index / nx % ny, index % nx]
}

/// Whether every voxel has an index of 32 bits.
pub(crate) fn check_shape(shape: [usize; 3]) -> Result<(), ClusterError> {
    let voxels = shape.iter().try_fold(1_u64, |product, &n| product.checked_mul(n as u64));
    match voxels {
        Some(voxels) if voxels <= 1 << 32 => Ok(()),
        _ => Err(ClusterError::TooManyVoxels { shape }),
    }
}

/// The foreground of a block whose first voxel lies at `start`; the block must lie inside `shape`.
pub(crate) fn scan(
    shape: [usize; 3],
    start: [usize; 3],
    labels: ArrayView3<'_, u8>,
    scores: Option<ArrayView3<'_, f32>>,
) -> Result<Voxels, ClusterError> {
    if let Some(scores) = scores
        && scores.dim() != labels.dim()
    {
        return Err(ClusterError::Shapes { labels: labels.dim().into(), scores: scores.dim().into() });
    }
    if labels.is_empty() {
        return Ok(vec![]);
    }
    let planes: Vec<_> = (0..labels.dim().0).into_par_iter().map(|z| scan_plane(shape, start, z, labels, scores)).collect();
    // One plane after the other: of several wrong scores it is always the first that is named.
    let planes: Vec<Voxels> = planes.into_iter().collect::<Result<_, _>>()?;
    Ok(planes.concat())
}

fn scan_plane(
    shape: [usize; 3],
    start: [usize; 3],
    z: usize,
    labels: ArrayView3<'_, u8>,
    scores: Option<ArrayView3<'_, f32>>,
) -> Result<Voxels, ClusterError> {
    let mut found = Vec::new();
    for y in 0..labels.dim().1 {
        let first = ((start[0] + z) * shape[1] + start[1] + y) * shape[2] + start[2];
        for x in 0..labels.dim().2 {
            let label = labels[[z, y, x]];
            let score = match scores {
                Some(scores) => checked(scores[[z, y, x]])
                    .map_err(|value| ClusterError::Score { voxel: [start[0] + z, start[1] + y, start[2] + x], value })?,
                None => 1.0,
            };
            if label != ClassLabel::BACKGROUND.get() && label != ClassLabel::IGNORE.get() {
                found.push(((first + x) as u32, label, score));
            }
        }
    }
    Ok(found)
}

fn checked(score: f32) -> Result<f32, f32> {
    if (-SCORE_SLACK..=1.0 + SCORE_SLACK).contains(&score) { Ok(score.clamp(0.0, 1.0)) } else { Err(score) }
}
