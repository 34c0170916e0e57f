use cryoet_core::ndarray::Array3;
use cryoet_core::{Position, Region, VolumeSource, box_centre};
use rustfft::num_complex::Complex64;

use crate::AverageError;
use crate::fourier::CubeFourier;

/// The largest box in voxels an edge.
pub(crate) const LARGEST: usize = 512;

/// Voxels read beyond the box on each side, so that what a shift brings in from the other side stays outside.
const MARGIN: usize = 4;

/// The voxels around a position: the box's reference point has the tomogram's value there.
///
/// Positions may lie between voxels: the box is then shifted by the rest in Fourier space, which is exact for what is band-limited.
/// Beyond the tomogram counts the mean of the box's voxels inside. The answer is indexed `[z, y, x]`.
///
/// # Errors
/// A box of no or more than 512 voxels an edge; a position so far outside that no voxel is inside; a voxel that is not finite; a source
/// that fails.
///
/// ```
/// use cryoet_core::{Position, Volume, ndarray::Array3};
/// use cryoet_average::extract;
/// let tomogram = Volume::new(Array3::from_shape_fn((16, 16, 16), |(z, y, x)| (z + 2 * y + 3 * x) as f32));
/// let cut = extract(&tomogram, Position::new(7.0, 8.0, 9.0)?, 4)?;
/// assert_eq!(cut[[2, 2, 2]], 7.0 + 16.0 + 27.0); // the reference point
/// assert_eq!(cut[[0, 3, 2]], 5.0 + 18.0 + 27.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn extract(tomogram: &dyn VolumeSource<f32>, position: Position, size: usize) -> Result<Array3<f32>, AverageError> {
    if !(1..=LARGEST).contains(&size) {
        return Err(AverageError::Size { size, least: 1 });
    }
    let whole = Cut::new(tomogram, position, size)?;
    let mut voxels = whole.voxels;
    if whole.rest != [0.0; 3] {
        let larger = Cut::new(tomogram, position, size + 2 * MARGIN)?;
        voxels = larger.shifted(size);
    }
    let mut voxels = voxels.into_iter();
    Ok(Array3::from_shape_simple_fn((size, size, size), || voxels.next().unwrap_or(0.0)))
}

/// A box of voxels around the voxel nearest to a position.
pub(crate) struct Cut {
    size: usize,
    /// In the order z, y, x.
    pub(crate) voxels: Vec<f32>,
    /// From that voxel to the position.
    pub(crate) rest: [f64; 3],
}

