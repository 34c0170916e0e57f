use cryoet_core::{Cancelled, NonFiniteScore, RotationError, SinkError, SourceError, StatisticsError, VoxelSize};
use thiserror::Error;

use crate::{Ctf, TemplateError};

/// Why a template could not be matched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MatchError {
    /// The tomogram is empty or holds a voxel that is no number.
    #[error("the tomogram cannot be searched")]
    Tomogram(#[from] StatisticsError),
    /// All voxels of the tomogram are alike.
    #[error("the tomogram has the value {value} everywhere: there is nothing to match")]
    NoVariance {
        /// The value.
        value: f32,
    },
    /// The template's box does not fit into the tomogram.
    #[error("a template of {template} voxels an edge in a tomogram of {tomogram:?} (z, y, x): expected one that fits")]
    TemplateLarger {
        /// The template's edge.
        template: usize,
        /// The tomogram's shape, z, y, x.
        tomogram: [usize; 3],
    },
    /// Tomogram and template have voxels of different size.
    #[error("the template has voxels of {:?} Angstrom (z, y, x) and the tomogram of {:?}: expected the same within 1 %", template.zyx(), tomogram.zyx())]
    VoxelSizes {
        /// The template's voxel size.
        template: VoxelSize,
        /// The tomogram's voxel size.
        tomogram: VoxelSize,
    },
    /// Voxels that are no cubes: templates turn in voxels.
    #[error("voxels of {:?} Angstrom (z, y, x): expected the same along all axes within 1 %", found.zyx())]
    AnisotropicVoxels {
        /// The voxel size of the tomogram, or of the template where the tomogram's is unknown.
        found: VoxelSize,
    },
    /// No voxel was searched.
    #[error("nothing was searched: no voxel of the region has a variance around it that can be compared, or that is within the limit")]
    NothingSearched,
    /// The mask of the region to search is not the tomogram's.
    #[error("the mask of the region to search has shape {mask:?} (z, y, x) and the tomogram {tomogram:?}: expected the same")]
    MaskShape {
        /// The mask's shape.
        mask: [usize; 3],
        /// The tomogram's shape.
        tomogram: [usize; 3],
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
    /// A low-pass filter that lets nothing through, or of no width.
    #[error("a low-pass at {cutoff} with an edge of {edge} cycles per voxel: expected a positive cut-off and an edge of 0 or more")]
    LowPass {
        /// The cut-off.
        cutoff: f64,
        /// The edge.
        edge: f64,
    },
    /// A contrast transfer of no microscope.
    #[error("{ctf:?}: expected a positive defocus and voltage, an aberration of 0 or more and an amplitude contrast of 0 to 1")]
    Ctf {
        /// What was given.
        ctf: Ctf,
    },
    /// Contrast transfer without a voxel size.
    #[error("a contrast transfer needs the voxel size, which neither tomogram nor template has")]
    CtfWithoutVoxelSize,
    /// A limit of variance that is not positive.
    #[error("a variance limit of {limit}: expected a positive number")]
    VarianceLimit {
        /// The limit given.
        limit: f64,
    },
    /// Tiles so large that no computer holds them.
    #[error("tiles of {tile} voxels an edge: expected at most 2048")]
    Tile {
        /// The edge given.
        tile: usize,
    },
    /// Nothing is left of the template when filtered.
    #[error("turned to orientation {rotation} of the grid and filtered, the template is the same everywhere under its mask")]
    TemplateVanishes {
        /// The orientation's index.
        rotation: usize,
    },
    /// A tomogram too thin to measure a spectrum of.
    #[error("a tomogram of {shape:?} (z, y, x): expected at least 8 voxels along each axis to measure its spectrum")]
    TooThin {
        /// The tomogram's shape, z, y, x.
        shape: [usize; 3],
    },
    /// A particle without orientation, where one is refined.
    #[error("particle {place} has no orientation to refine")]
    NoOrientation {
        /// Its place in the list.
        place: usize,
    },
    /// A particle outside the tomogram.
    #[error("a particle at {position:?} (z, y, x) lies outside a tomogram of {shape:?}")]
    Outside {
        /// The position, z, y, x.
        position: [f64; 3],
        /// The tomogram's shape, z, y, x.
        shape: [usize; 3],
    },
    /// A range of orientations without one.
    #[error("no orientation of the finer grid within {within} degrees: expected a range wider than its step")]
    NothingNear {
        /// The range in degrees.
        within: f64,
    },
    /// A symmetry that is none.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// A score that is not finite.
    #[error(transparent)]
    Score(#[from] NonFiniteScore),
    /// The template is none.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The tomogram, or the mask of the region to search, could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The answer could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
