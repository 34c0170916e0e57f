use cryoet_core::{ClassLabel, Particle, Position, Score};

use crate::foreground::Foreground;
use crate::{ClusterError, ClusterParams, Placement, Vote};

/// Which cluster each foreground voxel belongs to, and where the clusters lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Clusters {
    /// Positions z, y, x.
    pub(crate) centres: Vec<[f64; 3]>,
    /// For each voxel of the foreground, in its order, the index of its cluster.
    pub(crate) members: Vec<u32>,
    /// For each cluster the score of its particle, where the method says it.
    pub(crate) scores: Option<Vec<f64>>,
}

impl Clusters {
    /// Clusters that lie at the centroids of their voxels.
    pub(crate) fn with_centroids(foreground: &Foreground, members: Vec<u32>, count: usize) -> Self {
        let mut sums = vec![(0_u64, [0_u64; 3]); count];
        for (i, &cluster) in members.iter().enumerate() {
            let (voxels, sum) = &mut sums[cluster as usize];
            *voxels += 1;
            for (sum, c) in sum.iter_mut().zip(foreground.voxel(i)) {
                *sum += c as u64;
            }
        }
        let centres = sums.into_iter().map(|(voxels, sum)| sum.map(|s| s as f64 / voxels as f64)).collect();
        Self { centres, members, scores: None }
    }
}

/// A particle and what its voxels tell besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The particle.
    pub particle: Particle,
    /// The covariance of its voxels' coordinates z, y, x, in voxels squared: its extent. Over the size it is the covariance
    /// of the centroid, were the voxels independent.
    pub covariance: [[f64; 3]; 3],
    /// For each label among its voxels the share of the voxels that carry it; labels ascend, shares sum to 1.
    pub shares: Vec<(ClassLabel, f64)>,
}

/// Sums over the voxels of a cluster; coordinates count from its centre.
#[derive(Clone, Copy, Default)]
struct Sums {
    voxels: f64,
    scores: f64,
    offsets: [f64; 3],
    weighted: [f64; 3],
    products: [[f64; 3]; 3],
}

/// One for each cluster that holds a voxel.
pub(crate) fn particles(foreground: &Foreground, clusters: &Clusters, params: &ClusterParams) -> Result<Vec<Cluster>, ClusterError> {
    if clusters.centres.is_empty() {
        return Ok(vec![]);
    }
    // For each cluster the labels in it: a table of all labels would outgrow the foreground where both are many.
    let mut tallies: Vec<Vec<Tally>> = vec![vec![]; clusters.centres.len()];
    let mut sums = vec![Sums::default(); clusters.centres.len()];
    for (i, &cluster) in clusters.members.iter().enumerate() {
        let cluster = cluster as usize;
        tally(&mut tallies[cluster], foreground.label(i), foreground.score(i));
        sums[cluster].add(foreground.voxel(i), clusters.centres[cluster], foreground.score(i));
    }
    let mut found = Vec::with_capacity(clusters.centres.len());
    for (i, of_cluster) in tallies.iter().enumerate() {
        let size: u64 = of_cluster.iter().map(|t| t.voxels).sum();
        let Some(winner) = winner(of_cluster, params.vote) else { continue };
        let class = ClassLabel::new(winner.label);
        let score = match &clusters.scores {
            Some(scores) => scores[i],
            None => params.scoring.score(winner.scores, size, params.radius_of(class)),
        };
        let [z, y, x] = sums[i].place(clusters.centres[i], params.placement);
        let particle = Particle::new(class, Position::new(z, y, x)?).with_score(Score::new(score.clamp(0.0, 1.0))?).with_size(size);
        let shares = of_cluster.iter().map(|t| (ClassLabel::new(t.label), t.voxels as f64 / size as f64)).collect();
        found.push(Cluster { particle, covariance: sums[i].covariance(), shares });
    }
    Ok(found)
}

/// What a cluster holds of one label: voxels, and the sum of their scores.
#[derive(Clone, Copy)]
struct Tally {
    label: u8,
    voxels: u64,
    scores: f64,
}

/// Counts a voxel; labels ascend.
fn tally(of_cluster: &mut Vec<Tally>, label: u8, score: f64) {
    match of_cluster.binary_search_by_key(&label, |t| t.label) {
        Ok(at) => {
            of_cluster[at].voxels += 1;
            of_cluster[at].scores += score;
        }
        Err(at) => of_cluster.insert(at, Tally { label, voxels: 1, scores: score }),
    }
}

/// The label that wins; of equals the first.
fn winner(of_cluster: &[Tally], vote: Vote) -> Option<&Tally> {
    of_cluster.iter().reduce(|best, t| {
        let better = match vote {
            Vote::Majority => t.voxels > best.voxels,
            Vote::Confidence => t.scores > best.scores || (t.scores == best.scores && t.voxels > best.voxels),
        };
        if better { t } else { best }
    })
}

impl Sums {
    fn add(&mut self, voxel: [usize; 3], centre: [f64; 3], score: f64) {
        let offset: [f64; 3] = std::array::from_fn(|axis| voxel[axis] as f64 - centre[axis]);
        self.voxels += 1.0;
        self.scores += score;
        for (a, along) in offset.into_iter().enumerate() {
            self.offsets[a] += along;
            self.weighted[a] += score * along;
            for (b, across) in offset.into_iter().enumerate() {
                self.products[a][b] += along * across;
            }
        }
    }

    fn place(&self, centre: [f64; 3], placement: Placement) -> [f64; 3] {
        std::array::from_fn(|axis| match placement {
            Placement::Method => centre[axis],
            Placement::WeightedCentroid if self.scores > 0.0 => centre[axis] + self.weighted[axis] / self.scores,
            _ => centre[axis] + self.offsets[axis] / self.voxels,
        })
    }

    fn covariance(&self) -> [[f64; 3]; 3] {
        let mean = self.offsets.map(|sum| sum / self.voxels);
        std::array::from_fn(|a| std::array::from_fn(|b| self.products[a][b] / self.voxels - mean[a] * mean[b]))
    }
}

#[cfg(test)]
mod tests;
