use cryoet_core::{Class, ClassLabel, ClassTable};

use crate::noise::is_ratio;
use crate::objects::Objects;
use crate::{
    Complex, CtfParams, Exposure, FilamentParams, GoldParams, MembraneParams, Misalignment, NoiseColour, SimulationError, TiltScheme,
    VesicleParams, Weighting,
};

/// How crowded a tomogram is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Crowding {
    /// So many particles.
    Count(u32),
    /// One particle to so many voxels of the tomogram; 21,000 in the simulated data of the DeepFinder paper of 2018.
    VoxelsPerParticle(f64),
}

impl Crowding {
    /// The number of particles in so many voxels, to the nearest whole.
    ///
    /// ```
    /// assert_eq!(cryoet_sim::Crowding::VoxelsPerParticle(1000.0).count(10_400), 10);
    /// ```
    pub fn count(&self, voxels: usize) -> u32 {
        match *self {
            Self::Count(count) => count,
            Self::VoxelsPerParticle(each) => (voxels as f64 / each).round() as u32,
        }
    }
}

/// What lies beside the tomogram, where tilted beams pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Beside {
    /// As many particles as in it.
    #[default]
    Crowded,
    /// Ice alone: the SHREC tracks.
    Ice,
}

/// How the electrons' wave goes through the specimen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Propagation {
    /// A weak phase object at one focus.
    #[default]
    Projection,
    /// A weak phase object whose focus changes across a tilted image.
    DefocusGradient,
    /// Slice by slice: every voxel at its own focus, gold and all else however strong it is.
    Multislice {
        /// The slices' thickness in Angstrom.
        slice: f64,
    },
}

/// What to simulate.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct SimulationParams {
    /// The tomogram's extent, z, y, x in voxels.
    pub shape: [usize; 3],
    /// Angstrom per voxel, the same along all axes.
    pub voxel_size: f64,
    /// The complexes; the first is class 1.
    pub complexes: Vec<Complex>,
    /// How many particles there are; each one's class is drawn evenly from the complexes.
    pub crowding: Crowding,
    /// Places tried for each particle before the simulation gives up.
    pub tries: u32,
    /// Standard deviation of the solvent's potential from voxel to voxel, in volt.
    pub solvent_noise: f64,
    /// The tilt series.
    pub tilts: TiltScheme,
    /// The microscope's contrast transfer; none (written `"none"` where a file has no null) means a perfect phase plate at 300 kV.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::switched_off::transfer"))]
    pub ctf: Option<CtfParams>,
    /// Variance of the noise-free images over variance of the noise; none (0 in a file) means no such noise.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::switched_off::ratio"))]
    pub snr: Option<f64>,
    /// What that noise looks like; noise through the contrast transfer needs one.
    pub noise_colour: NoiseColour,
    /// What lies beside the tomogram.
    pub beside: Beside,
    /// Vesicles, as one class after the complexes.
    pub vesicles: Option<VesicleParams>,
    /// Gold beads, as one class after the complexes and vesicles.
    pub gold: Option<GoldParams>,
    /// Flat membranes, as one class after all these.
    pub membranes: Option<MembraneParams>,
    /// Filaments, as one class after all these.
    pub filaments: Option<FilamentParams>,
    /// Standard deviation of the solvent's potential that every tilt sees anew, in volt a voxel (SHREC'20's model of beam damage).
    pub structural_noise: f64,
    /// How the wave goes through the specimen, where there is a contrast transfer.
    pub propagation: Propagation,
    /// How far the specimen moves while an image is taken, in Angstrom (standard deviation): a blur `exp(-2 pi^2 motion^2 k^2)`.
    pub motion: f64,
    /// The electrons: damage and counting; none means as many as one likes.
    pub exposure: Option<Exposure>,
    /// How far images lie from where their alignment says.
    pub misalignment: Misalignment,
    /// How images are weighted before back-projection.
    pub weighting: Weighting,
    /// Voxels and pixels to average along each axis before back-projection; what comes out is in binned voxels.
    pub binning: usize,
    /// Whether to reconstruct even and odd tilts too.
    pub halves: bool,
    /// The z extent of a further, taller reconstruction, in voxels before binning: the SHREC tracks' cubes have 512.
    pub depth: Option<usize>,
}

