use cryoet_core::ndarray::{Array3, s};
use cryoet_core::{ClassLabel, Orientation, Particle, Position, Progress};
use rand::RngExt;
use rayon::prelude::*;

use crate::placement::place_with;
use crate::random::{Purpose, orientation, stream};
use crate::steps::Steps;
use crate::{SimulationError, SimulationParams, Stamp, add_solvent_noise};

/// A slab of ice with particles in it.
///
/// Along x it is wider than the tomogram, whose voxels come first: what a tilted beam meets beyond the tomogram lies behind it, and
/// the slab closes on itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Specimen {
    /// Potential over that of ice, in volt, `[z, y, x]`.
    pub potential: Array3<f32>,
    /// The 1-based particle of each voxel of the tomogram, 0 for none, `[z, y, x]`.
    pub occupancy: Array3<u32>,
    /// The particles of the tomogram: all of each lies inside.
    pub particles: Vec<Particle>,
}

/// Particles of one part of the slab: their classes, orientations and voxels, the largest first.
struct Draw {
    class: usize,
    orientation: Orientation,
    stamp: Stamp,
}

impl Specimen {
    /// Fills a slab with particles, evenly turned and without a voxel in common, and with solvent noise; the slab beyond the
    /// tomogram, as wide as its steepest tilt sees, is as crowded.
    ///
    /// # Errors
    /// Parameters out of range, particles that do not fit; cancelled by `progress`, which counts particles.
    ///
    /// ```
    /// use cryoet_sim::{Crowding, SimulationParams, Specimen};
    /// let params = SimulationParams { shape: [40, 64, 64], crowding: Crowding::Count(4), ..SimulationParams::default() };
    /// let specimen = Specimen::new(&params, 1, &())?;
    /// assert_eq!(specimen.particles.len(), 4);
    /// assert_eq!(specimen.occupancy.dim(), (40, 64, 64));
    /// # Ok::<(), cryoet_sim::SimulationError>(())
    /// ```
    pub fn new(params: &SimulationParams, seed: u64, progress: &dyn Progress) -> Result<Self, SimulationError> {
        params.check()?;
        let [nz, ny, nx] = params.shape;
        let beyond = Self::width_beyond(params)?;
        let inside = params.crowding.count(nz * ny * nx) as usize;
        let outside = (inside as f64 * beyond as f64 / nx as f64).round() as usize;
        let steps = Steps::new(progress, inside + outside);
        let drawn = draw(params, inside, Purpose::Particles, seed, &steps)?;
        let surrounding = draw(params, outside, Purpose::Surroundings, seed, &steps)?;

        let mut occupancy = Array3::<u32>::zeros((nz, ny, nx));
        let mut potential = Array3::<f32>::zeros((nz, ny, nx + beyond));
        let stamps: Vec<_> = drawn.iter().map(|d| d.stamp.clone()).collect();
        let mut rng = stream(seed, Purpose::Places, 0);
        let error = |draws: &[Draw], source| {
            let class = match source {
                crate::PlacementError::TooLarge { index, .. }
                | crate::PlacementError::Full { index, .. }
                | crate::PlacementError::Empty { index } => {
                    draws.get(index).map_or_else(String::new, |d| params.complexes[d.class].name().into())
                }
            };
            SimulationError::Placement { class, source }
        };
        let places = place_with(&stamps, occupancy.view_mut(), 1, params.tries, &mut rng).map_err(|e| error(&drawn, e))?;
        for (draw, &place) in drawn.iter().zip(&places) {
            add(&mut potential, &draw.stamp, place);
        }
        if outside > 0 {
            let mut free = Array3::<u32>::zeros((nz, ny, beyond));
            let stamps: Vec<_> = surrounding.iter().map(|d| d.stamp.clone()).collect();
            let mut rng = stream(seed, Purpose::SurroundingPlaces, 0);
            let places = place_with(&stamps, free.view_mut(), 1, params.tries, &mut rng).map_err(|e| error(&surrounding, e))?;
            for (draw, &[z, y, x]) in surrounding.iter().zip(&places) {
                add(&mut potential, &draw.stamp, [z, y, x + nx as i64]);
            }
        }
        add_solvent_noise(potential.view_mut(), params.solvent_noise, seed);
        let particle = |(draw, place): (&Draw, &[i64; 3])| {
            let [z, y, x] = place.map(|i| i as f64);
            let position = Position::new(z, y, x).unwrap_or(Position::from_index([0; 3]));
            Particle::new(ClassLabel::new(draw.class as u8 + 1), position)
                .with_orientation(draw.orientation)
                .with_size(draw.stamp.occupied() as u64)
        };
        let particles = drawn.iter().zip(&places).map(particle).collect();
        Ok(Self { potential, occupancy, particles })
    }

    /// How many voxels along x the slab reaches beyond the tomogram: what its steepest tilt sees on either side.
    fn width_beyond(params: &SimulationParams) -> Result<usize, SimulationError> {
        let steepest = params.tilts.angles()?.iter().fold(0.0, |most: f64, a| most.max(a.abs())).to_radians();
        Ok(2 * (params.shape[0] as f64 * steepest.tan()).ceil() as usize)
    }

    /// The potential inside the tomogram, `[z, y, x]`.
    pub fn tomogram_potential(&self) -> Array3<f32> {
        self.potential.slice(s![.., .., ..self.occupancy.dim().2]).to_owned()
    }
}

/// Draws particles and orders them by size, the largest first, so that all find room.
fn draw(params: &SimulationParams, count: usize, purpose: Purpose, seed: u64, steps: &Steps<'_>) -> Result<Vec<Draw>, SimulationError> {
    let mut rng = stream(seed, purpose, 0);
    let wanted: Vec<_> = (0..count).map(|_| (rng.random_range(0..params.complexes.len()), orientation(&mut rng))).collect();
    let mut draws = wanted
        .into_par_iter()
        .map(|(class, orientation)| {
            steps.step()?;
            Ok(Draw { class, orientation, stamp: params.complexes[class].stamp(&orientation, params.voxel_size) })
        })
        .collect::<Result<Vec<_>, SimulationError>>()?;
    draws.sort_by_key(|draw| std::cmp::Reverse(draw.stamp.occupied()));
    Ok(draws)
}

/// Adds a stamp's potential; what reaches beyond the slab along z or y is lost, along x it comes back on the other side.
fn add(potential: &mut Array3<f32>, stamp: &Stamp, place: [i64; 3]) {
    let width = potential.dim().2 as i64;
    for voxel in stamp.voxels() {
        let [z, y, x] = std::array::from_fn(|axis| place[axis] + i64::from(voxel.offset[axis]));
        let (Ok(z), Ok(y)) = (usize::try_from(z), usize::try_from(y)) else { continue };
        if let Some(v) = potential.get_mut([z, y, x.rem_euclid(width) as usize]) {
            *v += voxel.contrast;
        }
    }
}
