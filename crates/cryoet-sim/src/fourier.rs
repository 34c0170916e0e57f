//! Two-dimensional Fourier transforms of images.

use std::sync::Arc;

use cryoet_core::ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

/// The frequency of bin `i` of `n`, in cycles per sample, from -1/2 to 1/2.
pub(crate) fn frequency(i: usize, n: usize) -> f64 {
    let signed = if i <= n / 2 { i as f64 } else { i as f64 - n as f64 };
    signed / n as f64
}

/// Transforms of images of one shape; spectra lie column by column (x, then y).
pub(crate) struct Transform2 {
    shape: [usize; 2],
    rows: [Arc<dyn Fft<f32>>; 2],
    columns: [Arc<dyn Fft<f32>>; 2],
}

impl Transform2 {
    /// Transforms for images of shape y, x.
    pub(crate) fn new(shape: [usize; 2]) -> Self {
        let mut planner = FftPlanner::new();
        let [ny, nx] = shape;
        Self {
            shape,
            rows: [planner.plan_fft_forward(nx), planner.plan_fft_inverse(nx)],
            columns: [planner.plan_fft_forward(ny), planner.plan_fft_inverse(ny)],
        }
    }

    /// The spectrum of an image that lies row by row.
    pub(crate) fn forward(&self, mut rows: Vec<Complex32>) -> Vec<Complex32> {
        let [ny, nx] = self.shape;
        self.rows[0].process(&mut rows);
        let mut columns = transposed(&rows, ny, nx);
        self.columns[0].process(&mut columns);
        columns
    }

    /// The image of a spectrum, row by row, larger by the number of pixels.
    pub(crate) fn inverse(&self, mut columns: Vec<Complex32>) -> Vec<Complex32> {
        let [ny, nx] = self.shape;
        self.columns[1].process(&mut columns);
        let mut rows = transposed(&columns, nx, ny);
        self.rows[1].process(&mut rows);
        rows
    }

    /// As [`forward`](Self::forward), the lines shared out among threads: the same bits, for images that are not many at a time.
    pub(crate) fn forward_shared(&self, mut rows: Vec<Complex32>) -> Vec<Complex32> {
        let [ny, nx] = self.shape;
        share(&*self.rows[0], &mut rows, nx);
        let mut columns = transposed_shared(&rows, ny, nx);
        share(&*self.columns[0], &mut columns, ny);
        columns
    }

    /// As [`inverse`](Self::inverse), the lines shared out among threads.
    pub(crate) fn inverse_shared(&self, mut columns: Vec<Complex32>) -> Vec<Complex32> {
        let [ny, nx] = self.shape;
        share(&*self.columns[1], &mut columns, ny);
        let mut rows = transposed_shared(&columns, nx, ny);
        share(&*self.rows[1], &mut rows, nx);
        rows
    }

    /// A function of the frequencies along y and x, in cycles per pixel, laid out as spectra are.
    pub(crate) fn table<T>(&self, value: impl Fn(f64, f64) -> T) -> Vec<T> {
        let [ny, nx] = self.shape;
        (0..nx).flat_map(|x| (0..ny).map(move |y| (x, y))).map(|(x, y)| value(frequency(y, ny), frequency(x, nx))).collect()
    }

    /// One over the number of pixels.
    pub(crate) fn norm(&self) -> f64 {
        1.0 / (self.shape[0] * self.shape[1]) as f64
    }
}

/// Multiplies images of one shape by a function in Fourier space.
pub(crate) struct Filter2 {
    transform: Transform2,
    /// With the transform's norm inside.
    factors: Vec<f32>,
}

impl Filter2 {
    /// A filter for images of shape y, x; `factor` takes the frequencies along y and x in cycles per pixel.
    pub(crate) fn new(shape: [usize; 2], factor: impl Fn(f64, f64) -> f64) -> Self {
        let transform = Transform2::new(shape);
        let norm = transform.norm();
        let factors = transform.table(|ky, kx| (norm * factor(ky, kx)) as f32);
        Self { transform, factors }
    }

    /// Filters one image in place.
    pub(crate) fn apply(&self, mut image: ArrayViewMut2<'_, f32>) {
        let mut columns = self.transform.forward(image.iter().map(|&v| Complex32::new(v, 0.0)).collect());
        for (value, &factor) in columns.iter_mut().zip(&self.factors) {
            *value *= factor;
        }
        let rows = self.transform.inverse(columns);
        image.iter_mut().zip(&rows).for_each(|(v, c)| *v = c.re);
    }
}

/// Lines or columns that a thread takes at once.
const SHARE: usize = 16;

/// Transforms lines of a length, some of them on each thread.
fn share(fft: &dyn Fft<f32>, lines: &mut [Complex32], length: usize) {
    lines.par_chunks_mut(SHARE * length.max(1)).for_each(|lines| fft.process(lines));
}

/// Column after column of a matrix that lies row after row.
fn transposed_shared(values: &[Complex32], rows: usize, columns: usize) -> Vec<Complex32> {
    let mut turned = vec![Complex32::default(); values.len()];
    turned.par_chunks_mut(SHARE * rows.max(1)).enumerate().for_each(|(part, turned)| {
        let first = part * SHARE;
        for (row, line) in values.chunks_exact(columns.max(1)).enumerate() {
            for (column, turned) in turned.chunks_exact_mut(rows).enumerate() {
                turned[row] = line[first + column];
            }
        }
    });
    turned
}

/// The least even number that is not less and has no prime factor over 7: transforms of such a length are quick.
pub(crate) fn quick_length(least: usize) -> usize {
    let is_quick = |n: &usize| {
        let rest = [2, 3, 5, 7].iter().fold(*n, |mut rest, factor| {
            while rest % factor == 0 {
                rest /= factor;
            }
            rest
        });
        rest == 1
    };
    (least.max(2).next_multiple_of(2)..).step_by(2).find(is_quick).unwrap_or(least)
}

fn transposed(values: &[Complex32], rows: usize, columns: usize) -> Vec<Complex32> {
    if values.is_empty() {
        return Vec::new();
    }
    match ArrayView2::from_shape((rows, columns), values) {
        Ok(matrix) => matrix.t().iter().copied().collect(),
        Err(_) => values.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_transforms_give_the_same_bits() {
        for shape in [[48, 70], [1, 6], [17, 33]] {
            let transform = Transform2::new(shape);
            let image: Vec<Complex32> =
                (0..shape[0] * shape[1]).map(|i| Complex32::new((i as f32 * 0.7).sin(), (i as f32).cos())).collect();
            let spectrum = transform.forward(image.clone());
            assert_eq!(transform.forward_shared(image), spectrum);
            assert_eq!(transform.inverse_shared(spectrum.clone()), transform.inverse(spectrum));
        }
    }

    #[test]
    fn quick_lengths_have_small_factors() {
        assert_eq!([1, 64, 65, 584, 1163].map(quick_length), [2, 64, 70, 588, 1176]);
    }
}
