use std::ops::Range;

use cryoet_core::Progress;
use cryoet_core::ndarray::{Array3, ArrayView3, Axis};
use rayon::prelude::*;
use rustfft::num_complex::Complex32;

use crate::fourier::{Transform2, quick_length};
use crate::projection::{Detector, Row, check_tilts, rows};
use crate::steps::Steps;
use crate::{CtfParams, SimulationError, Surroundings, interaction_constant};

/// Bytes of slices that are held at a time, a GiB: of thin slices through a steep slab there are 100 times as many.
const HELD: usize = 1 << 30;

/// How the wave of an electron goes through a thick specimen.
struct Multislice<'a> {
    ctf: &'a CtfParams,
    transform: Transform2,
    /// Spatial frequencies in 1 / Angstrom.
    frequencies: Vec<f64>,
    voxel_size: f64,
    /// The slices' thickness in Angstrom.
    slice: f64,
    /// How many slices are held at a time.
    held: usize,
}

/// Images of a specimen `[z, y, x]` in volt over ice at each tilt about y, in degrees, by the multislice method: contrast `[tilt, y, u]`
/// as [`image`](crate::image) gives it, but with the true focus of every slice, and without taking the specimen as weak.
///
/// The specimen is cut into slices of `slice` Angstrom across the beam (SHREC'20 and '21: 50; a wave turns by `pi lambda k^2 slice` from
/// slice to slice, 0.008 rad at Nyquist with pixels of 10 Angstrom). Each turns the wave by `sigma` times its projected potential, of which
/// the share of amplitude contrast absorbs; between slices the wave spreads by `exp(-i pi lambda k^2 slice)`. The lens then adds its
/// aberration and envelopes; its underfocus counts from the height of the tilt axis. Electrons fly towards larger z. At most a GiB of slices is
/// held at a time, or one slice where that is more; the others are made when the wave has come so far.
///
/// # Errors
/// A tilt that is not finite or 85 degrees and more, a slice thinner than a tenth of a voxel; cancelled by `progress`, which counts
/// images.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{CtfParams, Detector, Surroundings, image_multislice};
/// let specimen = Array3::<f32>::zeros((8, 16, 16));
/// let detector = Detector { width: 16, axis_x: 8, surroundings: Surroundings::Periodic };
/// let images = image_multislice(specimen.view(), &[0.0, 40.0], detector, &CtfParams::default(), 10.0, 50.0, &())?;
/// assert!(images.iter().all(|v| v.abs() < 1e-5)); // nothing there
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn image_multislice(
    specimen: ArrayView3<'_, f32>,
    tilts: &[f64],
    detector: Detector,
    ctf: &CtfParams,
    voxel_size: f64,
    slice: f64,
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    // Beams along the slab would need slices without end, whatever lies beside it.
    check_tilts(tilts, Detector { surroundings: Surroundings::Periodic, ..detector })?;
    if !(slice.is_finite() && slice >= 0.1 * voxel_size) {
        return Err(SimulationError::Slice { angstrom: slice });
    }
    let (depth, ny, _) = specimen.dim();
    // Waves are somewhat wider than the images, so that their transforms are quick.
    let wide = Detector { width: quick_length(detector.width), ..detector };
    let transform = Transform2::new([ny, wide.width]);
    let frequencies = transform.table(|ky, kx| ky.hypot(kx) / voxel_size);
    let rows = rows(specimen, tilts, wide);
    let method = Multislice { ctf, transform, frequencies, voxel_size, slice, held: slices_held(rows.len(), wide.width) };
    let steps = Steps::new(progress, tilts.len());
    let mut images = Array3::zeros((tilts.len(), ny, detector.width));
    let first = wide.width / 2 - detector.width / 2;
    for (mut image, tilt) in images.axis_iter_mut(Axis(0)).zip(tilts) {
        let tilt = tilt.to_radians();
        let heights = Heights::new(tilt, depth, wide.width, slice / voxel_size);
        let wave = method.through(&rows, tilt, &heights, wide.width);
        for (mut pixels, wave) in image.axis_iter_mut(Axis(0)).zip(wave.chunks_exact(wide.width)) {
            pixels.iter_mut().zip(&wave[first..]).for_each(|(v, c)| *v = c.norm_sqr() - 1.0);
        }
        steps.step()?;
    }
    Ok(images)
}

/// How many slices of so many rows may be held.
fn slices_held(rows: usize, width: usize) -> usize {
    (HELD / size_of::<f32>() / (rows * width).max(1)).max(1)
}

