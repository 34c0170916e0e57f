use cryoet_core::ndarray::Array3;
use cryoet_core::{Cancelled, ClassLabel, Particle, Position};

use super::*;
use crate::{DistanceParams, HitboxProtocol, evaluate_distance, evaluate_hitboxes};

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
    let value = |figure| bootstrap(&evaluation, &[figure], &params, &()).unwrap()[0].value;
    let l = evaluation.localisation;
    assert!((value(Figure::LocalisationF1) - l.f1).abs() < 1e-12);
    assert_eq!((value(Figure::LocalisationRecall), value(Figure::LocalisationPrecision)), (l.recall, l.precision));
    assert!((value(Figure::MacroF1) - evaluation.macro_f1).abs() < 1e-12);
    assert_eq!(value(Figure::ClassF1(ClassLabel::new(1))), evaluation.class(ClassLabel::new(1)).unwrap().f1);
}

#[test]
fn the_same_seed_gives_the_same_interval_and_tomograms_vary_more() {
    let pooled = Evaluation::pooled(&[method(|_| true, 0), method(|i| i < 60, 40), method(|i| i < 190, 5)]);
    let of =
        |unit, seed| bootstrap(&pooled, &[Figure::LocalisationF1], &ResamplingParams { unit, seed, ..Default::default() }, &()).unwrap()[0];
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
        let interval = bootstrap(&method(|i| found[i], 0), &[Figure::LocalisationRecall], &params, &()).unwrap()[0];
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
    let p = |i: u64| compare(&draw(2 * i), &draw(2 * i + 1), &[Figure::LocalisationF1], &params, &()).unwrap()[0].p_value;
    let below = (0..200).filter(|&i| p(i) <= 0.2).count();
    assert!((20..=60).contains(&below), "{below} of 200 at or below 0.2");
}

#[test]
fn refuses_what_cannot_be_compared() {
    let short = evaluate_distance(&[at(1, 0.0)], &[], &DistanceParams::new(2.0)).unwrap();
    let error = compare(&short, &method(|_| true, 0), &[Figure::MacroF1], &ResamplingParams::default(), &()).unwrap_err();
    assert_eq!(error, EvaluateError::DifferentTruth { first: 1, second: 200 });
    for (resamples, confidence) in [(0, 0.95), (10, 0.0), (10, 1.0), (10, f64::NAN)] {
        let params = ResamplingParams { resamples, confidence, ..Default::default() };
        assert!(matches!(bootstrap(&short, &[Figure::MacroF1], &params, &()), Err(EvaluateError::Resampling { .. })));
    }
    let empty = evaluate_distance(&[], &[], &DistanceParams::new(2.0)).unwrap();
    let (macro_f1, params) = ([Figure::MacroF1], ResamplingParams::default());
    assert_eq!(bootstrap(&empty, &macro_f1, &params, &()).unwrap(), [Interval { value: 0.0, low: 0.0, high: 0.0 }]);
    assert_eq!(compare(&empty, &empty, &macro_f1, &params, &()).unwrap()[0].p_value, 1.0);
}

#[test]
fn a_single_unit_is_refused() {
    let (one, figures) = (method(|i| i < 50, 3), [Figure::LocalisationF1]);
    let params = ResamplingParams { unit: Unit::Tomogram, ..Default::default() };
    let refused = EvaluateError::OneUnit { unit: Unit::Tomogram };
    assert_eq!(bootstrap(&one, &figures, &params, &()).unwrap_err(), refused);
    assert_eq!(compare(&one, &method(|_| true, 0), &figures, &params, &()).unwrap_err(), refused);
    assert_eq!(refused.to_string(), "a single tomogram cannot be resampled: expected two or more");
    let particle = evaluate_distance(&[at(1, 0.0)], &[at(1, 0.0)], &DistanceParams::new(2.0)).unwrap();
    let by_particle = ResamplingParams::default();
    assert_eq!(bootstrap(&particle, &figures, &by_particle, &()).unwrap_err(), EvaluateError::OneUnit { unit: Unit::Particle });
}

