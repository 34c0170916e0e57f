use cryoet_core::ndarray::Array3;
use cryoet_core::{Class, ClassLabel, ClassTable, Particle, Progress, Volume, VoxelSize, box_centre};

use crate::steps::Stage;
use crate::{
    Detector, NoiseRecord, SimulationError, SimulationParams, Specimen, Surroundings, add_noise, back_project, class_volume, hitboxes,
    image, image_in_phase, project,
};

/// Pixels beyond the tomogram's shadow on either side of the detector, which keep the ramp filter's edges out of it.
const DETECTOR_MARGIN: usize = 16;

/// A tomogram with all that is true about it. Volumes are indexed `[z, y, x]` and of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// The reconstruction; particles are dark.
    pub tomogram: Volume<f32>,
    /// The potential over that of ice, in volt, that was imaged; particles are bright. SHREC's grandmodel.
    pub density: Volume<f32>,
    /// The class of each voxel, 0 for none.
    pub classes: Volume<u8>,
    /// The 1-based particle of each voxel, 0 for none.
    pub occupancy: Volume<u32>,
    /// The 1-based particle whose bounding box holds the voxel, 0 for none; [`hitboxes`] says whose where boxes overlap.
    pub hitboxes: Volume<u32>,
    /// The particles, in the order of their ids.
    pub particles: Vec<Particle>,
    /// Names of the classes, and their radii in Angstrom (of balls of the same volume).
    pub class_table: ClassTable,
    /// The tilts in degrees.
    pub tilts: Vec<f64>,
    /// The images `[tilt, y, u]` that were reconstructed, as contrast: 0 where there is only ice.
    pub images: Array3<f32>,
    /// The noise that was added, where any was.
    pub noise: Option<NoiseRecord>,
}

/// Simulates a tomogram: a crowded slab of ice, its tilt series, and the reconstruction.
///
/// The same parameters and seed give the same result to the bit at any number of threads.
///
/// # Errors
/// Parameters out of range, particles that do not fit; cancelled by `progress`.
///
/// ```
/// use cryoet_sim::{Crowding, SimulationParams, TiltScheme, simulate};
/// let params = SimulationParams {
///     shape: [40, 48, 48],
///     crowding: Crowding::Count(3),
///     tilts: TiltScheme { from: -60.0, to: 60.0, step: 20.0 },
///     ..SimulationParams::default()
/// };
/// let simulation = simulate(&params, 42, &())?;
/// assert_eq!(simulation.particles.len(), 3);
/// assert_eq!(simulation.tomogram.shape(), [40, 48, 48]);
/// let noise = simulation.noise.unwrap();
/// assert!((noise.snr_realised / noise.snr_nominal - 1.0).abs() < 0.05);
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn simulate(params: &SimulationParams, seed: u64, progress: &dyn Progress) -> Result<Simulation, SimulationError> {
    params.check()?;
    let tilts = params.tilts.angles()?;
    let class_table = class_table(params)?;
    let [nz, ny, nx] = params.shape;
    let share = |stage: u64| Stage { progress, stage, stages: 4 };
    let specimen = Specimen::new(params, seed, &share(0))?;
    let detector = Detector { width: detector_width(nz, nx), axis_x: box_centre(nx), surroundings: Surroundings::Periodic };
    let mut potential = project(specimen.potential.view(), &tilts, detector, &share(1))?;
    potential.mapv_inplace(|v| v * params.voxel_size as f32);
    let mut images = match &params.ctf {
        Some(ctf) => image(potential.view(), ctf, params.voxel_size, &share(2))?,
        None => image_in_phase(potential.view(), 300.0),
    };
    drop(potential);
    let noise = params.snr.map(|snr| add_noise(images.view_mut(), snr, seed)).transpose()?;
    let tomogram = back_project(images.view(), &tilts, [nz, nx], &share(3))?;
    debug_assert_eq!(tomogram.dim(), (nz, ny, nx));

    let voxel_size = VoxelSize::isotropic(params.voxel_size).ok();
    let density = Volume::new(specimen.tomogram_potential()).with_voxel_size(voxel_size);
    let Specimen { occupancy, particles, .. } = specimen;
    Ok(Simulation {
        tomogram: density.with_data(tomogram),
        classes: density.with_data(class_volume(occupancy.view(), &particles)),
        hitboxes: density.with_data(hitboxes(occupancy.view(), &particles)),
        occupancy: density.with_data(occupancy),
        density,
        particles,
        class_table,
        tilts,
        images,
        noise,
    })
}

/// As wide as the tomogram's cross-section is across, margins on both sides.
fn detector_width(nz: usize, nx: usize) -> usize {
    let shadow = (nz as f64).hypot(nx as f64).ceil() as usize;
    (shadow + 2 * DETECTOR_MARGIN).next_multiple_of(8)
}

fn class_table(params: &SimulationParams) -> Result<ClassTable, SimulationError> {
    let class =
        |(i, complex): (usize, &crate::Complex)| Class::new(ClassLabel::new(i as u8 + 1), complex.name()).with_radius(complex.radius());
    Ok(ClassTable::new(params.complexes.iter().enumerate().map(class).collect())?)
}

#[cfg(test)]
mod tests;
