use ndarray::{Array3, ArrayView3};
use thiserror::Error;

use crate::{Region, RegionOutside, Statistics, Volume, VoxelSize};

/// Why a region could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The region reaches beyond the volume.
    #[error(transparent)]
    Outside(#[from] RegionOutside),
    /// What holds the volume failed.
    #[error("cannot read region {start:?} + {size:?} (z, y, x)")]
    Read {
        /// The region's first voxel, z, y, x.
        start: [usize; 3],
        /// The region's extent, z, y, x.
        size: [usize; 3],
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A volume that is read region by region: in memory, mapped from a file, or in chunks on a disk.
///
/// ```
/// use cryoet_core::{Region, Volume, VolumeSource, ndarray::Array3};
/// let volume = Volume::new(Array3::from_shape_fn((4, 4, 4), |(z, _, x)| (10 * z + x) as f32));
/// let region = volume.read_region(Region::new([2, 0, 1], [1, 1, 2]))?;
/// assert_eq!(region.as_slice().unwrap(), [21.0, 22.0]);
/// # Ok::<(), cryoet_core::SourceError>(())
/// ```
pub trait VolumeSource<T>: Sync {
    /// The extent z, y, x.
    fn shape(&self) -> [usize; 3];

    /// The voxel size, where known.
    fn voxel_size(&self) -> Option<VoxelSize>;

    /// The origin in Angstrom, z, y, x; zero unless a file says otherwise.
    fn origin(&self) -> [f64; 3] {
        [0.0; 3]
    }

    /// The statistics that whoever made the volume noted beside it, in a file's header say, as far as they can be true; none where
    /// nothing is noted. No voxel is read: [`Statistics::of`] reads them all, and [`Statistics::noted_or_of`] only where it must.
    fn noted_statistics(&self) -> Option<Statistics> {
        None
    }

    /// A copy of the region's voxels.
    ///
    /// # Errors
    /// A region that reaches beyond the volume, or a failure of what holds it.
    fn read_region(&self, region: Region) -> Result<Array3<T>, SourceError>;
}

impl<T: Clone + Sync> VolumeSource<T> for Volume<T> {
    fn shape(&self) -> [usize; 3] {
        self.shape()
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        self.voxel_size()
    }

    fn origin(&self) -> [f64; 3] {
        self.origin()
    }

    fn read_region(&self, region: Region) -> Result<Array3<T>, SourceError> {
        self.view().read_region(region)
    }
}

/// An array of unknown voxel size.
impl<T: Clone + Sync> VolumeSource<T> for ArrayView3<'_, T> {
    fn shape(&self) -> [usize; 3] {
        self.dim().into()
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        None
    }

    fn read_region(&self, region: Region) -> Result<Array3<T>, SourceError> {
        region.check_inside(self.dim().into())?;
        let ([z, y, x], [ez, ey, ex]) = (region.start, region.end());
        Ok(self.slice(ndarray::s![z..ez, y..ey, x..ex]).to_owned())
    }
}

impl<T, S: VolumeSource<T> + ?Sized + Sync> VolumeSource<T> for &S {
    fn shape(&self) -> [usize; 3] {
        (**self).shape()
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        (**self).voxel_size()
    }

    fn origin(&self) -> [f64; 3] {
        (**self).origin()
    }

    fn noted_statistics(&self) -> Option<Statistics> {
        (**self).noted_statistics()
    }

    fn read_region(&self, region: Region) -> Result<Array3<T>, SourceError> {
        (**self).read_region(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_beyond_the_volume_is_an_error() {
        let volume = Volume::new(Array3::<u8>::zeros((3, 4, 5)));
        assert!(volume.read_region(Region::whole([3, 4, 5])).is_ok());
        let error = volume.read_region(Region::new([0, 0, 1], [3, 4, 5])).unwrap_err();
        assert!(matches!(error, SourceError::Outside(_)));
        assert!(volume.read_region(Region::new([usize::MAX, 0, 0], [2, 1, 1])).is_err());
    }
}
