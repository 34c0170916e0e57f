use std::ops::Range;

/// A body in the volume's voxel coordinates that can tell which voxels of a row it covers.
pub(crate) trait Solid: Sync {
    /// Where its centre lies, z, y, x.
    fn centre(&self) -> [f64; 3];

    /// What it is compared by where the largest object wins.
    fn size(&self) -> f64;

    /// Calls `run` with each run of covered voxels of the row (z, y) among `x`.
    fn row(&self, z: usize, y: usize, x: Range<usize>, run: &mut impl FnMut(Range<usize>));

    /// The voxels along an axis of length `len` that it can reach.
    fn span(&self, axis: usize, len: usize) -> Range<usize>;
}

/// The indices i of 0..len with `low <= i <= high`.
#[inline]
pub(crate) fn indices_within(low: f64, high: f64, len: usize) -> Range<usize> {
    // Casts cut towards zero and saturate; rounding by them is faster than by `ceil` and `floor`.
    let cut = low as i64;
    let start = (cut.saturating_add(i64::from((cut as f64) < low)).max(0) as usize).min(len);
    let end = if high < 0.0 { 0 } else { ((high as i64).saturating_add(1) as usize).min(len) };
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::indices_within;

    #[test]
    fn finds_integers_between() {
        assert_eq!(indices_within(1.0, 3.0, 10), 1..4);
        assert_eq!(indices_within(1.1, 2.9, 10), 2..3);
        assert_eq!(indices_within(-5.0, -1.0, 10), 0..0);
        assert_eq!(indices_within(-5.0, -0.0, 10), 0..1);
        assert_eq!(indices_within(9.5, 1e300, 10), 10..10);
        assert_eq!(indices_within(2.2, 2.8, 10), 3..3);
        assert_eq!(indices_within(f64::NEG_INFINITY, f64::INFINITY, 10), 0..10);
    }
}
