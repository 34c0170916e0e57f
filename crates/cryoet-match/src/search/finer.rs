use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::{Orientation, Particle, Position, Progress, Region, RotationGrid, Score, Symmetry};
use rayon::prelude::*;

use super::{NOT_SEARCHED, Search};
use crate::MatchError;
use crate::fourier::fast_length;
use crate::tile_search::TileSearch;

/// Where a finer search looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FineParams {
    /// How far in degrees around a particle's orientation the finer grid is tried: beyond the covering radius of the coarse grid, which is
    /// 0.85 of its step.
    pub within: f64,
    /// The symmetry of the template, as in the grids. Default: none.
    pub symmetry: Symmetry,
    /// How far a particle may move along each axis, in voxels. Default 1.
    pub shift: usize,
    /// Every how many particles one is tried in all orientations of the finer grid, to tell how often that would have given another answer. 0: never.
    /// Default 10.
    pub audit_every: usize,
}

impl FineParams {
    /// The defaults after a search over a grid of `step` degrees: as far as that step, with a margin of a fifth over what its
    /// particles can be away.
    ///
    /// ```
    /// use cryoet_match::{FineParams, Symmetry};
    /// let params = FineParams { symmetry: Symmetry::Dihedral(2), ..FineParams::after(20.0) };
    /// assert_eq!((params.within, params.shift), (20.0, 1));
    /// ```
    pub const fn after(step: f64) -> Self {
        Self { within: step, symmetry: Symmetry::Cyclic(1), shift: 1, audit_every: 10 }
    }
}

/// The answer of a finer search.
#[derive(Debug, Clone, PartialEq)]
pub struct FineMatches {
    /// The particles in their order, with finer orientation, place and score.
    pub particles: Vec<Particle>,
    /// What trying all orientations would have changed.
    pub audit: FineAudit,
}

/// How often all orientations of the finer grid would have given another answer than those near the coarse one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FineAudit {
    /// How many particles were tried in all orientations.
    pub checked: usize,
    /// Of how many the best orientation lay farther away than was searched.
    pub differed: usize,
    /// By how much their score was higher, on average over those; 0 where there are none.
    pub mean_gain: f64,
}

