use cryoet_core::ClassLabel;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Outcomes that one point of the curve stands for at least, where there are so many: fewer say little about a probability.
const PER_POINT: usize = 10;

/// A rising curve from scores to probabilities: isotonic regression.
///
/// Outcomes are sorted by score and put into groups of ten or more; groups whose share of right outcomes does not rise are merged with their
/// neighbours (pool adjacent violators, Ayer et al. 1955). A group's probability is (right + 1) / (all + 2) (Laplace's rule of succession,
/// so that ten right of ten are no certainty). Between the groups' mean scores the curve is linear, beyond them constant.
///
/// ```
/// use cryoet_net::Calibration;
/// // Picks of score 0.9 are right in four of five cases, those of 0.2 never.
/// let outcomes: Vec<(f64, bool)> = (0..50).flat_map(|n| [(0.9, n % 5 != 0), (0.2, false)]).collect();
/// let curve = Calibration::fit(&outcomes).unwrap();
/// assert!((curve.probability(0.9) - 0.8).abs() < 0.02 && curve.probability(0.2) < 0.05);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[f64; 2]>", into = "Vec<[f64; 2]>")]
pub struct Calibration {
    /// (score, probability), scores rising, probabilities not falling; at least one.
    points: Vec<[f64; 2]>,
}

/// Why points are no calibration.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[error("point {index} of a calibration is {point:?}: expected rising scores and probabilities of 0 to 1 that do not fall, at least one")]
pub struct CalibrationError {
    /// The first point that does not fit.
    pub index: usize,
    /// The point; NaN where there is none.
    pub point: [f64; 2],
}

impl TryFrom<Vec<[f64; 2]>> for Calibration {
    type Error = CalibrationError;

    fn try_from(points: Vec<[f64; 2]>) -> Result<Self, CalibrationError> {
        let mut last = [f64::NEG_INFINITY, 0.0];
        for (index, &point) in points.iter().enumerate() {
            if !(point[0].is_finite() && point[0] > last[0] && (last[1]..=1.0).contains(&point[1])) {
                return Err(CalibrationError { index, point });
            }
            last = point;
        }
        if points.is_empty() { Err(CalibrationError { index: 0, point: [f64::NAN; 2] }) } else { Ok(Self { points }) }
    }
}

impl From<Calibration> for Vec<[f64; 2]> {
    fn from(calibration: Calibration) -> Self {
        calibration.points
    }
}

impl Calibration {
    /// The curve that outcomes (score, whether it was right) make; none without finite scores.
    pub fn fit(outcomes: &[(f64, bool)]) -> Option<Self> {
        let sorted = by_rising_score(outcomes);
        let merged = pooled(pooled(groups(&sorted), |group| group.right / group.all), Group::probability);
        let points: Vec<[f64; 2]> = merged.iter().map(|group| [group.score_sum / group.all, group.probability()]).collect();
        Self::try_from(points).ok()
    }

    /// The probability that a score stands for, in (0, 1); of NaN the lowest.
    pub fn probability(&self, score: f64) -> f64 {
        let after = self.points.partition_point(|point| point[0] <= score);
        match (after.checked_sub(1).map(|before| self.points[before]), self.points.get(after)) {
            (Some([s0, p0]), Some([s1, p1])) => p0 + (score - s0) / (s1 - s0) * (p1 - p0),
            (Some([_, p]), None) | (None, Some(&[_, p])) => p,
            (None, None) => 0.0,
        }
    }
}

/// Outcomes of alike scores, taken together.
#[derive(Clone, Copy, Default)]
struct Group {
    score_sum: f64,
    right: f64,
    all: f64,
}

impl Group {
    fn probability(&self) -> f64 {
        (self.right + 1.0) / (self.all + 2.0)
    }

    fn with(&self, other: &Self) -> Self {
        Self { score_sum: self.score_sum + other.score_sum, right: self.right + other.right, all: self.all + other.all }
    }
}

