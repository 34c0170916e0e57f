/// How many values fall into each of a row of bins of equal width.
///
/// ```
/// use cryoet_eval::Histogram;
/// let histogram = Histogram::of([0.5, 1.0, 1.9, 9.0], 0.0, 1.0, 3);
/// assert_eq!((histogram.counts.as_slice(), histogram.below, histogram.above), (&[1, 2, 0][..], 0, 1));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Histogram {
    /// Where the first bin starts.
    pub start: f64,
    /// How wide bins are; bin i holds `start + i width <= value < start + (i + 1) width`.
    pub width: f64,
    /// How many values each bin holds.
    pub counts: Vec<u64>,
    /// Values before the first bin.
    pub below: u64,
    /// Values behind the last bin.
    pub above: u64,
}

impl Histogram {
    /// Counts values in `bins` bins; NaN is left out, and a width that is not positive puts everything above.
    pub fn of(values: impl IntoIterator<Item = f64>, start: f64, width: f64, bins: usize) -> Self {
        let mut histogram = Self { start, width, counts: vec![0; bins], below: 0, above: 0 };
        for value in values.into_iter().filter(|value| !value.is_nan()) {
            let bin = (value - start) / width;
            if bin < 0.0 {
                histogram.below += 1;
            } else {
                match histogram.counts.get_mut(bin as usize) {
                    Some(count) if width > 0.0 => *count += 1,
                    _ => histogram.above += 1,
                }
            }
        }
        histogram
    }
}
