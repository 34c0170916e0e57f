use ndarray::ArrayView3;
use thiserror::Error;

use crate::{Region, RegionOutside, Volume};

/// Why a region could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The region reaches beyond the volume.
    #[error(transparent)]
    Outside(#[from] RegionOutside),
    /// What holds the volume failed.
    #[error("cannot write region {start:?} + {size:?} (z, y, x)")]
    Write {
        /// The region's first voxel, z, y, x.
        start: [usize; 3],
        /// The region's extent, z, y, x.
        size: [usize; 3],
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A volume that is written region by region, in any order.
///
/// ```
/// use cryoet_core::{Volume, VolumeSink, ndarray::Array3};
/// let mut labels = Volume::new(Array3::<u8>::zeros((4, 4, 4)));
/// labels.write_region([1, 2, 3], Array3::from_elem((1, 1, 1), 7).view())?;
/// assert_eq!(labels.data()[[1, 2, 3]], 7);
/// # Ok::<(), cryoet_core::SinkError>(())
/// ```
pub trait VolumeSink<T> {
    /// The extent z, y, x.
    fn shape(&self) -> [usize; 3];

    /// Writes voxels, the first of them at `start` (z, y, x).
    ///
    /// # Errors
    /// A region that reaches beyond the volume, or a failure of what holds it.
    fn write_region(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError>;
}

impl<T: Clone> VolumeSink<T> for Volume<T> {
    fn shape(&self) -> [usize; 3] {
        self.shape()
    }

    fn write_region(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        let region = Region::new(start, voxels.dim().into());
        region.check_inside(self.shape())?;
        let [z, y, x] = region.end();
        self.data_mut().slice_mut(ndarray::s![start[0]..z, start[1]..y, start[2]..x]).assign(&voxels);
        Ok(())
    }
}
