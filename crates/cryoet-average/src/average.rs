use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::ndarray::Array3;
use cryoet_core::{Orientation, Progress, Symmetry, Volume, box_centre};
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use crate::extract::{Cut, LARGEST};
use crate::fourier::CubeFourier;
use crate::half_ball::{cube_index, half_ball};
use crate::tomogram_particles::{Member, checked, members};
use crate::turnable::TurnableFourier;
use crate::{AverageError, TomogramParticles};

/// Particles summed up by one task, at least; the number follows from how many there are, not from the threads, and so do the sums.
const TOGETHER: usize = 16;

/// Tasks of a sum, at most: each holds a sum of its own.
const MOST_TASKS: usize = 64;

/// The smallest box.
const LEAST: usize = 4;

/// Of how many particles' weight a frequency needs: half of one.
const LEAST_WEIGHT: f64 = 0.5;

/// How particles are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AverageParams {
    /// The edge of the box in voxels.
    pub size: usize,
    /// The particle's symmetry. Default: none.
    pub symmetry: Symmetry,
}

impl AverageParams {
    /// The defaults for boxes of `size` voxels an edge.
    pub const fn new(size: usize) -> Self {
        Self { size, symmetry: Symmetry::Cyclic(1) }
    }

    /// Checks everything that can be checked before work starts.
    ///
    /// # Errors
    /// A box of fewer than 4 or more than 512 voxels an edge; a symmetry axis of no or more than 100 folds.
    ///
    /// ```
    /// use cryoet_average::AverageParams;
    /// use cryoet_core::Symmetry;
    /// assert!(AverageParams::new(32).check().is_ok());
    /// assert!(AverageParams { symmetry: Symmetry::Cyclic(0), ..AverageParams::new(32) }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<(), AverageError> {
        if !(LEAST..=LARGEST).contains(&self.size) {
            return Err(AverageError::Size { size: self.size, least: LEAST });
        }
        self.symmetry.rotations()?;
        Ok(())
    }
}

/// The average of particles in their own frame, each frequency weighted by how many particles measured it.
///
/// Each particle is cut out around the nearest voxel, scaled to a mean of 0 and a deviation of 1, and shifted by the rest and turned back
/// by its orientation (none counts as unturned) in Fourier space, in one step. Bin by bin the sum is divided by the sum of weights that
/// the particles' wedges give that frequency; where no particle measured anything, and beyond Nyquist's
/// frequency, the average is 0. Symmetry counts each particle in all its equivalent orientations. The contrast is the tomograms', the
/// reference point lies where the particles' positions lie.
///
/// # Errors
/// No particles; parameters out of range; a particle outside its tomogram; voxels that are not finite, or the same throughout all
/// boxes; voxel sizes that differ between tomograms or axes; cancelled by `progress`, which counts particles.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, Volume, ndarray::Array3};
/// use cryoet_average::{AverageParams, TomogramParticles, average};
/// let dot = |z: usize, y: usize, x: usize| z == 10 && y % 16 == 8 && x % 16 == 8;
/// let tomogram = Volume::new(Array3::from_shape_fn((20, 32, 32), |(z, y, x)| if dot(z, y, x) { 1.0 } else { 0.0 }));
/// let at = |y, x| Position::new(10.0, y, x).map(|place| Particle::new(ClassLabel::new(1), place));
/// let particles = [at(8.0, 8.0)?, at(8.0, 24.0)?, at(24.0, 8.0)?];
/// let map = average(&[TomogramParticles::new(&tomogram, &particles)], &AverageParams::new(8), &())?;
/// let best = map.data().indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
/// assert_eq!(best.0, (4, 4, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn average(sets: &[TomogramParticles<'_>], params: &AverageParams, progress: &dyn Progress) -> Result<Volume<f32>, AverageError> {
    params.check()?;
    let voxel_size = checked(sets)?;
    let members = members(sets);
    let done = AtomicU64::new(0);
    let total = members.len() as u64;
    let step = || Ok(progress.report(done.fetch_add(1, Ordering::Relaxed) + 1, total)?);
    let map = averaged(sets, &members.iter().collect::<Vec<_>>(), params, &step)?;
    Ok(map.volume().with_voxel_size(voxel_size))
}

/// An average and where in Fourier space it is known.
#[derive(Clone)]
pub(crate) struct Map {
    pub(crate) size: usize,
    /// In the order z, y, x.
    pub(crate) voxels: Vec<f64>,
    /// For each bin of the box's spectrum whether any particle measured it; empty where all are known.
    pub(crate) measured: Vec<bool>,
}

