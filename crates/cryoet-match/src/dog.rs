use cryoet_core::ndarray::{Array3, ArrayView3, ArrayViewMut1, Axis};
use cryoet_core::{Cancelled, ClassLabel, NonFiniteScore, Particle, Position, Progress, Score};
use rayon::prelude::*;
use thiserror::Error;

use crate::Contrast;
use crate::separated::separated_maxima;

/// A Gaussian is cut off at this many sigmas, where it has fallen to 3e-4.
const REACH: f64 = 4.0;

/// The narrowest Gaussian in voxels: less blurs nothing.
const NARROWEST: f64 = 0.1;

/// The widest Gaussian in voxels; wider than any particle in any tomogram.
const WIDEST: f64 = 1000.0;

/// Why candidates could not be found.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum DogError {
    /// A width out of range.
    #[error("a Gaussian of {sigma} voxels: expected {NARROWEST} to {WIDEST}")]
    Sigma {
        /// The width in voxels.
        sigma: f64,
    },
    /// A ratio that makes no difference.
    #[error("a ratio of {ratio} between the two Gaussians: expected a finite number above 1")]
    Ratio {
        /// The ratio given.
        ratio: f64,
    },
    /// A distance that is negative or not finite.
    #[error("a minimum distance of {distance} voxels: expected a finite number, 0 or more")]
    Distance {
        /// The distance given.
        distance: f64,
    },
    /// A threshold that is no number.
    #[error("a threshold of {threshold}: expected a number")]
    Threshold {
        /// The threshold given.
        threshold: f64,
    },
    /// A tomogram without a voxel.
    #[error("a tomogram of shape {shape:?} (z, y, x) has no voxel")]
    Empty {
        /// The shape, z, y, x.
        shape: [usize; 3],
    },
    /// All voxels of the tomogram are alike.
    #[error("the tomogram has the value {value} everywhere: there is nothing to find")]
    NoVariance {
        /// The value.
        value: f32,
    },
    /// A voxel that is NaN or infinite.
    #[error("voxel {index:?} (z, y, x) is {value}: expected a finite number")]
    NonFinite {
        /// The first such voxel, z, y, x.
        index: [usize; 3],
        /// Its value.
        value: f32,
    },
    /// A response that is not finite: the tomogram's values are too large.
    #[error(transparent)]
    Score(#[from] NonFiniteScore),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// How candidates are found without a template.
///
/// The defaults are those of DoG-CB3D in SHREC'19 (section 4.1), for voxels of 10 Angstrom: widths 3.0 and 3.6 voxels, maxima at least
/// 10 voxels apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DogParams {
    /// The narrower Gaussian's sigma in voxels. Default 3.0.
    pub sigma: f64,
    /// The wider Gaussian's sigma over the narrower's. Default 1.2.
    pub ratio: f64,
    /// The least distance of two candidates in voxels. Default 10.
    pub distance: f64,
    /// Only responses above it count, in the tomogram's units. Default 0.
    pub threshold: f64,
    /// How many at most, the best. Default: all.
    pub most: Option<usize>,
    /// Whether particles are dark or bright. Default dark, as in reconstructions of cryo-electron images.
    pub contrast: Contrast,
}

impl Default for DogParams {
    fn default() -> Self {
        Self { sigma: 3.0, ratio: 1.2, distance: 10.0, threshold: 0.0, most: None, contrast: Contrast::Dark }
    }
}

/// A volume blurred by a Gaussian of `sigma` voxels, less the volume blurred by one `ratio` times as wide: bright blobs of about
/// `sigma sqrt(3)` voxels radius stand out.
///
/// The volume is indexed `[z, y, x]` and mirrored at its faces. Takes the volume's memory once besides the answer.
///
/// # Errors
/// Widths out of range; a volume without a voxel, or with one that is not finite; cancelled by `progress`, which counts six passes.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_match::difference_of_gaussians;
/// let mut point = Array3::zeros((31, 31, 31));
/// point[[15, 15, 15]] = 1.0;
/// let response = difference_of_gaussians(point.view(), 2.0, 1.5, &())?;
/// let peak = |sigma: f32| (2.0 * std::f32::consts::PI * sigma * sigma).powf(-1.5);
/// assert!((response[[15, 15, 15]] - (peak(2.0) - peak(3.0))).abs() < 2e-5);
/// # Ok::<(), cryoet_match::DogError>(())
/// ```
pub fn difference_of_gaussians(
    volume: ArrayView3<'_, f32>,
    sigma: f64,
    ratio: f64,
    progress: &dyn Progress,
) -> Result<Array3<f32>, DogError> {
    if !(ratio > 1.0 && ratio.is_finite()) {
        return Err(DogError::Ratio { ratio });
    }
    for sigma in [sigma, sigma * ratio] {
        if !(NARROWEST..=WIDEST).contains(&sigma) {
            return Err(DogError::Sigma { sigma });
        }
    }
    if volume.is_empty() {
        return Err(DogError::Empty { shape: volume.dim().into() });
    }
    if let Some(((z, y, x), &value)) = volume.indexed_iter().find(|(_, v)| !v.is_finite()) {
        return Err(DogError::NonFinite { index: [z, y, x], value });
    }
    let mut narrow = blurred(volume, sigma, &|pass| progress.report(pass, 6))?;
    let wide = blurred(volume, sigma * ratio, &|pass| progress.report(3 + pass, 6))?;
    narrow -= &wide;
    Ok(narrow)
}

