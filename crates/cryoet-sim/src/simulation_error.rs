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
    /// A slab or a taller reconstruction too large to be held.
    #[error(
        "tomogram of shape {shape:?} (z, y, x) in a slab {width} voxels wide: expected at most 2^33 voxels, the taller depth's included"
    )]
    Voxels {
        /// The shape asked for.
        shape: [usize; 3],
        /// The slab's width along x, with what the steepest tilt sees beyond the tomogram.
        width: f64,
    },
    /// A voxel size finer than atoms, or beyond a micrometre.
    #[error("voxel size {angstrom} Angstrom: expected 0.1 to 10000")]
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
    /// A name that could name no file, or one elsewhere.
    #[error(
        "complex {name:?}: expected a name without blanks, control characters, commas, / and \\, which is not ., .. or empty and has no # first"
    )]
    ComplexName {
        /// The name.
        name: String,
    },
    /// No place to try.
    #[error("0 tries: expected 1 or more places for each particle")]
    Tries,
    /// A density of particles that makes no sense.
    #[error("one particle to {voxels} voxels: expected 1 or more")]
    Crowding {
        /// The voxels per particle asked for.
        voxels: f64,
    },
    /// Noise of the solvent, lasting or of each tilt, that is negative or beyond the potential of gold.
    #[error("solvent or structural noise of {volt} V: expected 0 to 30")]
    SolventNoise {
        /// The standard deviation asked for.
        volt: f64,
    },
    /// Contrast transfer parameters out of range.
    #[error(
        "contrast transfer at {} kV, with Cs {} mm, {} micrometre underfocus and amplitude contrast {}: expected 1 to 10000 kV, 0 to 100 mm, \
         -100 to 100 micrometre, 0 to 1, and an envelope of a positive decay, Cc of 0 to 100 mm, up to 10000 eV and up to 100 mrad",
        .ctf.voltage_kv, .ctf.cs_mm, .ctf.defocus_um, .ctf.amplitude_contrast
    )]
    Ctf {
        /// The parameters.
        ctf: CtfParams,
    },
    /// A signal-to-noise ratio at which 32-bit floats lose the signal or the noise.
    #[error("signal-to-noise ratio {snr}: expected 1e-7 to 1e7")]
    Snr {
        /// The ratio asked for.
        snr: f64,
    },
    /// Noise in proportion to a signal that is none.
    #[error("noise at a signal-to-noise ratio of {snr}: the images without it have a variance of {variance}")]
    NoSignal {
        /// The ratio asked for.
        snr: f64,
        /// The images' variance.
        variance: f64,
    },
    /// Parameters under which numbers grow beyond all bounds.
    #[error("{what}: not all values are finite")]
    NotFinite {
        /// What holds them.
        what: &'static str,
    },
    /// Vesicles out of range.
    #[error(
        "{} vesicles of radii {} to {} Angstrom, {} thick and flattened by {}: expected at most 65536, radii from the thickness (10 to 10000) up \
         that fit the voxels (255 of them at most), flattening of 0 to 0.5",
        .vesicles.count, .vesicles.radius[0], .vesicles.radius[1], .vesicles.thickness, .vesicles.flattening
    )]
    Vesicles {
        /// The parameters.
        vesicles: VesicleParams,
    },
    /// Membranes out of range.
    #[error(
        "{} membranes of radii {} to {} Angstrom, {} thick: expected at most 65536, radii from the thickness (10 to 10000) up that fit the \
         voxels (255 of them at most)",
        .membranes.count, .membranes.radius[0], .membranes.radius[1], .membranes.thickness
    )]
    Membranes {
        /// The parameters.
        membranes: MembraneParams,
    },
    /// Filaments out of range.
    #[error(
        "{} filaments of lengths {} to {} Angstrom, {} across, {} V over ice: expected at most 65536, lengths from the diameter (1 to 10000) up \
         that fit the voxels (510 of them at most), 0.001 to 100 V",
        .filaments.count, .filaments.length[0], .filaments.length[1], .filaments.diameter, .filaments.contrast
    )]
    Filaments {
        /// The parameters.
        filaments: FilamentParams,
    },
    /// Gold beads out of range.
    #[error(
        "{} gold beads of {} Angstrom: expected at most 1048576, a diameter of 1 to 10000 Angstrom and of 510 voxels at most",
        .gold.count, .gold.diameter
    )]
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
    #[error("motion of {angstrom} Angstrom: expected 0 to 100")]
    Motion {
        /// The standard deviation asked for.
        angstrom: f64,
    },
    /// A dose that is not positive or beyond all use, or a detector whose curves are out of range.
    #[error(
        "exposure of {dose} electrons to the square Angstrom: expected a positive dose, up to 10000 for a tomogram, and detector curves within 0 \
         and 1 with no efficiency of 0"
    )]
    Exposure {
        /// The dose asked for.
        dose: f64,
    },
    /// Misalignment out of range.
    #[error(
        "misalignment of {} Angstrom, tilts of {} degrees, turns of {}, magnification of {}: expected 0 to 10000, 0 to 5, 0 to 90, 0 to 0.2",
        .misalignment.shift, .misalignment.tilt, .misalignment.rotation, .misalignment.magnification
    )]
    Misalignment {
        /// The standard deviations asked for.
        misalignment: Misalignment,
    },
    /// Shifts that leave nothing of an image.
    #[error("misalignment shifts of {angstrom} Angstrom: expected at most {most}, an eighth of the images")]
    Shift {
        /// The standard deviation asked for.
        angstrom: f64,
        /// The largest there may be.
        most: f64,
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
    /// A taller reconstruction that is not taller.
    #[error("a taller reconstruction of depth {depth}: expected the slab's {slab} voxels or more")]
    Depth {
        /// The depth asked for.
        depth: usize,
        /// The tomogram's own.
        slab: usize,
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
