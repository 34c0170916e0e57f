use ndarray::ArrayView2;
use thiserror::Error;

use crate::{Cancelled, Progress, Region, SourceError, VolumeSource};

/// Why a volume has no statistics.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StatisticsError {
    /// The volume has no voxel.
    #[error("a volume of shape {shape:?} (z, y, x) has no voxel")]
    Empty {
        /// The shape, z, y, x.
        shape: [usize; 3],
    },
    /// A voxel is NaN or infinite.
    #[error("voxel {index:?} (z, y, x) is {value}: expected a finite number")]
    NonFinite {
        /// The first such voxel, z, y, x.
        index: [usize; 3],
        /// Its value.
        value: f32,
    },
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Smallest and largest value, mean, and standard deviation (of the population) of a volume.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Statistics {
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Mean.
    pub mean: f64,
    /// Standard deviation, divided by N.
    pub std: f64,
}

impl Statistics {
    /// The statistics of a whole volume, read plane by plane in z and summed in f64, so that the answer does not depend
    /// on the source's kind or the number of threads.
    ///
    /// # Errors
    /// An empty volume, a voxel that is not finite, or a source that fails.
    ///
    /// ```
    /// use cryoet_core::{Statistics, Volume, ndarray::Array3};
    /// let volume = Volume::new(Array3::from_shape_fn((2, 1, 1), |(z, _, _)| z as f32 * 4.0));
    /// let s = Statistics::of(&volume)?;
    /// assert_eq!((s.min, s.max, s.mean, s.std), (0.0, 4.0, 2.0, 2.0));
    /// # Ok::<(), cryoet_core::StatisticsError>(())
    /// ```
    pub fn of(source: &(impl VolumeSource<f32> + ?Sized)) -> Result<Self, StatisticsError> {
        let mut running = Running::default();
        each_plane(source, &(), |z, plane| {
            if let Some(((y, x), &value)) = plane.indexed_iter().find(|(_, value)| !value.is_finite()) {
                return Err(StatisticsError::NonFinite { index: [z, y, x], value });
            }
            running.add(plane.len(), || plane.iter().copied());
            Ok(())
        })?;
        running.done().ok_or(StatisticsError::Empty { shape: source.shape() })
    }

    /// The statistics noted beside the volume ([`VolumeSource::noted_statistics`]), in the 32 bits that headers have; where none are,
    /// those of all voxels.
    ///
    /// # Errors
    /// As [`Statistics::of`], where the voxels must be read.
    ///
    /// ```
    /// use cryoet_core::{Statistics, Volume, ndarray::Array3};
    /// let volume = Volume::new(Array3::from_elem((2, 2, 2), 7.0));
    /// assert_eq!(Statistics::noted_or_of(&volume)?.mean, 7.0);
    /// # Ok::<(), cryoet_core::StatisticsError>(())
    /// ```
    pub fn noted_or_of(source: &(impl VolumeSource<f32> + ?Sized)) -> Result<Self, StatisticsError> {
        source.noted_statistics().map_or_else(|| Self::of(source), Ok)
    }
}

/// Bytes of the planes that are read at once; one plane where a single one is larger.
const SLAB_BYTES: usize = 64 << 20;

/// Planes that are read at once at most: chunks of files are seldom deeper.
const SLAB_PLANES: usize = 64;

/// Calls `look` with each plane of a volume and its z, in order.
///
/// Several planes are read at once, so that a file in chunks is not unpacked anew for each.
pub(crate) fn each_plane(
    source: &(impl VolumeSource<f32> + ?Sized),
    progress: &dyn Progress,
    mut look: impl FnMut(usize, ArrayView2<'_, f32>) -> Result<(), StatisticsError>,
) -> Result<(), StatisticsError> {
    let shape = source.shape();
    let [depth, height, width] = shape;
    if Region::whole(shape).voxels() == 0 {
        return Err(StatisticsError::Empty { shape });
    }
    let bytes = height.saturating_mul(width).saturating_mul(size_of::<f32>());
    let planes = (SLAB_BYTES / bytes).clamp(1, SLAB_PLANES);
    for start in (0..depth).step_by(planes) {
        let slab = source.read_region(Region::new([start, 0, 0], [planes.min(depth - start), height, width]))?;
        for (z, plane) in (start..).zip(slab.outer_iter()) {
            look(z, plane)?;
        }
        progress.report((start + slab.dim().0) as u64, depth as u64)?;
    }
    Ok(())
}

/// Smallest, largest, mean and deviation of the numbers seen so far.
#[derive(Debug)]
pub(crate) struct Running {
    min: f32,
    max: f32,
    mean: f64,
    squares: f64,
    seen: f64,
}

impl Default for Running {
    fn default() -> Self {
        Self { min: f32::INFINITY, max: f32::NEG_INFINITY, mean: 0.0, squares: 0.0, seen: 0.0 }
    }
}

impl Running {
    /// Adds the `count` finite numbers of a plane.
    pub(crate) fn add<I: Iterator<Item = f32>>(&mut self, count: usize, values: impl Fn() -> I) {
        if count == 0 {
            return;
        }
        let mut sum = 0.0;
        for value in values() {
            (self.min, self.max) = (self.min.min(value), self.max.max(value));
            sum += f64::from(value);
        }
        // Chan's update, plane by plane: one pass, no cancellation for volumes with a large mean.
        let n = count as f64;
        let plane_mean = sum / n;
        let plane_squares: f64 = values().map(|v| (f64::from(v) - plane_mean).powi(2)).sum();
        let delta = plane_mean - self.mean;
        self.squares += plane_squares + delta * delta * self.seen * n / (self.seen + n);
        self.mean += delta * n / (self.seen + n);
        self.seen += n;
    }

    /// The statistics; none of no numbers.
    pub(crate) fn done(&self) -> Option<Statistics> {
        let Self { min, max, mean, squares, seen } = *self;
        (seen > 0.0).then(|| Statistics { min, max, mean, std: (squares / seen).sqrt() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Volume;
    use approx::assert_relative_eq;
    use ndarray::Array3;

    #[test]
    fn survives_a_large_mean() {
        let volume = Volume::new(Array3::from_shape_fn((8, 16, 16), |(z, y, x)| 1e6 + ((z + y + x) % 2) as f32));
        let statistics = Statistics::of(&volume).unwrap();
        assert_relative_eq!(statistics.mean, 1e6 + 0.5, epsilon = 1e-6);
        assert_relative_eq!(statistics.std, 0.5, epsilon = 1e-6);
    }

    #[test]
    fn names_the_voxel_that_is_nan() {
        let mut volume = Volume::new(Array3::<f32>::zeros((4, 4, 4)));
        volume.data_mut()[[2, 1, 3]] = f32::NAN;
        assert!(matches!(Statistics::of(&volume), Err(StatisticsError::NonFinite { index: [2, 1, 3], .. })));
        assert!(matches!(Statistics::of(&Volume::new(Array3::<f32>::zeros((0, 4, 4)))), Err(StatisticsError::Empty { .. })));
    }
}
