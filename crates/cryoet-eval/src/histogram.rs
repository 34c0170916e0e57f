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
    /// Counts values in `bins` bins; NaN is left out; a width that is not positive, or a start that is no number, puts everything above.
    pub fn of(values: impl IntoIterator<Item = f64>, start: f64, width: f64, bins: usize) -> Self {
        let mut histogram = Self { start, width, counts: vec![0; bins], below: 0, above: 0 };
        for value in values.into_iter().filter(|value| !value.is_nan()) {
            let bin = (value - start) / width;
            // Casts saturate.
            let in_bin = if width > 0.0 && bin >= 0.0 { histogram.counts.get_mut(bin as usize) } else { None };
            match in_bin {
                Some(count) => *count += 1,
                None if width > 0.0 && bin < 0.0 => histogram.below += 1,
                None => histogram.above += 1,
            }
        }
        histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_counted_once_whatever_the_bins() {
        let values = [-5.0, 0.0, 5.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        for (start, width) in [(0.0, 0.0), (0.0, -1.0), (0.0, f64::NAN), (f64::NAN, 1.0)] {
            let histogram = Histogram::of(values, start, width, 3);
            assert_eq!((histogram.counts.as_slice(), histogram.below, histogram.above), (&[0, 0, 0][..], 0, 5), "{start}, {width}");
        }
        let histogram = Histogram::of(values, 0.0, 2.0, 3);
        assert_eq!((histogram.counts.as_slice(), histogram.below, histogram.above), (&[1, 0, 1][..], 2, 1));
        assert_eq!(Histogram::of(values, 0.0, 2.0, 0).above, 3);
    }
}
