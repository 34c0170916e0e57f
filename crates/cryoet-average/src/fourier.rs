//! Fourier transforms of cubes, as complex numbers in the order z, y, x.

use std::sync::Arc;

use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};

/// Plans for cubes of one size.
pub(crate) struct CubeFourier {
    size: usize,
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
}

impl CubeFourier {
    pub(crate) fn new(size: usize) -> Self {
        let mut planner = FftPlanner::new();
        Self { size, forward: planner.plan_fft_forward(size), inverse: planner.plan_fft_inverse(size) }
    }

    /// The spectrum of a real cube.
    pub(crate) fn forward(&self, voxels: impl Iterator<Item = f64>) -> Vec<Complex64> {
        let mut bins: Vec<_> = voxels.map(|v| Complex64::new(v, 0.0)).collect();
        self.transform(&mut bins, &self.forward);
        bins
    }

    /// The real cube of a spectrum, times the number of voxels; the spectrum is used up.
    pub(crate) fn inverse(&self, bins: &mut [Complex64]) -> Vec<f64> {
        self.transform(bins, &self.inverse);
        bins.iter().map(|bin| bin.re).collect()
    }

    /// The frequencies z, y, x of all bins in their order, in cycles per voxel.
    pub(crate) fn frequencies(size: usize) -> impl Iterator<Item = [f64; 3]> {
        let of = move |i: usize| (if i <= size / 2 { i as f64 } else { i as f64 - size as f64 }) / size as f64;
        (0..size.pow(3)).map(move |i| [of(i / (size * size)), of(i / size % size), of(i % size)])
    }

    /// The shells of all bins in their order: the length of their frequency in cycles per cube, rounded.
    pub(crate) fn shells(size: usize) -> impl Iterator<Item = usize> {
        let shell = move |frequency: [f64; 3]| (frequency.iter().map(|f| f * f).sum::<f64>().sqrt() * size as f64).round() as usize;
        Self::frequencies(size).map(shell)
    }

    fn transform(&self, bins: &mut [Complex64], fft: &Arc<dyn Fft<f64>>) {
        let n = self.size;
        let mut scratch = vec![Complex64::ZERO; fft.get_inplace_scratch_len()];
        let mut square = vec![Complex64::ZERO; n * n];
        fft.process_with_scratch(bins, &mut scratch);
        // Along y in planes of z, then along z in planes of y: from one line to the next, and from one plane to the next.
        for (step, plane_step) in [(n, n * n), (n * n, n)] {
            for plane in 0..n {
                for i in 0..n {
                    for x in 0..n {
                        square[x * n + i] = bins[plane * plane_step + i * step + x];
                    }
                }
                fft.process_with_scratch(&mut square, &mut scratch);
                for i in 0..n {
                    for x in 0..n {
                        bins[plane * plane_step + i * step + x] = square[x * n + i];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn forward_is_the_definition_and_inverse_undoes_it() {
        for n in [1_usize, 4, 5] {
            let voxels: Vec<f64> = (0..n.pow(3)).map(|i| ((i * 37 + 11) % 17) as f64).collect();
            let fourier = CubeFourier::new(n);
            let bins = fourier.forward(voxels.iter().copied());
            for (bin, frequency) in bins.iter().zip(CubeFourier::frequencies(n)) {
                let mut sum = Complex64::new(0.0, 0.0);
                for (i, &v) in voxels.iter().enumerate() {
                    let place = [i / (n * n), i / n % n, i % n];
                    let cycles: f64 = place.iter().zip(frequency).map(|(&p, f)| p as f64 * f).sum();
                    sum += Complex64::from_polar(v, -2.0 * PI * cycles);
                }
                assert!((sum - bin).norm() < 1e-9);
            }
            let back = fourier.inverse(&mut bins.clone());
            assert!(back.iter().zip(&voxels).all(|(b, v)| (b / n.pow(3) as f64 - v).abs() < 1e-12));
        }
    }
}