/// Six complexes of SHREC'20, two of them under 250 kDa, one to 15,000 voxels in 64 x 256 x 256 voxels of 10 Angstrom, tilts -60 to
/// 60 degrees in steps of 2, 3 micrometre underfocus, SNR 0.1: at least as hard as the simulated data of the DeepFinder paper of
/// 2018. 5,000 tries are SHREC'20's; solvent noise is 4 % of the protein's contrast as there.
impl Default for SimulationParams {
    fn default() -> Self {
        let complexes = ["3d2f", "1u6g", "3cf3", "1bxn", "1qvr", "4cr2"];
        Self {
            shape: [64, 256, 256],
            voxel_size: 10.0,
            complexes: complexes.iter().filter_map(|name| Complex::builtin(name).ok()).collect(),
            crowding: Crowding::VoxelsPerParticle(15_000.0),
            tries: 5000,
            solvent_noise: 0.08,
            tilts: TiltScheme::default(),
            ctf: Some(CtfParams::default()),
            snr: Some(0.1),
            noise_colour: NoiseColour::White,
            beside: Beside::Crowded,
            vesicles: None,
            gold: None,
            membranes: None,
            filaments: None,
            structural_noise: 0.0,
            propagation: Propagation::Projection,
            motion: 0.0,
            exposure: None,
            misalignment: Misalignment::default(),
            weighting: Weighting::Ramp,
            binning: 1,
            halves: false,
            depth: None,
        }
    }
}

/// The most voxels a slab may have.
const MOST_VOXELS: f64 = (1_u64 << 33) as f64;
/// The furthest a complex may reach from its reference point, in voxels: its box has up to 512 a side.
const FURTHEST_REACH: f64 = 255.0;
/// The least voxel in Angstrom, a fifth of hydrogen's radius (Bohr's, 0.53): an atom is a cloud at such a size.
const SMALLEST_VOXEL: f64 = 0.1;
/// The largest voxel in Angstrom: a micrometre.
const LARGEST_VOXEL: f64 = 1e4;
/// The most that solvent may fluctuate, in volt: gold, which scatters more than all else here, has a potential of 29.8.
const MOST_SOLVENT_NOISE: f64 = 30.0;
/// The furthest that a specimen may move while an image is taken, in Angstrom: the diameter of a complex of 500 kDa (1bxn in SHREC'20's Table
/// 1), of which such a blur leaves nothing.
const MOST_MOTION: f64 = 100.0;
/// The most electrons to the square Angstrom: a hundred times a tomogram's 100 (SHREC'21), with which damage leaves nothing but what is as large
/// as the field.
const MOST_DOSE: f64 = 1e4;
/// The largest standard deviation of shifts, as a share of the tomogram's shorter side along y and x: at four deviations half an image is left.
const MOST_SHIFT: f64 = 0.125;

