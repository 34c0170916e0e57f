use cryoet_core::{ClassLabel, Particle, Position};

use super::*;
use crate::{DistanceParams, evaluate_distance};

fn at(class: u8, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap())
}

/// A method that finds the particles of a list of given indices, and some nothings.
fn method(found: impl Fn(usize) -> bool, strays: usize) -> Evaluation {
    let truth: Vec<_> = (0..200).map(|i| at(1 + (i % 2) as u8, 10.0 * i as f64)).collect();
    let mut picks: Vec<_> = truth.iter().enumerate().filter(|(i, _)| found(*i)).map(|(_, p)| p.clone()).collect();
    picks.extend((0..strays).map(|i| at(1, 1e6 + 10.0 * i as f64)));
    evaluate_distance(&truth, &picks, &DistanceParams::new(2.0)).unwrap()
}

#[test]
fn figures_are_those_of_the_evaluation() {
    let evaluation = method(|i| i % 3 > 0, 20);
    let params = ResamplingParams { resamples: 10, ..Default::default() };
    let value = |figure| bootstrap(&evaluation, figure, &params).unwrap().value;
    let l = evaluation.localisation;
    assert!((value(Figure::LocalisationF1) - l.f1).abs() < 1e-12);
    assert_eq!((value(Figure::LocalisationRecall), value(Figure::LocalisationPrecision)), (l.recall, l.precision));
    assert!((value(Figure::MacroF1) - evaluation.macro_f1).abs() < 1e-12);
    assert_eq!(value(Figure::ClassF1(ClassLabel::new(1))), evaluation.class(ClassLabel::new(1)).unwrap().f1);
}

#[test]
fn the_same_seed_gives_the_same_interval_and_tomograms_vary_more() {
    let pooled = Evaluation::pooled(&[method(|_| true, 0), method(|i| i < 60, 40), method(|i| i < 190, 5)]);
    let of = |unit, seed| bootstrap(&pooled, Figure::LocalisationF1, &ResamplingParams { unit, seed, ..Default::default() }).unwrap();
    assert_eq!(of(Unit::Particle, 3), of(Unit::Particle, 3));
    assert_ne!(of(Unit::Particle, 3), of(Unit::Particle, 4));
    let width = |unit| of(unit, 3).high - of(unit, 3).low;
    assert!(width(Unit::Tomogram) > 3.0 * width(Unit::Particle));
}

#[test]
fn intervals_cover_as_often_as_they_say() {
    // Recall of 200 independent particles, each found with probability 0.7: 90 % intervals over 200 experiments.
    let covered = (0..200u64).filter(|&seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(1000 + seed);
        let found: Vec<bool> = (0..200).map(|_| rng.random::<f64>() < 0.7).collect();
        let params = ResamplingParams { resamples: 400, confidence: 0.9, seed, ..Default::default() };
        let interval = bootstrap(&method(|i| found[i], 0), Figure::LocalisationRecall, &params).unwrap();
        interval.low <= 0.7 && 0.7 <= interval.high
    });
    let covered = covered.count();
    assert!((165..=195).contains(&covered), "{covered} of 200");
}

#[test]
fn p_values_are_uniform_when_methods_are_alike() {
    let draw = |seed: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let found: Vec<bool> = (0..200).map(|_| rng.random::<f64>() < 0.7).collect();
        method(move |i| found[i], 10)
    };
    let params = ResamplingParams { resamples: 200, ..Default::default() };
    let below = (0..200).filter(|&i| compare(&draw(2 * i), &draw(2 * i + 1), Figure::LocalisationF1, &params).unwrap().p_value <= 0.2);
    let below = below.count();
    assert!((20..=60).contains(&below), "{below} of 200 at or below 0.2");
}

#[test]
fn refuses_what_cannot_be_compared() {
    let short = evaluate_distance(&[at(1, 0.0)], &[], &DistanceParams::new(2.0)).unwrap();
    let error = compare(&short, &method(|_| true, 0), Figure::MacroF1, &ResamplingParams::default()).unwrap_err();
    assert_eq!(error, EvaluateError::DifferentTruth { first: 1, second: 200 });
    for (resamples, confidence) in [(0, 0.95), (10, 0.0), (10, 1.0), (10, f64::NAN)] {
        let params = ResamplingParams { resamples, confidence, ..Default::default() };
        assert!(matches!(bootstrap(&short, Figure::MacroF1, &params), Err(EvaluateError::Resampling { .. })));
    }
    let empty = evaluate_distance(&[], &[], &DistanceParams::new(2.0)).unwrap();
    assert_eq!(bootstrap(&empty, Figure::MacroF1, &ResamplingParams::default()).unwrap(), Interval { value: 0.0, low: 0.0, high: 0.0 });
    assert_eq!(compare(&empty, &empty, Figure::MacroF1, &ResamplingParams::default()).unwrap().p_value, 1.0);
}
