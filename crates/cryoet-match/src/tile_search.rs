use std::sync::atomic::{AtomicUsize, Ordering};

use cryoet_core::Cancelled;
use rayon::prelude::*;
use rustfft::num_complex::Complex32;

use crate::fourier::{Fourier3, Workspace, fast_length};
use crate::score_statistics::Sums;
use crate::search::NOT_SEARCHED;
use crate::template::normalise;
use crate::turn::Turnable;
use crate::{MatchError, RotationGrid, Template, TemplateMask};

/// The least local variance that is compared, over the tomogram's: 3 % of its deviation, far above rounding in f32.
pub(crate) const LEAST_VARIANCE: f64 = 1e-3;

/// Partial sums of a row, so that adding up is both fast and in a fixed order.
const LANES: usize = 8;

/// The answer for one part of a tomogram.
pub(crate) struct Part {
    pub(crate) scores: Vec<f32>,
    pub(crate) rotations: Vec<u32>,
    pub(crate) sums: Sums,
}

impl Part {
    pub(crate) fn unsearched(voxels: usize) -> Self {
        Self { scores: vec![0.0; voxels], rotations: vec![NOT_SEARCHED; voxels], sums: Sums::default() }
    }
}

/// What all tiles of a search share: plans, the template ready to be turned, its filter.
pub(crate) struct TileSearch {
    size: usize,
    large: Fourier3<f32>,
    small: Fourier3<f32>,
    density: Turnable,
    mask: MaskKind,
    /// For each bin of the small transform, and with its norm inside.
    filter: Option<Vec<f32>>,
    variance_limit: f64,
}

enum MaskKind {
    Sphere(Vec<f32>),
    Shape(Turnable),
}

/// One part of a tomogram, ready to be searched.
struct Tile<'a> {
    /// Size of the answer.
    part: [usize; 3],
    searched: &'a [bool],
    spectrum: Vec<Complex32>,
    /// The spectrum of the squares, where masks turn.
    squares: Vec<Complex32>,
    /// One over the local deviation and the transform's norm, 0 where not searched; empty where masks turn.
    weights: Vec<f32>,
}

/// What one thread has found.
struct Best {
    scores: Vec<f32>,
    rotations: Vec<u32>,
    sums: Vec<(usize, Sums)>,
}

impl TileSearch {
    /// `filter` takes frequencies z, y, x in cycles per voxel of the turned template.
    pub(crate) fn new(
        template: &Template,
        filter: Option<impl Fn([f64; 3]) -> f64>,
        variance_limit: Option<f64>,
        transform: [usize; 3],
    ) -> Self {
        let size = template.size();
        let small = Fourier3::new([size; 3]);
        let norm = 1.0 / small.voxels() as f64;
        let filter = filter.map(|weight| small.frequencies().map(|frequency| (norm * weight(frequency)) as f32).collect());
        let weights = template.weights();
        let mask = match template.mask() {
            TemplateMask::Sphere { .. } => MaskKind::Sphere(weights),
            TemplateMask::Shape(_) => MaskKind::Shape(Turnable::new(&weights, size, true)),
        };
        Self {
            size,
            large: Fourier3::new(transform),
            density: Turnable::new(&template.voxels(), size, false),
            small,
            mask,
            filter,
            variance_limit: variance_limit.unwrap_or(f64::INFINITY),
        }
    }

    /// Searches, over a grid of orientations, the part whose surroundings are given: the part's size and the template's less one, voxels z, y, x
    /// in order. `step` is called after each orientation.
    pub(crate) fn run(
        &self,
        grid: &RotationGrid,
        surroundings: &[f32],
        part: [usize; 3],
        searched: &[bool],
        step: &(dyn Fn() -> Result<(), Cancelled> + Sync),
    ) -> Result<Part, MatchError> {
        let tile = self.tile(surroundings, part, searched);
        let next = AtomicUsize::new(0);
        let threads = rayon::current_num_threads().clamp(1, grid.len());
        let mut found: Vec<Best> =
            (0..threads).into_par_iter().map(|_| self.search(grid, &tile, &next, step)).collect::<Result<_, MatchError>>()?;
        // Which thread took which orientation changes from run to run; the best of all, and sums in the grid's order, do not.
        let mut sums: Vec<(usize, Sums)> = found.iter_mut().flat_map(|best| std::mem::take(&mut best.sums)).collect();
        sums.sort_unstable_by_key(|entry| entry.0);
        let mut best = found.swap_remove(0);
        for other in found {
            let theirs = other.scores.into_iter().zip(other.rotations);
            for ((score, rotation), (their_score, their_rotation)) in best.scores.iter_mut().zip(&mut best.rotations).zip(theirs) {
                if their_score > *score || (their_score == *score && their_rotation < *rotation) {
                    (*score, *rotation) = (their_score, their_rotation);
                }
            }
        }
        let mut total = Sums::default();
        sums.iter().for_each(|(_, of_rotation)| total.add(of_rotation));
        for (score, &rotation) in best.scores.iter_mut().zip(&best.rotations) {
            *score = if rotation == NOT_SEARCHED { 0.0 } else { score.clamp(-1.0, 1.0) };
        }
        Ok(Part { scores: best.scores, rotations: best.rotations, sums: total })
    }

