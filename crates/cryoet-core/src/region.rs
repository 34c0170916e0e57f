use thiserror::Error;

/// A region that reaches beyond its volume.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("region {start:?} + {size:?} (z, y, x) reaches beyond a volume of shape {shape:?}")]
pub struct RegionOutside {
    /// The region's first voxel, z, y, x.
    pub start: [usize; 3],
    /// The region's extent, z, y, x.
    pub size: [usize; 3],
    /// The volume's shape, z, y, x.
    pub shape: [usize; 3],
}

/// A box of voxels: its first voxel and its extent, z, y, x.
///
/// ```
/// use cryoet_core::Region;
/// let slab = Region::new([10, 0, 0], [5, 64, 64]);
/// assert_eq!(slab.end(), [15, 64, 64]);
/// assert!(slab.check_inside([12, 64, 64]).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Region {
    /// First voxel, z, y, x.
    pub start: [usize; 3],
    /// Extent, z, y, x.
    pub size: [usize; 3],
}

impl Region {
    /// A region from its first voxel and its extent.
    pub const fn new(start: [usize; 3], size: [usize; 3]) -> Self {
        Self { start, size }
    }

    /// The whole of a volume.
    pub const fn whole(shape: [usize; 3]) -> Self {
        Self { start: [0; 3], size: shape }
    }

    /// One past the last voxel, z, y, x; saturates at `usize::MAX`.
    pub fn end(&self) -> [usize; 3] {
        std::array::from_fn(|axis| self.start[axis].saturating_add(self.size[axis]))
    }

    /// The number of voxels; saturates at `usize::MAX`.
    pub fn voxels(&self) -> usize {
        self.size.iter().fold(1, |product, &n| product.saturating_mul(n))
    }

    /// Whether the region lies inside a volume of the shape.
    ///
    /// # Errors
    /// [`RegionOutside`] when it does not.
    pub fn check_inside(&self, shape: [usize; 3]) -> Result<(), RegionOutside> {
        if (0..3).all(|axis| self.start[axis].checked_add(self.size[axis]).is_some_and(|end| end <= shape[axis])) {
            Ok(())
        } else {
            Err(RegionOutside { start: self.start, size: self.size, shape })
        }
    }
}
