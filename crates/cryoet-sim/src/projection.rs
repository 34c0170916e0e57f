use std::ops::Range;

use cryoet_core::Progress;
use cryoet_core::ndarray::{Array3, ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;

use crate::SimulationError;
use crate::steps::Steps;

/// What lies left and right of a specimen, along x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surroundings {
    /// Nothing: rays leave the specimen.
    Empty,
    /// The specimen again: rays leave on one side and come back on the other, so that there is no edge.
    Periodic,
}

/// The detector of a tilt series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detector {
    /// Pixels across the tilt axis; the axis meets pixel `floor(width / 2)`.
    pub width: usize,
    /// The specimen's voxel index along x that lies on the tilt axis; along z it is `floor(N / 2)`.
    pub axis_x: usize,
    /// What lies beside the specimen.
    pub surroundings: Surroundings,
}

/// Projects a specimen `[z, y, x]` along the beam (z) at each tilt about y, in degrees; gives `[tilt, y, u]`, in units of the
/// specimen times voxels.
///
/// A point (z, x) seen from the tilt axis falls on `u = x cos(tilt) + z sin(tilt)`. Joseph's method: linear interpolation between
/// the voxels of each plane of z up to 45 degrees, of each plane of x beyond. Periodic surroundings need tilts short of 90 degrees.
///
/// # Errors
/// A tilt that is not finite, or 85 degrees and more in periodic surroundings; cancelled by `progress`, which counts rows of y.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{Detector, Surroundings, project};
/// let mut specimen = Array3::zeros((9, 1, 9));
/// specimen[[4, 0, 6]] = 1.0; // 2 voxels from the axis
/// let detector = Detector { width: 9, axis_x: 4, surroundings: Surroundings::Empty };
/// let images = project(specimen.view(), &[0.0, 60.0], detector, &())?;
/// assert_eq!(images[[0, 0, 6]], 1.0);
/// assert!(images[[1, 0, 5]] > 0.9); // 2 cos 60
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn project(
    specimen: ArrayView3<'_, f32>,
    tilts: &[f64],
    detector: Detector,
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    check_tilts(tilts, detector)?;
    let ny = specimen.len_of(Axis(1));
    let mut rows = Array3::zeros((ny, tilts.len(), detector.width));
    let steps = Steps::new(progress, ny);
    rows.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().enumerate().try_for_each(|(y, mut images)| {
        let row = Row::new(specimen.index_axis(Axis(1), y), tilts, detector);
        for (mut line, &tilt) in images.axis_iter_mut(Axis(0)).zip(tilts) {
            if let Some(line) = line.as_slice_mut() {
                row.project(tilt.to_radians(), line);
            }
        }
        steps.step()
    })?;
    Ok(rows.permuted_axes([1, 0, 2]).as_standard_layout().into_owned())
}

/// Refuses tilts that are not finite, or never leave a periodic slab.
pub(crate) fn check_tilts(tilts: &[f64], detector: Detector) -> Result<(), SimulationError> {
    let steepest = if detector.surroundings == Surroundings::Periodic { 85.0 } else { f64::INFINITY };
    match tilts.iter().find(|a| !a.is_finite() || a.abs() >= steepest) {
        Some(&angle) => Err(SimulationError::Tilt { angle }),
        None => Ok(()),
    }
}

/// All rows of a specimen `[z, y, x]`, for marching through them more than once.
pub(crate) fn rows(specimen: ArrayView3<'_, f32>, tilts: &[f64], detector: Detector) -> Vec<Row> {
    let ny = specimen.len_of(Axis(1));
    (0..ny).into_par_iter().map(|y| Row::new(specimen.index_axis(Axis(1), y), tilts, detector)).collect()
}

/// A plane of z and x at one y, laid out for both ways of marching, with a border of zeros.
pub(crate) struct Row {
    /// Planes of z after another, each along x.
    by_z: Vec<f32>,
    /// Planes of x after another, each along z with a zero before and two behind.
    by_x: Vec<f32>,
    depth: usize,
    /// The stored x, counted from the tilt axis.
    span: Range<i64>,
    /// z of the first plane, counted from the tilt axis.
    first_z: f64,
    centre_u: f64,
}

