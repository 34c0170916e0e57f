use cryoet_core::{ClassLabel, Particle};
use cryoet_eval::{DistanceParams, EvaluateError, evaluate_distance};
use cryoet_net::{Calibration, ClassCalibration, best_threshold};

/// A tomogram that the weights did not learn from, with its true particles and its picks, both in its voxels.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut<'a> {
    /// The particles that are there.
    pub truth: &'a [Particle],
    /// The picks as [`pick`](crate::pipeline::pick) gives them when [`PickParams::calibrated`](crate::pipeline::PickParams::calibrated) is false, and
    /// without any threshold.
    pub picks: &'a [Particle],
    /// How near a pick must lie to its particle.
    pub distance: DistanceParams,
}

/// A pick of a class, what it scored and whether it was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibratedPick {
    /// The score that clustering gave.
    pub score: f64,
    /// The probability that a curve fitted without this pick gives it: of the class's picks every other one makes the curve for the rest.
    pub held_out: f64,
    /// Whether the pick stands for a particle of its class.
    pub right: bool,
}

/// What held-out picks say about a class.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassReliability {
    /// Curve and threshold from all picks, for [`Weights::with_calibration`](cryoet_net::Weights::with_calibration).
    pub fitted: ClassCalibration,
    /// The picks of the class.
    pub picks: Vec<CalibratedPick>,
    /// True particles of the class.
    pub truths: usize,
}

impl ClassReliability {
    /// The mean squared difference between what picks scored and how they came out (Brier 1950), of raw scores and of the held-out
    /// probabilities; none without picks.
    pub fn brier(&self) -> Option<(f64, f64)> {
        let mean = |of: fn(&CalibratedPick) -> f64| {
            let sum: f64 = self.picks.iter().map(|pick| (of(pick) - f64::from(u8::from(pick.right))).powi(2)).sum();
            sum / self.picks.len() as f64
        };
        (!self.picks.is_empty()).then(|| (mean(|pick| pick.score), mean(|pick| pick.held_out)))
    }
}

