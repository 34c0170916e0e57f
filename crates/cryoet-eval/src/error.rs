use thiserror::Error;

/// Why picks cannot be compared with truth.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The hitbox volume names a particle that the truth does not have.
    #[error("hitbox voxel {voxel:?} (z, y, x) holds particle {id}, but the truth lists {truth} particles (ids count from 1)")]
    UnknownParticle {
        /// The first such voxel, z, y, x.
        voxel: [usize; 3],
        /// The id it holds.
        id: u32,
        /// The number of true particles.
        truth: usize,
    },
    /// A radius that is not positive and finite.
    #[error("matching radius {radius}: expected a positive number of voxels")]
    Radius {
        /// The radius in voxels.
        radius: f64,
    },
    /// More particles than can be numbered.
    #[error("{count} particles: at most {limit} can be evaluated at once")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}
