use cryoet_core::{Cancelled, Progress};
use rayon::prelude::*;

use crate::Connectivity;
use crate::distance_map::squared_distances;
use crate::foreground::Foreground;
use crate::particles::Clusters;
use crate::row_index::RowIndex;

/// What the watershed floods, from its tops down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Relief {
    /// The distance of each voxel to the nearest background, in voxels: parts bodies at their necks.
    #[default]
    Distance,
    /// The score of each voxel: parts particles where the network is less sure.
    Score,
}

/// How a watershed parts touching particles.
///
/// The foreground is flooded from the tops of a relief downwards. Each top makes a basin; where two basins meet, the lower
/// one is taken by the higher if its top is no more than `depth` above the meeting place. What remains are the clusters.
///
/// ```
/// use cryoet_cluster::{ClusterParams, Method, Watershed, cluster_labels};
/// use cryoet_core::ndarray::Array3;
/// let labels = Array3::from_shape_fn((15, 15, 26), |(z, y, x)| {
///     let near = |c: usize| z.abs_diff(7).pow(2) + y.abs_diff(7).pow(2) + x.abs_diff(c).pow(2) <= 36;
///     u8::from(near(7) || near(18)) // two balls of radius 6, 11 voxels apart
/// });
/// let params = ClusterParams { method: Method::Watershed(Watershed::default()), ..ClusterParams::default() };
/// let particles = cluster_labels(labels.view(), None, &params, &())?;
/// assert_eq!(particles.len(), 2);
/// # Ok::<(), cryoet_cluster::ClusterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Watershed {
    /// What is flooded. Default: the distance, which needs no scores.
    pub relief: Relief,
    /// Which voxels are neighbours. Default: the 26.
    pub connectivity: Connectivity,
    /// The least height of a top above the place where its basin meets a higher one, in the relief's unit (voxels, or score).
    /// Default: 1, for the distance: the best of 0.25 to 2 on a crowded volume (`docs/benchmarks.md`). For scores 0.2 is a start.
    pub depth: f64,
}

impl Default for Watershed {
    fn default() -> Self {
        Self { relief: Relief::Distance, connectivity: Connectivity::Corners, depth: 1.0 }
    }
}

/// How many voxels are flooded between two looks at the progress.
const STRIDE: usize = 1 << 16;

/// The basins, the highest top first (of equal tops the first in the volume); their centres are centroids.
pub(crate) fn watershed(foreground: &Foreground, params: Watershed, progress: &dyn Progress) -> Result<Clusters, Cancelled> {
    let rows = RowIndex::new(foreground);
    let relief: Vec<f64> = match params.relief {
        Relief::Distance => squared_distances(foreground).into_iter().map(|square| (square as f64).sqrt()).collect(),
        Relief::Score => (0..foreground.len()).map(|i| foreground.score(i)).collect(),
    };
    let mut order: Vec<u32> = (0..foreground.len() as u32).collect();
    order.par_sort_unstable_by(|&a, &b| relief[b as usize].total_cmp(&relief[a as usize]).then(a.cmp(&b)));
    let steps = params.connectivity.steps();
    let mut basins = Basins::default();
    let mut basin = vec![DRY; foreground.len()];
    for (flooded, &i) in order.iter().enumerate() {
        if flooded % STRIDE == 0 {
            progress.report(flooded as u64, order.len() as u64)?;
        }
        let (i, here) = (i as usize, relief[i as usize]);
        let voxel = foreground.voxel(i);
        // The wet neighbour that lies highest decides; of equally high ones the first.
        let mut uphill: Option<usize> = None;
        let mut met = [DRY; 26];
        let mut count = 0;
        for j in steps.iter().filter_map(|&step| rows.find(rows.step(voxel, step)?)) {
            if basin[j] == DRY {
                continue;
            }
            if uphill.is_none_or(|best| relief[j] > relief[best] || (relief[j] == relief[best] && j < best)) {
                uphill = Some(j);
            }
            met[count] = basin[j];
            count += 1;
        }
        basin[i] = match uphill {
            Some(j) => basins.join(basin[j], &mut met[..count], here, params.depth),
            None => basins.add(here),
        };
    }
    Ok(basins.gather(foreground, basin))
}

/// Of no basin yet.
const DRY: u32 = u32::MAX;

/// Basins by falling tops; each taken one names an earlier one that took it.
#[derive(Default)]
struct Basins {
    tops: Vec<f64>,
    taken_by: Vec<u32>,
}

impl Basins {
    fn add(&mut self, top: f64) -> u32 {
        let new = self.tops.len() as u32;
        self.tops.push(top);
        self.taken_by.push(new);
        new
    }

    fn root(&mut self, mut basin: u32) -> u32 {
        while self.taken_by[basin as usize] != basin {
            self.taken_by[basin as usize] = self.taken_by[self.taken_by[basin as usize] as usize];
            basin = self.taken_by[basin as usize];
        }
        basin
    }

    /// The basin of a voxel at a height where those of its neighbours meet, `uphill` among them: that one, or the highest if
    /// uphill's top is not deep enough above the voxel. It takes the others whose tops are not.
    fn join(&mut self, uphill: u32, met: &mut [u32], height: f64, depth: f64) -> u32 {
        let mut highest = DRY;
        for basin in &mut *met {
            *basin = self.root(*basin);
            highest = highest.min(*basin);
        }
        let uphill = self.root(uphill);
        let shallow = |tops: &[f64], basin: u32| tops[basin as usize] - height <= depth;
        let home = if shallow(&self.tops, uphill) { highest } else { uphill };
        for &basin in &*met {
            // One that is deep stays, and one that is not is lower than those that are.
            if basin != home && shallow(&self.tops, basin) {
                self.taken_by[basin as usize] = home;
            }
        }
        home
    }

    fn gather(mut self, foreground: &Foreground, mut basin: Vec<u32>) -> Clusters {
        let mut names = vec![DRY; self.tops.len()];
        let mut count = 0;
        for i in 0..self.tops.len() as u32 {
            // An earlier basin took it, so that one has its name already.
            let root = self.root(i);
            if root == i {
                names[i as usize] = count;
                count += 1;
            }
            names[i as usize] = names[root as usize];
        }
        for member in &mut basin {
            *member = names[*member as usize];
        }
        Clusters::with_centroids(foreground, basin, count as usize)
    }
}

#[cfg(test)]
mod tests;
