use cryoet_core::ndarray::{ArrayViewMut2, ArrayViewMut3, Axis};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use crate::fourier::Filter2;
use crate::random::{Purpose, stream};
use crate::{CtfParams, SimulationError};

/// What added noise looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum NoiseColour {
    /// The same at all frequencies.
    #[default]
    White,
    /// White noise seen through the contrast transfer and its envelopes, which leaves a part of it: SHREC'19 and '20.
    Transfer,
}

/// The least and the largest ratio of variances: beyond either, the lesser of signal and noise is some 2^-12 of the other, and so half of the 24
/// bits that 32-bit floats have are gone.
const RATIOS: [f64; 2] = [1e-7, 1e7];

/// Whether a number can be a signal-to-noise ratio.
pub(crate) fn is_ratio(snr: f64) -> bool {
    (RATIOS[0]..=RATIOS[1]).contains(&snr)
}

/// What noise was added to a tilt series.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NoiseRecord {
    /// The signal-to-noise ratio asked for; where electrons were counted, that of an even beam.
    pub snr_nominal: f64,
    /// Variance of the noise-free images over that of the noise as it was drawn.
    pub snr_realised: f64,
    /// Variance of the noise-free images about each image's mean, averaged over the series.
    pub signal_variance: f64,
    /// Variance of the noise as it was drawn.
    pub noise_variance: f64,
}

impl NoiseRecord {
    /// This noise and another that was added after it.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let nominal = self.signal_variance / self.snr_nominal + other.signal_variance / other.snr_nominal;
        let noise_variance = self.noise_variance + other.noise_variance;
        let signal_variance = self.signal_variance;
        Self { snr_nominal: signal_variance / nominal, snr_realised: signal_variance / noise_variance, signal_variance, noise_variance }
    }
}

/// Adds white Gaussian noise to images `[tilt, y, u]`, as much of it in every image as the ratio of variances `snr` asks for over the
/// whole series: variance of the noise-free images over variance of the noise. All pixels count, so the whole field must be lit.
///
/// # Errors
/// A ratio below 1e-7 or above 1e7; images without variance, or whose values are not finite.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::add_noise;
/// let mut images = Array3::from_shape_fn((3, 64, 64), |(_, y, x)| ((y + x) % 2) as f32);
/// let record = add_noise(images.view_mut(), 0.1, 7)?;
/// assert!((record.snr_realised / 0.1 - 1.0).abs() < 0.05);
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn add_noise(mut images: ArrayViewMut3<'_, f32>, snr: f64, seed: u64) -> Result<NoiseRecord, SimulationError> {
    add_drawn(images.view_mut(), snr, seed, |image, sigma, rng| {
        let draw = |pixel: &mut f32| {
            let noise = sigma * rng.sample::<f32, _>(StandardNormal);
            *pixel += noise;
            f64::from(noise).powi(2)
        };
        image.iter_mut().map(draw).sum()
    })
}

/// Adds Gaussian noise that has gone through the contrast transfer: white noise as [`add_noise`] draws it for the ratio `snr`, filtered.
///
/// The ratio of the record is that asked for; the ratio realised is larger by what the transfer takes from white noise: SHREC'20's
/// 0.004 becomes 0.1 to 0.3. `pixel_size` in Angstrom.
///
/// # Errors
/// As for [`add_noise`].
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{CtfParams, Envelope, add_noise_through};
/// let mut images = Array3::from_shape_fn((3, 64, 64), |(_, y, _)| (y as f32 * 0.3).sin());
/// let ctf = CtfParams { envelope: Envelope { decay: Some(0.02), ..Envelope::default() }, ..CtfParams::default() };
/// let record = add_noise_through(images.view_mut(), &ctf, 10.0, 0.004, 7)?;
/// assert!(record.snr_nominal == 0.004 && (0.05..0.3).contains(&record.snr_realised));
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn add_noise_through(
    mut images: ArrayViewMut3<'_, f32>,
    ctf: &CtfParams,
    pixel_size: f64,
    snr: f64,
    seed: u64,
) -> Result<NoiseRecord, SimulationError> {
    let (_, ny, nx) = images.dim();
    let filter = Filter2::new([ny, nx], |ky, kx| ctf.transfer(ky.hypot(kx) / pixel_size));
    add_drawn(images.view_mut(), snr, seed, |image, sigma, rng| {
        let mut noise = image.map(|_| sigma * rng.sample::<f32, _>(StandardNormal));
        filter.apply(noise.view_mut());
        *image += &noise;
        noise.iter().map(|&v| f64::from(v).powi(2)).sum()
    })
}

