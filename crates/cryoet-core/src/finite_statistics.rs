use crate::{
    Progress, Statistics, StatisticsError, VolumeSource,
    statistics::{Running, each_plane},
};

/// The statistics of a volume's finite voxels, and how many of the others there are.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FiniteStatistics {
    /// The statistics of the finite voxels; none where there are none.
    pub statistics: Option<Statistics>,
    /// How many voxels are finite.
    pub finite: u64,
    /// How many voxels are NaN.
    pub nan: u64,
    /// How many voxels are infinite.
    pub infinite: u64,
}

impl FiniteStatistics {
    /// Looks at every voxel, a few planes at a time, so that a volume larger than memory passes through 64 MB, or through the memory
    /// that one plane takes. Where all voxels are finite, the statistics are those of [`Statistics::of`] to the bit.
    ///
    /// # Errors
    /// An empty volume, a source that fails, or the user's wish to stop.
    ///
    /// ```
    /// use cryoet_core::{FiniteStatistics, Volume, ndarray::Array3};
    /// let volume = Volume::new(Array3::from_shape_fn((1, 1, 4), |(_, _, x)| [1.0, f32::NAN, 3.0, f32::INFINITY][x]));
    /// let all = FiniteStatistics::of(&volume, &())?;
    /// assert_eq!((all.finite, all.nan, all.infinite), (2, 1, 1));
    /// assert_eq!(all.statistics.unwrap().mean, 2.0);
    /// # Ok::<(), cryoet_core::StatisticsError>(())
    /// ```
    pub fn of(source: &(impl VolumeSource<f32> + ?Sized), progress: &dyn Progress) -> Result<Self, StatisticsError> {
        let mut running = Running::default();
        let (mut finite, mut nan, mut infinite) = (0, 0, 0);
        each_plane(source, progress, |_, plane| {
            let of_plane = plane.iter().filter(|value| value.is_finite()).count();
            let nans = plane.iter().filter(|value| value.is_nan()).count();
            running.add(of_plane, || plane.iter().copied().filter(|value| value.is_finite()));
            finite += of_plane as u64;
            nan += nans as u64;
            infinite += (plane.len() - of_plane - nans) as u64;
            Ok(())
        })?;
        Ok(Self { statistics: running.done(), finite, nan, infinite })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cancelled, Volume};
    use ndarray::Array3;

    #[test]
    fn finite_volumes_have_the_plain_statistics() {
        // More planes than are read at once.
        let volume = Volume::new(Array3::from_shape_fn((150, 3, 5), |(z, y, x)| ((z * 15 + y * 5 + x) as f32 * 0.7).sin()));
        let all = FiniteStatistics::of(&volume, &()).unwrap();
        assert_eq!(all, FiniteStatistics { statistics: Some(Statistics::of(&volume).unwrap()), finite: 2250, nan: 0, infinite: 0 });
    }

    #[test]
    fn nothing_finite_has_no_statistics() {
        let volume = Volume::new(Array3::from_elem((2, 2, 2), f32::NAN));
        let all = FiniteStatistics::of(&volume, &()).unwrap();
        assert_eq!(all, FiniteStatistics { statistics: None, finite: 0, nan: 8, infinite: 0 });
        assert!(FiniteStatistics::of(&Volume::new(Array3::<f32>::zeros((2, 0, 2))), &()).is_err());
    }

    #[test]
    fn stops_when_asked() {
        let volume = Volume::new(Array3::<f32>::zeros((150, 2, 2)));
        let stop = |done: u64, total: u64| if done < total { Err(Cancelled) } else { Ok(()) };
        assert!(matches!(FiniteStatistics::of(&volume, &stop), Err(StatisticsError::Cancelled(Cancelled))));
    }
}
