use cryoet_core::ndarray::{ArrayViewMut3, Axis};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use crate::SimulationError;
use crate::random::{Purpose, stream};

/// What noise was added to a tilt series.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NoiseRecord {
    /// The signal-to-noise ratio asked for.
    pub snr_nominal: f64,
    /// Variance of the noise-free images over that of the noise as it was drawn.
    pub snr_realised: f64,
    /// Variance of the noise-free images about each image's mean, averaged over the series.
    pub signal_variance: f64,
    /// Variance of the noise as it was drawn.
    pub noise_variance: f64,
}

/// Adds white Gaussian noise to images `[tilt, y, u]`, as much of it in every image as the ratio of variances `snr` asks for over the
/// whole series: variance of the noise-free images over variance of the noise. All pixels count, so the whole field must be lit.
///
/// # Errors
/// A ratio that is not positive and finite.
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
    if !(snr.is_finite() && snr > 0.0) {
        return Err(SimulationError::Snr { snr });
    }
    let pixels = images.len().max(1) as f64;
    let signal_variance = images.axis_iter(Axis(0)).map(|image| squares_about_mean(image.iter())).sum::<f64>() / pixels;
    let sigma = (signal_variance / snr).sqrt() as f32;
    let squares: Vec<f64> = images
        .axis_iter_mut(Axis(0))
        .collect::<Vec<_>>()
        .into_par_iter()
        .enumerate()
        .map(|(t, mut image)| {
            let mut rng = stream(seed, Purpose::Noise, t);
            let draw = |pixel: &mut f32| {
                let noise = sigma * rng.sample::<f32, _>(StandardNormal);
                *pixel += noise;
                f64::from(noise).powi(2)
            };
            image.iter_mut().map(draw).sum()
        })
        .collect();
    let noise_variance = squares.iter().sum::<f64>() / pixels;
    Ok(NoiseRecord { snr_nominal: snr, snr_realised: signal_variance / noise_variance, signal_variance, noise_variance })
}

fn squares_about_mean<'a>(values: impl ExactSizeIterator<Item = &'a f32> + Clone) -> f64 {
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
        assert!(add_noise(noisy.view_mut(), 0.0, 3).is_err());
        assert!(add_noise(noisy.view_mut(), f64::NAN, 3).is_err());
    }
}
