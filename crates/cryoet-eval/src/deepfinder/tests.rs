use cryoet_core::{ClassLabel, Position};
use serde_json::Value;

use super::*;

/// What cryoet-deepfinder 0.2.1 says; `tests/oracles/deepfinder_evaluator.py` makes it.
const GOLDEN: &str = include_str!("golden.json");

fn particles(rows: &Value) -> Vec<Particle> {
    let number = |row: &Value, i: usize| row[i].as_f64().unwrap();
    let particle = |row: &Value| {
        Particle::new(ClassLabel::new(number(row, 0) as u8), Position::new(number(row, 1), number(row, 2), number(row, 3)).unwrap())
    };
    rows.as_array().unwrap().iter().map(particle).collect()
}

#[test]
fn agrees_with_the_original_on_random_lists() {
    let cases: Value = serde_json::from_str(GOLDEN).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 30);
    for case in cases {
        let evaluation =
            evaluate_deepfinder(&particles(&case["truth"]), &particles(&case["picks"]), case["radius"].as_f64().unwrap()).unwrap();
        for label in 1..4 {
            let class = ClassLabel::new(label);
            let confusion = &evaluation.confusion;
            let tp = confusion.count(class, class);
            let counts = (tp, confusion.picked(class) - tp, confusion.support(class) - tp);
            let of = |key: &str| case[key].get(label.to_string()).map_or(0, |n| n.as_u64().unwrap());
            assert_eq!(counts, (of("n_tp"), of("n_fp"), of("n_fn")), "class {label}");
        }
    }
}

#[test]
fn a_pick_that_stands_for_two_particles_counts_twice() {
    let at = |x| Particle::new(ClassLabel::new(1), Position::new(0.0, 0.0, x).unwrap());
    let evaluation = evaluate_deepfinder(&[at(0.0), at(2.0)], &[at(1.0)], 3.0).unwrap();
    let l = evaluation.localisation;
    assert_eq!((l.reported, l.tp, l.fp, l.precision, l.f1), (1, 2, 0, 1.0, 1.0));
    // With a false pick elsewhere, also among other tomograms'.
    let evaluation = evaluate_deepfinder(&[at(0.0), at(2.0)], &[at(1.0), at(50.0)], 3.0).unwrap();
    assert_eq!((evaluation.localisation.precision, evaluation.class(ClassLabel::new(1)).unwrap().precision), (2.0 / 3.0, 2.0 / 3.0));
    let pooled = crate::Evaluation::pooled(&[evaluation.clone(), evaluation]);
    assert_eq!(pooled.localisation.precision, 2.0 / 3.0);
}
