//! The ramp filter of weighted back-projection.

use std::f64::consts::PI;
use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

/// Filters lines of one length by |frequency|, in cycles per pixel.
///
/// The ramp is that of band-limited data (Kak and Slaney 1988, equation 61): its kernel is sampled in real space and transformed, so
/// that padding with zeros leaves the mean right.
pub(crate) struct Ramp {
    factors: Vec<f32>,
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
}

impl Ramp {
    pub(crate) fn new(width: usize) -> Self {
        let n = (2 * width).next_power_of_two().max(2);
        let mut planner = FftPlanner::new();
        let mut kernel: Vec<Complex32> = (0..n)
            .map(|i| {
                let distance = i.min(n - i);
                let value = match distance {
                    0 => 0.25,
                    d if d % 2 == 1 => -1.0 / (PI * d as f64).powi(2),
                    _ => 0.0,
                };
                Complex32::new(value as f32, 0.0)
            })
            .collect();
        let forward = planner.plan_fft_forward(n);
        forward.process(&mut kernel);
        let factors = kernel.iter().map(|c| c.re / n as f32).collect();
        Self { factors, forward, inverse: planner.plan_fft_inverse(n) }
    }

    /// Filters a line into `filtered`, which is as long as the width the ramp was made for.
    pub(crate) fn filter(&self, line: impl Iterator<Item = f32>, filtered: &mut [f32]) {
        let mut buffer = vec![Complex32::default(); self.factors.len()];
        buffer.iter_mut().zip(line).for_each(|(c, v)| c.re = v);
        self.forward.process(&mut buffer);
        buffer.iter_mut().zip(&self.factors).for_each(|(c, &f)| *c *= f);
        self.inverse.process(&mut buffer);
        filtered.iter_mut().zip(&buffer).for_each(|(v, c)| *v = c.re);
    }
}
