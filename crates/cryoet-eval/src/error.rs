use cryoet_core::{Cancelled, ClassLabel};
use thiserror::Error;

use crate::{Criterion, Unit};

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
    /// A weight by which no mean can be taken.
    #[error("class {class} weighs {weight}: expected a finite number of at least 0")]
    Weight {
        /// The class.
        class: ClassLabel,
        /// Its weight.
        weight: f64,
    },
    /// A pick lacks what picks are to be ranked by.
    #[error("pick {pick} has no {criterion}, by which picks are to be ranked")]
    NothingToRankBy {
        /// The first such pick's index among the picks of its curve.
        pick: usize,
        /// What it lacks.
        criterion: Criterion,
    },
    /// Two evaluations to be compared have different true particles.
    #[error("the evaluations are of different truths, with {first} and {second} particles")]
    DifferentTruth {
        /// True particles of the first.
        first: usize,
        /// True particles of the second.
        second: usize,
    },
    /// Resampling that tells nothing.
    #[error("{resamples} resamples and confidence {confidence}: expected at least 1 and a number between 0 and 1")]
    Resampling {
        /// How many resamples were asked for.
        resamples: u32,
        /// The confidence asked for.
        confidence: f64,
    },
    /// There is but one thing to draw from, so that every resample is the same and says nothing of how sure a figure is.
    #[error("a single {unit} cannot be resampled: expected two or more")]
    OneUnit {
        /// What was to be drawn.
        unit: Unit,
    },
    /// So many pairs within the radius that memory may not hold them.
    #[error("more than {limit} pairs of {truth} particles and {picks} picks lie within radius {radius} (voxels): is it in another unit?")]
    TooManyPairs {
        /// The largest radius in voxels.
        radius: f64,
        /// How many particles there are.
        truth: usize,
        /// How many picks there are.
        picks: usize,
        /// How many pairs there may be.
        limit: usize,
    },
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A true particle's class has no mask, or one without a voxel, so that its hitbox is not known.
    #[error("particle {particle} is of class {class}, whose mask is missing or has no voxel set")]
    NoMask {
        /// The first such particle's index.
        particle: usize,
        /// Its class.
        class: ClassLabel,
    },
    /// The volume has too many voxels to be held in memory.
    #[error("a volume of shape {shape:?} (z, y, x) has more voxels than memory can address")]
    TooLarge {
        /// The shape, z, y, x.
        shape: [usize; 3],
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
