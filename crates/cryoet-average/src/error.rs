use cryoet_core::{Cancelled, NonFinitePosition, NonFiniteScore, OrientationError, RotationError, SourceError};
use thiserror::Error;

use crate::extract::LARGEST;

/// Why particles could not be averaged, aligned or compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AverageError {
    /// A box too small or too large.
    #[error("a box of {size} voxels an edge: expected {least} to {LARGEST}")]
    Size {
        /// The edge given.
        size: usize,
        /// The smallest that does.
        least: usize,
    },
    /// A box without a voxel of the tomogram.
    #[error("a box at {position:?} (z, y, x) holds nothing of a tomogram of {shape:?}")]
    Outside {
        /// The position, z, y, x.
        position: [f64; 3],
        /// The tomogram's shape, z, y, x.
        shape: [usize; 3],
    },
    /// A voxel that is NaN or infinite.
    #[error("voxel {index:?} (z, y, x) is {value}: expected a finite number")]
    NonFinite {
        /// The voxel, z, y, x.
        index: [usize; 3],
        /// Its value.
        value: f32,
    },
    /// Every box holds one value alone.
    #[error("each of the {count} boxes holds a single value: there is nothing to average")]
    NoVariance {
        /// How many boxes there are.
        count: usize,
    },
    /// Too few particles.
    #[error("{count} particles: expected at least {least}")]
    TooFew {
        /// How many there are.
        count: usize,
        /// How many it takes.
        least: usize,
    },
    /// A wedge that is no range of tilts.
    #[error("a wedge from {from} to {to} degrees with an edge of {edge}: expected -90 <= from < to <= 90, and an edge of 0 to 90")]
    Wedge {
        /// First tilt.
        from: f64,
        /// Last tilt.
        to: f64,
        /// Soft edge.
        edge: f64,
    },
    /// A volume that is no cube of the size expected.
    #[error("the {what} has the shape {shape:?} (z, y, x): expected a cube of {size} voxels an edge")]
    Shape {
        /// Which volume.
        what: &'static str,
        /// The shape given.
        shape: [usize; 3],
        /// The edge expected.
        size: usize,
    },
    /// A box that no place of a tomogram holds.
    #[error("a box of {size} voxels an edge does not fit into a tomogram of {shape:?} (z, y, x)")]
    Box {
        /// The box's edge.
        size: usize,
        /// The tomogram's extent, z, y, x.
        shape: [usize; 3],
    },
    /// A mask's value that is no weight.
    #[error("voxel {index:?} (z, y, x) of the mask is {value}: expected a number from 0 to 1")]
    MaskValue {
        /// The voxel, z, y, x.
        index: [usize; 3],
        /// Its value.
        value: f32,
    },
    /// A mask that is zero everywhere.
    #[error("the mask is 0 everywhere: there is nothing to compare")]
    MaskEmpty,
    /// Voxel sizes that differ.
    #[error("voxels of {found:?} Angstrom (z, y, x): expected {expected:?} as in the first tomogram, within 1 %")]
    VoxelSizes {
        /// The first tomogram's voxel size.
        expected: [f64; 3],
        /// The other tomogram's, or the reference's.
        found: [f64; 3],
    },
    /// Voxels that are no cubes: orientations turn in voxels.
    #[error("voxels of {found:?} Angstrom (z, y, x): expected the same along all axes within 1 %")]
    AnisotropicVoxels {
        /// The voxel size.
        found: [f64; 3],
    },
    /// A parameter out of range.
    #[error("{name} {value}: expected {expected}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What was expected.
        expected: &'static str,
    },
    /// What is wrong with one of several tomograms, or with a particle in it.
    #[error("tomogram {place} (from 0): {error}")]
    Tomogram {
        /// The tomogram's place among those given.
        place: usize,
        /// What is wrong.
        error: Box<AverageError>,
    },
    /// A symmetry that is none, or a step too fine.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// The tomogram could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A shift that leads nowhere.
    #[error(transparent)]
    Position(#[from] NonFinitePosition),
    /// A turn that is none.
    #[error(transparent)]
    Orientation(#[from] OrientationError),
    /// A correlation that is not finite.
    #[error(transparent)]
    Score(#[from] NonFiniteScore),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl AverageError {
    /// The same error with the tomogram it is about.
    pub(crate) fn in_tomogram(self, place: usize) -> Self {
        Self::Tomogram { place, error: Box::new(self) }
    }

    /// The error itself, without the tomogram that it is about.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position, Volume, ndarray::Array3};
    /// use cryoet_average::{AverageError, AverageParams, TomogramParticles, average};
    /// let tomogram = Volume::new(Array3::zeros((16, 16, 16)));
    /// let particles = [Particle::new(ClassLabel::new(1), Position::new(8.0, 8.0, 40.0)?)];
    /// let error = average(&[TomogramParticles::new(&tomogram, &particles)], &AverageParams::new(8), &()).unwrap_err();
    /// assert!(matches!(error, AverageError::Tomogram { place: 0, .. }));
    /// assert!(matches!(error.cause(), AverageError::Outside { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cause(&self) -> &Self {
        match self {
            Self::Tomogram { error, .. } => error.cause(),
            other => other,
        }
    }
}