impl Map {
    pub(crate) fn volume(&self) -> Volume<f32> {
        let mut values = self.voxels.iter();
        Volume::new(Array3::from_shape_simple_fn([self.size; 3], || values.next().map_or(0.0, |&v| v as f32)))
    }
}

pub(crate) fn averaged(
    sets: &[TomogramParticles<'_>],
    members: &[&Member],
    params: &AverageParams,
    step: &(dyn Fn() -> Result<(), AverageError> + Sync),
) -> Result<Map, AverageError> {
    if members.is_empty() {
        return Err(AverageError::TooFew { count: 0, least: 1 });
    }
    let size = params.size;
    let turns = params.symmetry.rotations()?;
    // Nyquist's own bins are their opposites.
    let frequencies = half_ball((size as f64 / 2.0) - 1e-9);
    let fourier = TurnableFourier::new(size);
    let together = TOGETHER.max(members.len().div_ceil(MOST_TASKS));
    let sum_up = |some: &[&Member]| {
        let mut sums = Sums::new(frequencies.len());
        for member in some {
            let set = &sets[member.set];
            let mut cut = member.cut(sets, size)?;
            sums.varying += usize::from(cut.standardise());
            sums.add(&cut, set, &member.particle.orientation.unwrap_or_default(), &turns, &frequencies, &fourier);
            step()?;
        }
        Ok(sums)
    };
    let parts = members.par_chunks(together).map(sum_up).collect::<Result<Vec<_>, AverageError>>()?;
    let mut total = Sums::new(frequencies.len());
    for part in &parts {
        total.sums.iter_mut().zip(&part.sums).for_each(|(sum, v)| *sum += v);
        total.weights.iter_mut().zip(&part.weights).for_each(|(sum, v)| *sum += v);
        total.varying += part.varying;
    }
    if total.varying == 0 {
        return Err(AverageError::NoVariance { count: members.len() });
    }
    Ok(total.map(size, &frequencies))
}

/// What particles add up to, at each frequency.
struct Sums {
    sums: Vec<Complex64>,
    weights: Vec<f64>,
    /// How many boxes hold more than one value.
    varying: usize,
}

impl Sums {
    fn new(frequencies: usize) -> Self {
        Self { sums: vec![Complex64::ZERO; frequencies], weights: vec![0.0; frequencies], varying: 0 }
    }

    fn add(
        &mut self,
        cut: &Cut,
        set: &TomogramParticles<'_>,
        orientation: &Orientation,
        turns: &[Orientation],
        frequencies: &[[i32; 3]],
        fourier: &TurnableFourier,
    ) {
        let spectrum = fourier.spectrum(&cut.voxels);
        let per_voxel = std::f64::consts::TAU / cut.size() as f64;
        for turn in turns {
            // Where a frequency of the average lies in the tomogram.
            let turn = turn.then(orientation);
            let [along_z, along_y, along_x] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|unit| turn.rotate_zyx(unit));
            for ((sum, total), frequency) in self.sums.iter_mut().zip(&mut self.weights).zip(frequencies) {
                let [z, y, x] = frequency.map(f64::from);
                let place: [f64; 3] = std::array::from_fn(|i| z * along_z[i] + y * along_y[i] + x * along_x[i]);
                let weight = set.wedge.map_or(1.0, |wedge| wedge.weight(place));
                if weight > 0.0 {
                    let value = spectrum.at(place.map(|f| f as f32));
                    let angle: f64 = place.iter().zip(cut.rest).map(|(f, r)| f * r).sum::<f64>() * per_voxel;
                    *sum += Complex64::new(value.re.into(), value.im.into()) * Complex64::from_polar(weight, angle);
                    *total += weight;
                }
            }
        }
    }

    /// The weighted mean, back in real space.
    fn map(&self, size: usize, frequencies: &[[i32; 3]]) -> Map {
        let mut bins = vec![Complex64::ZERO; size.pow(3)];
        let mut measured = vec![false; size.pow(3)];
        let scale = 1.0 / size.pow(3) as f64;
        let phase = -std::f64::consts::TAU * box_centre(size) as f64 / size as f64;
        for ((sum, &weight), &frequency) in self.sums.iter().zip(&self.weights).zip(frequencies) {
            if weight >= LEAST_WEIGHT {
                let to_reference_point = phase * f64::from(frequency.iter().sum::<i32>());
                let mean = sum * Complex64::from_polar(scale / weight, to_reference_point);
                let (index, opposite) = (cube_index(frequency, size), cube_index(frequency.map(|k| -k), size));
                bins[index] = mean;
                bins[opposite] = mean.conj();
                measured[index] = true;
                measured[opposite] = true;
            }
        }
        Map { size, voxels: CubeFourier::new(size).inverse(&mut bins), measured }
    }
}

#[cfg(test)]
mod tests;