impl SimulationParams {
    /// Checks everything that can be checked before work starts.
    ///
    /// # Errors
    /// The first parameter out of range.
    pub fn check(&self) -> Result<(), SimulationError> {
        if self.shape.iter().any(|&n| n < 2) {
            return Err(SimulationError::Shape { shape: self.shape });
        }
        if !(SMALLEST_VOXEL..=LARGEST_VOXEL).contains(&self.voxel_size) {
            return Err(SimulationError::VoxelSize { angstrom: self.voxel_size });
        }
        if let Some(complex) = self.complexes.iter().find(|complex| !is_name(complex.name())) {
            return Err(SimulationError::ComplexName { name: complex.name().into() });
        }
        self.check_class_count()?;
        if self.tries == 0 {
            return Err(SimulationError::Tries);
        }
        if let Crowding::VoxelsPerParticle(each) = self.crowding
            && !(each.is_finite() && each >= 1.0)
        {
            return Err(SimulationError::Crowding { voxels: each });
        }
        if !(0.0..=MOST_SOLVENT_NOISE).contains(&self.solvent_noise) {
            return Err(SimulationError::SolventNoise { volt: self.solvent_noise });
        }
        if let Some(ctf) = self.ctf.filter(|ctf| !ctf.is_valid()) {
            return Err(SimulationError::Ctf { ctf });
        }
        if let Some(snr) = self.snr.filter(|&snr| !is_ratio(snr)) {
            return Err(SimulationError::Snr { snr });
        }
        self.check_microscope()?;
        self.check_extent()?;
        self.class_table().map(drop)
    }

    fn check_class_count(&self) -> Result<(), SimulationError> {
        if self.complexes.is_empty() || self.complexes.len() + Objects::of(self).len() > 254 {
            return Err(SimulationError::ComplexCount { count: self.complexes.len() });
        }
        Ok(())
    }

    /// What the wave, the electrons and the reconstruction need.
    fn check_microscope(&self) -> Result<(), SimulationError> {
        if !(0.0..=MOST_SOLVENT_NOISE).contains(&self.structural_noise) {
            return Err(SimulationError::SolventNoise { volt: self.structural_noise });
        }
        if self.ctf.is_none() && (self.noise_colour != NoiseColour::White || self.propagation != Propagation::Projection) {
            return Err(SimulationError::NoTransfer);
        }
        if let Propagation::Multislice { slice } = self.propagation
            && !(slice.is_finite() && slice >= 0.1 * self.voxel_size)
        {
            return Err(SimulationError::Slice { angstrom: slice });
        }
        if !(0.0..=MOST_MOTION).contains(&self.motion) {
            return Err(SimulationError::Motion { angstrom: self.motion });
        }
        if let Some(exposure) = self.exposure.as_ref().filter(|exposure| !exposure.is_valid() || exposure.dose > MOST_DOSE) {
            return Err(SimulationError::Exposure { dose: exposure.dose });
        }
        if !self.misalignment.is_valid() {
            return Err(SimulationError::Misalignment { misalignment: self.misalignment });
        }
        let most = MOST_SHIFT * self.shape[1].min(self.shape[2]) as f64 * self.voxel_size;
        if self.misalignment.shift > most {
            return Err(SimulationError::Shift { angstrom: self.misalignment.shift, most });
        }
        let steepest = self.steepest()?;
        if steepest >= 85.0 {
            return Err(SimulationError::Tilt { angle: steepest });
        }
        if let Weighting::Exact { diameter } = self.weighting
            && !(diameter.is_finite() && diameter >= 1.0)
        {
            return Err(SimulationError::Diameter { pixels: diameter });
        }
        let depth = self.depth.unwrap_or(self.shape[0]);
        let fits = |n: usize| self.binning >= 1 && self.binning <= 16 && n / self.binning >= 2;
        if !self.shape.into_iter().all(fits) || !fits(depth) || self.depth.is_some_and(|depth| depth > 1 << 14) {
            return Err(SimulationError::Binning { binning: self.binning, shape: self.shape, depth });
        }
        if depth < self.shape[0] {
            return Err(SimulationError::Depth { depth, slab: self.shape[0] });
        }
        Ok(())
    }

    /// The tilts and what their misalignment may add.
    pub(crate) fn steepest(&self) -> Result<f64, SimulationError> {
        let nominal = self.tilts.angles()?.iter().fold(0.0, |most: f64, a| most.max(a.abs()));
        Ok(nominal + 3.0 * self.misalignment.tilt)
    }

    /// The name of a class counted from 0.
    pub(crate) fn class_name(&self, class: usize) -> String {
        let object = || Some(Objects::of(self).get(class.checked_sub(self.complexes.len())?)?.name().to_owned());
        self.complexes.get(class).map(|complex| complex.name().to_owned()).or_else(object).unwrap_or_default()
    }

