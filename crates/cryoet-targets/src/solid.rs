use std::ops::Range;

/// A body in the volume's voxel coordinates that can tell which voxels of a row it covers.
pub(crate) trait Solid: Sync {
    /// Where its centre lies, z, y, x.
    fn centre(&self) -> [f64; 3];

    /// How far it reaches from its centre along any direction; no voxel beyond is covered.
    fn reach(&self) -> f64;

    /// What it is compared by where the largest object wins.
    fn size(&self) -> f64;

    /// Calls `run` with each run of covered voxels of the row (z, y) among `x`.
    fn row(&self, z: usize, y: usize, x: Range<usize>, run: &mut impl FnMut(Range<usize>));

    /// The voxels along an axis of length `len` that it can reach.
    fn span(&self, axis: usize, len: usize) -> Range<usize> {
        let (centre, reach) = (self.centre()[axis], self.reach());
        indices_within(centre - reach, centre + reach, len)
    }
}

/// The indices i of 0..len with `low <= i <= high`.
pub(crate) fn indices_within(low: f64, high: f64, len: usize) -> Range<usize> {
    // Casts saturate: anything below 0 becomes 0, anything large is cut to the length.
    let start = (low.ceil() as usize).min(len);
    let end = if high < 0.0 { 0 } else { (high.floor() as usize).saturating_add(1).min(len) };
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
    }
}
