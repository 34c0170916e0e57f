use cryoet_core::ndarray::ArrayView3;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rustfft::num_complex::Complex64;

use crate::fourier::CubeFourier;
use crate::{AverageError, FscCurve};

/// Where phases are replaced by random ones: beyond the first shell whose correlation without a mask is below this (Chen et al. 2013 leave
/// the choice open; RELION's post-processing takes 0.8).
const STILL_SURE: f64 = 0.8;

/// The Fourier shell correlation of two cubes of one shape, indexed `[z, y, x]`.
///
/// # Errors
/// Volumes that are no cubes of the same shape, or not finite.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_average::fsc;
/// let map = Array3::from_shape_fn((16, 16, 16), |(z, y, x)| ((z * 31 + y * 17 + x * 7) % 23) as f32);
/// let curve = fsc(map.view(), map.mapv(|v| 2.0 * v + 1.0).view())?; // scale and offset change nothing beyond shell 0
/// assert!(curve.values[1..].iter().all(|v| (v - 1.0).abs() < 1e-6));
/// # Ok::<(), cryoet_average::AverageError>(())
/// ```
pub fn fsc(a: ArrayView3<'_, f32>, b: ArrayView3<'_, f32>) -> Result<FscCurve, AverageError> {
    let size = checked(a, b)?;
    let fourier = CubeFourier::new(size);
    let spectrum = |volume: ArrayView3<'_, f32>| fourier.forward(volume.iter().map(|&v| f64::from(v)));
    Ok(correlation(&spectrum(a), &spectrum(b), size))
}

/// The Fourier shell correlation of two cubes under a soft mask of the same shape, freed of what the mask itself brings (Chen et al.
/// 2013): beyond the frequency where the volumes without mask correlate less than 0.8 their phases are made random, and the
/// correlation that these have under the mask is taken off: (t - n) / (1 - n).
///
/// Random phases come from the seed.
///
/// # Errors
/// Volumes or mask that are no cubes of the same shape, or not finite.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_average::fsc_masked;
/// let map = Array3::from_shape_fn((16, 16, 16), |(z, y, x)| ((z * 31 + y * 17 + x * 7) % 23) as f32);
/// let mask = Array3::from_elem((16, 16, 16), 1.0);
/// let curve = fsc_masked(map.view(), map.view(), mask.view(), 1)?;
/// assert!(curve.values.iter().all(|v| (v - 1.0).abs() < 1e-6));
/// # Ok::<(), cryoet_average::AverageError>(())
/// ```
pub fn fsc_masked(a: ArrayView3<'_, f32>, b: ArrayView3<'_, f32>, mask: ArrayView3<'_, f32>, seed: u64) -> Result<FscCurve, AverageError> {
    let size = checked(a, b)?;
    checked(a, mask)?;
    let weights: Vec<f64> = mask.iter().map(|&v| f64::from(v)).collect();
    let cube = |volume: ArrayView3<'_, f32>| volume.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    Ok(masked_correlation(&cube(a), &cube(b), &weights, size, seed))
}

/// As [`fsc_masked`], of cubes in the order z, y, x.
pub(crate) fn masked_correlation(a: &[f64], b: &[f64], mask: &[f64], size: usize, seed: u64) -> FscCurve {
    let fourier = CubeFourier::new(size);
    let [a_bins, b_bins] = [a, b].map(|cube| fourier.forward(cube.iter().copied()));
    let plain = correlation(&a_bins, &b_bins, size);
    let from = (1..plain.values.len()).find(|&shell| plain.values[shell] < STILL_SURE).unwrap_or(plain.values.len());
    let under_mask = |cube: &[f64]| fourier.forward(cube.iter().zip(mask).map(|(v, w)| v * w));
    let mut curve = correlation(&under_mask(a), &under_mask(b), size);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut random_phases = |mut bins: Vec<Complex64>| {
        // Phases of a real volume of noise: opposite frequencies stay conjugate.
        let noise = fourier.forward((0..bins.len()).map(|_| random.sample(StandardNormal)));
        for ((bin, noise), shell) in bins.iter_mut().zip(noise).zip(CubeFourier::shells(size)) {
            if shell >= from && noise.norm() > 0.0 {
                *bin = noise * (bin.norm() / noise.norm());
            }
        }
        let scale = 1.0 / size.pow(3) as f64;
        fourier.inverse(&mut bins).into_iter().map(|v| v * scale).collect::<Vec<_>>()
    };
    let (a_random, b_random) = (random_phases(a_bins), random_phases(b_bins));
    let chance = correlation(&under_mask(&a_random), &under_mask(&b_random), size);
    // The first two shells beyond hold a mixture: the mask blurs.
    for shell in (from + 2).min(curve.values.len())..curve.values.len() {
        let (t, n) = (curve.values[shell], chance.values[shell]);
        curve.values[shell] = if n < 1.0 { ((t - n) / (1.0 - n)).clamp(-1.0, 1.0) } else { 0.0 };
    }
    curve
}

