use ndarray::{Array3, ArrayView3};
use thiserror::Error;

use crate::Volume;

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
    if factor == 0 {
        return Err(BinningError::ZeroFactor);
    }
    let shape = volume.shape();
    if shape.iter().any(|&n| n < factor) {
        return Err(BinningError::TooLarge { factor, shape });
    }
    let mut binned = Volume::new(mean_over_bins(volume.data().view(), factor));
    let mut origin = volume.origin();
    if let Some(size) = volume.voxel_size() {
        for (o, s) in origin.iter_mut().zip(size.zyx()) {
            *o += (factor as f64 - 1.0) / 2.0 * s;
        }
        binned = binned.with_voxel_size(size.scaled(factor as f64));
    }
    Ok(binned.with_origin(origin))
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
