use cryoet_core::ndarray::{Array3, ArrayViewMut3, Axis};
use rand::RngExt;
use rand_distr::{Distribution, Poisson, StandardNormal};
use rayon::prelude::*;

use crate::fourier::Filter2;
use crate::noise::squares_about_mean;
use crate::random::{Purpose, stream};
use crate::{DetectorResponse, NoiseRecord, SimulationError};

/// Electrons on a pixel from which counts are drawn as normal numbers.
const MANY: f64 = 1e6;

/// The order in which a tilt series is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum TiltOrder {
    /// From the first angle to the last.
    Rising,
    /// From the angle nearest to 0 outwards, to both sides in turn, the positive first (Hagen et al. 2017).
    #[default]
    Symmetric,
    /// From the angle nearest to 0 to the last, then from there to the first.
    Bidirectional,
}

impl TiltOrder {
    /// When each tilt of a rising series is taken, from 0.
    ///
    /// ```
    /// use cryoet_sim::TiltOrder;
    /// assert_eq!(TiltOrder::Symmetric.turns(&[-4.0, -2.0, 0.0, 2.0, 4.0]), [4, 2, 0, 1, 3]);
    /// assert_eq!(TiltOrder::Bidirectional.turns(&[-4.0, -2.0, 0.0, 2.0, 4.0]), [4, 3, 0, 1, 2]);
    /// ```
    pub fn turns(&self, tilts: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..tilts.len()).collect();
        match self {
            Self::Rising => {}
            Self::Symmetric => order.sort_by(|&a, &b| tilts[a].abs().total_cmp(&tilts[b].abs()).then(tilts[b].total_cmp(&tilts[a]))),
            Self::Bidirectional => {
                let nearest = order.iter().copied().min_by(|&a, &b| tilts[a].abs().total_cmp(&tilts[b].abs())).unwrap_or(0);
                order = (nearest..tilts.len()).chain((0..nearest).rev()).collect();
            }
        }
        let mut turns = vec![0; tilts.len()];
        for (turn, &tilt) in order.iter().enumerate() {
            turns[tilt] = turn;
        }
        turns
    }
}

/// The electrons of a tilt series, what they destroy, and how they are counted.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Exposure {
    /// Electrons to the square Angstrom over the whole series, the same at every tilt.
    pub dose: f64,
    /// The order of the tilts.
    pub order: TiltOrder,
    /// Whether the dose damages the specimen: later images lose high frequencies, see [`damage()`].
    pub damage: bool,
    /// Whether electrons are counted (Poisson); otherwise the dose only damages.
    pub counted: bool,
    /// The detector.
    pub detector: DetectorResponse,
}

/// 110 electrons to the square Angstrom, the middle of SHREC'21's 100 to 120, dose-symmetric.
impl Default for Exposure {
    fn default() -> Self {
        Self { dose: 110.0, order: TiltOrder::Symmetric, damage: true, counted: true, detector: DetectorResponse::default() }
    }
}

impl Exposure {
    pub(crate) fn is_valid(&self) -> bool {
        self.dose.is_finite() && self.dose > 0.0 && self.detector.is_valid()
    }

    /// The dose that the specimen has seen halfway through each tilt's image.
    ///
    /// ```
    /// use cryoet_sim::{Exposure, TiltOrder};
    /// let exposure = Exposure { dose: 30.0, order: TiltOrder::Symmetric, ..Exposure::default() };
    /// assert_eq!(exposure.seen(&[-3.0, 0.0, 3.0]), [25.0, 5.0, 15.0]);
    /// ```
    pub fn seen(&self, tilts: &[f64]) -> Vec<f64> {
        let each = self.dose / tilts.len().max(1) as f64;
        self.order.turns(tilts).into_iter().map(|turn| (turn as f64 + 0.5) * each).collect()
    }
}

/// What a dose in electrons to the square Angstrom leaves of the amplitude at a spatial frequency `k` in 1 / Angstrom:
/// `exp(-dose / (2 Nc))` with the critical exposure `Nc = 0.245 k^-1.665 + 2.81` at 300 kV, 0.8 of that at 200 kV and below (Grant and
/// Grigorieff 2015), linear between.
///
/// ```
/// let critical = 0.245 * 0.1_f64.powf(-1.665) + 2.81; // 14.1 at 10 Angstrom
/// assert!((cryoet_sim::damage(0.1, 2.0 * critical, 300.0) - (-1.0_f64).exp()).abs() < 1e-12);
/// assert_eq!(cryoet_sim::damage(0.0, 100.0, 300.0), 1.0);
/// ```
pub fn damage(k: f64, dose: f64, voltage_kv: f64) -> f64 {
    let scale = (0.8 + 0.2 * (voltage_kv - 200.0) / 100.0).clamp(0.8, 1.0);
    (-dose / (2.0 * scale * (0.245 * k.powf(-1.665) + 2.81))).exp()
}