impl Cut {
    /// A box of 1 to [`LARGEST`] voxels an edge, and a margin.
    pub(crate) fn new(tomogram: &dyn VolumeSource<f32>, position: Position, size: usize) -> Result<Self, AverageError> {
        let shape = tomogram.shape();
        let at = position.zyx();
        let nearest = at.map(f64::round);
        let (mut start, mut extent, mut before) = ([0; 3], [0; 3], [0; 3]);
        for axis in 0..3 {
            // As casts saturate, a position far outside gives an empty region.
            let first = nearest[axis] - box_centre(size) as f64;
            start[axis] = (first.max(0.0) as usize).min(shape[axis]);
            let end = ((first + size as f64).max(0.0) as usize).min(shape[axis]);
            extent[axis] = end.saturating_sub(start[axis]);
            before[axis] = (-first).clamp(0.0, size as f64) as usize;
        }
        if extent.contains(&0) {
            return Err(AverageError::Outside { position: at, shape });
        }
        let region = tomogram.read_region(Region::new(start, extent))?;
        let mut sum = 0.0;
        for ((z, y, x), &value) in region.indexed_iter() {
            if !value.is_finite() {
                return Err(AverageError::NonFinite { index: [z + start[0], y + start[1], x + start[2]], value });
            }
            sum += f64::from(value);
        }
        let mut voxels = vec![(sum / region.len() as f64) as f32; size.pow(3)];
        for ((z, y, x), &value) in region.indexed_iter() {
            voxels[((z + before[0]) * size + y + before[1]) * size + x + before[2]] = value;
        }
        Ok(Self { size, voxels, rest: std::array::from_fn(|axis| at[axis] - nearest[axis]) })
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Scales to a mean of 0 and a deviation of 1; what is constant becomes 0. Whether it varies.
    pub(crate) fn standardise(&mut self) -> bool {
        let n = self.voxels.len() as f64;
        let mean = self.voxels.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let std = (self.voxels.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n).sqrt();
        let varies = std > 1e-6 * mean.abs() && std.is_normal();
        let scale = if varies { 1.0 / std } else { 0.0 };
        self.voxels.iter_mut().for_each(|v| *v = ((f64::from(*v) - mean) * scale) as f32);
        varies
    }

    /// The inner box of `size` voxels an edge, its reference point on the position itself.
    fn shifted(&self, size: usize) -> Vec<f32> {
        let (n, rest) = (self.size, self.rest);
        let fourier = CubeFourier::new(n);
        let mut bins = fourier.forward(self.voxels.iter().map(|&v| f64::from(v)));
        for (bin, frequency) in bins.iter_mut().zip(CubeFourier::frequencies(n)) {
            let cycles: f64 = frequency.iter().zip(rest).map(|(f, r)| f * r).sum();
            *bin *= Complex64::cis(std::f64::consts::TAU * cycles) / n.pow(3) as f64;
        }
        let shifted = fourier.inverse(&mut bins);
        let edge = box_centre(n) - box_centre(size);
        let inner = |i: usize| ((i / (size * size) + edge) * n + i / size % size + edge) * n + i % size + edge;
        (0..size.pow(3)).map(|i| shifted[inner(i)] as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::Volume;
    use proptest::prelude::*;

    /// A Gaussian of deviation 1.8 voxels, band-limited but for 1e-6.
    fn blob(shape: [usize; 3], centre: [f64; 3]) -> Array3<f32> {
        Array3::from_shape_fn(shape, |(z, y, x)| {
            let square: f64 = [z, y, x].iter().zip(centre).map(|(&i, c)| (i as f64 - c).powi(2)).sum();
            (-square / 6.48).exp() as f32
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_shift_between_voxels_is_exact(z in 18.0..22.0, y in 18.0..22.0, x in 18.0..22.0, size in 19_usize..22) {
            let tomogram = Volume::new(blob([40, 40, 40], [z, y, x]));
            let cut = extract(&tomogram, Position::new(z, y, x).unwrap(), size).unwrap();
            let expected = blob([size; 3], [box_centre(size) as f64; 3]);
            let worst = cut.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            prop_assert!(worst < 1e-4, "{worst}");
        }
    }

    #[test]
    fn beyond_the_border_counts_the_mean() {
        let tomogram = Volume::new(Array3::from_shape_fn((6, 6, 6), |(z, _, _)| z as f32));
        let cut = extract(&tomogram, Position::new(0.0, 3.0, 3.0).unwrap(), 4).unwrap();
        let planes: Vec<f32> = (0..4).map(|z| cut[[z, 1, 1]]).collect();
        assert_eq!(planes, [0.5, 0.5, 0.0, 1.0]);
    }

    #[test]
    fn refuses_boxes_outside_and_voxels_that_are_no_numbers() {
        let mut voxels = Array3::zeros((6, 6, 6));
        voxels[[1, 2, 3]] = f32::NAN;
        let tomogram = Volume::new(voxels);
        let at = |z, size| extract(&tomogram, Position::new(z, 3.0, 3.0).unwrap(), size);
        assert!(matches!(at(2.0, 4), Err(AverageError::NonFinite { index: [1, 2, 3], .. })));
        assert!(matches!(at(40.0, 4), Err(AverageError::Outside { .. })));
        assert!(matches!(at(-1e300, 4), Err(AverageError::Outside { .. })));
        assert!(matches!(at(2.0, 0), Err(AverageError::Size { size: 0, .. })));
        assert!(matches!(at(2.0, LARGEST + 1), Err(AverageError::Size { size: 513, .. })));
    }
}
