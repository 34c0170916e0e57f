/// STOPGAP and TOM are programs in MATLAB: they cut boxes by, and take picks from, indices of arrays, which count from 1.
pub(super) const FIRST_VOXEL: f64 = 1.0;

/// A coordinate as both keep it: boxes are cut at whole voxels, and what is left is the shift, which so keeps its digits in 32 bits.
pub(super) fn whole_and_shift(at: f64) -> (f64, f64) {
    (at.round(), at - at.round())
}
