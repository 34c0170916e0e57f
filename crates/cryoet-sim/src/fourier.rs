//! Two-dimensional Fourier transforms of images.

use std::sync::Arc;

use cryoet_core::ndarray::{ArrayView2, ArrayViewMut2};
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

fn transposed(values: &[Complex32], rows: usize, columns: usize) -> Vec<Complex32> {
    if values.is_empty() {
        return Vec::new();
    }
    match ArrayView2::from_shape((rows, columns), values) {
        Ok(matrix) => matrix.t().iter().copied().collect(),
        Err(_) => values.to_vec(),
    }
}