/// Multiplies images `[tilt, y, u]` in Fourier space by a function of the tilt's number and the spatial frequency in 1 / Angstrom.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// let mut images = Array3::from_elem((2, 8, 8), 1.0);
/// cryoet_sim::attenuate(images.view_mut(), 10.0, |tilt, k| if tilt == 0 { 0.5 } else { (-k * 100.0).exp() });
/// assert!((images[[0, 3, 3]] - 0.5).abs() < 1e-6 && (images[[1, 3, 3]] - 1.0).abs() < 1e-6);
/// ```
pub fn attenuate(mut images: ArrayViewMut3<'_, f32>, pixel_size: f64, factor: impl Fn(usize, f64) -> f64 + Sync) {
    let (_, ny, nx) = images.dim();
    images.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().enumerate().for_each(|(t, image)| {
        Filter2::new([ny, nx], |ky, kx| factor(t, ky.hypot(kx) / pixel_size)).apply(image);
    });
}

/// Counts electrons: turns contrast `[tilt, y, u]` into what a detector records of it, as contrast again.
///
/// The contrast is damped by the root of the detector's efficiency (DQE), electrons are drawn from Poisson's distribution about
/// `dose pixel^2 (1 + contrast)`, and signal and noise are then blurred by `MTF / sqrt(DQE)`, so that the signal has seen the MTF and the
/// noise the efficiency. In the record, the nominal ratio is that of an even beam.
///
/// # Errors
/// A dose that is not positive, or a detector whose curves are out of range.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{DetectorResponse, Exposure, count_electrons};
/// let mut images = Array3::from_shape_fn((2, 64, 64), |(_, y, _)| 0.2 * (y as f32 * 0.5).sin());
/// let exposure = Exposure { dose: 10.0, detector: DetectorResponse::perfect(), ..Exposure::default() };
/// let record = count_electrons(images.view_mut(), &exposure, 4.0, 1)?;
/// assert!((record.noise_variance * 5.0 * 16.0 - 1.0).abs() < 0.05); // 5 electrons to the square Angstrom an image
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn count_electrons(
    mut images: ArrayViewMut3<'_, f32>,
    exposure: &Exposure,
    pixel_size: f64,
    seed: u64,
) -> Result<NoiseRecord, SimulationError> {
    if !exposure.is_valid() {
        return Err(SimulationError::Exposure { dose: exposure.dose });
    }
    let (count, ny, nx) = images.dim();
    let electrons = exposure.dose / count.max(1) as f64 * pixel_size * pixel_size;
    let response = &exposure.detector;
    let before = Filter2::new([ny, nx], |ky, kx| response.efficiency(ky.hypot(kx) / pixel_size, pixel_size).sqrt());
    let after = Filter2::new([ny, nx], |ky, kx| {
        let k = ky.hypot(kx) / pixel_size;
        response.transfer(k, pixel_size) / response.efficiency(k, pixel_size).sqrt()
    });
    let parts: Vec<[f64; 2]> = images
        .axis_iter_mut(Axis(0))
        .collect::<Vec<_>>()
        .into_par_iter()
        .enumerate()
        .map(|(t, mut image)| {
            let mut rng = stream(seed, Purpose::Shot, t);
            before.apply(image.view_mut());
            let mut noise = image.to_owned();
            for (pixel, noise) in image.iter_mut().zip(noise.iter_mut()) {
                let mean = electrons * f64::from(1.0 + *pixel).max(0.0);
                let counted = (draw(mean, &mut rng) / electrons - 1.0) as f32;
                *noise = counted - *pixel;
            }
            after.apply(image.view_mut());
            after.apply(noise.view_mut());
            let signal = squares_about_mean(image.iter());
            image += &noise;
            [signal, squares_about_mean(noise.iter())]
        })
        .collect();
    let pixels = (count * ny * nx).max(1) as f64;
    let [signal, noise] = [0, 1].map(|i| parts.iter().map(|part| part[i]).sum::<f64>() / pixels);
    // White noise of the counts, seen through the second filter.
    let blur = mean_square(ny, nx, |ky, kx| {
        let k = ky.hypot(kx) / pixel_size;
        response.transfer(k, pixel_size).powi(2) / response.efficiency(k, pixel_size)
    });
    let nominal = blur / electrons;
    Ok(NoiseRecord { snr_nominal: signal / nominal, snr_realised: signal / noise, signal_variance: signal, noise_variance: noise })
}

