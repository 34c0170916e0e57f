use cryoet_core::Position;

use super::*;

fn at(class: u8, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap())
}

fn params() -> CziiParams {
    let classes = [(1, 6.0, 1.0), (2, 4.0, 2.0), (3, 4.0, 0.0)];
    CziiParams::new(classes.map(|(class, radius, weight)| (ClassLabel::new(class), CziiClass { radius, weight })).into())
}

#[test]
fn tomograms_are_pooled_and_classes_weighted() {
    let first = ([at(1, 0.0), at(2, 20.0)], [at(1, 3.0), at(2, 22.1), at(3, 50.0)]);
    let second = ([at(1, 0.0), at(1, 20.0)], [at(1, 23.5), at(9, 0.0)]);
    let evaluation = evaluate_czii(&[(&first.0, &first.1), (&second.0, &second.1)], &params()).unwrap();
    let one = evaluation.classes[&ClassLabel::new(1)];
    assert_eq!((one.hit, one.truth, one.picks, one.recall, one.precision), (1, 3, 2, 1.0 / 3.0, 0.5));
    let two = evaluation.classes[&ClassLabel::new(2)];
    assert_eq!((two.hit, two.f_beta), (0, 0.0));
    let f = 17.0 * 0.5 / 3.0 / (16.0 * 0.5 + 1.0 / 3.0);
    assert!((one.f_beta - f).abs() < 1e-12 && (evaluation.score - f / 3.0).abs() < 1e-12);
}

#[test]
fn duplicates_are_false_and_one_pick_may_hit_two() {
    let double = evaluate_czii(&[(&[at(1, 0.0)], &[at(1, 0.0), at(1, 1.0)])], &params()).unwrap();
    assert_eq!((double.classes[&ClassLabel::new(1)].hit, double.classes[&ClassLabel::new(1)].precision), (1, 0.5));
    let shared = evaluate_czii(&[(&[at(1, 0.0), at(1, 4.0)], &[at(1, 2.0)])], &params()).unwrap();
    assert_eq!((shared.classes[&ClassLabel::new(1)].hit, shared.classes[&ClassLabel::new(1)].precision), (2, 2.0));
}

#[test]
fn nothing_scores_zero() {
    assert_eq!(evaluate_czii(&[], &params()).unwrap().score, 0.0);
    assert_eq!(evaluate_czii(&[(&[], &[])], &CziiParams::new(BTreeMap::new())).unwrap().score, 0.0);
}

#[test]
fn weights_of_which_there_is_no_mean_are_refused() {
    let class = ClassLabel::new(3);
    for weight in [-1.0, f64::INFINITY, f64::NAN] {
        let params = CziiParams::new(BTreeMap::from([(class, CziiClass { radius: 4.0, weight })]));
        assert!(matches!(evaluate_czii(&[], &params), Err(EvaluateError::Weight { class: named, .. }) if named == class), "{weight}");
    }
    let unscored = CziiParams::new(BTreeMap::from([(class, CziiClass { radius: 4.0, weight: 0.0 })]));
    assert_eq!(evaluate_czii(&[(&[at(3, 0.0)], &[at(3, 0.0)])], &unscored).unwrap().score, 0.0);
}