/// The maxima of [`difference_of_gaussians`] as particles of a class without orientation, the best first; scores are the
/// responses in the tomogram's units, above 0 for what stands out in the contrast asked for.
///
/// # Errors
/// Parameters out of range; a tomogram that is empty, constant or not finite; cancelled by `progress`.
///
/// ```
/// use cryoet_core::{ClassLabel, ndarray::Array3};
/// use cryoet_match::{DogParams, dog_candidates};
/// let dark_ball = |z: usize, y: usize, x: usize| z.abs_diff(16).pow(2) + y.abs_diff(14).pow(2) + x.abs_diff(20).pow(2) < 25;
/// let tomogram = Array3::from_shape_fn((32, 32, 32), |(z, y, x)| if dark_ball(z, y, x) { -1.0 } else { 0.0 });
/// let found = dog_candidates(tomogram.view(), ClassLabel::new(1), &DogParams { most: Some(1), ..DogParams::default() }, &())?;
/// assert_eq!(found[0].position.zyx(), [16.0, 14.0, 20.0]);
/// # Ok::<(), cryoet_match::DogError>(())
/// ```
pub fn dog_candidates(
    tomogram: ArrayView3<'_, f32>,
    class: ClassLabel,
    params: &DogParams,
    progress: &dyn Progress,
) -> Result<Vec<Particle>, DogError> {
    let DogParams { sigma, ratio, distance, threshold, most, contrast } = *params;
    if !(distance >= 0.0 && distance.is_finite()) {
        return Err(DogError::Distance { distance });
    }
    if threshold.is_nan() {
        return Err(DogError::Threshold { threshold });
    }
    let mut response = difference_of_gaussians(tomogram, sigma, ratio, progress)?;
    if let Some(&value) = tomogram.first().filter(|&first| tomogram.iter().all(|v| v == first)) {
        return Err(DogError::NoVariance { value });
    }
    response *= contrast.sign();
    separated_maxima(response.view(), |_| true, threshold, distance, most.unwrap_or(usize::MAX))
        .into_iter()
        .map(|voxel| {
            let score = Score::new(f64::from(response[voxel]))?;
            Ok(Particle::new(class, Position::from_index(voxel)).with_score(score))
        })
        .collect()
}

fn blurred(volume: ArrayView3<'_, f32>, sigma: f64, step: &dyn Fn(u64) -> Result<(), Cancelled>) -> Result<Array3<f32>, DogError> {
    let reach = (REACH * sigma).ceil() as isize;
    let bell: Vec<f64> = (-reach..=reach).map(|i| (-((i * i) as f64) / (2.0 * sigma * sigma)).exp()).collect();
    let total: f64 = bell.iter().sum();
    let weights: Vec<f32> = bell.iter().map(|w| (w / total) as f32).collect();
    let mut answer = volume.to_owned();
    for axis in 0..3 {
        // Planes that hold whole lines of the axis.
        let across = usize::from(axis == 0);
        let along = if axis == 2 { 1 } else { 0 };
        answer.axis_iter_mut(Axis(across)).collect::<Vec<_>>().into_par_iter().for_each(|mut plane| {
            let mut padded = Vec::new();
            plane.lanes_mut(Axis(along)).into_iter().for_each(|line| blur_line(line, &weights, &mut padded));
        });
        step(axis as u64 + 1)?;
    }
    Ok(answer)
}

