//! When tomograms and weights are of one voxel size.

use cryoet_core::VoxelSize;

/// The share by which voxel sizes may differ where no parameter says otherwise.
pub(crate) const TOLERANCE: f64 = 0.05;

/// Two voxel sizes that differ too much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mismatch {
    /// That of the tomogram, z, y, x.
    pub(crate) found: [f64; 3],
    /// That of the weights, z, y, x.
    pub(crate) expected: [f64; 3],
    /// The largest relative difference.
    pub(crate) difference: f64,
}

/// How sizes that are both known differ by more than a share. A share that is no number allows nothing.
pub(crate) fn mismatch(found: Option<VoxelSize>, expected: Option<VoxelSize>, tolerance: f64) -> Option<Mismatch> {
    let (found, expected) = found.zip(expected)?;
    let difference = found.relative_difference(&expected);
    let alike = difference <= tolerance;
    (!alike).then(|| Mismatch { found: found.zyx(), expected: expected.zyx(), difference })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sizes_may_differ_by_the_tolerance() {
        let size = |angstrom| VoxelSize::isotropic(angstrom).ok();
        assert_eq!(mismatch(size(10.4), size(10.0), TOLERANCE), None);
        assert_eq!(mismatch(None, size(10.0), TOLERANCE), None);
        assert_eq!(mismatch(size(13.0), None, TOLERANCE), None);
        let found = mismatch(size(13.0), size(10.0), TOLERANCE).unwrap();
        assert_eq!((found.found, found.expected), ([13.0; 3], [10.0; 3]));
        assert!((found.difference - 0.3).abs() < 1e-12);
        assert!(mismatch(size(10.0), size(10.0), f64::NAN).is_some());
    }
}