impl Search<'_> {
    /// Tries, at particles that a search over a coarse grid has found, those orientations of a finer grid that are near the one found.
    ///
    /// The cost is that of the particles, not of the volume. Scores are those that a search over the finer grid would give at these
    /// voxels; a region to search, if there is one, is not asked again. A sample of the particles is tried in all orientations of the finer
    /// grid, and [`FineAudit`] says how often the answer differs.
    ///
    /// # Errors
    /// Particles without orientation or outside the tomogram; a range that holds no orientation of the finer grid; a source that fails; a
    /// template of which filters leave nothing; cancelled by `progress`, which counts particles.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Orientation, RotationGrid, Symmetry, Volume, ndarray::{Array3, s}};
    /// use cryoet_match::{FineParams, MatchParams, PeakParams, Search, Template, TemplateMask, find_peaks};
    ///
    /// // A hook that no turn leaves as it is, and a tomogram where it is turned by 90 degrees about z: x to y.
    /// let near = |i: usize, j: usize| i.abs_diff(j) < 2;
    /// let hook = Array3::from_shape_fn((11, 11, 11), |(z, y, x)| {
    ///     let long = near(z, 5) && near(y, 5) && (1..10).contains(&x);
    ///     let arm = near(z, 5) && near(x, 2) && (5..9).contains(&y);
    ///     if long || arm || (near(y, 5) && near(x, 8) && (5..8).contains(&z)) { 1.0 } else { 0.0 }
    /// });
    /// let mut tomogram = Array3::from_shape_fn((26, 26, 26), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32 * 0.02);
    /// let turned = Array3::from_shape_fn((11, 11, 11), |(z, y, x)| hook[[z, 10 - x, y]]);
    /// tomogram.slice_mut(s![8..19, 6..17, 10..21]).zip_mut_with(&turned, |v, s| *v += s);
    ///
    /// let template = Template::new(Volume::new(hook), TemplateMask::Sphere { radius: 5.0, edge: 0.0 })?;
    /// let (coarse, fine) = (RotationGrid::covering(45.0, Symmetry::default())?, RotationGrid::covering(15.0, Symmetry::default())?);
    /// let tomogram = Volume::new(tomogram);
    /// let search = Search::new(&tomogram, &template, &coarse, MatchParams::default())?;
    /// let params = PeakParams { most: Some(1), ..PeakParams::new(4.0) };
    /// let found = find_peaks(&search.run(&())?, &coarse, ClassLabel::new(1), &params)?;
    /// let finer = search.finer(&found, &fine, &FineParams { audit_every: 1, ..FineParams::after(45.0) }, &())?;
    /// let particle = &finer.particles[0];
    /// assert!(particle.score > found[0].score);
    /// assert_eq!(particle.position.zyx(), [13.0, 11.0, 15.0]);
    /// assert!(particle.orientation.unwrap().angle_to(&Orientation::from_zxz(90.0, 0.0, 0.0)?) < 0.85 * 15.0);
    /// assert_eq!((finer.audit.checked, finer.audit.differed), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finer(
        &self,
        particles: &[Particle],
        fine: &RotationGrid,
        params: &FineParams,
        progress: &dyn Progress,
    ) -> Result<FineMatches, MatchError> {
        let turns = params.symmetry.rotations()?;
        let around = params.shift.saturating_mul(2).saturating_add(1);
        let transform = self.tomogram.shape().map(|n| fast_length(around.min(n) + self.template.size() - 1));
        let search = TileSearch::new(self.template, self.filter(), self.params.variance_limit, transform);
        let done = AtomicU64::new(0);
        let one = |(place, particle): (usize, &Particle)| {
            let near = near(place, particle, fine, params.within, &turns)?;
            let found = self.best_at(particle, &search, &near, params.shift)?;
            let audited = params.audit_every > 0 && place % params.audit_every == 0;
            let everywhere = if audited { Some(self.best_at(particle, &search, fine, params.shift)?) } else { None };
            progress.report(done.fetch_add(1, Ordering::Relaxed) + 1, particles.len() as u64)?;
            let gain = everywhere.map(|best| best.score - found.score);
            let mut finer = particle.clone().with_orientation(found.orientation).with_score(Score::new(found.score)?);
            finer.position = Position::from_index(found.voxel);
            Ok((finer, gain))
        };
        let found = particles.par_iter().enumerate().map(one).collect::<Result<Vec<_>, MatchError>>()?;
        let gains = || found.iter().filter_map(|(_, gain)| *gain);
        let better: Vec<f64> = gains().filter(|&gain| gain > ALIKE).collect();
        let mean_gain = if better.is_empty() { 0.0 } else { better.iter().sum::<f64>() / better.len() as f64 };
        let audit = FineAudit { checked: gains().count(), differed: better.len(), mean_gain };
        Ok(FineMatches { particles: found.into_iter().map(|(particle, _)| particle).collect(), audit })
    }

    /// The best orientation of a grid and the best voxel near a particle.
    fn best_at(&self, particle: &Particle, search: &TileSearch, grid: &RotationGrid, shift: usize) -> Result<Best, MatchError> {
        let shape = self.tomogram.shape();
        let position = particle.position.zyx();
        let Some(centre) = particle.position.voxel(shape) else { return Err(MatchError::Outside { position, shape }) };
        let start = centre.map(|i| i.saturating_sub(shift));
        let part = Region::new(start, std::array::from_fn(|i| centre[i].saturating_add(shift).saturating_add(1).min(shape[i]) - start[i]));
        let found = search.run(grid, &self.surroundings(part)?, part.size, &vec![true; part.voxels()], &|| Ok(()))?;
        let searched = (0..found.scores.len()).filter(|&i| found.rotations[i] != NOT_SEARCHED);
        let best = searched.reduce(|best, i| if found.scores[i] > found.scores[best] { i } else { best });
        let Some((best, &orientation)) = best.and_then(|best| Some((best, grid.get(found.rotations[best])?))) else {
            // Where nothing varies nothing was compared, and the particle stays where it is.
            return Ok(Best { voxel: centre, orientation: particle.orientation.unwrap_or_default(), score: 0.0 });
        };
        let [_, ny, nx] = part.size;
        let steps = [best / (ny * nx), best / nx % ny, best % nx];
        Ok(Best { voxel: std::array::from_fn(|i| start[i] + steps[i]), orientation, score: f64::from(found.scores[best]) })
    }
}

/// Scores that differ by less differ by rounding: transforms have different sizes.
const ALIKE: f64 = 1e-5;

struct Best {
    voxel: [usize; 3],
    orientation: Orientation,
    score: f64,
}

/// The orientations of a grid that are near a particle's, or near an equivalent one.
fn near(place: usize, particle: &Particle, grid: &RotationGrid, within: f64, turns: &[Orientation]) -> Result<RotationGrid, MatchError> {
    let Some(own) = particle.orientation else { return Err(MatchError::NoOrientation { place }) };
    let equivalent: Vec<Orientation> = turns.iter().map(|turn| turn.then(&own)).collect();
    let is_near = |orientation: &&Orientation| equivalent.iter().any(|other| other.angle_to(orientation) <= within);
    let some: Vec<Orientation> = grid.orientations().iter().filter(is_near).copied().collect();
    RotationGrid::from_orientations(some).map_err(|_| MatchError::NothingNear { within })
}

#[cfg(test)]
mod tests;
