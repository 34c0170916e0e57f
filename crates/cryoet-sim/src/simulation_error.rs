use cryoet_core::{BinningError, Cancelled, ClassTableError};
use thiserror::Error;

use crate::{CtfParams, FilamentParams, GoldParams, MembraneParams, Misalignment, PlacementError, TiltSchemeError, VesicleParams};

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
    /// A slab too large to be held.
    #[error("tomogram of shape {shape:?} (z, y, x) in a slab {width} voxels wide: expected at most 2^33 voxels")]
    Voxels {
        /// The shape asked for.
        shape: [usize; 3],
        /// The slab's width along x, with what the steepest tilt sees beyond the tomogram.
        width: f64,
    },
    /// A voxel size that is not positive, or a micrometre and more.
    #[error("voxel size {angstrom} Angstrom: expected a positive number up to 10000")]
    VoxelSize {
        /// The size asked for.
        angstrom: f64,
    },
    /// A voxel size so small that a complex's box is too large to be held.
    #[error("voxel size {angstrom} Angstrom: {complex:?} reaches {reach} voxels far: expected at most {most}")]
    FineVoxels {
        /// The size asked for.
        angstrom: f64,
        /// The name of the complex.
        complex: String,
        /// How far the complex reaches from its reference point, in voxels.
        reach: f64,
        /// How far it may reach.
        most: f64,
    },
    /// More particles than the tomogram has room for, however they lie.
    #[error("{count} particles: {voxels} voxels hold at most {most} of the smallest complex")]
    ParticleCount {
        /// How many were asked for.
        count: u32,
        /// The tomogram's voxels.
        voxels: usize,
        /// How many of the smallest complex fill the tomogram.
        most: u64,
    },
    /// No complex, or more than there are class labels.
    #[error("{count} complexes: expected 1 to 254, with a class each for vesicles, gold, membranes and filaments")]
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
    #[error("contrast transfer {ctf:?}: expected 1 to 10000 kV, 0 to 100 mm, -100 to 100 micrometre, amplitude contrast in 0..=1")]
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
    /// Vesicles out of range.
    #[error("{vesicles:?}: expected radii from the thickness up that fit the voxels (255 of them at most), flattening in 0..=0.5")]
    Vesicles {
        /// The parameters.
        vesicles: VesicleParams,
    },
    /// Membranes out of range.
    #[error("{membranes:?}: expected radii from the thickness up that fit the voxels (255 of them at most)")]
    Membranes {
        /// The parameters.
        membranes: MembraneParams,
    },
    /// Filaments out of range.
    #[error("{filaments:?}: expected lengths from the diameter up that fit the voxels (510 of them at most), contrast in 0.001..=100")]
    Filaments {
        /// The parameters.
        filaments: FilamentParams,
    },
    /// Gold beads out of range.
    #[error("{gold:?}: expected a diameter of 1 to 10000 Angstrom and of 510 voxels at most")]
    Gold {
        /// The parameters.
        gold: GoldParams,
    },
    /// Something that needs a contrast transfer, without one.
    #[error("noise through the contrast transfer, a focus that changes and multislice need contrast transfer parameters: none are given")]
    NoTransfer,
    /// Slices without thickness, or far too many of them.
    #[error("slices of {angstrom} Angstrom: expected a tenth of a voxel or more")]
    Slice {
        /// The thickness asked for.
        angstrom: f64,
    },
    /// Motion that is negative or absurd.
    #[error("motion of {angstrom} Angstrom: expected 0 to 1000")]
    Motion {
        /// The standard deviation asked for.
        angstrom: f64,
    },
    /// A dose that is not positive, or a detector whose curves are out of range.
    #[error(
        "exposure of {dose} electrons to the square Angstrom: expected a positive dose, and detector curves within 0 and 1 with no efficiency of 0"
    )]
    Exposure {
        /// The dose asked for.
        dose: f64,
    },
    /// Misalignment out of range.
    #[error(
        "{misalignment:?}: expected a shift of 0 to 10000 Angstrom, tilts of 0 to 5 degrees, turns of 0 to 90, magnification of 0 to 0.2"
    )]
    Misalignment {
        /// The standard deviations asked for.
        misalignment: Misalignment,
    },
    /// A diameter for exact weights that is no pixel.
    #[error("exact weights for {pixels} pixels: expected 1 or more")]
    Diameter {
        /// The diameter asked for.
        pixels: f64,
    },
    /// A binning that leaves too little.
    #[error(
        "binning by {binning} of {shape:?} (z, y, x) and depth {depth}: expected 1 to 16, two voxels left along each axis, depth up to 16384"
    )]
    Binning {
        /// The binning asked for.
        binning: usize,
        /// The shape before binning.
        shape: [usize; 3],
        /// The taller reconstruction's depth.
        depth: usize,
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
    /// Volumes that cannot be binned.
    #[error(transparent)]
    Bin(#[from] BinningError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
