use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::{Orientation, Particle, Position, Progress, RotationGrid, Score, Volume};
use rayon::prelude::*;

use crate::align::{AlignWork, Aligner, Pose, Reach};
use crate::average::{Map, averaged};
use crate::band::{Band, GOLD_STANDARD};
use crate::fourier::CubeFourier;
use crate::fsc::masked_correlation;
use crate::power::Power;
use crate::reference::{Reference, masked};
use crate::tomogram_particles::{Member, checked, members, same};
use crate::{AverageError, FscCurve, RefineParams, TomogramParticles};

/// How many of the best poses of a search of all orientations are refined.
const CANDIDATES: usize = 3;

/// The fewest particles: two in each half.
const LEAST_PARTICLES: usize = 4;

/// The fewest frequencies to each side of 0 that a coarse search compares.
const LEAST_COARSE: f64 = 3.0;

/// Angular steps in degrees at which the second half's average is brought onto the first's.
const HALVES_STEPS: [f64; 4] = [8.0, 4.0, 2.0, 1.0];

/// Averages of refined poses.
#[derive(Debug, Clone, PartialEq)]
pub struct Refinement {
    /// The average of all particles.
    pub average: Volume<f32>,
    /// The averages of the particles at even and at odd places in the list of all, which never met.
    pub halves: [Volume<f32>; 2],
    /// The halves' correlation under the mask, freed of what the mask brings.
    pub fsc: FscCurve,
    /// For each tomogram its particles in the order given, with refined position and orientation; scores are correlations with the
    /// reference, in \[-1, 1\].
    pub particles: Vec<Vec<Particle>>,
    /// After each iteration, the frequency in cycles per voxel where the halves' correlation fell below 0.143.
    pub crossings: Vec<f64>,
}

/// Aligns and averages particles in turn, two halves apart from the start (the gold standard; Scheres and Chen 2012).
///
/// Each half is aligned to its own average by the correlation coefficient over the frequencies that both measured, particle and reference,
/// each as far as the two halves agree, and over the power that particles have there, which is mostly noise. The first reference of both is the one given, under a low-pass; without one it is each
/// half's own average of the poses given. Particles without orientation are tried in all of them first. After each iteration the second
/// half's average is turned and shifted onto the first's, which a rigid movement of six numbers cannot make alike.
///
/// The reference must have the particles' contrast, and fills the box as the average will.
///
/// # Errors
/// Fewer than 4 particles; parameters out of range; a reference of another shape or voxel size; a particle outside the tomogram; voxels
/// that are not finite, or the same throughout all boxes of a half; voxel sizes that differ between tomograms or axes; cancelled by `progress`, which counts particles aligned and averaged.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, Volume, ndarray::Array3};
/// use cryoet_average::{RefineParams, TomogramParticles, refine};
/// let rod = |z: usize, y: usize, x: usize| z.abs_diff(10) < 2 && (y % 16).abs_diff(8) < 2 && (x % 16).abs_diff(8) < 5;
/// let tomogram = Volume::new(Array3::from_shape_fn((20, 32, 32), |(z, y, x)| if rod(z, y, x) { -1.0 } else { 0.0 }));
/// // Positions a voxel beside the rods.
/// let at = |y, x| Position::new(10.0, y, x).map(|place| Particle::new(ClassLabel::new(1), place));
/// let particles = [at(8.0, 9.0)?, at(9.0, 24.0)?, at(24.0, 8.0)?, at(23.0, 24.0)?];
/// let params = RefineParams { iterations: 1, everywhere: 0, low_pass: 0.3, ..RefineParams::new(12) };
/// let refined = refine(&[TomogramParticles::new(&tomogram, &particles)], None, &params, &())?;
/// assert_eq!(refined.particles[0].len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn refine(
    sets: &[TomogramParticles<'_>],
    reference: Option<&Volume<f32>>,
    params: &RefineParams,
    progress: &dyn Progress,
) -> Result<Refinement, AverageError> {
    params.check()?;
    let voxel_size = checked(sets)?;
    let size = params.average.size;
    let given = reference.map(|volume| map_of(volume, size)).transpose()?;
    if let (Some(of_tomograms), Some(of_reference)) = (voxel_size, reference.and_then(Volume::voxel_size)) {
        same(of_tomograms, of_reference)?;
    }
    let mut members = members(sets);
    if members.len() < LEAST_PARTICLES {
        return Err(AverageError::TooFew { count: members.len(), least: LEAST_PARTICLES });
    }
    let own_start = given.is_none() || params.iterations == 0;
    let total = (2 * u64::from(params.iterations) + u64::from(own_start) + 1) * members.len() as u64;
    let power = Power::of(sets, &members, size)?;
    let run = Run { sets, params, mask: params.weights(), power, progress, done: AtomicU64::new(0), total };
    let compare = |maps: &[Map; 2]| masked_correlation(&maps[0].voxels, &maps[1].voxels, &run.mask, size, params.seed);

    let oriented: Vec<bool> = members.iter().map(|member| member.particle.orientation.is_some()).collect();
    let mut maps = match given {
        Some(map) if params.iterations > 0 => [map.clone(), map],
        _ => run.average_halves(&members)?,
    };
    let mut band = Band::LowPass(params.low_pass);
    let mut crossings = Vec::new();
    for iteration in 0..params.iterations {
        let references = [0, 1].map(|half: usize| Reference::new(&maps[half], &run.mask));
        let everywhere = iteration < params.everywhere;
        members = run.align(&members, &oriented, &references, &band, everywhere)?;
        maps = run.average_halves(&members)?;
        let free = everywhere && reference.is_none() && oriented.iter().any(|known| !known);
        let pose = run.second_onto_first(&maps, &band, free)?;
        for member in members.iter_mut().skip(1).step_by(2) {
            moved(member, &pose)?;
        }
        let odd: Vec<&Member> = members.iter().skip(1).step_by(2).collect();
        maps[1] = averaged(sets, &odd, &params.average, &|| run.unless_cancelled())?;
        let curve = compare(&maps);
        crossings.push(curve.crossing(GOLD_STANDARD));
        band = Band::of(&curve);
    }
    let fsc = compare(&maps);
    let average = averaged(sets, &members.iter().collect::<Vec<_>>(), &params.average, &|| run.step())?;
    let volume = |map: &Map| map.volume().with_voxel_size(voxel_size);
    let halves = [volume(&maps[0]), volume(&maps[1])];
    let mut particles: Vec<Vec<Particle>> = vec![Vec::new(); sets.len()];
    members.into_iter().for_each(|member| particles[member.set].push(member.particle));
    Ok(Refinement { average: volume(&average), halves, fsc, particles, crossings })
}

