use std::collections::BTreeMap;

use cryoet_core::{ClassLabel, ClassTable, VoxelSize};

use super::{CoordinateUnit, ParticleFormat};

/// Which way round a file gives three coordinates.
///
/// ```
/// use cryoet_io::{AxisOrder, ReadParticles, read_particles};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("particle_locations.txt");
/// std::fs::write(&path, "1 10 20 30\n")?;
/// let shrec_2019 = ReadParticles { axis_order: Some(AxisOrder::Zyx), ..ReadParticles::default() };
/// assert_eq!(read_particles(&path, &shrec_2019)?.particles[0].position.zyx(), [10.0, 20.0, 30.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// The frame of one tomogram, for lists that span several.
///
/// ```
/// use cryoet_core::VoxelSize;
/// use cryoet_io::{StarCentre, TomogramFrame};
/// let frame = TomogramFrame::new([409, 512, 512], VoxelSize::isotropic(10.0)?);
/// assert_eq!(frame.centre(StarCentre::Half), [204.5, 256.0, 256.0]);
/// // It is 4092 voxels deep before binning, and RELION's centre is that of these.
/// let frame = frame.with_unbinned([4092, 5120, 5120], 10.0);
/// assert_eq!(frame.centre(StarCentre::Half), [204.6, 256.0, 256.0]);
/// # Ok::<(), cryoet_core::VoxelSizeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TomogramFrame {
    /// The extent z, y, x.
    pub shape: [usize; 3],
    /// The voxel size.
    pub voxel_size: VoxelSize,
    /// The extent z, y, x before binning, and by how much the tomogram is binned, where that is known: an extent that binning does not
    /// divide was rounded, and the centre of the one is not that of the other.
    pub unbinned: Option<([usize; 3], f64)>,
}

impl TomogramFrame {
    /// The frame of a tomogram that is not binned, or of which no more is known.
    pub fn new(shape: [usize; 3], voxel_size: VoxelSize) -> Self {
        Self { shape, voxel_size, unbinned: None }
    }

    /// The same frame, with the extent z, y, x before binning and the (positive) binning.
    #[must_use]
    pub fn with_unbinned(mut self, shape: [usize; 3], binning: f64) -> Self {
        self.unbinned = Some((shape, binning));
        self
    }

