use crate::erfc::inverse_erfc;

/// All scores of a search, at every voxel searched and for every orientation, summed up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreStatistics {
    /// How many scores: voxels searched times orientations.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub std: f64,
}

impl ScoreStatistics {
    /// The score that noise alone is expected to pass `expected` times in the whole search: `sqrt(2) std erfc^-1(2 expected / count)`.
    ///
    /// As pytom-match-pick takes it (Chaillet et al. 2023): scores of noise are normal about 0, and their deviation is that of all
    /// scores, not of the best at each voxel. None where nothing was searched, or `expected` is not above 0 and below half the scores.
    ///
    /// ```
    /// use cryoet_match::ScoreStatistics;
    /// let statistics = ScoreStatistics { count: 1_000_000, mean: 0.0, std: 0.1 };
    /// let threshold = statistics.threshold(1.0).unwrap();
    /// assert!((threshold - 0.475_342).abs() < 1e-6); // 4.75 sigma: once in a million
    /// ```
    pub fn threshold(&self, expected: f64) -> Option<f64> {
        let share = 2.0 * expected / self.count as f64;
        (share > 0.0 && share < 1.0).then(|| std::f64::consts::SQRT_2 * self.std * inverse_erfc(share))
    }
}

/// Sums that scores are added to, in a fixed order.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) squares: f64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    pub(crate) fn statistics(&self) -> ScoreStatistics {
        let n = (self.count as f64).max(1.0);
        let mean = self.sum / n;
        // Scores lie in [-1, 1] and their mean near 0: no cancellation.
        ScoreStatistics { count: self.count, mean, std: (self.squares / n - mean * mean).max(0.0).sqrt() }
    }
}
