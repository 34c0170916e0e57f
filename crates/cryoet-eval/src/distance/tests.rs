use cryoet_core::Position;
use proptest::prelude::*;

use super::*;

fn at(class: u8, z: f64, y: f64, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(z, y, x).unwrap())
}

#[test]
fn every_figure_by_hand() {
    let truth = [at(1, 0.0, 0.0, 0.0), at(1, 0.0, 0.0, 20.0), at(2, 0.0, 20.0, 0.0), at(3, 50.0, 0.0, 0.0)];
    let picks = [at(1, 1.0, 0.0, 0.0), at(1, 0.0, 2.0, 0.0), at(2, 0.0, 0.0, 23.0), at(2, 0.0, 20.0, 0.0), at(2, 99.0, 0.0, 0.0)];
    let evaluation = evaluate_distance(&truth, &picks, &DistanceParams::new(3.0)).unwrap();
    let l = evaluation.localisation;
    assert_eq!((l.reported, l.tp, l.fp, l.fn_, l.multiple_hits, l.outside), (5, 3, 2, 1, 1, 0));
    assert_eq!((l.mean_distance, l.recall, l.precision, l.miss_rate), (4.0 / 3.0, 0.75, 0.6, 0.25));
    assert_eq!(evaluation.matches, [Some(0), Some(2), Some(3), None]);
    let [one, two, three] = [1, 2, 3].map(|label| evaluation.class(ClassLabel::new(label)).unwrap());
    assert_eq!((one.precision, one.recall, one.f1, one.support), (0.5, 0.5, 0.5, 2));
    assert_eq!((two.precision, two.recall, two.f1, two.support), (1.0 / 3.0, 1.0, 0.5, 1));
    assert_eq!((three.precision, three.recall, three.f1, three.support), (0.0, 0.0, 0.0, 1));
    assert_eq!(evaluation.macro_f1, 1.0 / 3.0);
}

#[test]
fn empty_lists_score_zero() {
    let some = [at(1, 0.0, 0.0, 0.0)];
    for (truth, picks) in [(&some[..], &[][..]), (&[][..], &some[..]), (&[][..], &[][..])] {
        let evaluation = evaluate_distance(truth, picks, &DistanceParams::new(3.0)).unwrap();
        let l = evaluation.localisation;
        assert_eq!((l.recall, l.precision, l.f1, l.mean_distance, evaluation.macro_f1), (0.0, 0.0, 0.0, 0.0, 0.0));
        assert_eq!((l.fp, l.fn_), (picks.len() as u64, truth.len() as u64));
    }
}

#[test]
fn one_of_two_equal_picks_is_false() {
    let truth = [at(1, 5.0, 5.0, 5.0)];
    let evaluation = evaluate_distance(&truth, &[truth[0].clone(), truth[0].clone()], &DistanceParams::new(1.0)).unwrap();
    assert_eq!((evaluation.localisation.tp, evaluation.localisation.fp, evaluation.localisation.multiple_hits), (1, 1, 1));
}

#[test]
fn the_radius_is_inclusive_and_must_be_positive() {
    let evaluation = evaluate_distance(&[at(1, 0.0, 0.0, 0.0)], &[at(1, 0.0, 0.0, -3.0)], &DistanceParams::new(3.0)).unwrap();
    assert_eq!(evaluation.localisation.tp, 1);
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(evaluate_distance(&[], &[], &DistanceParams::new(radius)), Err(EvaluateError::Radius { .. })));
    }
}