    fn tile<'t>(&self, surroundings: &[f32], part: [usize; 3], searched: &'t [bool]) -> Tile<'t> {
        let extent = part.map(|n| n + self.size - 1);
        let mut work = Workspace::default();
        let spectrum = self.large.forward(surroundings, extent, &mut work);
        let (mut squares, mut weights) = (Vec::new(), Vec::new());
        match &self.mask {
            MaskKind::Shape(_) => {
                let squared: Vec<f32> = surroundings.iter().map(|v| v * v).collect();
                squares = self.large.forward(&squared, extent, &mut work);
            }
            // Once for all orientations, so in f64.
            MaskKind::Sphere(mask) => {
                let norm = 1.0 / self.large.voxels() as f64;
                let weight =
                    |((mean, square), &searched): ((f64, f64), &bool)| if searched { self.weight(mean, square, norm) } else { 0.0 };
                weights = self.moments(mask, surroundings, part, extent).into_iter().zip(searched).map(weight).collect();
            }
        }
        Tile { part, searched, spectrum, squares, weights }
    }

    /// Weighted means of the voxels and of their squares around each voxel of the part.
    fn moments(&self, mask: &[f32], surroundings: &[f32], part: [usize; 3], extent: [usize; 3]) -> Vec<(f64, f64)> {
        let fourier = Fourier3::precise(extent.map(fast_length));
        let mut work = Workspace::default();
        let total: f64 = mask.iter().map(|&w| f64::from(w)).sum::<f64>() * fourier.voxels() as f64;
        let weights: Vec<f64> = mask.iter().map(|&w| f64::from(w) / total).collect();
        let mut means_of = |voxels: &[f64]| {
            let mut means = Vec::with_capacity(part.iter().product());
            let spectrum = fourier.forward(voxels, extent, &mut work);
            fourier.correlate(&weights, [self.size; 3], &spectrum, part, &mut work, |_, plane| means.extend_from_slice(plane));
            means
        };
        let mut voxels: Vec<f64> = surroundings.iter().map(|&v| f64::from(v)).collect();
        let means = means_of(&voxels);
        voxels.iter_mut().for_each(|v| *v *= *v);
        means.into_iter().zip(means_of(&voxels)).collect()
    }

    /// What turns a covariance into a coefficient; 0 where there is too little or too much variance.
    fn weight(&self, mean: f64, square: f64, norm: f64) -> f32 {
        let variance = square - mean * mean;
        if variance >= LEAST_VARIANCE && variance <= self.variance_limit { (norm / variance.sqrt()) as f32 } else { 0.0 }
    }

    /// Takes orientations until none is left.
    fn search(
        &self,
        grid: &RotationGrid,
        tile: &Tile<'_>,
        next: &AtomicUsize,
        step: &(dyn Fn() -> Result<(), Cancelled> + Sync),
    ) -> Result<Best, MatchError> {
        let voxels: usize = tile.part.iter().product();
        let mut best = Best { scores: vec![f32::NEG_INFINITY; voxels], rotations: vec![NOT_SEARCHED; voxels], sums: Vec::new() };
        let mut work = Workspace::default();
        let (mut density, mut mask) = (Vec::new(), Vec::new());
        let mut of_shape = Vec::new();
        loop {
            let rotation = next.fetch_add(1, Ordering::Relaxed);
            let Some(orientation) = grid.orientations().get(rotation) else {
                return Ok(best);
            };
            self.density.turned(orientation, &mut density);
            self.filtered(&mut density, &mut work);
            let (weights, under): (&[f32], &[f32]) = match &self.mask {
                MaskKind::Sphere(under) => (&tile.weights, under),
                MaskKind::Shape(shape) => {
                    shape.turned(orientation, &mut mask);
                    self.weights_under(&mask, tile, &mut of_shape, &mut work);
                    (&of_shape, &mask)
                }
            };
            if !normalise(&mut density, under) {
                next.store(grid.len(), Ordering::Relaxed);
                return Err(MatchError::TemplateVanishes { rotation });
            }
            let mut sums = Sums::default();
            let row = tile.part[2];
            let plane = tile.part[1] * row;
            self.large.correlate(&density, [self.size; 3], &tile.spectrum, tile.part, &mut work, |z, covariances| {
                for y in 0..tile.part[1] {
                    let at = z * plane + y * row;
                    let of_row = update(
                        &covariances[y * row..][..row],
                        &weights[at..at + row],
                        rotation as u32,
                        &mut best.scores[at..at + row],
                        &mut best.rotations[at..at + row],
                    );
                    sums.add(&of_row);
                }
            });
            best.sums.push((rotation, sums));
            if let Err(cancelled) = step() {
                next.store(grid.len(), Ordering::Relaxed);
                return Err(cancelled.into());
            }
        }
    }

    /// Applies wedge and low-pass to a turned density.
    fn filtered(&self, density: &mut Vec<f32>, work: &mut Workspace<f32>) {
        if let Some(filter) = &self.filter {
            let mut spectrum = self.small.forward(density, [self.size; 3], work);
            spectrum.iter_mut().zip(filter).for_each(|(bin, &weight)| *bin *= weight);
            *density = self.small.inverse(&spectrum, work);
        }
    }

    /// The weights of all voxels of a part under a turned mask.
    fn weights_under(&self, mask: &[f32], tile: &Tile<'_>, target: &mut Vec<f32>, work: &mut Workspace<f32>) {
        let norm = 1.0 / self.large.voxels() as f64;
        let total: f64 = mask.iter().map(|&w| f64::from(w)).sum::<f64>() / norm;
        let scaled: Vec<f32> = mask.iter().map(|&w| (f64::from(w) / total) as f32).collect();
        target.clear();
        let size = [self.size; 3];
        self.large.correlate(&scaled, size, &tile.spectrum, tile.part, work, |_, plane| target.extend_from_slice(plane));
        let mut at = 0;
        self.large.correlate(&scaled, size, &tile.squares, tile.part, work, |_, plane| {
            for &square in plane {
                let mean = f64::from(target[at]);
                target[at] = if tile.searched[at] { self.weight(mean, f64::from(square), norm) } else { 0.0 };
                at += 1;
            }
        });
    }
}

