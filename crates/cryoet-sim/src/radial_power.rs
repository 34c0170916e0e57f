use cryoet_core::ndarray::ArrayView2;
use rustfft::num_complex::Complex32;

use crate::fourier::Transform2;

/// The mean power of an image `[y, x]` at rising spatial frequencies: `bins` rings of one width from 0 to Nyquist, the mean taken off and
/// the borders faded (a Hann window), in units of the image squared.
///
/// ```
/// use cryoet_core::ndarray::Array2;
/// let wave = Array2::from_shape_fn((64, 64), |(_, x)| (std::f32::consts::PI * x as f32 / 4.0).cos());
/// let power = cryoet_sim::radial_power(wave.view(), 8);
/// assert!((0..8).all(|ring| ring == 1 || ring == 2 || power[ring] < 0.01 * power[2].max(power[1]))); // a quarter of Nyquist
/// ```
pub fn radial_power(image: ArrayView2<'_, f32>, bins: usize) -> Vec<f64> {
    let (ny, nx) = image.dim();
    let mean = image.iter().map(|&v| f64::from(v)).sum::<f64>() / image.len().max(1) as f64;
    let hann = |i: usize, n: usize| (std::f64::consts::PI * (i as f64 + 0.5) / n as f64).sin().powi(2);
    let faded = image.indexed_iter().map(|((y, x), &v)| Complex32::new(((f64::from(v) - mean) * hann(y, ny) * hann(x, nx)) as f32, 0.0));
    let transform = Transform2::new([ny, nx]);
    let spectrum = transform.forward(faded.collect());
    // A Hann window keeps 3/8 of the power along each axis.
    let scale = transform.norm() / (0.375 * 0.375);
    let mut rings = vec![(0.0, 0_u64); bins];
    for (c, ring) in spectrum.iter().zip(transform.table(|ky, kx| (2.0 * ky.hypot(kx) * bins as f64) as usize)) {
        if let Some((sum, count)) = rings.get_mut(ring) {
            *sum += f64::from(c.norm_sqr());
            *count += 1;
        }
    }
    rings.into_iter().map(|(sum, count)| scale * sum / count.max(1) as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use cryoet_core::ndarray::{Array3, Axis};

    /// White noise has its variance at every frequency, to four standard errors: a ring from r to r + 4 holds half of pi (8 r + 16)
    /// independent values, of which the window, with neighbours alike, leaves one in (35 / 18)^2.
    #[test]
    fn white_noise_is_even() {
        let mut noise = Array3::zeros((40, 64, 64));
        crate::add_solvent_noise(noise.view_mut(), 2.0, 3);
        let mut mean = [0.0; 8];
        for image in noise.axis_iter(Axis(0)) {
            mean.iter_mut().zip(radial_power(image, 8)).for_each(|(m, p)| *m += p / 40.0);
        }
        for (ring, power) in mean.iter().enumerate().skip(1) {
            let values = 40.0 * 0.5 * std::f64::consts::PI * (32.0 * ring as f64 + 16.0) / (35.0_f64 / 18.0).powi(2);
            assert_relative_eq!(*power, 4.0, max_relative = 4.0 / values.sqrt());
        }
        // The means of all rings together, and so the scale, to one in a hundred.
        assert_relative_eq!(mean[4..].iter().sum::<f64>() / 4.0, 4.0, max_relative = 0.01);
    }
}