proptest! {
    #[test]
    fn finds_every_neighbour(
        truth in proptest::collection::vec((-9.0..9.0, -9.0..9.0, -9.0..9.0), 0..40),
        picks in proptest::collection::vec((-9.0..9.0, -9.0..9.0, -9.0..9.0), 0..40),
        radius in 0.3..12.0,
    ) {
        let [truth, picks] = [truth, picks].map(|list| list.into_iter().map(|(z, y, x)| at(1, z, y, x)).collect::<Vec<_>>());
        let mut brute = Vec::new();
        for (t, a) in truth.iter().enumerate() {
            for (p, b) in picks.iter().enumerate() {
                if a.position.distance(&b.position) <= radius {
                    brute.push((t as u32, p as u32));
                }
            }
        }
        let found: Vec<_> = neighbours(&truth, &picks, radius, |_| radius, MOST_PAIRS).unwrap().pairs.iter().map(|near| (near.row, near.column)).collect();
        prop_assert_eq!(found, brute);
    }
}

#[test]
fn classes_may_have_radii_of_their_own() {
    let truth = [at(1, 0.0, 0.0, 0.0), at(2, 0.0, 0.0, 20.0)];
    let picks = [at(1, 0.0, 0.0, 4.0), at(2, 0.0, 0.0, 24.0)];
    let params = DistanceParams::new(3.0).with_class_radius(ClassLabel::new(2), 5.0);
    assert_eq!(evaluate_distance(&truth, &picks, &params).unwrap().matches, [None, Some(1)]);
    let nan = DistanceParams::new(3.0).with_class_radius(ClassLabel::new(2), f64::NAN);
    assert!(matches!(evaluate_distance(&truth, &picks, &nan), Err(EvaluateError::Radius { .. })));
}

#[test]
fn pooling_adds_counts() {
    let (truth, picks) = ([at(1, 0.0, 0.0, 0.0), at(2, 0.0, 0.0, 20.0)], [at(1, 0.0, 0.0, 1.0), at(1, 0.0, 0.0, 60.0)]);
    let params = DistanceParams::new(3.0);
    let one = evaluate_distance(&truth, &picks, &params).unwrap();
    let pooled = Evaluation::pooled(&[one.clone(), Evaluation::pooled(&[one.clone(), one.clone()])]);
    assert_eq!((pooled.localisation.tp, pooled.localisation.fp, pooled.localisation.fn_), (3, 3, 3));
    assert_eq!((pooled.localisation.f1, pooled.macro_f1, pooled.micro_f1()), (one.localisation.f1, one.macro_f1, one.micro_f1()));
    assert_eq!(pooled.outcomes.iter().map(|o| o.tomogram).collect::<Vec<_>>(), [0, 0, 0, 1, 1, 1, 2, 2, 2]);
    assert_eq!(one.micro_f1(), 0.5);
}

#[test]
fn pairs_far_out_are_found_once() {
    for x in [1e19, -1e19, 1e300, -1e300] {
        let far = [Particle::new(ClassLabel::new(1), Position::new(x, x, x).unwrap())];
        let l = evaluate_distance(&far, &far, &DistanceParams::new(2.0)).unwrap().localisation;
        assert_eq!((l.tp, l.fp, l.multiple_hits), (1, 0, 0), "{x}");
        assert_eq!(crate::evaluate_deepfinder(&far, &far, 2.0).unwrap().localisation.tp, 1, "{x}");
    }
    let near: Vec<_> =
        (0..3).map(|i| Particle::new(ClassLabel::new(1), Position::new(f64::from(i), 100.0, -3.5 * f64::from(i)).unwrap())).collect();
    let l = evaluate_distance(&near, &near, &DistanceParams::new(1e-20)).unwrap().localisation;
    assert_eq!((l.tp, l.multiple_hits), (3, 0));
}

#[test]
fn more_pairs_than_memory_should_hold_are_refused() {
    let list: Vec<_> = (0..100).map(|i| Particle::new(ClassLabel::new(1), Position::new(0.0, 0.0, f64::from(i)).unwrap())).collect();
    let pairs = |most| neighbours(&list, &list, 1e4, |_| 1e4, most).map(|near| near.pairs.len());
    assert_eq!(pairs(10_000), Ok(10_000));
    assert_eq!(pairs(9_999), Err(EvaluateError::TooManyPairs { radius: 1e4, truth: 100, picks: 100, limit: 9_999 }));
}
