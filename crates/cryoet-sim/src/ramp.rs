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

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// What an image counts at frequency bin `i`.
    fn weight(filter: &Ramp, i: usize) -> f64 {
        f64::from(filter.factors[i]) * filter.factors.len() as f64
    }

    /// The integral of Bessel's J0 from 0, by its power series.
    fn integral_of_j0(x: f64) -> f64 {
        let (mut term, mut sum) = (1.0, 0.0);
        for k in 0..80 {
            sum += term * x / f64::from(2 * k + 1);
            term *= -(0.5 * x / f64::from(k + 1)).powi(2);
        }
        sum
    }

    /// With even tilts all around, what images share is the integral of `sinc(D f sin t)` over half a turn, which is that of J0 up to
    /// `pi D f` over `D f`: the exact filter is the ramp over that integral, which tends to 1.
    #[test]
    fn exact_weights_of_even_tilts_have_their_closed_form() {
        let tilts: Vec<f64> = (-90..90).map(f64::from).collect();
        let diameter = 92.0;
        let filter = Ramp::exact(256, &tilts, 40, diameter);
        let n = filter.factors.len();
        let mut checked = 0;
        for i in 1..n / 2 {
            let f = i as f64 / n as f64;
            let x = PI * diameter * f;
            if x < 20.0 {
                assert_relative_eq!(weight(&filter, i), PI / 180.0 * f / integral_of_j0(x), max_relative = 1e-5);
                checked += 1;
            }
        }
        assert!(checked > 30);
        assert_relative_eq!(weight(&filter, 0), 1.0 / (180.0 * diameter), max_relative = 1e-5);
    }

    /// Three copies of a tilt together weigh as much as the tilt alone; beside another tilt too where they have nothing in common with
    /// it, and 3/4 to 1/2 at frequency 0, which all have in common.
    #[test]
    fn exact_weights_share_among_copies() {
        let diameter = 32.0;
        let (one, three) = (Ramp::exact(64, &[0.0], 0, diameter), Ramp::exact(64, &[0.0; 3], 0, diameter));
        for i in 0..one.factors.len() {
            assert_relative_eq!(3.0 * weight(&three, i), weight(&one, i), max_relative = 1e-5);
            assert_relative_eq!(weight(&one, i), 1.0 / diameter, max_relative = 1e-5);
        }
        // sin 30 = 1/2: the tilts have nothing in common where 16 f is a whole number.
        let (one, three) = (Ramp::exact(64, &[0.0, 30.0], 0, diameter), Ramp::exact(64, &[0.0, 0.0, 0.0, 30.0], 0, diameter));
        for whole in 1..8 {
            let i = one.factors.len() / 16 * whole;
            assert_relative_eq!(3.0 * weight(&three, i), weight(&one, i), max_relative = 1e-5);
        }
        assert_relative_eq!(3.0 * weight(&three, 0) * diameter, 0.75, max_relative = 1e-5);
        assert_relative_eq!(weight(&one, 0) * diameter, 0.5, max_relative = 1e-5);
    }
}
