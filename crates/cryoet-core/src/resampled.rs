use ndarray::{Array3, Axis, Zip};
use thiserror::Error;

use crate::{NonFinitePosition, Position, Region, SourceError, VolumeSource, VoxelSize};

/// Half the width of the cubic kernel, in voxels of the coarser of the two grids.
const REACH: f64 = 2.0;

/// Why a volume cannot be resampled.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ResampleError {
    /// The volume does not know its voxel size.
    #[error("the volume's voxel size is unknown: expected one, to bring it to {wanted:?} Angstrom (z, y, x)")]
    NoVoxelSize {
        /// The voxel size wanted, z, y, x.
        wanted: [f64; 3],
    },
    /// Nothing, or more than can be counted, would be left of an axis.
    #[error("a volume of shape {shape:?} (z, y, x) brought from {from:?} to {to:?} Angstrom (z, y, x) has no sensible shape")]
    Shape {
        /// The volume's shape, z, y, x.
        shape: [usize; 3],
        /// Its voxel size, z, y, x.
        from: [f64; 3],
        /// The voxel size wanted, z, y, x.
        to: [f64; 3],
    },
}

/// A volume seen at another voxel size: each region is resampled when it is read, so that nothing is held.
///
/// Both grids fill the same box in space, so that voxel `i` of the new lies at `(i + 0.5) r - 0.5` of the old, `r` old voxels long; the
/// origin moves by `(r - 1) / 2` old voxels, as in [`bin_mean`](crate::bin_mean). Values are separable cubic interpolation (Keys 1981,
/// a = -1/2), its kernel widened by `r` where the new grid is coarser, which keeps what it cannot hold from folding back.
///
/// ```
/// use cryoet_core::{Position, Resampled, Volume, VolumeSource, VoxelSize, ndarray::Array3};
/// let tomogram = Volume::new(Array3::from_elem((20, 40, 40), 3.0f32)).with_voxel_size(VoxelSize::isotropic(13.48)?);
/// let at_10 = Resampled::new(&tomogram, VoxelSize::isotropic(10.0)?)?;
/// assert_eq!(at_10.shape(), [27, 54, 54]);
/// // What was found there, in voxels of the tomogram:
/// let place = at_10.to_source(Position::new(13.0, 26.5, 26.5)?)?;
/// assert!((place.y() - 19.53).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Resampled<'a> {
    source: &'a dyn VolumeSource<f32>,
    from: VoxelSize,
    to: VoxelSize,
    /// Old voxels per new voxel, z, y, x.
    ratio: [f64; 3],
    shape: [usize; 3],
}

impl std::fmt::Debug for Resampled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampled").field("from", &self.from).field("to", &self.to).field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl<'a> Resampled<'a> {
    /// A volume of known voxel size, at another one.
    ///
    /// # Errors
    /// A volume whose voxel size is unknown, or of which no voxel or too many would be left.
    pub fn new(source: &'a dyn VolumeSource<f32>, to: VoxelSize) -> Result<Self, ResampleError> {
        let Some(from) = source.voxel_size() else {
            return Err(ResampleError::NoVoxelSize { wanted: to.zyx() });
        };
        let old = source.shape();
        let ratio: [f64; 3] = std::array::from_fn(|axis| to.zyx()[axis] / from.zyx()[axis]);
        let lengths: [f64; 3] = std::array::from_fn(|axis| (old[axis] as f64 / ratio[axis]).round());
        // Indices beyond 2^53 are no longer exact.
        if lengths.iter().any(|&length| !(1.0..=f64::from(u32::MAX)).contains(&length)) {
            return Err(ResampleError::Shape { shape: old, from: from.zyx(), to: to.zyx() });
        }
        Ok(Self { source, from, to, ratio, shape: lengths.map(|length| length as usize) })
    }

    /// Where a position of the new grid lies in voxels of the old.
    ///
    /// # Errors
    /// A position so far away that its coordinates are no longer finite.
    pub fn to_source(&self, position: Position) -> Result<Position, NonFinitePosition> {
        let [z, y, x] = std::array::from_fn(|axis| self.place(axis, position.zyx()[axis]));
        Position::new(z, y, x)
    }

    /// How many voxels of the old grid are as large as one of the new: what sizes in voxels are multiplied by.
    ///
    /// ```
    /// use cryoet_core::{Resampled, Volume, VoxelSize, ndarray::Array3};
    /// let fine = Volume::new(Array3::<f32>::zeros((20, 40, 40))).with_voxel_size(VoxelSize::isotropic(5.0)?);
    /// assert_eq!(Resampled::new(&fine, VoxelSize::isotropic(10.0)?)?.volume_ratio(), 8.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn volume_ratio(&self) -> f64 {
        self.ratio.iter().product()
    }

    fn place(&self, axis: usize, index: f64) -> f64 {
        (index + 0.5) * self.ratio[axis] - 0.5
    }

    /// The old voxels and their weights for each of `length` new voxels from `start` on.
    fn taps(&self, axis: usize, start: usize, length: usize) -> Vec<Taps> {
        let last = self.source.shape()[axis] - 1;
        let width = self.ratio[axis].max(1.0);
        let taps = (start..start + length).map(|index| {
            let place = self.place(axis, index as f64).clamp(0.0, last as f64);
            let first = (place - REACH * width).ceil().max(0.0) as usize;
            let end = ((place + REACH * width).floor() as usize).min(last);
            let weights: Vec<f64> = (first..=end).map(|old| keys((old as f64 - place) / width)).collect();
            let sum: f64 = weights.iter().sum();
            Taps { first, weights: weights.into_iter().map(|weight| (weight / sum) as f32).collect() }
        });
        taps.collect()
    }
}

