//! Two-dimensional Fourier transforms of real images.

use std::sync::Arc;

use cryoet_core::ndarray::{ArrayView2, ArrayViewMut2};
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

/// The frequency of bin `i` of `n`, in cycles per sample, from -1/2 to 1/2.
pub(crate) fn frequency(i: usize, n: usize) -> f64 {
    let signed = if i <= n / 2 { i as f64 } else { i as f64 - n as f64 };
    signed / n as f64
}

/// Multiplies images of one shape by a function in Fourier space.
pub(crate) struct Filter2 {
    shape: [usize; 2],
    rows: [Arc<dyn Fft<f32>>; 2],
    columns: [Arc<dyn Fft<f32>>; 2],
    /// Row by row in x, y: transposed, and with the transform's norm inside.
    factors: Vec<f32>,
}

impl Filter2 {
    /// A filter for images of shape y, x; `factor` takes the frequencies along y and x in cycles per pixel.
    pub(crate) fn new(shape: [usize; 2], factor: impl Fn(f64, f64) -> f64) -> Self {
        let mut planner = FftPlanner::new();
        let [ny, nx] = shape;
        let norm = 1.0 / (ny * nx) as f64;
        let factors = (0..nx)
            .flat_map(|x| (0..ny).map(move |y| (x, y)))
            .map(|(x, y)| (norm * factor(frequency(y, ny), frequency(x, nx))) as f32)
            .collect();
        Self {
            shape,
            rows: [planner.plan_fft_forward(nx), planner.plan_fft_inverse(nx)],
            columns: [planner.plan_fft_forward(ny), planner.plan_fft_inverse(ny)],
            factors,
        }
    }

    /// Filters one image in place.
    pub(crate) fn apply(&self, mut image: ArrayViewMut2<'_, f32>) {
        let [ny, nx] = self.shape;
        let mut rows: Vec<Complex32> = image.iter().map(|&v| Complex32::new(v, 0.0)).collect();
        self.rows[0].process(&mut rows);
        let mut columns = transposed(&rows, ny, nx);
        self.columns[0].process(&mut columns);
        for (value, &factor) in columns.iter_mut().zip(&self.factors) {
            *value *= factor;
        }
        self.columns[1].process(&mut columns);
        let mut rows = transposed(&columns, nx, ny);
        self.rows[1].process(&mut rows);
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
