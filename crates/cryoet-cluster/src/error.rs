use cryoet_core::{Cancelled, NonFinitePosition, NonFiniteScore, RegionOutside, SourceError};
use thiserror::Error;

/// Why points could not be clustered.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum MeanShiftError {
    /// The bandwidth is no positive finite number.
    #[error("bandwidth {bandwidth}: expected a positive finite number")]
    Bandwidth {
        /// The bandwidth given.
        bandwidth: f64,
    },
    /// A point with a coordinate that is NaN or infinite.
    #[error("point {index} has coordinate {axis} = {value}: expected a finite number")]
    NonFinitePoint {
        /// The point's place in the list.
        index: usize,
        /// The coordinate's place in the point.
        axis: usize,
        /// The coordinate.
        value: f64,
    },
    /// More points than an index of 32 bits counts.
    #[error("{points} points: expected fewer than 2^32")]
    TooManyPoints {
        /// How many there are.
        points: usize,
    },
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Why a label volume could not be clustered.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClusterError {
    /// The radius is no positive number, or beyond any volume.
    #[error("radius {radius} voxels: expected a positive number up to {}", crate::params::LARGEST_RADIUS)]
    Radius {
        /// The radius given.
        radius: f64,
    },
    /// The minimum distance is negative, NaN or infinite.
    #[error("minimum distance {distance} voxels: expected a finite number, 0 or more")]
    MinDistance {
        /// The distance given.
        distance: f64,
    },
    /// The radius of the opening is negative, no number, or beyond any volume.
    #[error("radius of opening {radius} voxels: expected a number from 0 to {}", crate::params::LARGEST_RADIUS)]
    Opening {
        /// The radius given.
        radius: f64,
    },
    /// The depth of the watershed is negative, NaN or infinite.
    #[error("depth of watershed {depth}: expected a finite number, 0 or more")]
    Depth {
        /// The depth given.
        depth: f64,
    },
    /// Labels and scores differ in shape.
    #[error("labels have shape {labels:?} (z, y, x) and scores {scores:?}: expected the same")]
    Shapes {
        /// The labels' shape.
        labels: [usize; 3],
        /// The scores' shape.
        scores: [usize; 3],
    },
    /// A score that is no probability.
    #[error("score {value} at voxel {voxel:?} (z, y, x): expected a number in [0, 1]")]
    Score {
        /// The voxel, z, y, x.
        voxel: [usize; 3],
        /// The score there.
        value: f32,
    },
    /// More voxels than an index of 32 bits counts.
    #[error("a volume of shape {shape:?} (z, y, x): expected at most 2^32 voxels")]
    TooManyVoxels {
        /// The shape given.
        shape: [usize; 3],
    },
    /// A block reaches beyond the volume it belongs to.
    #[error(transparent)]
    Outside(#[from] RegionOutside),
    /// The method works on scores (peaks, a watershed by score), and there are none.
    #[error("the method works on scores and none were given: expected a score volume")]
    NoScores,
    /// Some blocks came with scores and some without.
    #[error("the block at {start:?} (z, y, x) comes {} scores, earlier blocks {}", with(*scores), with(!*scores))]
    MixedScores {
        /// The block's first voxel, z, y, x.
        start: [usize; 3],
        /// Whether this block has scores.
        scores: bool,
    },
    /// Two blocks hold the same foreground voxel.
    #[error("voxel {voxel:?} (z, y, x) came in two blocks: expected blocks that do not overlap")]
    Overlap {
        /// The voxel, z, y, x.
        voxel: [usize; 3],
    },
    /// A position that is not finite.
    #[error(transparent)]
    Position(#[from] NonFinitePosition),
    /// A particle's score that is not finite.
    #[error(transparent)]
    ParticleScore(#[from] NonFiniteScore),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Why a label volume that is read in slabs could not be clustered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterSourceError {
    /// A slab could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// What was read could not be clustered.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

fn with(scores: bool) -> &'static str {
    if scores { "with" } else { "without" }
}