/// Fits, for every class, a curve from scores to the probability that a pick is right, and the threshold with the largest F1.
///
/// A pick is right when it can be given a particle of its class within the distance, one to one; picks of other classes take none away. Classes
/// without picks get neither curve nor threshold.
///
/// ```
/// use cryoet::eval::DistanceParams;
/// use cryoet::pipeline::{HeldOut, calibrate};
/// use cryoet::{ClassLabel, Particle, Position, Score};
///
/// let at = |x: f64| Position::new(0.0, 0.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let truth = [at(0.0)?, at(20.0)?];
/// let picks = [at(1.0)?.with_score(Score::new(0.9)?), at(50.0)?.with_score(Score::new(0.2)?)];
/// let tomogram = HeldOut { truth: &truth, picks: &picks, distance: DistanceParams::new(3.0) };
/// let classes = calibrate(&[tomogram], &[ClassLabel::new(1)])?;
/// assert!((classes[0].fitted.threshold.unwrap() - 0.5).abs() < 0.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Radii that are not positive and finite; too many particles.
pub fn calibrate(tomograms: &[HeldOut<'_>], classes: &[ClassLabel]) -> Result<Vec<ClassReliability>, EvaluateError> {
    classes.iter().map(|&label| of_class(tomograms, label)).collect()
}

fn of_class(tomograms: &[HeldOut<'_>], label: ClassLabel) -> Result<ClassReliability, EvaluateError> {
    let (mut outcomes, mut truths) = (Vec::new(), 0);
    for HeldOut { truth, picks, distance } in tomograms {
        let of_class =
            |particles: &[Particle]| -> Vec<Particle> { particles.iter().filter(|particle| particle.class == label).cloned().collect() };
        let (truth, picks) = (of_class(truth), of_class(picks));
        truths += truth.len();
        for outcome in evaluate_distance(&truth, &picks, distance)?.outcomes {
            let Some(score) = outcome.pick.and_then(|pick| picks[pick].score) else { continue };
            outcomes.push((score.get(), outcome.truth.is_some()));
        }
    }
    Ok(reliability(label, &outcomes, truths))
}

fn reliability(label: ClassLabel, outcomes: &[(f64, bool)], truths: usize) -> ClassReliability {
    let curve = Calibration::fit(outcomes);
    let calibrated = |curve: &Option<Calibration>, score| curve.as_ref().map_or(score, |curve| curve.probability(score));
    let half = |odd: usize| -> Vec<_> { outcomes.iter().skip(odd).step_by(2).copied().collect() };
    let halves = [Calibration::fit(&half(0)), Calibration::fit(&half(1))];
    let picks = outcomes.iter().enumerate().map(|(index, &(score, right))| {
        let held_out = calibrated(&halves[1 - index % 2], score);
        CalibratedPick { score, held_out, right }
    });
    let picks = picks.collect();
    let scores: Vec<_> = outcomes.iter().map(|&(score, right)| (calibrated(&curve, score), right)).collect();
    let threshold = best_threshold(&scores, truths);
    ClassReliability { fitted: ClassCalibration { label, curve, threshold }, picks, truths }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::{Position, Score};

    fn particle(class: u8, x: f64) -> Particle {
        Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap())
    }

    /// Picks 100 voxels apart; of those with score s the share s^2 is right, the others lie beside their particle or name another class.
    #[test]
    fn scores_become_the_share_that_is_right() {
        let (mut truth, mut picks) = (Vec::new(), Vec::new());
        for n in 0..4000u32 {
            let place = 100.0 * f64::from(n);
            let score = f64::from(n * 37 % 100) / 100.0;
            let right = f64::from(n * 7919 % 1009) / 1009.0 < score * score;
            truth.push(particle(1, place));
            let pick = if right || n / 100 % 2 == 0 { particle(1, if right { place } else { place + 30.0 }) } else { particle(2, place) };
            picks.push(pick.with_score(Score::new(score).unwrap()));
        }
        let labels = [1, 2, 3].map(ClassLabel::new);
        let tomogram = HeldOut { truth: &truth, picks: &picks, distance: DistanceParams::new(5.0) };
        let classes = calibrate(&[tomogram], &labels).unwrap();
        let first = &classes[0];
        assert_eq!((first.truths, first.picks.iter().filter(|pick| pick.right).count() > 1000), (4000, true));
        let curve = first.fitted.curve.as_ref().unwrap();
        // Of a wrong pick every other one names class 1: right / (right + wrong / 2).
        for score in [0.3f64, 0.5, 0.7, 0.9] {
            let expected = score.powi(2) / (score.powi(2) + (1.0 - score.powi(2)) / 2.0);
            assert!((curve.probability(score) - expected).abs() < 0.06, "{score}: {} for {expected}", curve.probability(score));
        }
        let (raw, held_out) = first.brier().unwrap();
        assert!(held_out < raw, "{held_out} calibrated, {raw} raw");
        // Nothing of class 2 was right, nothing of class 3 was picked.
        assert!(classes[1].fitted.threshold.is_none() && classes[1].fitted.curve.as_ref().unwrap().probability(0.9) < 0.05);
        assert_eq!(classes[2].fitted, ClassCalibration { label: labels[2], curve: None, threshold: None });
    }

    #[test]
    fn a_nearer_pick_of_another_class_takes_no_particle_away() {
        let score = Score::new(0.5).unwrap();
        let (truth, picks) = ([particle(1, 0.0)], [particle(1, 2.7).with_score(score), particle(2, 2.2).with_score(score)]);
        let tomogram = |distance| HeldOut { truth: &truth, picks: &picks, distance: DistanceParams::new(distance) };
        let right = |tomograms: &[HeldOut<'_>]| -> Vec<usize> {
            let classes = calibrate(tomograms, &[1, 2].map(ClassLabel::new)).unwrap();
            classes.iter().map(|class| class.picks.iter().filter(|pick| pick.right).count()).collect()
        };
        assert_eq!(right(&[tomogram(5.0)]), [1, 0]);
        // Each tomogram has its own distance.
        assert_eq!(right(&[tomogram(5.0), tomogram(2.0)]), [1, 0]);
    }
}