#[test]
fn tomograms_bound_the_p_value() {
    let several = |n: usize, found: usize| Evaluation::pooled(&vec![method(|i| i < found, 0); n]);
    for n in [2, 4] {
        let params = ResamplingParams { unit: Unit::Tomogram, resamples: 4000, ..Default::default() };
        let p = compare(&several(n, 200), &several(n, 1), &[Figure::LocalisationF1], &params, &()).unwrap()[0].p_value;
        let least = 2f64.powi(1 - n as i32);
        assert!((p / least - 1.0).abs() < 0.2, "{n} tomograms: p = {p}, expected about {least}");
    }
}

#[test]
fn figures_are_those_of_rules_that_exclude_classes() {
    let (ribosome, vesicle) = (ClassLabel::new(8), ClassLabel::new(9));
    let along = |class, x: f64| Particle::new(ClassLabel::new(class), Position::new(2.0, 2.0, x).unwrap());
    // Boxes of five voxels along x; the third and fifth particles are left out, the fifth still divides recall.
    let truth = [along(1, 2.0), along(2, 7.0), along(8, 12.0), along(1, 17.0), along(9, 22.0), along(9, 27.0)];
    let boxes = Array3::from_shape_fn((5, 5, 50), |(_, _, x)| if x / 5 < truth.len() { x as u32 / 5 + 1 } else { 0 });
    let of = |picks: &[Particle]| {
        let protocol = HitboxProtocol { dilated: false, ..HitboxProtocol::shrec_2021(ribosome, vesicle) };
        evaluate_hitboxes(&truth, picks, boxes.view(), &protocol).unwrap()
    };
    let first = of(&[along(1, 2.0), along(1, 3.0), along(1, 7.0), along(8, 12.0), along(1, 22.0), along(2, 40.0)]);
    let second = of(&[along(1, 2.0), along(2, 7.0), along(1, 17.0)]);
    assert!((first.localisation.recall, first.localisation.precision) == (0.4, 2.0 / 6.0), "{first}");
    let figures = [
        Figure::LocalisationF1,
        Figure::LocalisationRecall,
        Figure::LocalisationPrecision,
        Figure::MacroF1,
        Figure::ClassF1(ClassLabel::new(1)),
    ];
    let own = |e: &Evaluation| {
        let l = e.localisation;
        [l.f1, l.recall, l.precision, e.macro_f1, e.class(ClassLabel::new(1)).unwrap().f1]
    };
    let params = ResamplingParams { resamples: 50, ..Default::default() };
    for evaluation in [&first, &second, &Evaluation::pooled(&[first.clone(), second.clone()])] {
        let values = bootstrap(evaluation, &figures, &params, &()).unwrap().into_iter().map(|interval| interval.value);
        assert_eq!(values.collect::<Vec<_>>(), own(evaluation));
    }
    let compared = compare(&first, &second, &figures, &params, &()).unwrap();
    assert_eq!(compared.iter().map(|c| c.first).collect::<Vec<_>>(), own(&first));
    assert_eq!(compared.iter().map(|c| c.second).collect::<Vec<_>>(), own(&second));
}

#[test]
fn several_figures_are_those_of_one_by_one_and_work_stops() {
    let (a, b) = (method(|i| i % 3 > 0, 20), method(|i| i % 4 > 0, 5));
    let figures = [Figure::LocalisationF1, Figure::MacroF1];
    let params = ResamplingParams { resamples: 100, ..Default::default() };
    let intervals = bootstrap(&a, &figures, &params, &()).unwrap();
    let compared = compare(&a, &b, &figures, &params, &()).unwrap();
    for (place, &figure) in figures.iter().enumerate() {
        assert_eq!(bootstrap(&a, &[figure], &params, &()).unwrap(), intervals[place..=place]);
        assert_eq!(compare(&a, &b, &[figure], &params, &()).unwrap(), compared[place..=place]);
    }
    let stop = |_, _| Err(Cancelled);
    assert_eq!(bootstrap(&a, &figures, &params, &stop).unwrap_err(), EvaluateError::Cancelled(Cancelled));
    assert_eq!(compare(&a, &b, &figures, &params, &stop).unwrap_err(), EvaluateError::Cancelled(Cancelled));
}