/// What all iterations share.
struct Run<'a> {
    sets: &'a [TomogramParticles<'a>],
    params: &'a RefineParams,
    mask: Vec<f64>,
    power: Power,
    progress: &'a dyn Progress,
    done: AtomicU64,
    total: u64,
}

impl Run<'_> {
    fn step(&self) -> Result<(), AverageError> {
        Ok(self.progress.report(self.done.fetch_add(1, Ordering::Relaxed) + 1, self.total)?)
    }

    fn unless_cancelled(&self) -> Result<(), AverageError> {
        Ok(self.progress.report(self.done.load(Ordering::Relaxed), self.total)?)
    }

    /// The averages of the particles at even and at odd places.
    fn average_halves(&self, members: &[Member]) -> Result<[Map; 2], AverageError> {
        let half = |first: usize| {
            let some: Vec<&Member> = members.iter().skip(first).step_by(2).collect();
            averaged(self.sets, &some, &self.params.average, &|| self.step())
        };
        Ok([half(0)?, half(1)?])
    }

    /// Up to what frequency in cycles per box neighbours in a grid of all orientations are alike at the mask's radius.
    fn coarse_limit(&self) -> f64 {
        let arc = self.params.mask_radius() * self.params.coarse_step.to_radians();
        (self.params.average.size as f64 / (2.0 * arc)).max(LEAST_COARSE)
    }

    /// Each particle in the pose that correlates best with its half's reference.
    fn align(
        &self,
        members: &[Member],
        oriented: &[bool],
        references: &[Reference; 2],
        band: &Band,
        everywhere: bool,
    ) -> Result<Vec<Member>, AverageError> {
        let size = self.params.average.size;
        let limit = self.coarse_limit();
        let weight = |frequency: f64| band.weight(frequency, size) * self.power.weight(frequency);
        let coarse_weight = |frequency: f64| if frequency <= limit { weight(frequency) } else { 0.0 };
        let aligners = |coarse: bool| -> Vec<[Aligner<'_>; 2]> {
            let of_set = |set: &TomogramParticles<'_>| {
                [0, 1].map(|half: usize| {
                    let reference = &references[half];
                    if coarse { Aligner::new(reference, set.wedge, coarse_weight) } else { Aligner::new(reference, set.wedge, weight) }
                })
            };
            self.sets.iter().map(of_set).collect()
        };
        let (fine, coarse) = (aligners(false), aligners(true));
        let grid = RotationGrid::covering(self.params.coarse_step, self.params.average.symmetry)?;
        let (steps, fourier) = (self.params.steps(), CubeFourier::new(size));
        let one = |work: &mut AlignWork, (place, member): (usize, &Member)| {
            let half = place % 2;
            let start = member.particle.position.zyx();
            let moved = std::array::from_fn(|i| start[i] - member.home.zyx()[i]);
            let reach = Reach { steps: &steps, shift: self.params.shift, moved };
            let mut cut = member.cut(self.sets, size)?;
            cut.standardise();
            let aligner = &fine[member.set][half];
            let image = aligner.image(&cut.voxels, cut.rest, &fourier);
            let best = if everywhere && !oriented[place] {
                let aligner = &coarse[member.set][half];
                let image = aligner.image(&cut.voxels, cut.rest, &fourier);
                aligner.best_of(&image, grid.orientations(), (CANDIDATES, 1.5 * self.params.coarse_step), &reach, work)
            } else {
                let orientation = member.particle.orientation.unwrap_or_default();
                vec![Pose { orientation, shift: [0.0; 3], score: -1.0 }]
            };
            let refined = self.best_refined(aligner, &image, &best, everywhere && !oriented[place], &reach, work)?;
            self.step()?;
            posed(member, &refined)
        };
        members.par_iter().enumerate().map_init(AlignWork::default, one).collect()
    }

    fn best_refined(
        &self,
        aligner: &Aligner<'_>,
        image: &[rustfft::num_complex::Complex32],
        starts: &[Pose],
        shifted: bool,
        reach: &Reach<'_>,
        work: &mut AlignWork,
    ) -> Result<Pose, AverageError> {
        let mut best: Option<Pose> = None;
        for &start in starts {
            let pose = aligner.refine(image, start, shifted, reach, work)?;
            if best.is_none_or(|other| pose.score > other.score) {
                best = Some(pose);
            }
        }
        // There is at least one start.
        Ok(best.unwrap_or(Pose { orientation: Orientation::identity(), shift: [0.0; 3], score: 0.0 }))
    }

    /// The pose of the second half's average, seen as a particle of the first's. `free`: in any orientation.
    fn second_onto_first(&self, maps: &[Map; 2], band: &Band, free: bool) -> Result<Pose, AverageError> {
        let size = self.params.average.size;
        let reference = Reference::new(&maps[0], &self.mask);
        let (fourier, mut work) = (CubeFourier::new(size), AlignWork::default());
        let reach = Reach { steps: &HALVES_STEPS, shift: self.params.shift, moved: [0.0; 3] };
        let voxels = masked(&maps[1].voxels, &self.mask);
        let aligner = Aligner::new(&reference, None, |frequency| band.weight(frequency, size));
        let image = aligner.image(&voxels, [0.0; 3], &fourier);
        let mut starts = vec![Pose { orientation: Orientation::identity(), shift: [0.0; 3], score: -1.0 }];
        if free {
            let limit = self.coarse_limit();
            let weight = |frequency: f64| if frequency <= limit { band.weight(frequency, size) } else { 0.0 };
            let coarse = Aligner::new(&reference, None, weight);
            let image = coarse.image(&voxels, [0.0; 3], &fourier);
            let grid = RotationGrid::covering(self.params.coarse_step, self.params.average.symmetry)?;
            let keep = (CANDIDATES, 1.5 * self.params.coarse_step);
            starts.extend(coarse.best_of(&image, grid.orientations(), keep, &reach, &mut work));
        }
        self.best_refined(&aligner, &image, &starts, true, &reach, &mut work)
    }
}

