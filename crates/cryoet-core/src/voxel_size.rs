use thiserror::Error;

/// A voxel size that is not positive and finite.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[error("voxel size {angstrom} Angstrom along {axis}: expected a positive number")]
pub struct VoxelSizeError {
    /// The axis: 'z', 'y' or 'x'.
    pub axis: char,
    /// The value given, in Angstrom.
    pub angstrom: f64,
}

/// Angstrom per voxel along z, y, x; positive and finite.
///
/// ```
/// use cryoet_core::VoxelSize;
/// assert_eq!(VoxelSize::isotropic(10.0)?.zyx(), [10.0; 3]);
/// assert!(VoxelSize::new(10.0, 0.0, 10.0).is_err());
/// # Ok::<(), cryoet_core::VoxelSizeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "[f64; 3]", into = "[f64; 3]"))]
pub struct VoxelSize {
    zyx: [f64; 3],
}

impl VoxelSize {
    /// A voxel size per axis, in Angstrom.
    ///
    /// # Errors
    /// A value that is not positive and finite.
    pub fn new(z: f64, y: f64, x: f64) -> Result<Self, VoxelSizeError> {
        for (axis, angstrom) in [('z', z), ('y', y), ('x', x)] {
            if !(angstrom.is_finite() && angstrom > 0.0) {
                return Err(VoxelSizeError { axis, angstrom });
            }
        }
        Ok(Self { zyx: [z, y, x] })
    }

    /// The same size along every axis, in Angstrom.
    ///
    /// # Errors
    /// A value that is not positive and finite.
    pub fn isotropic(angstrom: f64) -> Result<Self, VoxelSizeError> {
        Self::new(angstrom, angstrom, angstrom)
    }

    /// Angstrom along z, y, x.
    pub const fn zyx(&self) -> [f64; 3] {
        self.zyx
    }

    /// The geometric mean of the three, in Angstrom: what a length in all directions is divided by.
    pub fn mean(&self) -> f64 {
        self.zyx.iter().product::<f64>().cbrt()
    }

    /// How much larger the largest of the three is than the smallest, over the smallest; 0 for cubes.
    ///
    /// ```
    /// use cryoet_core::VoxelSize;
    /// assert_eq!(VoxelSize::isotropic(10.0)?.anisotropy(), 0.0);
    /// assert_eq!(VoxelSize::new(15.0, 10.0, 10.0)?.anisotropy(), 0.5);
    /// # Ok::<(), cryoet_core::VoxelSizeError>(())
    /// ```
    pub fn anisotropy(&self) -> f64 {
        let [least, most] = [f64::min, f64::max].map(|of: fn(f64, f64) -> f64| self.zyx.into_iter().reduce(of).unwrap_or(1.0));
        most / least - 1.0
    }

    /// The largest relative difference to another voxel size along any axis.
    ///
    /// ```
    /// use cryoet_core::VoxelSize;
    /// let difference = VoxelSize::isotropic(10.5)?.relative_difference(&VoxelSize::isotropic(10.0)?);
    /// assert!((difference - 0.05).abs() < 1e-12);
    /// # Ok::<(), cryoet_core::VoxelSizeError>(())
    /// ```
    pub fn relative_difference(&self, reference: &Self) -> f64 {
        (0..3).map(|axis| (self.zyx[axis] / reference.zyx[axis] - 1.0).abs()).fold(0.0, f64::max)
    }

    /// By how much voxel sizes of the same thing may differ, relatively: headers round, and over 30 voxels this shifts by a third of one.
    pub const TOLERANCE: f64 = 0.01;

    /// Whether another voxel size is the same along every axis, within [`TOLERANCE`](Self::TOLERANCE).
    ///
    /// ```
    /// use cryoet_core::VoxelSize;
    /// let size = VoxelSize::isotropic(10.0)?;
    /// assert!(size.agrees_with(&VoxelSize::isotropic(10.05)?));
    /// assert!(!size.agrees_with(&VoxelSize::new(10.0, 10.0, 13.48)?));
    /// # Ok::<(), cryoet_core::VoxelSizeError>(())
    /// ```
    pub fn agrees_with(&self, reference: &Self) -> bool {
        self.relative_difference(reference) <= Self::TOLERANCE
    }

    /// Whether voxels are cubes, within [`TOLERANCE`](Self::TOLERANCE): what is turned in voxels needs it.
    ///
    /// ```
    /// use cryoet_core::VoxelSize;
    /// assert!(VoxelSize::new(10.0, 10.0, 10.05)?.is_cubic());
    /// assert!(!VoxelSize::new(15.0, 10.0, 10.0)?.is_cubic());
    /// # Ok::<(), cryoet_core::VoxelSizeError>(())
    /// ```
    pub fn is_cubic(&self) -> bool {
        self.anisotropy() <= Self::TOLERANCE
    }

    /// The voxel size times a positive factor; a factor that would leave the positive numbers changes nothing.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let [z, y, x] = self.zyx.map(|s| s * factor);
        Self::new(z, y, x).unwrap_or(*self)
    }
}

impl TryFrom<[f64; 3]> for VoxelSize {
    type Error = VoxelSizeError;

    fn try_from([z, y, x]: [f64; 3]) -> Result<Self, VoxelSizeError> {
        Self::new(z, y, x)
    }
}

impl From<VoxelSize> for [f64; 3] {
    fn from(size: VoxelSize) -> Self {
        size.zyx
    }
}
