use cryoet_core::ndarray::{Array3, Axis};
use cryoet_core::{ClassTable, Particle, Progress, Volume, VoxelSize, bin_mean, box_centre};

use crate::acquisition::{Series, acquire};
use crate::back_projection::back_project_about;
use crate::steps::Stage;
use crate::{
    Detector, NoiseRecord, ParticleDraw, SimulationError, SimulationParams, Specimen, Surroundings, TiltRecord, bin_images, bin_occupancy,
    class_volume, hitboxes,
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
    /// How each of them came about.
    pub draws: Vec<ParticleDraw>,
    /// Names of the classes, and their radii in Angstrom: [`SimulationParams::class_table`] says of what.
    pub class_table: ClassTable,
    /// The tilts in degrees, as reconstruction takes them.
    pub tilts: Vec<f64>,
    /// What was drawn for each image.
    pub series: Vec<TiltRecord>,
    /// The images `[tilt, y, u]` that were reconstructed, as contrast: 0 where there is only ice.
    pub images: Array3<f32>,
    /// The same images before noise.
    pub clean_images: Array3<f32>,
    /// Reconstructions from the images of even and of odd number, where asked for.
    pub halves: Option<[Volume<f32>; 2]>,
    /// A taller reconstruction, where asked for; the tomogram lies in its middle: its voxel `floor(N / 2)` of z is the other's, and its
    /// origin lies as far below.
    pub tall: Option<Volume<f32>>,
    /// The noise that was added, where any was.
    pub noise: Option<NoiseRecord>,
}

/// Simulates a tomogram: a crowded slab of ice, its tilt series, and the reconstruction.
///
/// The same parameters and seed give the same result to the bit at any number of threads.
///
/// # Errors
/// Parameters out of range, particles that do not fit, noise in proportion to no signal, values that are not finite; cancelled by
/// `progress`.
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
    let class_table = params.class_table()?;
    let [nz, _, nx] = params.shape;
    let stages = 4 + u64::from(params.halves) + u64::from(params.depth.is_some());
    let series = TiltRecord::of(params, &tilts, &params.misalignment.draw(tilts.len(), seed)?);
    let specimen = Specimen::new(params, seed, &Stage { progress, stage: 0, stages })?;
    let detector = Detector { width: detector_width(nz, nx), axis_x: box_centre(nx), surroundings: Surroundings::Periodic };
    let Series { mut clean, mut images, noise } = acquire(params, &specimen, &series, detector, seed, (progress, 1, stages))?;
    check_finite("images", &images)?;

    let voxel_size = VoxelSize::isotropic(params.voxel_size).ok();
    let mut density = Volume::new(specimen.tomogram_potential()).with_voxel_size(voxel_size);
    let Specimen { potential, mut occupancy, mut particles, draws } = specimen;
    drop(potential);
    if params.binning > 1 {
        (clean, images) = (bin_images(clean.view(), params.binning), bin_images(images.view(), params.binning));
        density = bin_mean(&density, params.binning)?;
        occupancy = bin_occupancy(occupancy.view(), params.binning);
        bin_particles(&mut particles, &occupancy, params.binning);
    }
    let from = Reconstruction { params, tilts: &tilts, width: detector.width };
    let tomogram = from.reconstruct(&images, nz, |_| true, &Stage { progress, stage: 3, stages })?;
    check_finite("tomogram", &tomogram)?;
    let tall = match params.depth {
        Some(depth) => {
            let data = from.reconstruct(&images, depth, |_| true, &Stage { progress, stage: 4, stages })?;
            let (voxels, [z, y, x]) = (from.voxels_below(depth) as f64, density.origin());
            let below = density.voxel_size().map_or(0.0, |size| voxels * size.zyx()[0]);
            Some(density.with_data(data).with_origin([z - below, y, x]))
        }
        None => None,
    };
    let halves = if params.halves {
        let last = Stage { progress, stage: stages - 1, stages };
        let [even, odd] = [0, 1].map(|half| from.reconstruct(&images, nz, |i| i % 2 == half, &last));
        Some([density.with_data(even?), density.with_data(odd?)])
    } else {
        None
    };
    Ok(Simulation {
        tomogram: density.with_data(tomogram),
        classes: density.with_data(class_volume(occupancy.view(), &particles)),
        hitboxes: density.with_data(hitboxes(occupancy.view(), &particles)),
        occupancy: density.with_data(occupancy),
        halves,
        tall,
        density,
        particles,
        draws,
        class_table,
        tilts,
        series,
        images,
        clean_images: clean,
        noise,
    })
}

/// How images become volumes.
struct Reconstruction<'a> {
    params: &'a SimulationParams,
    tilts: &'a [f64],
    /// The images' width before binning.
    width: usize,
}

impl Reconstruction<'_> {
    /// How many voxels a reconstruction of a depth before binning has below the tomogram, so that their voxels `floor(N / 2)` are one.
    fn voxels_below(&self, depth: usize) -> i64 {
        let centre = |n: usize| box_centre(n / self.params.binning) as i64;
        centre(depth) - centre(self.params.shape[0])
    }

    /// A volume of a depth before binning, from the images whose numbers are chosen.
    fn reconstruct(
        &self,
        images: &Array3<f32>,
        depth: usize,
        chosen: impl Fn(usize) -> bool,
        progress: &dyn Progress,
    ) -> Result<Array3<f32>, SimulationError> {
        let binning = self.params.binning;
        let numbers: Vec<usize> = (0..self.tilts.len()).filter(|&i| chosen(i)).collect();
        let tilts: Vec<f64> = numbers.iter().map(|&i| self.tilts[i]).collect();
        // The tilt axis does not move when voxels are binned about it.
        let k = binning as f64;
        let [nz, _, nx] = self.params.shape;
        let mut axis = [nz, nx, self.width].map(|n| (box_centre(n) as f64 - 0.5 * (k - 1.0)) / k);
        // It is the tomogram's own, whatever the depth.
        axis[0] += self.voxels_below(depth) as f64;
        let shape = [depth / binning, nx / binning];
        if numbers.len() == self.tilts.len() {
            return back_project_about(images.view(), &tilts, shape, axis, self.params.weighting, progress);
        }
        back_project_about(images.select(Axis(0), &numbers).view(), &tilts, shape, axis, self.params.weighting, progress)
    }
}

/// Particles in binned voxels; their sizes are counted anew.
fn bin_particles(particles: &mut [Particle], occupancy: &Array3<u32>, binning: usize) {
    let mut sizes = vec![0_u64; particles.len() + 1];
    for &id in occupancy {
        if let Some(size) = sizes.get_mut(id as usize) {
            *size += 1;
        }
    }
    for (i, particle) in particles.iter_mut().enumerate() {
        particle.position = particle.position.binned(binning);
        particle.size = Some(sizes[i + 1]);
    }
}

/// As wide as the tomogram's cross-section is across, margins on both sides.
fn detector_width(nz: usize, nx: usize) -> usize {
    let shadow = (nz as f64).hypot(nx as f64).ceil() as usize;
    (shadow + 2 * DETECTOR_MARGIN).next_multiple_of(8)
}

fn check_finite(what: &'static str, values: &Array3<f32>) -> Result<(), SimulationError> {
    if values.iter().all(|v| v.is_finite()) { Ok(()) } else { Err(SimulationError::NotFinite { what }) }
}

#[cfg(test)]
mod tests;