/// A particle shifted and turned as its box says.
fn posed(member: &Member, pose: &Pose) -> Result<Member, AverageError> {
    let [z, y, x] = member.particle.position.zyx();
    let mut aligned = member.clone();
    aligned.particle.position = Position::new(z + pose.shift[0], y + pose.shift[1], x + pose.shift[2])?;
    aligned.particle.orientation = Some(pose.orientation);
    aligned.particle.score = Some(Score::new(pose.score)?);
    Ok(aligned)
}

/// Brings a particle from the frame of an average into that of another, in which the first average has a pose.
fn moved(member: &mut Member, pose: &Pose) -> Result<(), AverageError> {
    let orientation = member.particle.orientation.unwrap_or_default();
    let [z, y, x] = member.particle.position.zyx();
    let shift = orientation.rotate_zyx(pose.shift);
    member.particle.position = Position::new(z + shift[0], y + shift[1], x + shift[2])?;
    member.particle.orientation = Some(pose.orientation.then(&orientation));
    Ok(())
}

fn map_of(reference: &Volume<f32>, size: usize) -> Result<Map, AverageError> {
    if reference.shape() != [size; 3] {
        return Err(AverageError::Shape { what: "reference", shape: reference.shape(), size });
    }
    if let Some(((z, y, x), &value)) = reference.data().indexed_iter().find(|(_, v)| !v.is_finite()) {
        return Err(AverageError::NonFinite { index: [z, y, x], value });
    }
    Ok(Map { size, voxels: reference.data().iter().map(|&v| f64::from(v)).collect(), measured: Vec::new() })
}

#[cfg(test)]
mod tests;
