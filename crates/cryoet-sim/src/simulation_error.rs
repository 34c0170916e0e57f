use cryoet_core::{Cancelled, ClassTableError};
use thiserror::Error;

use crate::{CtfParams, PlacementError, TiltSchemeError};

/// Why a tomogram could not be simulated.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum SimulationError {
    /// An axis with fewer than two voxels.
    #[error("tomogram of shape {shape:?} (z, y, x): expected 2 voxels or more along each axis")]
    Shape {
        /// The shape asked for.
        shape: [usize; 3],
    },
    /// A voxel size that is not positive and finite.
    #[error("voxel size {angstrom} Angstrom: expected a positive number")]
    VoxelSize {
        /// The size asked for.
        angstrom: f64,
    },
    /// No complex, or more than there are class labels.
    #[error("{count} complexes: expected 1 to 254")]
    ComplexCount {
        /// How many there are.
        count: usize,
    },
    /// A density of particles that makes no sense.
    #[error("one particle to {voxels} voxels: expected 1 or more")]
    Crowding {
        /// The voxels per particle asked for.
        voxels: f64,
    },
    /// Solvent noise that is negative or not finite.
    #[error("solvent noise of {volt} V: expected 0 or more")]
    SolventNoise {
        /// The standard deviation asked for.
        volt: f64,
    },
    /// Contrast transfer parameters out of range.
    #[error("contrast transfer {ctf:?}: expected finite numbers, a positive voltage, amplitude contrast in 0..=1")]
    Ctf {
        /// The parameters.
        ctf: CtfParams,
    },
    /// A signal-to-noise ratio that is not positive and finite.
    #[error("signal-to-noise ratio {snr}: expected a positive number")]
    Snr {
        /// The ratio asked for.
        snr: f64,
    },
    /// A tilt that cannot be projected.
    #[error("tilt of {angle} degrees: expected a finite angle, below 85 degrees in periodic surroundings")]
    Tilt {
        /// The angle.
        angle: f64,
    },
    /// The number of tilts and of images differ.
    #[error("{images} images and {tilts} tilts: expected as many")]
    TiltCount {
        /// How many images there are.
        images: usize,
        /// How many tilts there are.
        tilts: usize,
    },
    /// The tilt scheme cannot be used.
    #[error(transparent)]
    TiltScheme(#[from] TiltSchemeError),
    /// The particles do not fit.
    #[error("cannot place {class:?}")]
    Placement {
        /// The name of the complex that did not fit.
        class: String,
        /// What went wrong.
        source: PlacementError,
    },
    /// Two complexes share a name.
    #[error(transparent)]
    Classes(#[from] ClassTableError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