    /// The centre z, y, x that RELION 5's coordinates count from, in voxels. [`StarCentre::Half`] and [`StarCentre::FlooredHalf`] are
    /// RELION's own, which knows its tomograms unbinned; [`StarCentre::HalfLessOne`] is that of programs that see this one alone.
    pub fn centre(&self, centre: StarCentre) -> [f64; 3] {
        match self.unbinned {
            Some((shape, binning)) if centre != StarCentre::HalfLessOne => shape.map(|n| centre.of(n) / binning),
            _ => self.shape.map(|n| centre.of(n)),
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
    /// The columns of text without a header, in order, by CSV's names: `tomogram`, `class`, `z`, `y`, `x`, `score`, `size`, RELION's
    /// `rot`, `tilt`, `psi`; other names are kept as extras, `-` passes a column over. Where there are any, a file whose
    /// `format` is not given is read as such text.
    pub columns: Vec<String>,
    /// What text without a header and the Data Portal's points count in; default voxels, as the Portal's own programs read them.
    pub unit: Option<CoordinateUnit>,
    /// The class of particles in files that have no class, and where another program's class is 0; default 1.
    pub class: ClassLabel,
    /// The voxel size of the tomogram that positions are wanted in. Needed by formats in Angstrom (RELION 5; copick where its
    /// file does not say) and by RELION 4 where the tomogram is binned. A file that states another voxel size (CSV, RELION 3 and 3.1,
    /// Dynamo, IMOD; by more than a part in 10^4) has its positions rescaled, so that their places in Angstrom stay.
    pub voxel_size: Option<VoxelSize>,
    /// Goes in the place of the voxel size that CSV, RELION 3 and 3.1, Dynamo and IMOD state: the same as `voxel_size`, it gives the
    /// list another voxel size and leaves its voxel indices as they are. Origins in Angstrom count in the file's own all the same.
    pub stated_voxel_size: Option<VoxelSize>,
    /// The tomogram's extent z, y, x. Needed by RELION 5.
    pub shape: Option<[usize; 3]>,
    /// Frames by name, for STAR files that span several tomograms; they go before `voxel_size` and `shape`. See
    /// [`read_relion_tomograms`](crate::read_relion_tomograms).
    pub tomograms: BTreeMap<String, TomogramFrame>,
    /// Only particles of this tomogram, and those of which the file does not say where they lie; by default all.
    pub tomogram: Option<String>,
    /// The centre that RELION 5's coordinates count from; default RELION's own `n / 2`.
    pub star_centre: StarCentre,
    /// Pixel size of the tilt series in Angstrom, which RELION 4 counts in; default what the file's optics say.
    pub tilt_series_pixel_size: Option<f64>,
    /// What the file calls the centre of the first voxel, in voxels of the file. Defaults: Dynamo 0.5, STOPGAP and EM 1, IMOD 0.5 in x
    /// and y and 0 in z, the others 0. RELION 4 and 5 and copick count no voxels of the tomogram and refuse it.
    pub first_voxel: Option<f64>,
}

impl ReadParticles {
    /// Coordinates of a format that counts voxels from 0, unless the options number the first one otherwise.
    pub(super) fn counted_from_zero(&self, zyx: [f64; 3]) -> [f64; 3] {
        zyx.map(|at| at - self.first_voxel.unwrap_or(0.0))
    }

    /// The class that a number of another program stands for: 0 is none.
    pub(super) fn class_of(&self, number: f64) -> Option<ClassLabel> {
        match number {
            0.0 => Some(self.class),
            n if n.fract() == 0.0 && (1.0..=254.0).contains(&n) => Some(ClassLabel::new(n as u8)),
            _ => None,
        }
    }
}

impl Default for ReadParticles {
    fn default() -> Self {
        Self {
            format: None,
            axis_order: None,
            columns: Vec::new(),
            unit: None,
            classes: ClassTable::default(),
            class: ClassLabel::new(1),
            voxel_size: None,
            stated_voxel_size: None,
            shape: None,
            tomograms: BTreeMap::new(),
            tomogram: None,
            star_centre: StarCentre::default(),
            tilt_series_pixel_size: None,
            first_voxel: None,
        }
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
    /// The columns of text without a header, as in [`ReadParticles::columns`]; where there are any, the format is such text unless
    /// `format` says otherwise.
    pub columns: Vec<String>,
    /// What text without a header and the Data Portal's points are to count in; default voxels.
    pub unit: Option<CoordinateUnit>,
    /// The centre that RELION 5's coordinates count from; default RELION's own `n / 2`.
    pub star_centre: StarCentre,
    /// Names of classes: where not empty, CSV gains a column `class_name`, RELION STAR a column `cryoetClassName`, and
    /// SHREC text, copick and IMOD name their objects by it.
    pub classes: ClassTable,
    /// Frames by name, for lists that span several tomograms; they go before the list's own.
    pub tomograms: BTreeMap<String, TomogramFrame>,
    /// Pixel size of the tilt series in Angstrom, which RELION 4 counts in; default what the list was read with.
    pub tilt_series_pixel_size: Option<f64>,
    /// What the file is to call the centre of the first voxel; defaults as in [`ReadParticles::first_voxel`].
    pub first_voxel: Option<f64>,
}

impl WriteParticles {
    /// Coordinates to be written in a format that counts voxels from 0, unless the options number the first one otherwise.
    pub(super) fn to_zero(&self, zyx: [f64; 3]) -> [f64; 3] {
        zyx.map(|at| at + self.first_voxel.unwrap_or(0.0))
    }

    /// A class as formats name it in one word: its name, or its label where it has none or one that would be read as a label.
    pub(super) fn class_word(&self, class: ClassLabel) -> String {
        let name = self.classes.name(class);
        if name.trim().parse::<f64>().is_ok() { class.to_string() } else { name }
    }
}
