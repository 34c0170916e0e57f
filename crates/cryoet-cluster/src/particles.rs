use cryoet_core::{ClassLabel, NonFinitePosition, Particle, Position, Score};

use crate::ClusterError;
use crate::foreground::Foreground;

/// Which cluster each foreground voxel belongs to, and where the clusters lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Clusters {
    /// Positions z, y, x.
    pub(crate) centres: Vec<[f64; 3]>,
    /// For each voxel of the foreground, in its order, the index of its cluster.
    pub(crate) members: Vec<u32>,
}

/// One particle for each cluster that holds a voxel.
pub(crate) fn particles(foreground: &Foreground, clusters: &Clusters) -> Result<Vec<Particle>, ClusterError> {
    let classes = foreground.classes();
    let mut place = [0; 256];
    for (i, &class) in classes.iter().enumerate() {
        place[class as usize] = i;
    }
    // For each cluster and class: voxels, and the sum of their scores.
    let width = classes.len();
    let mut tally = vec![(0_u64, 0.0_f64); clusters.centres.len() * width];
    for (i, &cluster) in clusters.members.iter().enumerate() {
        let (voxels, score) = &mut tally[cluster as usize * width + place[foreground.label(i) as usize]];
        *voxels += 1;
        *score += foreground.score(i);
    }
    let mut found = Vec::with_capacity(clusters.centres.len());
    for (centre, of_cluster) in clusters.centres.iter().zip(tally.chunks_exact(width.max(1))) {
        let size: u64 = of_cluster.iter().map(|t| t.0).sum();
        if size == 0 {
            continue;
        }
        let mut winner = 0;
        for (i, t) in of_cluster.iter().enumerate() {
            if t.0 > of_cluster[winner].0 {
                winner = i;
            }
        }
        let score = Score::new((of_cluster[winner].1 / size as f64).min(1.0))?;
        let position = position(*centre)?;
        found.push(Particle::new(ClassLabel::new(classes[winner]), position).with_score(score).with_size(size));
    }
    Ok(found)
}

fn position([z, y, x]: [f64; 3]) -> Result<Position, NonFinitePosition> {
    Position::new(z, y, x)
}