/// The slices of a tilted slab, in voxels along the beam from the tilt axis.
struct Heights {
    first: f64,
    step: f64,
    count: usize,
}

impl Heights {
    fn new(tilt: f64, depth: usize, width: usize, step: f64) -> Self {
        let half = 0.5 * width as f64 * tilt.tan().abs() + (0.5 * depth as f64 + 1.0) / tilt.cos().abs().max(1e-3);
        let count = (2.0 * half / step).ceil().max(1.0) as usize;
        Self { first: -0.5 * count as f64 * step, step, count }
    }

    /// What the rays of a tilt (in rad) meet in some of the slices: `[row, slice, u]` in units of the specimen times voxels.
    fn slices(&self, rows: &[Row], tilt: f64, width: usize, wanted: Range<usize>) -> Array3<f32> {
        let mut slices = Array3::<f32>::zeros((rows.len(), wanted.len(), width));
        slices.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().zip(rows).for_each(|(mut lines, row)| {
            if let Some(lines) = lines.as_slice_mut() {
                let last = self.count - 1;
                row.visit(tilt, width, |u, height, value| {
                    let slice = (((height - self.first) / self.step) as usize).min(last);
                    if wanted.contains(&slice) {
                        lines[(slice - wanted.start) * width + u] += value;
                    }
                });
            }
        });
        slices
    }
}

impl Multislice<'_> {
    /// The wave in the image plane, row by row.
    fn through(&self, rows: &[Row], tilt: f64, heights: &Heights, width: usize) -> Vec<Complex32> {
        let spread = self.spread();
        let mut wave = vec![Complex32::new(1.0, 0.0); rows.len() * width];
        let (mut slices, mut held) = (Array3::zeros((0, 0, 0)), 0..0);
        for slice in 0..heights.count {
            if !held.contains(&slice) {
                held = slice..(slice + self.held).min(heights.count);
                // Those that are done go first, lest there be twice as many.
                drop(std::mem::replace(&mut slices, Array3::zeros((0, 0, 0))));
                slices = heights.slices(rows, tilt, width, held.clone());
            }
            let here = slices.index_axis(Axis(1), slice - held.start);
            wave.par_chunks_mut(width).enumerate().for_each(|(y, line)| self.transmit(line, here.index_axis(Axis(0), y).iter()));
            let mut spectrum = self.transform.forward_shared(wave);
            if slice + 1 < heights.count {
                spectrum.par_iter_mut().zip(&spread).for_each(|(c, p)| *c *= p);
            } else {
                let height = (heights.first + (slice as f64 + 0.5) * heights.step) * self.voxel_size;
                self.focus(&mut spectrum, height);
            }
            wave = self.transform.inverse_shared(spectrum);
        }
        wave
    }

    /// Turns the wave by a slice's projected potential in volt voxels.
    fn transmit<'v>(&self, wave: &mut [Complex32], potential: impl Iterator<Item = &'v f32>) {
        let amplitude = self.ctf.amplitude_contrast;
        let sigma = interaction_constant(self.ctf.voltage_kv) * self.voxel_size;
        let (turn, absorb) = ((sigma * (1.0 - amplitude * amplitude).max(0.0).sqrt()) as f32, (sigma * amplitude) as f32);
        for (c, &v) in wave.iter_mut().zip(potential).filter(|(_, v)| **v != 0.0) {
            *c *= Complex32::from_polar((-absorb * v).exp(), turn * v);
        }
    }

    /// What a slice's thickness does to the wave's spectrum, with the transform's norm inside.
    fn spread(&self) -> Vec<Complex32> {
        let norm = self.transform.norm();
        let factor = -std::f64::consts::PI * self.ctf.wavelength() * self.slice;
        let phase = |k: &f64| {
            let (sine, cosine) = (factor * k * k).sin_cos();
            Complex32::new((norm * cosine) as f32, (norm * sine) as f32)
        };
        self.frequencies.iter().map(phase).collect()
    }

    /// The lens, for a wave at a height in Angstrom above the tilt axis.
    fn focus(&self, spectrum: &mut [Complex32], height: f64) {
        let norm = self.transform.norm();
        let lens = CtfParams { defocus_um: self.ctf.defocus_um + height * 1e-4, ..*self.ctf };
        for (c, &k) in spectrum.iter_mut().zip(&self.frequencies) {
            let (sine, cosine) = lens.aberration(k).sin_cos();
            let damping = norm * self.ctf.damping(k);
            *c *= Complex32::new((damping * cosine) as f32, (-damping * sine) as f32);
        }
    }
}

#[cfg(test)]
mod tests;