/// The weights of consecutive old voxels in a new one; their sum is 1.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// Keys' cubic kernel with a = -1/2.
fn keys(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

impl VolumeSource<f32> for Resampled<'_> {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        Some(self.to)
    }

    fn origin(&self) -> [f64; 3] {
        let (origin, from) = (self.source.origin(), self.from.zyx());
        std::array::from_fn(|axis| origin[axis] + (self.ratio[axis] - 1.0) / 2.0 * from[axis])
    }

    fn read_region(&self, region: Region) -> Result<Array3<f32>, SourceError> {
        region.check_inside(self.shape)?;
        if region.voxels() == 0 {
            return Ok(Array3::zeros(region.size));
        }
        let taps: [Vec<Taps>; 3] = std::array::from_fn(|axis| self.taps(axis, region.start[axis], region.size[axis]));
        let start: [usize; 3] = std::array::from_fn(|axis| taps[axis].iter().map(|t| t.first).min().unwrap_or(0));
        let end: [usize; 3] = std::array::from_fn(|axis| taps[axis].iter().map(|t| t.first + t.weights.len()).max().unwrap_or(0));
        let needed = Region::new(start, std::array::from_fn(|axis| end[axis] - start[axis]));
        let mut values = self.source.read_region(needed)?;
        for axis in [0, 1, 2] {
            values = along(&values, Axis(axis), &taps[axis], start[axis]);
        }
        Ok(values)
    }
}

/// Resamples one axis of values whose index 0 on it is the old voxel `start`.
fn along(values: &Array3<f32>, axis: Axis, taps: &[Taps], start: usize) -> Array3<f32> {
    let mut shape = values.raw_dim();
    shape[axis.index()] = taps.len();
    let mut resampled = Array3::zeros(shape);
    for (mut plane, taps) in resampled.axis_iter_mut(axis).zip(taps) {
        for (offset, &weight) in taps.weights.iter().enumerate() {
            let old = values.index_axis(axis, taps.first - start + offset);
            Zip::from(&mut plane).and(&old).for_each(|sum, &value| *sum += weight * value);
        }
    }
    resampled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Volume;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn volume(shape: [usize; 3], size: f64, value: impl Fn(f64, f64, f64) -> f64) -> Volume<f32> {
        let data = Array3::from_shape_fn(shape, |(z, y, x)| value(z as f64 * size, y as f64 * size, x as f64 * size) as f32);
        Volume::new(data).with_voxel_size(VoxelSize::isotropic(size).unwrap()).with_origin([0.0; 3])
    }

    #[test]
    fn the_same_voxel_size_changes_nothing() {
        let same = volume([5, 6, 7], 4.0, |z, y, x| (z * 1.3 + y).sin() * x);
        let resampled = Resampled::new(&same, VoxelSize::isotropic(4.0).unwrap()).unwrap();
        assert_eq!(resampled.origin(), [0.0; 3]);
        let read = resampled.read_region(Region::whole([5, 6, 7])).unwrap();
        assert!(read.iter().zip(same.data()).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn what_a_coarse_grid_cannot_hold_does_not_fold_back() {
        let stripes = volume([8, 8, 240], 1.0, |_, _, x| (std::f64::consts::TAU * 0.4 * x).cos());
        let coarse = Resampled::new(&stripes, VoxelSize::isotropic(3.0).unwrap()).unwrap();
        let read = coarse.read_region(Region::new([1, 1, 5], [1, 1, 70])).unwrap();
        assert!(read.iter().all(|v| v.abs() < 0.05), "{read:?}");
    }

    #[test]
    fn refuses_what_has_no_shape() {
        let known = volume([4, 4, 4], 1.0, |_, _, _| 0.0);
        let unknown = Volume::new(Array3::<f32>::zeros((4, 4, 4)));
        let to = |size| VoxelSize::isotropic(size).unwrap();
        assert!(matches!(Resampled::new(&unknown, to(2.0)).unwrap_err(), ResampleError::NoVoxelSize { .. }));
        assert!(matches!(Resampled::new(&known, to(100.0)).unwrap_err(), ResampleError::Shape { .. }));
        assert!(matches!(Resampled::new(&known, to(1e-12)).unwrap_err(), ResampleError::Shape { .. }));
    }

    proptest! {
        /// A smooth function keeps its values at the same places in space, whichever region is read.
        #[test]
        fn values_stay_where_they_are(size in 6.0f64..18.0, z in 0usize..8, x in 0usize..8) {
            let wave = |z: f64, y: f64, x: f64| (z / 90.0).sin() + (y / 120.0).cos() * (x / 100.0).sin();
            let source = volume([40, 40, 40], 10.0, wave);
            let resampled = Resampled::new(&source, VoxelSize::isotropic(size).unwrap()).unwrap();
            let [oz, oy, ox] = resampled.origin();
            // Three old voxels from the borders, where the kernel is cut.
            let first = (30.0 / size).ceil() as usize + 1;
            let region = Region::new([first + z, first, first + x], [3, 4, 5]);
            let read = resampled.read_region(region).unwrap();
            for ((k, j, i), &value) in read.indexed_iter() {
                let at = |index: usize, start: usize, origin: f64| (start + index) as f64 * size + origin;
                let expected = wave(at(k, region.start[0], oz), at(j, region.start[1], oy), at(i, region.start[2], ox));
                prop_assert!((f64::from(value) - expected).abs() < 0.02, "{value} for {expected}");
            }
            let corner = resampled.to_source(Position::new(0.0, 0.0, 0.0).unwrap()).unwrap();
            assert_relative_eq!(corner.z() * 10.0, oz, epsilon = 1e-9);
        }
    }
}
