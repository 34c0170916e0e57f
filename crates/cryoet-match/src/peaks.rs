use cryoet_core::{ClassLabel, NonFiniteScore, Particle, Position, Score};
use thiserror::Error;

use crate::separated::separated_maxima;
use crate::{Matches, NOT_SEARCHED, RotationGrid};

/// Why scores gave no particles.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum PeakError {
    /// A distance that is negative or not finite.
    #[error("a minimum distance of {distance} voxels: expected a finite number, 0 or more")]
    Distance {
        /// The distance given.
        distance: f64,
    },
    /// A threshold that is no number.
    #[error("a threshold of {threshold}: expected a number")]
    Threshold {
        /// The threshold given.
        threshold: f64,
    },
    /// Scores and orientations differ in shape.
    #[error("scores have shape {scores:?} (z, y, x) and orientations {rotations:?}: expected the same")]
    Shapes {
        /// The scores' shape.
        scores: [usize; 3],
        /// The shape of the map of orientations.
        rotations: [usize; 3],
    },
    /// An orientation that the grid does not have: it is not the grid of the search.
    #[error("voxel {voxel:?} (z, y, x) has orientation {index} of a grid of {len}: expected the grid of the search")]
    Rotation {
        /// The voxel, z, y, x.
        voxel: [usize; 3],
        /// The index there.
        index: u32,
        /// How many orientations the grid has.
        len: usize,
    },
    /// A score that is not finite.
    #[error(transparent)]
    Score(#[from] NonFiniteScore),
}

/// Which maxima of the scores become particles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakParams {
    /// The least distance between two particles in voxels: about a particle's smallest diameter.
    pub distance: f64,
    /// Only scores above it count; see [`ScoreStatistics::threshold`](crate::ScoreStatistics::threshold). Default 0.
    pub threshold: f64,
    /// How many at most, the best. Default: all.
    pub most: Option<usize>,
}

impl PeakParams {
    /// All maxima above 0 at least `distance` voxels apart.
    pub const fn new(distance: f64) -> Self {
        Self { distance, threshold: 0.0, most: None }
    }
}

/// The maxima of a search as particles of a class, the best first, with position, orientation and score.
///
/// A maximum is a searched voxel that none of its 26 neighbours exceeds. The highest is taken first, and then whatever is not nearer than
/// the distance to one taken already; of equals the first in the order z, y, x. Positions are voxel indices.
///
/// # Errors
/// Parameters that are no numbers; another grid than that of the search.
///
/// ```
/// use cryoet_core::{ClassLabel, Volume, ndarray::Array3};
/// use cryoet_match::{Matches, PeakParams, RotationGrid, ScoreStatistics, Symmetry, find_peaks};
/// let mut scores = Array3::zeros((8, 8, 8));
/// (scores[[1, 2, 3]], scores[[6, 6, 6]], scores[[6, 6, 5]]) = (0.5, 0.7, 0.6);
/// let statistics = ScoreStatistics { count: 512, mean: 0.0, std: 0.1 };
/// let matches = Matches { scores: Volume::new(scores), rotations: Array3::zeros((8, 8, 8)), statistics };
/// let grid = RotationGrid::covering(60.0, Symmetry::Cyclic(1))?;
/// let found = find_peaks(&matches, &grid, ClassLabel::new(1), &PeakParams::new(3.0))?;
/// assert_eq!(found.len(), 2);
/// assert_eq!(found[0].position.zyx(), [6.0, 6.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_peaks(matches: &Matches, grid: &RotationGrid, class: ClassLabel, params: &PeakParams) -> Result<Vec<Particle>, PeakError> {
    let PeakParams { distance, threshold, most } = *params;
    if !(distance >= 0.0 && distance.is_finite()) {
        return Err(PeakError::Distance { distance });
    }
    if threshold.is_nan() {
        return Err(PeakError::Threshold { threshold });
    }
    let (scores, rotations) = (matches.scores.data(), &matches.rotations);
    if scores.dim() != rotations.dim() {
        return Err(PeakError::Shapes { scores: scores.dim().into(), rotations: rotations.dim().into() });
    }
    let searched = |voxel: [usize; 3]| rotations[voxel] != NOT_SEARCHED;
    separated_maxima(scores.view(), searched, threshold, distance, most.unwrap_or(usize::MAX))
        .into_iter()
        .map(|voxel| {
            let index = rotations[voxel];
            let orientation = *grid.get(index).ok_or(PeakError::Rotation { voxel, index, len: grid.len() })?;
            let score = Score::new(f64::from(scores[voxel]))?;
            Ok(Particle::new(class, Position::from_index(voxel)).with_orientation(orientation).with_score(score))
        })
        .collect()
}