fn correlation(a: &[Complex64], b: &[Complex64], size: usize) -> FscCurve {
    let shells = size / 2 + 1;
    let mut sums = vec![[0.0; 3]; shells];
    for ((a, b), shell) in a.iter().zip(b).zip(CubeFourier::shells(size)) {
        if let Some([product, of_a, of_b]) = sums.get_mut(shell) {
            *product += (a * b.conj()).re;
            *of_a += a.norm_sqr();
            *of_b += b.norm_sqr();
        }
    }
    // Rounding leaves a trace of power where there is none.
    let most = sums.iter().map(|s| s[1].max(s[2])).fold(0.0, f64::max);
    let value = |&[product, of_a, of_b]: &[f64; 3]| {
        if of_a.min(of_b) > 1e-24 * most { (product / (of_a * of_b).sqrt()).clamp(-1.0, 1.0) } else { 0.0 }
    };
    FscCurve { frequencies: (0..shells).map(|i| i as f64 / size as f64).collect(), values: sums.iter().map(value).collect() }
}

fn checked(a: ArrayView3<'_, f32>, b: ArrayView3<'_, f32>) -> Result<usize, AverageError> {
    let size = a.dim().0;
    for volume in [a, b] {
        let shape: [usize; 3] = volume.dim().into();
        if shape != [size; 3] || size == 0 {
            return Err(AverageError::Shape { what: "map or mask", shape, size });
        }
        if let Some(((z, y, x), &value)) = volume.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(AverageError::NonFinite { index: [z, y, x], value });
        }
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::soft_sphere;

    fn noise(size: usize, seed: u64) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..size.pow(3)).map(|_| random.sample(StandardNormal)).collect()
    }

    #[test]
    fn equal_signal_in_noise_of_its_own_correlates_by_snr() {
        let n = 48;
        let signal = noise(n, 1);
        let with_noise = |seed| -> Vec<f64> { signal.iter().zip(noise(n, seed)).map(|(s, e)| s + e * 0.5).collect() };
        let fourier = CubeFourier::new(n);
        let [a, b] = [2, 3].map(|seed| fourier.forward(with_noise(seed).into_iter()));
        let curve = correlation(&a, &b, n);
        // SNR 4: 4 / 5 in every shell.
        assert!(curve.values[6..].iter().all(|v| (v - 0.8).abs() < 0.06), "{:?}", curve.values);
    }

    #[test]
    fn a_mask_alone_brings_no_correlation() {
        let n = 40;
        let mask = soft_sphere(n, 9.0, 3.0).into_raw_vec_and_offset().0;
        // Independent noise, that one mask makes alike at neighbouring frequencies only, and a common blob at low frequency.
        let blob: Vec<f64> = soft_sphere(n, 4.0, 6.0).into_iter().collect();
        let halves = [5, 6].map(|seed| blob.iter().zip(noise(n, seed)).map(|(b, e)| 3.0 * b + e).collect::<Vec<f64>>());
        let curve = masked_correlation(&halves[0], &halves[1], &mask, n, 7);
        let far = &curve.values[10..];
        let mean = far.iter().sum::<f64>() / far.len() as f64;
        assert!(mean.abs() < 0.08, "{mean} {:?}", curve.values);
        assert!(curve.values[1] > 0.9 && curve.crossing(0.5) < 0.25, "{:?}", curve.values);
    }
}
