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

    /// The exact filter for one of several tilts (Radermacher 1992) and an object of so many pixels across: at each frequency f the
    /// image counts `1 / (D sum sinc(D f sin difference))` over the differences to all tilts, itself included; the sum is 1 where no
    /// other image has the same information.
    pub(crate) fn exact(width: usize, tilts: &[f64], own: usize, diameter: f64) -> Self {
        let n = (2 * width).next_power_of_two().max(2);
        let mut planner = FftPlanner::new();
        let sinc = |x: f64| if x.abs() > 1e-9 { (PI * x).sin() / (PI * x) } else { 1.0 };
        let factors = (0..n)
            .map(|i| {
                let frequency = i.min(n - i) as f64 / n as f64;
                let shared = |tilt: &f64| sinc(diameter * frequency * (tilt - tilts[own]).to_radians().sin());
                let sum = tilts.iter().map(shared).sum::<f64>().max(1.0);
                (1.0 / (diameter * sum * n as f64)) as f32
            })
            .collect();
        Self { factors, forward: planner.plan_fft_forward(n), inverse: planner.plan_fft_inverse(n) }
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
