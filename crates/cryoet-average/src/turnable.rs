//! The spectrum of a box, ready to be read at any frequency: what turning a box comes down to.

use std::sync::Arc;

use cryoet_core::box_centre;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

/// How many times finer than the box's own bins the spectrum is sampled, by zeros around the box.
const PADDING: usize = 2;

/// Plans for boxes of one size.
pub(crate) struct TurnableFourier {
    size: usize,
    forward: Arc<dyn Fft<f32>>,
    /// For each place along an axis, what undoes the fading that linear interpolation between bins brings.
    correction: Vec<f32>,
}

impl TurnableFourier {
    pub(crate) fn new(size: usize) -> Self {
        let padded = PADDING * size;
        let middle = box_centre(size) as f64;
        let correction = |i: usize| {
            let angle = std::f64::consts::PI * (i as f64 - middle) / padded as f64;
            if angle == 0.0 { 1.0 } else { (angle / angle.sin()).powi(2) as f32 }
        };
        Self { size, forward: FftPlanner::new().plan_fft_forward(padded), correction: (0..size).map(correction).collect() }
    }

    /// The spectrum of a box, its phases counted from the reference point.
    pub(crate) fn spectrum(&self, voxels: &[f32]) -> Turnable {
        let n = self.size;
        let (padded, half) = (PADDING * n, n + 1);
        // Place i of the box lies where its distance to the reference point is the distance to 0.
        let wrapped = |i: usize| (i + padded - box_centre(n)) % padded;
        let mut scratch = vec![Complex32::ZERO; self.forward.get_inplace_scratch_len()];
        let mut lines = vec![Complex32::ZERO; padded * half.max(n)];
        let mut rows = vec![Complex32::ZERO; n * n * half];
        for z in 0..n {
            lines[..n * padded].fill(Complex32::ZERO);
            for y in 0..n {
                let scale = self.correction[z] * self.correction[y];
                for x in 0..n {
                    lines[y * padded + wrapped(x)].re = voxels[(z * n + y) * n + x] * scale * self.correction[x];
                }
            }
            self.forward.process_with_scratch(&mut lines[..n * padded], &mut scratch);
            for y in 0..n {
                rows[(z * n + y) * half..][..half].copy_from_slice(&lines[y * padded..][..half]);
            }
        }
        let mut planes = vec![Complex32::ZERO; n * padded * half];
        for z in 0..n {
            lines.fill(Complex32::ZERO);
            for y in 0..n {
                for x in 0..half {
                    lines[x * padded + wrapped(y)] = rows[(z * n + y) * half + x];
                }
            }
            self.forward.process_with_scratch(&mut lines[..half * padded], &mut scratch);
            for y in 0..padded {
                for x in 0..half {
                    planes[(z * padded + y) * half + x] = lines[x * padded + y];
                }
            }
        }
        let mut bins = vec![Complex32::ZERO; padded * padded * half];
        for y in 0..padded {
            lines.fill(Complex32::ZERO);
            for z in 0..n {
                for x in 0..half {
                    lines[x * padded + wrapped(z)] = planes[(z * padded + y) * half + x];
                }
            }
            self.forward.process_with_scratch(&mut lines[..half * padded], &mut scratch);
            for z in 0..padded {
                for x in 0..half {
                    bins[(z * padded + y) * half + x] = lines[x * padded + z];
                }
            }
        }
        Turnable { padded, half, bins }
    }
}

/// A spectrum that can be read between its bins.
pub(crate) struct Turnable {
    padded: usize,
    /// Bins along x: its other half is the conjugate of this one.
    half: usize,
    bins: Vec<Complex32>,
}

impl Turnable {
    /// The value at a frequency z, y, x in cycles per box, each at most half the box's edge from 0.
    pub(crate) fn at(&self, [z, y, x]: [f32; 3]) -> Complex32 {
        let mirrored = x < 0.0;
        let scale = if mirrored { -(PADDING as f32) } else { PADDING as f32 };
        let (z, y, x) = (z * scale, y * scale, x * scale);
        let (fz, fy, fx) = (z.floor(), y.floor(), x.floor());
        let (wz, wy, wx) = (z - fz, y - fy, x - fx);
        let [z0, z1] = self.neighbours(fz);
        let [y0, y1] = self.neighbours(fy);
        let x0 = (fx as usize).min(self.half - 1);
        let x1 = (x0 + 1).min(self.half - 1);
        let row = |z: usize, y: usize| {
            let start = (z * self.padded + y) * self.half;
            self.bins[start + x0] * (1.0 - wx) + self.bins[start + x1] * wx
        };
        let near = row(z0, y0) * (1.0 - wy) + row(z0, y1) * wy;
        let far = row(z1, y0) * (1.0 - wy) + row(z1, y1) * wy;
        let value = near * (1.0 - wz) + far * wz;
        if mirrored { value.conj() } else { value }
    }

    /// The bins of a whole frequency and the next.
    fn neighbours(&self, floor: f32) -> [usize; 2] {
        let n = self.padded as isize;
        let first = floor as isize;
        let first = (if first < 0 { first + n } else { first }).clamp(0, n - 1) as usize;
        [first, if first + 1 == self.padded { 0 } else { first + 1 }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blobs within a third of a box: their spectrum is known everywhere.
    #[test]
    fn reads_between_bins_what_the_closed_form_says() {
        let width = 1.6_f64;
        let blobs = [([1.0, -2.5, 3.25], 1.0), ([-3.0, 2.0, 0.5], 0.7), ([0.0, 0.0, -4.0], -0.5)];
        for n in [20_usize, 21] {
            let middle = box_centre(n) as f64;
            let voxels: Vec<f32> = (0..n.pow(3))
                .map(|i| {
                    let place = [i / (n * n), i / n % n, i % n].map(|k| k as f64 - middle);
                    let value = |(at, weight): &([f64; 3], f64)| {
                        let square: f64 = place.iter().zip(at).map(|(p, a)| (p - a).powi(2)).sum();
                        weight * (-square / (2.0 * width * width)).exp()
                    };
                    blobs.iter().map(value).sum::<f64>() as f32
                })
                .collect();
            let spectrum = TurnableFourier::new(n).spectrum(&voxels);
            let volume = (std::f64::consts::TAU * width * width).powf(1.5);
            for i in 0..400_usize {
                let frequency = [i * 37 % 101, i * 53 % 89, i * 29 % 97].map(|k| k as f64 / 101.0 * 9.0 - 4.5);
                let square: f64 = frequency.iter().map(|f| (f / n as f64).powi(2)).sum();
                let fading = (-2.0 * (std::f64::consts::PI * width).powi(2) * square).exp();
                let (mut re, mut im) = (0.0, 0.0);
                for (at, weight) in &blobs {
                    let cycles: f64 = at.iter().zip(frequency).map(|(a, f)| a * f / n as f64).sum();
                    re += weight * volume * fading * (std::f64::consts::TAU * cycles).cos();
                    im -= weight * volume * fading * (std::f64::consts::TAU * cycles).sin();
                }
                let found = spectrum.at(frequency.map(|f| f as f32));
                let error = (f64::from(found.re) - re).hypot(f64::from(found.im) - im);
                // Linear interpolation at twice the sampling: images of what lies a quarter of the box from its middle.
                assert!(error < 0.03 * volume, "{frequency:?}: {found} for {re} {im}");
            }
        }
    }
}
