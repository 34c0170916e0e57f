use thiserror::Error;

use crate::{Region, SourceError, VolumeSource};

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
        let shape = source.shape();
        let count = Region::whole(shape).voxels();
        if count == 0 {
            return Err(StatisticsError::Empty { shape });
        }
        let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
        let (mut mean, mut squares, mut seen) = (0.0, 0.0, 0.0);
        for z in 0..shape[0] {
            let plane = source.read_region(Region::new([z, 0, 0], [1, shape[1], shape[2]]))?;
            let mut sum = 0.0;
            for ((_, y, x), &value) in plane.indexed_iter() {
                if !value.is_finite() {
                    return Err(StatisticsError::NonFinite { index: [z, y, x], value });
                }
                (min, max) = (min.min(value), max.max(value));
                sum += f64::from(value);
            }
            // Chan's update, plane by plane: one pass, no cancellation for volumes with a large mean.
            let n = plane.len() as f64;
            let plane_mean = sum / n;
            let plane_squares: f64 = plane.iter().map(|&v| (f64::from(v) - plane_mean).powi(2)).sum();
            let delta = plane_mean - mean;
            squares += plane_squares + delta * delta * seen * n / (seen + n);
            mean += delta * n / (seen + n);
            seen += n;
        }
        Ok(Self { min, max, mean, std: (squares / seen).sqrt() })
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