fn blur_line(mut line: ArrayViewMut1<'_, f32>, weights: &[f32], padded: &mut Vec<f32>) {
    let (n, reach) = (line.len() as isize, (weights.len() / 2) as isize);
    padded.clear();
    // Mirrored: c b a | a b c | c b a, as often as it takes.
    padded.extend((-reach..n + reach).map(|i| {
        let folded = i.rem_euclid(2 * n);
        line[folded.min(2 * n - 1 - folded) as usize]
    }));
    for (i, value) in line.iter_mut().enumerate() {
        *value = padded[i..i + weights.len()].iter().zip(weights).map(|(v, w)| v * w).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaussian_blob(shape: (usize, usize, usize), at: [f64; 3], sigma: f64) -> Array3<f32> {
        Array3::from_shape_fn(shape, |(z, y, x)| {
            let square: f64 = [z, y, x].iter().zip(at).map(|(&i, a)| (i as f64 - a).powi(2)).sum();
            (-square / (2.0 * sigma * sigma)).exp() as f32
        })
    }

    #[test]
    fn a_gaussian_stays_one() {
        let blob = gaussian_blob((48, 50, 52), [24.0, 25.0, 26.0], 3.0);
        let response = difference_of_gaussians(blob.view(), 3.0, 1.2, &()).unwrap();
        let wide = |sigma: f64| 9.0 + sigma * sigma;
        for offset in [0.0, 2.0, 5.0] {
            let closed = |sigma: f64| (9.0 / wide(sigma)).powf(1.5) * (-offset * offset / (2.0 * wide(sigma))).exp();
            let ours = f64::from(response[[24, 25 + offset as usize, 26]]);
            assert!((ours - (closed(3.0) - closed(3.6))).abs() < 3e-4, "{offset}: {ours}");
        }
    }

    #[test]
    fn a_constant_gives_nothing_however_small_it_is() {
        for shape in [(1, 1, 1), (2, 5, 40)] {
            let response = difference_of_gaussians(Array3::from_elem(shape, 3.0_f32).view(), 3.0, 1.2, &()).unwrap();
            assert!(response.iter().all(|v| v.abs() < 1e-5));
        }
    }

    #[test]
    fn finds_blobs_and_keeps_the_distance() {
        let mut tomogram = gaussian_blob((40, 60, 60), [20.0, 20.0, 20.0], 3.0);
        tomogram += &(gaussian_blob((40, 60, 60), [20.0, 40.0, 38.0], 3.0) * 0.9);
        tomogram.mapv_inplace(|v| -v);
        let found =
            dog_candidates(tomogram.view(), ClassLabel::new(1), &DogParams { threshold: 0.01, ..DogParams::default() }, &()).unwrap();
        let places: Vec<_> = found.iter().map(|particle| particle.position.zyx()).collect();
        assert_eq!(places, [[20.0, 20.0, 20.0], [20.0, 40.0, 38.0]]);
        let bright = DogParams { threshold: 0.05, contrast: Contrast::Bright, ..DogParams::default() };
        assert!(dog_candidates(tomogram.view(), ClassLabel::new(1), &bright, &()).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_holds_nothing_or_one_value() {
        for shape in [(0, 4, 5), (3, 0, 5), (3, 4, 0)] {
            let empty = Array3::<f32>::zeros(shape);
            let error = DogError::Empty { shape: shape.into() };
            assert_eq!(difference_of_gaussians(empty.view(), 3.0, 1.2, &()), Err(error.clone()));
            assert_eq!(dog_candidates(empty.view(), ClassLabel::new(1), &DogParams::default(), &()), Err(error));
        }
        for shape in [(1, 1, 1), (4, 5, 6)] {
            let constant = Array3::from_elem(shape, 1.0);
            let found = dog_candidates(constant.view(), ClassLabel::new(1), &DogParams::default(), &());
            assert_eq!(found, Err(DogError::NoVariance { value: 1.0 }));
        }
    }

    #[test]
    fn refuses_parameters_out_of_range() {
        let volume = Array3::<f32>::zeros((4, 4, 4));
        let run = |params: DogParams| dog_candidates(volume.view(), ClassLabel::new(1), &params, &());
        assert!(matches!(run(DogParams { sigma: 0.0, ..DogParams::default() }), Err(DogError::Sigma { .. })));
        assert!(matches!(run(DogParams { ratio: 1.0, ..DogParams::default() }), Err(DogError::Ratio { .. })));
        assert!(matches!(run(DogParams { distance: f64::NAN, ..DogParams::default() }), Err(DogError::Distance { .. })));
        assert!(matches!(run(DogParams { threshold: f64::NAN, ..DogParams::default() }), Err(DogError::Threshold { .. })));
        let cancel = |_: u64, _: u64| Err(Cancelled);
        assert_eq!(difference_of_gaussians(volume.view(), 1.0, 2.0, &cancel), Err(DogError::Cancelled(Cancelled)));
    }
}
