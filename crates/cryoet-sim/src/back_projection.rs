use std::f64::consts::PI;

use cryoet_core::Progress;
use cryoet_core::box_centre;
use cryoet_core::ndarray::{Array3, ArrayView3, Axis};
use rayon::prelude::*;

use crate::SimulationError;
use crate::ramp::Ramp;
use crate::steps::Steps;

/// How images are weighted before they are smeared back.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Weighting {
    /// By the frequency across the tilt axis and the angle to the neighbouring tilts: right for many even tilts.
    #[default]
    Ramp,
    /// By how much each image shares with every other (Radermacher 1992).
    Exact {
        /// The object's diameter in pixels: the slab's thickness, say.
        diameter: f64,
    },
}

/// Weighted back-projection: images `[tilt, y, u]` taken at tilts about y, in degrees, to a volume `[z, y, x]` of depth `shape[0]`
/// and width `shape[1]` (z, x).
///
/// Each image is freed of its mean and filtered along u by the ramp, then smeared back along its rays with linear interpolation. The
/// tilt axis meets voxel `floor(N / 2)` along z and x, and pixel `floor(width / 2)`. With tilts all around, the volume has the scale
/// of what was projected.
///
/// # Errors
/// As many tilts as images are needed, all finite; cancelled by `progress`, which counts rows of y.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::back_project;
/// let tilts: Vec<f64> = (-90..90).map(f64::from).collect();
/// let mut point = Array3::zeros((180, 1, 33)); // a point on the axis is seen in the middle of every image
/// point.slice_mut(cryoet_core::ndarray::s![.., .., 16]).fill(1.0);
/// let volume = back_project(point.view(), &tilts, [33, 33], &())?;
/// assert!((volume[[16, 0, 16]] - std::f32::consts::FRAC_PI_4).abs() < 0.03); // integral of the ramp over the disc: pi / 4
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn back_project(
    images: ArrayView3<'_, f32>,
    tilts: &[f64],
    shape: [usize; 2],
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    back_project_weighted(images, tilts, shape, Weighting::Ramp, progress)
}

/// As [`back_project`], with a choice of the filter.
///
/// # Errors
/// As for [`back_project`]; a diameter that is not positive.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{Weighting, back_project_weighted};
/// let tilts: Vec<f64> = (-20..=20).map(|i| 3.0 * f64::from(i)).collect();
/// let mut images = Array3::zeros((41, 1, 65)); // a point on the axis
/// images.slice_mut(cryoet_core::ndarray::s![.., .., 32]).fill(1.0);
/// let exact = back_project_weighted(images.view(), &tilts, [33, 33], Weighting::Exact { diameter: 30.0 }, &())?;
/// assert!(exact.iter().all(|&v| v <= exact[[16, 0, 16]]));
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn back_project_weighted(
    images: ArrayView3<'_, f32>,
    tilts: &[f64],
    shape: [usize; 2],
    weighting: Weighting,
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    let axis = [shape[0], shape[1], images.dim().2].map(|n| box_centre(n) as f64);
    back_project_about(images, tilts, shape, axis, weighting, progress)
}

/// As [`back_project_weighted`], with the tilt axis at any place along z, x and u.
pub(crate) fn back_project_about(
    images: ArrayView3<'_, f32>,
    tilts: &[f64],
    shape: [usize; 2],
    axis: [f64; 3],
    weighting: Weighting,
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    let (count, ny, width) = images.dim();
    if count != tilts.len() {
        return Err(SimulationError::TiltCount { images: count, tilts: tilts.len() });
    }
    if let Some(&angle) = tilts.iter().find(|a| !a.is_finite()) {
        return Err(SimulationError::Tilt { angle });
    }
    let [nz, nx] = shape;
    let (weights, filters) = match weighting {
        Weighting::Ramp => (angle_weights(tilts), vec![Ramp::new(width)]),
        Weighting::Exact { diameter } if diameter.is_finite() && diameter >= 1.0 => {
            (vec![1.0; count], (0..count).map(|own| Ramp::exact(width, tilts, own, diameter)).collect())
        }
        Weighting::Exact { diameter } => return Err(SimulationError::Diameter { pixels: diameter }),
    };
    let means: Vec<f32> = images.axis_iter(Axis(0)).map(|image| mean(image.iter())).collect();
    let mut rows = Array3::zeros((ny, nz, nx));
    let steps = Steps::new(progress, ny);
    rows.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().enumerate().try_for_each(|(y, mut plane)| {
        let mut line = vec![0.0; width + 2];
        for (t, &tilt) in tilts.iter().enumerate() {
            let pixels = images.slice(cryoet_core::ndarray::s![t, y, ..]);
            // A zero on both sides, so that interpolation needs no special case at the edges.
            filters[t.min(filters.len() - 1)].filter(pixels.iter().map(|v| v - means[t]), &mut line[1..=width]);
            line[1..=width].iter_mut().for_each(|v| *v *= weights[t] as f32);
            let (sine, cosine) = tilt.to_radians().sin_cos();
            for (z, mut voxels) in plane.axis_iter_mut(Axis(0)).enumerate() {
                let depth = z as f64 - axis[0];
                let start = depth * sine - axis[1] * cosine + axis[2] + 1.0;
                if let Some(voxels) = voxels.as_slice_mut() {
                    smear(&line, start as f32, cosine as f32, voxels);
                }
            }
        }
        steps.step()
    })?;
    Ok(rows.permuted_axes([1, 0, 2]).as_standard_layout().into_owned())
}

/// Adds the line's values at `start + i * step` to voxel i.
fn smear(line: &[f32], start: f32, step: f32, voxels: &mut [f32]) {
    let last = (line.len() - 1) as f32;
    for (i, voxel) in voxels.iter_mut().enumerate() {
        let u = start + i as f32 * step;
        if u >= 0.0 && u < last {
            let left = u as usize;
            let share = u - left as f32;
            *voxel += line[left] + share * (line[left + 1] - line[left]);
        }
    }
}

fn mean<'a>(values: impl ExactSizeIterator<Item = &'a f32>) -> f32 {
    let count = values.len().max(1) as f64;
    (values.map(|&v| f64::from(v)).sum::<f64>() / count) as f32
}

/// Half the angle between each tilt's neighbours, in rad; the ends count their only neighbour fully.
fn angle_weights(tilts: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..tilts.len()).collect();
    order.sort_by(|&a, &b| tilts[a].total_cmp(&tilts[b]));
    let mut weights = vec![PI; tilts.len()];
    for (place, &i) in order.iter().enumerate() {
        let gap = |a: usize, b: usize| (tilts[order[b]] - tilts[order[a]]).to_radians();
        let last = order.len() - 1;
        if last > 0 {
            let before = if place > 0 { gap(place - 1, place) } else { gap(0, 1) };
            let after = if place < last { gap(place, place + 1) } else { gap(last - 1, last) };
            weights[i] = 0.5 * (before + after);
        }
    }
    weights
}

#[cfg(test)]
mod tests;
