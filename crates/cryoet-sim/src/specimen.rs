use cryoet_core::ndarray::{Array3, s};
use cryoet_core::{ClassLabel, Orientation, Particle, Position, Progress};
use rand::RngExt;
use rayon::prelude::*;

use crate::objects::Objects;
use crate::placement::{Place, place_with};
use crate::random::{Purpose, orientation, stream};
use crate::steps::Steps;
use crate::{Beside, PlacementError, SimulationError, SimulationParams, Stamp, add_solvent_noise};

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
    /// The particles of the tomogram: all of each lies inside. First the complexes, the largest first, then vesicles, gold, membranes and filaments.
    pub particles: Vec<Particle>,
    /// How each particle came about, in the same order.
    pub draws: Vec<ParticleDraw>,
}

/// How a particle came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ParticleDraw {
    /// Which draw of class and orientation it was, from 0, among those of its kind: complexes, vesicles, gold, membranes or filaments.
    pub draw: usize,
    /// How many places it tried, the last of them free.
    pub tries: u32,
}

/// Particles of one part of the slab: their classes, orientations and voxels, the largest first.
struct Draw {
    /// From 0.
    class: usize,
    orientation: Option<Orientation>,
    stamp: Stamp,
    /// Which draw it was.
    order: usize,
}

impl Specimen {
    /// Fills a slab with vesicles, gold, membranes, filaments and particles, evenly turned and without a voxel in common, and with solvent noise; the slab
    /// beyond the tomogram, as wide as its steepest tilt sees, is as crowded with particles, or ice alone.
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
        let outside = match params.beside {
            Beside::Crowded => (inside as f64 * beyond as f64 / nx as f64).round() as usize,
            Beside::Ice => 0,
        };
        let steps = Steps::new(progress, inside + outside);
        let drawn = draw(params, inside, Purpose::Particles, seed, &steps)?;
        let surrounding = draw(params, outside, Purpose::Surroundings, seed, &steps)?;
        let objects = draw_objects(params, seed);

        let mut occupancy = Array3::<u32>::zeros((nz, ny, nx));
        let mut potential = Array3::<f32>::zeros((nz, ny, nx + beyond));
        // What is large and few goes first; its ids come last.
        let mut rng = stream(seed, Purpose::ObjectPlaces, 0);
        let object_places = place_all(params, &objects, &mut occupancy, inside as u32 + 1, &mut rng)?;
        let mut rng = stream(seed, Purpose::Places, 0);
        let places = place_all(params, &drawn, &mut occupancy, 1, &mut rng)?;
        for (draw, place) in drawn.iter().chain(&objects).zip(places.iter().chain(&object_places)) {
            add(&mut potential, &draw.stamp, place.at);
        }
        if outside > 0 {
            let mut free = Array3::<u32>::zeros((nz, ny, beyond));
            let mut rng = stream(seed, Purpose::SurroundingPlaces, 0);
            let places = place_all(params, &surrounding, &mut free, 1, &mut rng)?;
            for (draw, place) in surrounding.iter().zip(&places) {
                let [z, y, x] = place.at;
                add(&mut potential, &draw.stamp, [z, y, x + nx as i64]);
            }
        }
        add_solvent_noise(potential.view_mut(), params.solvent_noise, seed);
        let all = || drawn.iter().chain(&objects).zip(places.iter().chain(&object_places));
        let particles = all().map(|(draw, place)| particle(draw, place)).collect();
        let draws = all().map(|(draw, place)| ParticleDraw { draw: draw.order, tries: place.tries }).collect();
        Ok(Self { potential, occupancy, particles, draws })
    }

    /// How many voxels along x the slab reaches beyond the tomogram: what its steepest tilt sees on either side.
    fn width_beyond(params: &SimulationParams) -> Result<usize, SimulationError> {
        Ok(2 * (params.shape[0] as f64 * params.steepest()?.to_radians().tan()).ceil() as usize)
    }

    /// The potential inside the tomogram, `[z, y, x]`.
    pub fn tomogram_potential(&self) -> Array3<f32> {
        self.potential.slice(s![.., .., ..self.occupancy.dim().2]).to_owned()
    }
}

fn particle(draw: &Draw, place: &Place) -> Particle {
    let [z, y, x] = place.at.map(|i| i as f64);
    let position = Position::new(z, y, x).unwrap_or(Position::from_index([0; 3]));
    let particle = Particle::new(ClassLabel::new(draw.class as u8 + 1), position).with_size(draw.stamp.occupied() as u64);
    match draw.orientation {
        Some(orientation) => particle.with_orientation(orientation),
        None => particle,
    }
}

/// Finds places for all, or names the class that found none.
fn place_all(
    params: &SimulationParams,
    draws: &[Draw],
    occupancy: &mut Array3<u32>,
    first_id: u32,
    rng: &mut rand_chacha::ChaCha8Rng,
) -> Result<Vec<Place>, SimulationError> {
    let stamps: Vec<_> = draws.iter().map(|draw| &draw.stamp).collect();
    place_with(&stamps, occupancy.view_mut(), first_id, params.tries, rng).map_err(|source| {
        let (PlacementError::TooLarge { index, .. } | PlacementError::Full { index, .. } | PlacementError::Empty { index }) = source;
        let class = draws.get(index).map_or_else(String::new, |draw| params.class_name(draw.class));
        SimulationError::Placement { class, source }
    })
}

/// Vesicles, gold and whatever else is no complex, kind after kind.
fn draw_objects(params: &SimulationParams, seed: u64) -> Vec<Draw> {
    let kinds = Objects::of(params).into_iter().zip(params.complexes.len()..);
    let one = |kind: &Objects, class: usize, order: usize| {
        let (orientation, stamp) = kind.draw(order, params, seed);
        Draw { class, orientation, stamp, order }
    };
    kinds.flat_map(|(kind, class)| (0..kind.count() as usize).into_par_iter().map(|i| one(&kind, class, i)).collect::<Vec<_>>()).collect()
}

/// Draws particles and orders them by size, the largest first, so that all find room.
fn draw(params: &SimulationParams, count: usize, purpose: Purpose, seed: u64, steps: &Steps<'_>) -> Result<Vec<Draw>, SimulationError> {
    let mut rng = stream(seed, purpose, 0);
    let wanted: Vec<_> = (0..count).map(|_| (rng.random_range(0..params.complexes.len()), orientation(&mut rng))).collect();
    let mut draws = wanted
        .into_par_iter()
        .enumerate()
        .map(|(order, (class, orientation))| {
            steps.step()?;
            let stamp = params.complexes[class].stamp(&orientation, params.voxel_size);
            Ok(Draw { class, orientation: Some(orientation), stamp, order })
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
