use cryoet_core::{Position, Score};
use proptest::prelude::*;

use super::*;
use crate::evaluate_distance;

fn at(class: u8, x: f64, score: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap()).with_score(Score::new(score).unwrap())
}

proptest! {
    #[test]
    fn every_point_is_an_evaluation_of_its_own(
        truth in proptest::collection::vec((1u8..3, 0.0..60.0), 0..15), picks in proptest::collection::vec((1u8..3, 0.0..60.0, 0u8..6), 0..25),
    ) {
        let truth: Vec<_> = truth.into_iter().map(|(class, x)| at(class, x, 0.0)).collect();
        let picks: Vec<_> = picks.into_iter().map(|(class, x, score)| at(class, x, f64::from(score))).collect();
        let params = DistanceParams::new(2.5);
        let curves = sweep(&truth, &picks, &params, Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
        for point in &curves.localisation.points {
            let above: Vec<_> = picks.iter().filter(|p| p.score.unwrap().get() >= point.threshold).cloned().collect();
            let alone = evaluate_distance(&truth, &above, &params).unwrap().localisation;
            prop_assert_eq!((point.reported, point.tp, point.f1), (alone.reported, alone.tp, alone.f1));
        }
        let most = curves.localisation.points.iter().map(|p| p.f1).fold(0.0, f64::max);
        prop_assert_eq!(curves.localisation.best.map_or(0.0, |best| best.f1), most);
    }
}

#[test]
fn rules_choose_and_sizes_rank() {
    let truth = [at(1, 0.0, 0.0), at(1, 10.0, 0.0), at(1, 20.0, 0.0)];
    let picks = [(0.0, 90), (50.0, 80), (10.0, 70), (60.0, 60), (20.0, 50)].map(|(x, size)| at(1, x, 0.0).with_size(size));
    let of = |rule| sweep(&truth, &picks, &DistanceParams::new(1.0), Criterion::Size, rule).unwrap().localisation.best.map(|p| p.threshold);
    assert_eq!(of(ThresholdRule::MaxFBeta(1.0)), Some(50.0));
    assert_eq!(of(ThresholdRule::MaxFBeta(0.1)), Some(90.0));
    assert_eq!(of(ThresholdRule::MinPrecision(0.65)), Some(70.0));
    assert_eq!(of(ThresholdRule::MinPrecision(1.1)), None);
}

#[test]
fn picks_without_the_criterion_are_refused() {
    let error = sweep(&[], &[at(1, 0.0, 0.5)], &DistanceParams::new(1.0), Criterion::Size, ThresholdRule::MaxFBeta(1.0)).unwrap_err();
    assert_eq!(error, EvaluateError::NothingToRankBy { pick: 0, criterion: Criterion::Size });
    assert_eq!(error.to_string(), "pick 0 has no size, by which picks are to be ranked");
    let none = sweep(&[at(1, 0.0, 0.5)], &[], &DistanceParams::new(1.0), Criterion::Size, ThresholdRule::MaxFBeta(1.0)).unwrap();
    assert_eq!((none.localisation.best, none.localisation.average_precision), (None, 0.0));
}

#[test]
fn tomograms_are_kept_apart_and_added_up() {
    let at =
        |x: f64, score: f64| Particle::new(ClassLabel::new(1), Position::new(0.0, 0.0, x).unwrap()).with_score(Score::new(score).unwrap());
    // The second tomogram's pick lies where the first one's particle is.
    let (truth, picks) = ([vec![at(0.0, 0.0)], vec![at(50.0, 0.0)]], [vec![], vec![at(0.0, 0.9), at(51.0, 0.3)]]);
    let tomograms = [(&truth[0][..], &picks[0][..]), (&truth[1][..], &picks[1][..])];
    let pooled = sweep_pooled(&tomograms, &DistanceParams::new(3.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
    let counts: Vec<_> = pooled.localisation.points.iter().map(|p| (p.threshold, p.reported, p.tp, p.recall)).collect();
    assert_eq!(counts, [(0.9, 1, 0, 0.0), (0.3, 2, 1, 0.5)]);
    assert_eq!(pooled.classes[&ClassLabel::new(1)], pooled.localisation);
}

#[test]
fn where_nothing_is_found_no_threshold_is_best() {
    let (truth, picks) = ([at(1, 0.0, 0.0)], [at(1, 50.0, 0.9), at(2, 60.0, 0.3)]);
    for rule in [ThresholdRule::MaxFBeta(1.0), ThresholdRule::MaxFBeta(4.0), ThresholdRule::MinPrecision(0.0)] {
        let curves = sweep(&truth, &picks, &DistanceParams::new(1.0), Criterion::Score, rule).unwrap();
        assert!(curves.localisation.best.is_none() && curves.classes.values().all(|curve| curve.best.is_none()), "{rule:?}");
    }
}