    /// The classes: the complexes, and after them whatever else lies in the slab. Radii in Angstrom: of complexes and gold those of balls of
    /// the same volume, of vesicles and membranes the mean of the range, of filaments half the mean length.
    ///
    /// # Errors
    /// No complex, or more classes than there are labels; two classes of one name.
    ///
    /// ```
    /// let classes = cryoet_sim::SimulationParams::default().class_table()?;
    /// assert_eq!((classes.len(), classes.by_name("1bxn").unwrap().label.get()), (6, 4));
    /// # Ok::<(), cryoet_sim::SimulationError>(())
    /// ```
    pub fn class_table(&self) -> Result<ClassTable, SimulationError> {
        self.check_class_count()?;
        let objects = Objects::of(self);
        let complexes = self.complexes.iter().map(|complex| (complex.name(), complex.radius()));
        let all = complexes.chain(objects.iter().map(|kind| (kind.name(), kind.radius())));
        let class = |(i, (name, radius)): (usize, (&str, f64))| Class::new(ClassLabel::new(i as u8 + 1), name).with_radius(radius);
        Ok(ClassTable::new(all.enumerate().map(class).collect())?)
    }

    /// What would need more memory than there is, or never end.
    fn check_extent(&self) -> Result<(), SimulationError> {
        let [nz, ny, nx] = self.shape.map(|n| n as f64);
        let steepest = self.steepest()?.to_radians();
        let width = nx + 2.0 * (nz * steepest.tan()).ceil();
        if self.depth.map_or(nz, |depth| depth as f64) * ny * width > MOST_VOXELS {
            return Err(SimulationError::Voxels { shape: self.shape, width });
        }
        for complex in &self.complexes {
            let reach = complex.reach() / self.voxel_size;
            if reach > FURTHEST_REACH {
                let complex = complex.name().into();
                return Err(SimulationError::FineVoxels { angstrom: self.voxel_size, complex, reach, most: FURTHEST_REACH });
            }
        }
        if let Some(vesicles) = self.vesicles {
            let reach = vesicles.reach() / self.voxel_size;
            if !vesicles.is_valid() || reach > FURTHEST_REACH || vesicles.count > 1 << 16 {
                return Err(SimulationError::Vesicles { vesicles });
            }
        }
        if let Some(gold) = self.gold
            && (!gold.is_valid() || 0.5 * gold.diameter / self.voxel_size > FURTHEST_REACH || gold.count > 1 << 20)
        {
            return Err(SimulationError::Gold { gold });
        }
        if let Some(membranes) = self.membranes
            && (!membranes.is_valid() || membranes.reach() / self.voxel_size > FURTHEST_REACH || membranes.count > 1 << 16)
        {
            return Err(SimulationError::Membranes { membranes });
        }
        if let Some(filaments) = self.filaments
            && (!filaments.is_valid() || filaments.reach() / self.voxel_size > FURTHEST_REACH || filaments.count > 1 << 16)
        {
            return Err(SimulationError::Filaments { filaments });
        }
        let voxels = self.shape.iter().product::<usize>();
        let smallest = self.complexes.iter().map(|complex| complex.volume() / self.voxel_size.powi(3)).fold(f64::INFINITY, f64::min);
        let most = (voxels as f64 / smallest.max(1.0)) as u64;
        let count = self.crowding.count(voxels);
        if u64::from(count) > most {
            return Err(SimulationError::ParticleCount { count, voxels, most });
        }
        Ok(())
    }
}

/// Whether a complex's name can name a file, stand in a list of words, and is no folder's way elsewhere.
fn is_name(name: &str) -> bool {
    let barred = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '\\' | ',');
    !(name.is_empty() || name == "." || name == ".." || name.starts_with('#') || name.contains(barred))
}
