use thiserror::Error;

use crate::VoxelSize;

/// A coordinate that is NaN or infinite.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[error("position with {axis} = {value}: expected a finite number")]
pub struct NonFinitePosition {
    /// The axis: 'z', 'y' or 'x'.
    pub axis: char,
    /// The value given.
    pub value: f64,
}

/// A place in a volume in voxel indices z, y, x; voxel centres lie at integers; always finite.
///
/// It may lie outside the volume it belongs to.
///
/// ```
/// use cryoet_core::{Position, VoxelSize};
/// let at_5_angstrom = Position::new(10.0, 20.0, 30.0)?;
/// assert_eq!(at_5_angstrom.binned(2).zyx(), [4.75, 9.75, 14.75]);
/// assert_eq!(at_5_angstrom.to_angstrom(VoxelSize::isotropic(5.0)?), [50.0, 100.0, 150.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "[f64; 3]", into = "[f64; 3]"))]
pub struct Position {
    zyx: [f64; 3],
}

impl Position {
    /// A position from voxel indices.
    ///
    /// # Errors
    /// A coordinate that is not finite.
    pub fn new(z: f64, y: f64, x: f64) -> Result<Self, NonFinitePosition> {
        for (axis, value) in [('z', z), ('y', y), ('x', x)] {
            if !value.is_finite() {
                return Err(NonFinitePosition { axis, value });
            }
        }
        Ok(Self { zyx: [z, y, x] })
    }

    /// The centre of a voxel.
    pub fn from_index(zyx: [usize; 3]) -> Self {
        Self { zyx: zyx.map(|i| i as f64) }
    }

    /// A position from Angstrom counted from the first voxel's centre, as copick and the cryoET Data Portal count.
    ///
    /// # Errors
    /// A coordinate that is not finite.
    pub fn from_angstrom(zyx: [f64; 3], voxel_size: VoxelSize) -> Result<Self, NonFinitePosition> {
        let s = voxel_size.zyx();
        Self::new(zyx[0] / s[0], zyx[1] / s[1], zyx[2] / s[2])
    }

    /// The coordinates z, y, x in voxels.
    pub const fn zyx(&self) -> [f64; 3] {
        self.zyx
    }

    /// The index along z, the beam's axis.
    pub const fn z(&self) -> f64 {
        self.zyx[0]
    }

    /// The index along y, the tilt axis.
    pub const fn y(&self) -> f64 {
        self.zyx[1]
    }

    /// The index along x.
    pub const fn x(&self) -> f64 {
        self.zyx[2]
    }

    /// Index times voxel size: Angstrom z, y, x from the first voxel's centre. A file's origin is not added.
    pub fn to_angstrom(&self, voxel_size: VoxelSize) -> [f64; 3] {
        let s = voxel_size.zyx();
        [self.zyx[0] * s[0], self.zyx[1] * s[1], self.zyx[2] * s[2]]
    }

    /// The same place in a volume binned by the mean over `factor`^3 voxels: `(i - (k - 1) / 2) / k`.
    ///
    /// A factor of 0 counts as 1.
    #[must_use]
    pub fn binned(&self, factor: usize) -> Self {
        let k = factor.max(1) as f64;
        Self { zyx: self.zyx.map(|i| (i - (k - 1.0) / 2.0) / k) }
    }

    /// The same place in the volume before binning: `i k + (k - 1) / 2`. A factor of 0 counts as 1.
    /// Saturates, so that the answer is finite.
    #[must_use]
    pub fn unbinned(&self, factor: usize) -> Self {
        let k = factor.max(1) as f64;
        Self { zyx: self.zyx.map(|i| (i * k + (k - 1.0) / 2.0).clamp(f64::MIN, f64::MAX)) }
    }

    /// The index of the voxel that contains the position, or none when it lies outside the shape (z, y, x).
    ///
    /// ```
    /// use cryoet_core::Position;
    /// assert_eq!(Position::new(0.4, 3.5, -0.5)?.voxel([4, 5, 6]), Some([0, 4, 0]));
    /// assert_eq!(Position::new(0.0, 0.0, 5.5)?.voxel([4, 5, 6]), None);
    /// # Ok::<(), cryoet_core::NonFinitePosition>(())
    /// ```
    pub fn voxel(&self, shape: [usize; 3]) -> Option<[usize; 3]> {
        let mut index = [0; 3];
        for axis in 0..3 {
            let nearest = (self.zyx[axis] + 0.5).floor();
            if nearest < 0.0 || nearest >= shape[axis] as f64 {
                return None;
            }
            index[axis] = nearest as usize;
        }
        Some(index)
    }

    /// The square of the distance to another position, in voxels squared.
    pub fn distance_squared(&self, other: &Self) -> f64 {
        (0..3).map(|axis| (self.zyx[axis] - other.zyx[axis]).powi(2)).sum()
    }

    /// The distance to another position, in voxels.
    pub fn distance(&self, other: &Self) -> f64 {
        self.distance_squared(other).sqrt()
    }
}

impl TryFrom<[f64; 3]> for Position {
    type Error = NonFinitePosition;

    fn try_from([z, y, x]: [f64; 3]) -> Result<Self, NonFinitePosition> {
        Self::new(z, y, x)
    }
}

impl From<Position> for [f64; 3] {
    fn from(position: Position) -> Self {
        position.zyx
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn refuses_nan_and_names_the_axis() {
        let error = Position::new(1.0, f64::NAN, 2.0).unwrap_err();
        assert_eq!(error.axis, 'y');
        assert_eq!(Position::new(1.0, 1.0, f64::INFINITY).unwrap_err().axis, 'x');
    }

    #[test]
    fn stays_finite() {
        let far = Position::new(f64::MAX, f64::MIN, 1.0).unwrap().unbinned(100);
        assert!(far.zyx().iter().all(|i| i.is_finite()));
    }

    proptest! {
        #[test]
        fn binning_and_angstrom_round_trip(z in -1e4..1e4, y in -1e4..1e4, x in -1e4..1e4, k in 1usize..9, size in 0.5..30.0) {
            let position = Position::new(z, y, x).unwrap();
            let size = VoxelSize::isotropic(size).unwrap();
            let back = Position::from_angstrom(position.to_angstrom(size), size).unwrap();
            assert_relative_eq!(back.distance(&position), 0.0, epsilon = 1e-8);
            assert_relative_eq!(position.binned(k).unbinned(k).distance(&position), 0.0, epsilon = 1e-8);
        }
    }
}
