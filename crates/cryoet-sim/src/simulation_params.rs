use crate::{Complex, CtfParams, SimulationError, TiltScheme};

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
    /// The microscope's contrast transfer; none means a perfect phase plate at 300 kV.
    pub ctf: Option<CtfParams>,
    /// Variance of the noise-free images over variance of the noise; none means no noise.
    pub snr: Option<f64>,
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
        }
    }
}

/// The most voxels a slab may have.
const MOST_VOXELS: f64 = (1_u64 << 33) as f64;
/// The furthest a complex may reach from its reference point, in voxels: its box has up to 512 a side.
const FURTHEST_REACH: f64 = 255.0;
/// The largest voxel in Angstrom: a micrometre.
const LARGEST_VOXEL: f64 = 1e4;

impl SimulationParams {
    /// Checks everything that can be checked before work starts.
    ///
    /// # Errors
    /// The first parameter out of range.
    pub fn check(&self) -> Result<(), SimulationError> {
        if self.shape.iter().any(|&n| n < 2) {
            return Err(SimulationError::Shape { shape: self.shape });
        }
        if !(self.voxel_size > 0.0 && self.voxel_size <= LARGEST_VOXEL) {
            return Err(SimulationError::VoxelSize { angstrom: self.voxel_size });
        }
        if self.complexes.is_empty() || self.complexes.len() > 254 {
            return Err(SimulationError::ComplexCount { count: self.complexes.len() });
        }
        if let Crowding::VoxelsPerParticle(each) = self.crowding
            && !(each.is_finite() && each >= 1.0)
        {
            return Err(SimulationError::Crowding { voxels: each });
        }
        if !(self.solvent_noise.is_finite() && self.solvent_noise >= 0.0) {
            return Err(SimulationError::SolventNoise { volt: self.solvent_noise });
        }
        if let Some(ctf) = self.ctf.filter(|ctf| !ctf.is_valid()) {
            return Err(SimulationError::Ctf { ctf });
        }
        if let Some(snr) = self.snr.filter(|snr| !(snr.is_finite() && *snr > 0.0)) {
            return Err(SimulationError::Snr { snr });
        }
        self.check_extent()
    }

    /// What would need more memory than there is, or never end.
    fn check_extent(&self) -> Result<(), SimulationError> {
        let [nz, ny, nx] = self.shape.map(|n| n as f64);
        let steepest = self.tilts.angles()?.iter().fold(0.0, |most: f64, a| most.max(a.abs())).to_radians();
        let width = nx + 2.0 * (nz * steepest.tan()).ceil();
        if nz * ny * width > MOST_VOXELS {
            return Err(SimulationError::Voxels { shape: self.shape, width });
        }
        for complex in &self.complexes {
            let reach = complex.reach() / self.voxel_size;
            if reach > FURTHEST_REACH {
                let complex = complex.name().into();
                return Err(SimulationError::FineVoxels { angstrom: self.voxel_size, complex, reach, most: FURTHEST_REACH });
            }
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