/// Brings one row of covariances into the best scores.
fn update(covariances: &[f32], weights: &[f32], rotation: u32, scores: &mut [f32], rotations: &mut [u32]) -> Sums {
    let mut lanes = Lanes::default();
    let (whole, rest) = covariances.as_chunks();
    let (whole_weights, rest_weights) = weights.as_chunks();
    let (whole_scores, rest_scores) = scores.as_chunks_mut();
    let (whole_rotations, rest_rotations) = rotations.as_chunks_mut();
    for ((covariances, weights), (scores, rotations)) in whole.iter().zip(whole_weights).zip(whole_scores.iter_mut().zip(whole_rotations)) {
        lanes.update(covariances, weights, rotation, scores, rotations);
    }
    // The end of the row, filled up with voxels that are not searched.
    let n = rest.len();
    let (mut last, mut last_weights, mut last_scores, mut last_rotations) = ([0.0; LANES], [0.0; LANES], [0.0; LANES], [0; LANES]);
    last[..n].copy_from_slice(rest);
    last_weights[..n].copy_from_slice(rest_weights);
    last_scores[..n].copy_from_slice(rest_scores);
    last_rotations[..n].copy_from_slice(rest_rotations);
    lanes.update(&last, &last_weights, rotation, &mut last_scores, &mut last_rotations);
    rest_scores.copy_from_slice(&last_scores[..n]);
    rest_rotations.copy_from_slice(&last_rotations[..n]);
    lanes.sums()
}

/// Sums over every eighth voxel of a row.
#[derive(Default)]
struct Lanes {
    sum: [f32; LANES],
    squares: [f32; LANES],
    count: [u32; LANES],
}

impl Lanes {
    fn update(
        &mut self,
        covariances: &[f32; LANES],
        weights: &[f32; LANES],
        rotation: u32,
        scores: &mut [f32; LANES],
        rotations: &mut [u32; LANES],
    ) {
        let mut found = [f32::NEG_INFINITY; LANES];
        let mut any = false;
        for i in 0..LANES {
            let score = covariances[i] * weights[i];
            self.sum[i] += score;
            self.squares[i] += score * score;
            let searched = weights[i] > 0.0;
            self.count[i] += u32::from(searched);
            found[i] = if searched { score } else { f32::NEG_INFINITY };
            any |= found[i] > scores[i];
        }
        // Later orientations are seldom the best: most of the time nothing is written.
        if any {
            for i in 0..LANES {
                let better = found[i] > scores[i];
                scores[i] = if better { found[i] } else { scores[i] };
                rotations[i] = if better { rotation } else { rotations[i] };
            }
        }
    }

    fn sums(&self) -> Sums {
        let added = |lanes: &[f32; LANES]| lanes.iter().map(|&v| f64::from(v)).sum();
        Sums { count: self.count.iter().map(|&n| u64::from(n)).sum(), sum: added(&self.sum), squares: added(&self.squares) }
    }
}
