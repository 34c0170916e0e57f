use ndarray::{Array3, ArrayView3};
use thiserror::Error;

use crate::{Region, SourceError, Volume, VolumeSource, VoxelSize};

/// Why a volume cannot be binned.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum BinningError {
    /// The factor is zero.
    #[error("binning factor 0: expected 1 or more")]
    ZeroFactor,
    /// An axis is shorter than the factor, so that no whole bin fits.
    #[error("binning factor {factor} does not fit a volume of shape {shape:?} (z, y, x)")]
    TooLarge {
        /// The factor asked for.
        factor: usize,
        /// The volume's shape, z, y, x.
        shape: [usize; 3],
    },
}

/// Binning of a volume by the mean over `factor`^3 voxels; incomplete bins at the far ends are dropped.
///
/// The voxel size grows by `factor` and the origin moves by `(factor - 1) / 2` old voxels, so that binned voxels keep
/// their place in space (where the voxel size is known); [`Position::binned`](crate::Position::binned) maps positions the same way.
///
/// # Errors
/// A factor of zero, or larger than an axis.
///
/// ```
/// use cryoet_core::{Volume, VoxelSize, bin_mean, ndarray::Array3};
/// let volume = Volume::new(Array3::from_shape_fn((4, 4, 4), |(z, _, _)| z as f32)).with_voxel_size(VoxelSize::isotropic(5.0)?);
/// let half = bin_mean(&volume, 2)?;
/// assert_eq!(half.data()[[1, 0, 0]], 2.5);
/// assert_eq!(half.voxel_size().unwrap().zyx(), [10.0; 3]);
/// assert_eq!(half.origin(), [2.5; 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bin_mean(volume: &Volume<f32>, factor: usize) -> Result<Volume<f32>, BinningError> {
    let binned = Binned::new(volume, factor)?;
    let (size, origin) = (binned.voxel_size(), binned.origin());
    Ok(Volume::new(mean_over_bins(volume.data().view(), factor)).with_voxel_size(size).with_origin(origin))
}

/// A volume seen binned, as by [`bin_mean`]: each region is averaged when it is read, so that nothing is held.
///
/// ```
/// use cryoet_core::{Binned, Region, Volume, VolumeSource, bin_mean, ndarray::Array3};
/// let volume = Volume::new(Array3::from_shape_fn((6, 6, 6), |(z, y, x)| (z * y + x) as f32));
/// let third = Binned::new(&volume, 3)?;
/// assert_eq!(third.read_region(Region::whole(third.shape()))?, bin_mean(&volume, 3)?.data());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Binned<'a> {
    source: &'a dyn VolumeSource<f32>,
    factor: usize,
}

impl std::fmt::Debug for Binned<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Binned").field("factor", &self.factor).finish_non_exhaustive()
    }
}

impl<'a> Binned<'a> {
    /// A volume, binned by the mean over `factor`^3 voxels.
    ///
    /// # Errors
    /// As [`bin_mean`].
    pub fn new(source: &'a dyn VolumeSource<f32>, factor: usize) -> Result<Self, BinningError> {
        let shape = source.shape();
        if factor == 0 {
            Err(BinningError::ZeroFactor)
        } else if shape.iter().any(|&n| n < factor) {
            Err(BinningError::TooLarge { factor, shape })
        } else {
            Ok(Self { source, factor })
        }
    }
}

impl VolumeSource<f32> for Binned<'_> {
    fn shape(&self) -> [usize; 3] {
        self.source.shape().map(|n| n / self.factor)
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        self.source.voxel_size().map(|size| size.scaled(self.factor as f64))
    }

    fn origin(&self) -> [f64; 3] {
        let mut origin = self.source.origin();
        if let Some(size) = self.source.voxel_size() {
            for (o, s) in origin.iter_mut().zip(size.zyx()) {
                *o += (self.factor as f64 - 1.0) / 2.0 * s;
            }
        }
        origin
    }

    fn read_region(&self, region: Region) -> Result<Array3<f32>, SourceError> {
        region.check_inside(self.shape())?;
        // Inside the volume, so that the products are, too.
        let old = Region::new(region.start.map(|i| i * self.factor), region.size.map(|n| n * self.factor));
        Ok(mean_over_bins(self.source.read_region(old)?.view(), self.factor))
    }
}

fn mean_over_bins(data: ArrayView3<f32>, k: usize) -> Array3<f32> {
    let (nz, ny, nx) = data.dim();
    let norm = 1.0 / (k * k * k) as f64;
    Array3::from_shape_fn((nz / k, ny / k, nx / k), |(z, y, x)| {
        let bin = data.slice(ndarray::s![z * k..(z + 1) * k, y * k..(y + 1) * k, x * k..(x + 1) * k]);
        (bin.iter().map(|&v| f64::from(v)).sum::<f64>() * norm) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Position, VoxelSize};
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn refuses_factors_that_do_not_fit() {
        let volume = Volume::new(Array3::<f32>::zeros((3, 8, 8)));
        assert_eq!(bin_mean(&volume, 0).unwrap_err(), BinningError::ZeroFactor);
        assert_eq!(bin_mean(&volume, 4).unwrap_err(), BinningError::TooLarge { factor: 4, shape: [3, 8, 8] });
    }

    #[test]
    fn a_region_is_that_of_the_whole() {
        let volume = Volume::new(Array3::from_shape_fn((7, 9, 11), |(z, y, x)| (z * 100 + y * 10 + x) as f32 / 7.0))
            .with_voxel_size(VoxelSize::isotropic(5.0).unwrap())
            .with_origin([1.0, 2.0, 3.0]);
        let (whole, binned) = (bin_mean(&volume, 2).unwrap(), Binned::new(&volume, 2).unwrap());
        assert_eq!((binned.shape(), binned.voxel_size(), binned.origin()), (whole.shape(), whole.voxel_size(), whole.origin()));
        let region = Region::new([1, 2, 0], [2, 1, 5]);
        assert_eq!(binned.read_region(region).unwrap(), whole.view().read_region(region).unwrap());
        assert!(binned.read_region(Region::new([0, 0, 1], [1, 1, 5])).is_err());
    }

    proptest! {
        /// The centre of mass of a blob, in Angstrom with the origin applied, does not move when binned.
        #[test]
        fn keeps_places_in_space(k in 1usize..5, z in 0usize..20, y in 0usize..20, x in 0usize..20) {
            let mut volume = Volume::new(Array3::<f32>::zeros((20, 20, 20))).with_voxel_size(VoxelSize::isotropic(7.0).unwrap());
            volume.data_mut()[[z, y, x]] = 1.0;
            let binned = bin_mean(&volume, k).unwrap();
            let bin = [z / k, y / k, x / k];
            if let Some(&value) = binned.data().get(bin) {
                assert_relative_eq!(value, 1.0 / (k * k * k) as f32);
                let position = Position::new(z as f64, y as f64, x as f64).unwrap();
                let old = position.to_angstrom(volume.voxel_size().unwrap());
                let new = position.binned(k).to_angstrom(binned.voxel_size().unwrap());
                for axis in 0..3 {
                    assert_relative_eq!(new[axis] + binned.origin()[axis], old[axis], epsilon = 1e-9);
                }
            }
        }
    }
}