/// Merges neighbours until a figure of them rises from group to group.
fn pooled(groups: Vec<Group>, figure: impl Fn(&Group) -> f64) -> Vec<Group> {
    let mut merged: Vec<Group> = Vec::new();
    for group in groups {
        merged.push(group);
        while let [.., before, last] = merged[..] {
            if figure(&before) < figure(&last) {
                break;
            }
            merged.truncate(merged.len() - 2);
            merged.push(before.with(&last));
        }
    }
    merged
}

/// Outcomes in groups; those of one score are never parted.
fn groups(sorted: &[(f64, bool)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut open = Group::default();
    for (index, &(score, right)) in sorted.iter().enumerate() {
        open.score_sum += score;
        open.right += f64::from(u8::from(right));
        open.all += 1.0;
        let ends_a_score = sorted.get(index + 1).is_none_or(|next| next.0 > score);
        if open.all >= PER_POINT as f64 && ends_a_score {
            groups.push(std::mem::take(&mut open));
        }
    }
    // What is left over is too little for a group of its own.
    if open.all > 0.0 {
        match groups.last_mut() {
            Some(last) => *last = last.with(&open),
            None => groups.push(open),
        }
    }
    groups
}

fn by_rising_score(outcomes: &[(f64, bool)]) -> Vec<(f64, bool)> {
    let mut sorted: Vec<_> = outcomes.iter().copied().filter(|outcome| outcome.0.is_finite()).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    sorted
}

/// The threshold with the largest F1 = 2 right / (kept + `truths`), where `truths` true particles were to be found: halfway between the last
/// score kept and the first one dropped. None where nothing was right.
///
/// ```
/// use cryoet_net::best_threshold;
/// let outcomes = [(0.9, true), (0.8, true), (0.4, false), (0.3, false)];
/// assert!((best_threshold(&outcomes, 2).unwrap() - 0.6).abs() < 1e-12);
/// ```
pub fn best_threshold(outcomes: &[(f64, bool)], truths: usize) -> Option<f64> {
    let sorted = by_rising_score(outcomes);
    let (mut right, mut best) = (0usize, (0.0, None));
    for (index, &(score, is_right)) in sorted.iter().enumerate().rev() {
        right += usize::from(is_right);
        let below = index.checked_sub(1).map(|before| sorted[before].0);
        if below == Some(score) {
            continue;
        }
        let f1 = 2.0 * right as f64 / (sorted.len() - index + truths) as f64;
        // Of equal ones the lower keeps more.
        if right > 0 && f1 >= best.0 {
            best = (f1, Some(below.map_or(score, |below| (score + below) / 2.0)));
        }
    }
    best.1
}

/// What was fitted for one class.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassCalibration {
    /// The class.
    pub label: ClassLabel,
    /// From scores of picks to the probability that they are right; none leaves scores as they are.
    pub curve: Option<Calibration>,
    /// The least calibrated score kept; none keeps all.
    pub threshold: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Scores whose true probability is their square.
    fn squares(count: usize, seed: u64) -> Vec<(f64, bool)> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count)
            .map(|_| {
                let score: f64 = rng.random();
                (score, rng.random::<f64>() < score * score)
            })
            .collect()
    }

    /// Mean squared difference between predicted and true probability.
    fn error(predict: impl Fn(f64) -> f64) -> f64 {
        (0..1000).map(|n| f64::from(n) / 1000.0).map(|s| (predict(s) - s * s).powi(2)).sum::<f64>() / 1000.0
    }

    #[test]
    fn known_probabilities_are_found() {
        let raw = error(|s| s);
        assert!(raw > 0.03);
        for seed in 0..5 {
            let few = Calibration::fit(&squares(200, seed)).unwrap();
            let many = Calibration::fit(&squares(20_000, seed)).unwrap();
            assert!(error(|s| few.probability(s)) < 0.02, "{}", error(|s| few.probability(s)));
            assert!(error(|s| many.probability(s)) < 1e-3, "{}", error(|s| many.probability(s)));
        }
    }

    #[test]
    fn calibrated_scores_stay_as_they_are() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let outcomes: Vec<_> = (0..20_000)
            .map(|_| {
                let score: f64 = rng.random();
                (score, rng.random::<f64>() < score)
            })
            .collect();
        let curve = Calibration::fit(&outcomes).unwrap();
        for score in [0.1, 0.3, 0.5, 0.7, 0.9] {
            assert!((curve.probability(score) - score).abs() < 0.05);
        }
    }

    #[test]
    fn few_outcomes_are_no_certainty() {
        assert_eq!(Calibration::fit(&[]), None);
        assert_eq!(Calibration::fit(&[(f64::NAN, true)]), None);
        assert_eq!(Calibration::fit(&[(0.7, true)]).unwrap().probability(0.1), 2.0 / 3.0);
        let ten = Calibration::fit(&[(0.7, true); 10]).unwrap();
        assert_eq!(ten.probability(0.7), 11.0 / 12.0);
    }

    #[test]
    fn the_threshold_of_the_largest_f1() {
        // Kept from 0.5 up: 3 right of 4, 4 to be found.
        let outcomes = [(0.9, true), (0.7, false), (0.6, true), (0.5, true), (0.3, false), (0.2, false)];
        assert_eq!(best_threshold(&outcomes, 4), Some(0.4));
        assert_eq!(best_threshold(&[(0.5, true), (0.5, false)], 1), Some(0.5));
        assert_eq!(best_threshold(&[(0.5, false)], 3), None);
        assert_eq!(best_threshold(&[], 3), None);
    }

    #[test]
    fn points_out_of_order_are_refused() {
        for bad in ["[]", "[[0.1,0.5],[0.1,0.6]]", "[[0.1,0.5],[0.2,0.4]]", "[[0.1,1.5]]"] {
            assert!(serde_json::from_str::<Calibration>(bad).is_err(), "{bad}");
        }
        let curve: Calibration = serde_json::from_str("[[0.2,0.1],[0.4,0.5]]").unwrap();
        assert!((curve.probability(0.3) - 0.3).abs() < 1e-12);
        assert_eq!((curve.probability(0.0), curve.probability(1.0), curve.probability(f64::NAN)), (0.1, 0.5, 0.1));
        assert_eq!(serde_json::to_string(&curve).unwrap(), "[[0.2,0.1],[0.4,0.5]]");
    }

    proptest! {
        #[test]
        fn curves_rise_within_0_and_1(outcomes in prop::collection::vec((0.0f64..1.0, any::<bool>()), 1..200)) {
            let curve = Calibration::fit(&outcomes).unwrap();
            let values: Vec<f64> = (0..=100).map(|n| curve.probability(f64::from(n) / 100.0)).collect();
            prop_assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(values.iter().all(|p| *p > 0.0 && *p < 1.0));
        }

        /// No cut keeps a better F1, found by trying all.
        #[test]
        fn no_threshold_is_better(scores in prop::collection::vec((0u8..20, any::<bool>()), 1..60), missed in 0usize..10) {
            let outcomes: Vec<(f64, bool)> = scores.iter().map(|&(s, right)| (f64::from(s) / 20.0, right)).collect();
            let truths = outcomes.iter().filter(|o| o.1).count() + missed;
            let f1 = |least: f64| {
                let kept: Vec<_> = outcomes.iter().filter(|o| o.0 >= least).collect();
                2.0 * kept.iter().filter(|o| o.1).count() as f64 / (kept.len() + truths).max(1) as f64
            };
            let best = outcomes.iter().map(|o| f1(o.0)).fold(0.0, f64::max);
            match best_threshold(&outcomes, truths) {
                Some(threshold) => prop_assert_eq!(f1(threshold), best),
                None => prop_assert_eq!(best, 0.0),
            }
        }
    }
}
