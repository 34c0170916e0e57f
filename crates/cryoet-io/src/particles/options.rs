use cryoet_core::{ClassLabel, ClassTable};

use super::ParticleFormat;

/// Which way round a file gives three coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AxisOrder {
    /// x first. SHREC'20 and '21; in XML, attribute `x` is array axis 2, as DeepFinder 0.2 writes it.
    Xyz,
    /// z first. SHREC'19; in XML, attribute `x` is array axis 0 and `z` axis 2, as DeepFinder's 2018 lists have it.
    Zyx,
}

impl AxisOrder {
    /// Three coordinates in the file's order to z, y, x, and back.
    pub(super) fn zyx<T>(self, [first, second, third]: [T; 3]) -> [T; 3] {
        match self {
            Self::Xyz => [third, second, first],
            Self::Zyx => [first, second, third],
        }
    }
}

/// The centre that RELION 5's coordinates count from, in voxels of an axis of `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StarCentre {
    /// `n / 2`, halves kept: RELION 5's own tomogram set.
    #[default]
    Half,
    /// `floor(n / 2)`: RELION 5's projection matrices.
    FlooredHalf,
    /// `n / 2 - 1`, halves kept: the napari picker and PyTom.
    HalfLessOne,
}

impl StarCentre {
    /// The centre of an axis of `n` voxels.
    ///
    /// ```
    /// use cryoet_io::StarCentre;
    /// assert_eq!(StarCentre::Half.of(45), 22.5);
    /// assert_eq!(StarCentre::FlooredHalf.of(45), 22.0);
    /// assert_eq!(StarCentre::HalfLessOne.of(45), 21.5);
    /// ```
    pub fn of(self, n: usize) -> f64 {
        match self {
            Self::Half => n as f64 / 2.0,
            Self::FlooredHalf => (n / 2) as f64,
            Self::HalfLessOne => n as f64 / 2.0 - 1.0,
        }
    }
}

/// What [`read_particles`](crate::read_particles) cannot know from a file.
///
/// ```
/// use cryoet_io::{AxisOrder, ReadParticles};
/// let shrec_2021 = ReadParticles { axis_order: Some(AxisOrder::Xyz), ..ReadParticles::default() };
/// assert!(shrec_2021.format.is_none()); // told by content and extension
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReadParticles {
    /// The format; by default told by content, then by extension.
    pub format: Option<ParticleFormat>,
    /// Which way round coordinates stand in SHREC text (no default: it differs from year to year) and in DeepFinder XML
    /// (default [`AxisOrder::Xyz`]).
    pub axis_order: Option<AxisOrder>,
    /// Names of classes, for files that name them.
    pub classes: ClassTable,
    /// The class of particles in files that have no class; default 1.
    pub class: ClassLabel,
}

impl Default for ReadParticles {
    fn default() -> Self {
        Self { format: None, axis_order: None, classes: ClassTable::default(), class: ClassLabel::new(1) }
    }
}

/// How [`write_particles`](crate::write_particles) writes.
///
/// ```
/// use cryoet_io::{StarCentre, WriteParticles};
/// let options = WriteParticles { star_centre: StarCentre::FlooredHalf, ..WriteParticles::default() };
/// assert!(options.classes.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteParticles {
    /// The format; by default the extension's.
    pub format: Option<ParticleFormat>,
    /// Which way round coordinates are written in SHREC text (no default) and in DeepFinder XML (default
    /// [`AxisOrder::Xyz`]).
    pub axis_order: Option<AxisOrder>,
    /// The centre that RELION 5's coordinates count from; default RELION's own `n / 2`.
    pub star_centre: StarCentre,
    /// Names of classes: where not empty, CSV gains a column `class_name`, and SHREC text and STAR files hold names.
    pub classes: ClassTable,
}