fn mean_square(ny: usize, nx: usize, value: impl Fn(f64, f64) -> f64) -> f64 {
    let frequency = crate::fourier::frequency;
    let sum: f64 = (0..ny).map(|y| (0..nx).map(|x| value(frequency(y, ny), frequency(x, nx))).sum::<f64>()).sum();
    sum / (ny * nx).max(1) as f64
}

fn draw(mean: f64, rng: &mut impl RngExt) -> f64 {
    if mean < MANY
        && let Ok(poisson) = Poisson::new(mean)
    {
        return poisson.sample(rng);
    }
    if mean >= MANY { mean + mean.sqrt() * rng.sample::<f64, _>(StandardNormal) } else { 0.0 }
}

/// What the noise of ice that the beam has changed between images adds to projections: white noise whose variance is
/// `sigma^2` (volt squared) times the beam's path through the slab in voxels, as if every voxel had been drawn anew at every tilt
/// (SHREC'20); `[tilt, y, u]` in volt voxels.
///
/// ```
/// let noise = cryoet_sim::structural_noise(&[0.0, 60.0], [64, 64], 100, 0.3, 1);
/// let variance = |t: usize| noise.index_axis(cryoet_core::ndarray::Axis(0), t).iter().map(|v| v * v).sum::<f32>() / 4096.0;
/// assert!((variance(0) / 9.0 - 1.0).abs() < 0.1 && (variance(1) / 18.0 - 1.0).abs() < 0.1);
/// ```
pub fn structural_noise(tilts: &[f64], [ny, width]: [usize; 2], depth: usize, sigma: f64, seed: u64) -> Array3<f32> {
    let mut images = Array3::zeros((tilts.len(), ny, width));
    images.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().enumerate().for_each(|(t, mut image)| {
        let path = depth as f64 / tilts[t].to_radians().cos().abs().max(1e-3);
        let sigma = (sigma * path.sqrt()) as f32;
        let mut rng = stream(seed, Purpose::Damage, t);
        image.iter_mut().for_each(|v| *v = sigma * rng.sample::<f32, _>(StandardNormal));
    });
    images
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Counts of an even beam have Poisson's mean and variance, at few electrons and at many.
    #[test]
    fn an_even_beam_has_the_statistics_of_poisson() {
        for dose in [0.02, 1.0, 3e5] {
            let mut images = Array3::zeros((4, 128, 128));
            let exposure = Exposure { dose: 4.0 * dose, detector: DetectorResponse::perfect(), ..Exposure::default() };
            let record = count_electrons(images.view_mut(), &exposure, 5.0, 3).unwrap();
            let electrons = dose * 25.0;
            let mean = images.iter().map(|&v| f64::from(v)).sum::<f64>() / images.len() as f64;
            assert!(mean.abs() < 5.0 / (electrons * images.len() as f64).sqrt());
            assert_relative_eq!(record.noise_variance, 1.0 / electrons, max_relative = 0.05);
        }
    }

    /// The signal sees the transfer function, and the ratio of signal and noise the efficiency.
    #[test]
    fn signal_and_noise_pass_the_detector() {
        let wave = |(_, _, x): (usize, usize, usize)| 0.1 * (std::f32::consts::PI * x as f32 / 4.0).cos();
        let mut images = Array3::from_shape_fn((8, 64, 64), wave);
        let exposure = Exposure { dose: 8.0 * 2.0, detector: DetectorResponse::counting(0.8), ..Exposure::default() };
        let record = count_electrons(images.view_mut(), &exposure, 10.0, 3).unwrap();
        // Wavelength of 8 pixels: a quarter of Nyquist.
        let transfer = exposure.detector.transfer(0.0125, 10.0);
        assert_relative_eq!(record.signal_variance, 0.5 * 0.01 * transfer * transfer, max_relative = 0.01);
        assert_relative_eq!(record.snr_realised, record.snr_nominal, max_relative = 0.03);
        let perfect = Exposure { detector: DetectorResponse::perfect(), ..exposure };
        let mut images = Array3::from_shape_fn((8, 64, 64), wave);
        let better = count_electrons(images.view_mut(), &perfect, 10.0, 3).unwrap();
        assert!(better.snr_realised > 1.1 * record.snr_realised);
        assert!(count_electrons(images.view_mut(), &Exposure { dose: -1.0, ..perfect }, 10.0, 3).is_err());
    }

    #[test]
    fn damage_grows_with_dose_and_frequency() {
        for pair in [0.01, 0.05, 0.1, 0.3].windows(2) {
            assert!(damage(pair[1], 50.0, 300.0) < damage(pair[0], 50.0, 300.0));
            assert!(damage(pair[0], 60.0, 300.0) < damage(pair[0], 50.0, 300.0));
            assert!(damage(pair[0], 50.0, 200.0) < damage(pair[0], 50.0, 300.0));
        }
    }
}
