use crate::ball_sum::{chords, span};
use crate::foreground::Foreground;
use crate::modes::Mode;
use crate::row_index::RowIndex;

/// Sums over the foreground voxels within a radius of a place, the boundary included, each voxel weighing its score.
///
/// Weights are whole numbers of [`STEPS`], so that sums are exact and their order does not matter.
pub(crate) struct WeightedSum<'a> {
    shape: [usize; 3],
    rows: RowIndex<'a>,
    /// For each voxel the weight of all before it, and the sum of their weights times x (it wraps; differences within a row do not).
    before: Vec<[u64; 2]>,
    radius: f64,
}

/// A score of 1 in steps of weight: fine enough to tell 16-bit scores apart.
pub(crate) const STEPS: f64 = 65535.0;

impl<'a> WeightedSum<'a> {
    pub(crate) fn new(foreground: &'a Foreground, radius: f64) -> Self {
        let mut sums = [0_u64; 2];
        let mut before = Vec::with_capacity(foreground.len() + 1);
        before.push(sums);
        for i in 0..foreground.len() {
            let weight = (foreground.score(i) * STEPS).round() as u64;
            let [.., x] = foreground.voxel(i);
            sums = [sums[0] + weight, sums[1].wrapping_add(weight.wrapping_mul(x as u64))];
            before.push(sums);
        }
        Self { shape: foreground.shape(), rows: RowIndex::new(foreground), before, radius }
    }

    /// The weight and the weighted mean of the voxels.
    pub(crate) fn mean(&self, centre: [f64; 3]) -> Mode {
        let (mut weight, mut sum) = (0_u64, [0_i128; 3]);
        let (x_least, _) = span(centre[2], self.radius, self.shape[2]);
        chords(self.shape, centre, self.radius, |z, y, x| {
            let voxels = self.rows.range(z, y, x);
            let ([w0, x0], [w1, x1]) = (self.before[voxels.start], self.before[voxels.end]);
            let of_row = w1 - w0;
            weight += of_row;
            sum[0] += i128::from(of_row) * z as i128;
            sum[1] += i128::from(of_row) * y as i128;
            // Counted from the window's edge, a row's sum is far from wrapping.
            sum[2] += i128::from(x1.wrapping_sub(x0).wrapping_sub(of_row.wrapping_mul(x_least as u64)));
        });
        sum[2] += i128::from(weight) * x_least as i128;
        Mode { mean: sum.map(|s| s as f64 / weight as f64), count: weight }
    }
}