impl Row {
    fn new(plane: ArrayView2<'_, f32>, tilts: &[f64], detector: Detector) -> Self {
        let (depth, width) = plane.dim();
        let axis = detector.axis_x as i64;
        let span = match detector.surroundings {
            Surroundings::Empty => -axis..width as i64 - axis,
            Surroundings::Periodic => {
                let reach = |tilt: &f64| {
                    let (sine, cosine) = tilt.to_radians().sin_cos();
                    ((detector.width as f64 / 2.0 + 1.0 + depth as f64 / 2.0 * sine.abs()) / cosine).ceil() as i64 + 2
                };
                let reach = tilts.iter().map(reach).max().unwrap_or(0);
                -reach..reach + 1
            }
        };
        let stored = (span.end - span.start) as usize;
        let source = |x: i64| (x + axis).rem_euclid(width.max(1) as i64) as usize;
        let mut by_z = Vec::with_capacity(depth * stored);
        for z in 0..depth {
            by_z.extend(span.clone().map(|x| plane[[z, source(x)]]));
        }
        let mut by_x = vec![0.0; stored * (depth + 3)];
        for (column, x) in by_x.chunks_exact_mut(depth + 3).zip(span.clone()) {
            for z in 0..depth {
                column[z + 1] = plane[[z, source(x)]];
            }
        }
        Self { by_z, by_x, depth, span, first_z: -((depth / 2) as f64), centre_u: (detector.width / 2) as f64 }
    }

    fn project(&self, tilt: f64, line: &mut [f32]) {
        let (sine, cosine) = tilt.sin_cos();
        let length = (1.0 / cosine.abs().max(sine.abs())) as f32;
        let width = line.len();
        if cosine.abs() >= sine.abs() {
            self.march_z(sine, cosine, width, |u, _, value| line[u] += length * value);
        } else {
            self.march_x(sine, cosine, width, |u, _, value| line[u] += length * value);
        }
    }

    /// Shows `visit` every sample that the rays of a tilt (in rad) to `width` pixels pass: the pixel, the height along the beam from
    /// the tilt axis, in voxels, and the value times the ray's length to the next sample.
    pub(crate) fn visit(&self, tilt: f64, width: usize, mut visit: impl FnMut(usize, f64, f32)) {
        let (sine, cosine) = tilt.sin_cos();
        let length = 1.0 / cosine.abs().max(sine.abs());
        let centre = self.centre_u;
        if cosine.abs() >= sine.abs() {
            self.march_z(sine, cosine, width, |u, z, value| {
                visit(u, (z - (u as f64 - centre) * sine) / cosine, length as f32 * value);
            });
        } else {
            self.march_x(sine, cosine, width, |u, x, value| {
                visit(u, ((u as f64 - centre) * cosine - x) / sine, length as f32 * value);
            });
        }
    }

    /// Visits pixel, z and value at every plane of z.
    #[inline]
    fn march_z(&self, sine: f64, cosine: f64, width: usize, mut visit: impl FnMut(usize, f64, f32)) {
        let stored = (self.span.end - self.span.start) as usize;
        let step = 1.0 / cosine;
        for (i, plane) in self.by_z.chunks_exact(stored.max(1)).enumerate() {
            let z = self.first_z + i as f64;
            // Index into the plane at pixel 0.
            let start = (-self.centre_u - z * sine) / cosine - self.span.start as f64;
            for u in 0..width {
                let x = start + u as f64 * step;
                let left = x.floor();
                let share = (x - left) as f32;
                let left = left as i64;
                let value = if left >= 0 && left + 1 < stored as i64 {
                    let left = left as usize;
                    plane[left] + share * (plane[left + 1] - plane[left])
                } else {
                    let at = |i: i64| usize::try_from(i).ok().and_then(|i| plane.get(i)).copied().unwrap_or(0.0);
                    at(left) * (1.0 - share) + at(left + 1) * share
                };
                visit(u, z, value);
            }
        }
    }

    /// Visits pixel, x and value at every plane of x.
    #[inline]
    fn march_x(&self, sine: f64, cosine: f64, width: usize, mut visit: impl FnMut(usize, f64, f32)) {
        let step = 1.0 / sine;
        let (low, high) = (self.first_z - 1.0, self.first_z + self.depth as f64);
        for (column, x) in self.by_x.chunks_exact(self.depth + 3).zip(self.span.clone()) {
            let shift = x as f64 * cosine + self.centre_u;
            // Pixels whose ray meets this plane of x inside the slab or within a voxel of it.
            let (a, b) = (shift + low * sine, shift + high * sine);
            let first = a.min(b).ceil().max(0.0) as usize;
            let last = a.max(b).floor().min(width as f64 - 1.0);
            if last < 0.0 {
                continue;
            }
            for u in first..last as usize + 1 {
                let z = ((u as f64 - shift) * step - low).max(0.0);
                let below = z as usize;
                let share = (z - below as f64) as f32;
                visit(u, x as f64, column[below] + share * (column[below + 1] - column[below]));
            }
        }
    }
}

#[cfg(test)]
mod tests;