/// Lets `add` put noise into each image, from white noise of the standard deviation that the ratio asks for and the image's own
/// stream of numbers; it returns the sum of the squares it added.
fn add_drawn(
    mut images: ArrayViewMut3<'_, f32>,
    snr: f64,
    seed: u64,
    add: impl Fn(&mut ArrayViewMut2<'_, f32>, f32, &mut ChaCha8Rng) -> f64 + Sync,
) -> Result<NoiseRecord, SimulationError> {
    if !is_ratio(snr) {
        return Err(SimulationError::Snr { snr });
    }
    let pixels = images.len().max(1) as f64;
    let signal_variance = images.axis_iter(Axis(0)).map(|image| squares_about_mean(image.iter())).sum::<f64>() / pixels;
    if !(signal_variance.is_finite() && signal_variance > 0.0) {
        return Err(SimulationError::NoSignal { snr, variance: signal_variance });
    }
    let sigma = (signal_variance / snr).sqrt() as f32;
    let squares: Vec<f64> = images
        .axis_iter_mut(Axis(0))
        .collect::<Vec<_>>()
        .into_par_iter()
        .enumerate()
        .map(|(t, mut image)| add(&mut image, sigma, &mut stream(seed, Purpose::Noise, t)))
        .collect();
    let noise_variance = squares.iter().sum::<f64>() / pixels;
    Ok(NoiseRecord { snr_nominal: snr, snr_realised: signal_variance / noise_variance, signal_variance, noise_variance })
}

pub(crate) fn squares_about_mean<'a>(values: impl ExactSizeIterator<Item = &'a f32> + Clone) -> f64 {
    let mean = values.clone().map(|&v| f64::from(v)).sum::<f64>() / values.len().max(1) as f64;
    values.map(|&v| (f64::from(v) - mean).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use cryoet_core::ndarray::Array3;

    #[test]
    fn has_the_variance_asked_for_in_every_image() {
        let clean = Array3::from_shape_fn((4, 128, 128), |(t, y, _)| (y as f32 * 0.3).sin() * (t + 1) as f32);
        let mut noisy = clean.clone();
        let record = add_noise(noisy.view_mut(), 0.25, 3).unwrap();
        assert_relative_eq!(record.snr_realised, 0.25, max_relative = 0.02);
        let noise = &noisy - &clean;
        for image in noise.axis_iter(Axis(0)) {
            let variance = image.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / image.len() as f64;
            assert_relative_eq!(variance, record.noise_variance, max_relative = 0.05);
        }
        assert!(add_noise_through(noisy.view_mut(), &CtfParams::default(), 10.0, 0.0, 3).is_err());
        assert!(add_noise(noisy.view_mut(), 0.0, 3).is_err());
        assert!(add_noise(noisy.view_mut(), f64::NAN, 3).is_err());
        for snr in [1e-300, 1e300] {
            assert_eq!(add_noise(noisy.view_mut(), snr, 3), Err(SimulationError::Snr { snr }));
        }
        // In proportion to nothing, noise would be nothing, and the ratio no number.
        noisy.fill(2.0);
        assert_eq!(add_noise(noisy.view_mut(), 0.1, 3), Err(SimulationError::NoSignal { snr: 0.1, variance: 0.0 }));
        noisy[[1, 2, 3]] = f32::INFINITY;
        assert!(matches!(add_noise(noisy.view_mut(), 0.1, 3), Err(SimulationError::NoSignal { variance, .. }) if variance.is_nan()));
    }

    /// Coloured noise has the power of the transfer function, and what it leaves of white noise on average.
    #[test]
    fn coloured_noise_has_the_power_of_the_transfer() {
        let clean = Array3::from_shape_fn((6, 128, 128), |(_, y, x)| ((y + 2 * x) as f32 * 0.2).sin());
        let ctf = CtfParams { envelope: crate::Envelope { decay: Some(0.02), ..Default::default() }, ..CtfParams::default() };
        let mut noisy = clean.clone();
        let record = add_noise_through(noisy.view_mut(), &ctf, 10.0, 0.02, 5).unwrap();
        let transform = crate::fourier::Transform2::new([128, 128]);
        let power = transform.table(|ky, kx| ctf.transfer(ky.hypot(kx) / 10.0).powi(2));
        let left = power.iter().sum::<f64>() / power.len() as f64;
        assert_relative_eq!(record.snr_realised, record.snr_nominal / left, max_relative = 0.05);
        let noise = &noisy - &clean;
        let (mut near_zero, mut near_peak) = ([0.0; 2], [0.0; 2]);
        for image in noise.axis_iter(Axis(0)) {
            let spectrum = transform.forward(image.iter().map(|&v| rustfft::num_complex::Complex32::new(v, 0.0)).collect());
            for (c, p) in spectrum.iter().zip(&power) {
                if *p < 2e-4 {
                    near_zero = [near_zero[0] + f64::from(c.norm_sqr()), near_zero[1] + 1.0];
                } else if *p > 0.03 {
                    near_peak = [near_peak[0] + f64::from(c.norm_sqr()), near_peak[1] + 1.0];
                }
            }
        }
        assert!(near_zero[0] / near_zero[1] < 0.01 * near_peak[0] / near_peak[1]);
    }
}
