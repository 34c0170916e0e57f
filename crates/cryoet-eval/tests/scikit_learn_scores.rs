//! Figures against scikit-learn's metrics; `oracles/scikit_learn_scores.py` makes the golden.

use std::collections::BTreeMap;

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle, Position, Score};
use cryoet_eval::{
    Criterion, CziiClass, CziiParams, DistanceParams, ThresholdRule, evaluate_czii, evaluate_distance, sweep, voxel_confusion,
};
use serde_json::Value;

const GOLDEN: &str = include_str!("golden/scores.json");

fn cases() -> Vec<Value> {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    golden["cases"].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// One particle per label that is not background, far apart from each other.
fn particles(labels: &[f64]) -> Vec<Particle> {
    let at =
        |(index, &label): (usize, &f64)| Particle::new(ClassLabel::new(label as u8), Position::new(0.0, 0.0, 10.0 * index as f64).unwrap());
    labels.iter().enumerate().filter(|(_, label)| **label > 0.0).map(at).collect()
}

fn assert_near(ours: f64, theirs: f64, what: &str) {
    assert!((ours - theirs).abs() < 1e-12, "{what}: {ours}, scikit-learn has {theirs}");
}

#[test]
fn classes_and_confusion() {
    for case in cases() {
        let (truth, picks) = (particles(&numbers(&case["truth"])), particles(&numbers(&case["predicted"])));
        let evaluation = evaluate_distance(&truth, &picks, &DistanceParams::new(1.0)).unwrap();
        for (row, counts) in case["confusion"].as_array().unwrap().iter().enumerate() {
            for (column, count) in numbers(counts).into_iter().enumerate() {
                let [row, column] = [row, column].map(|label| ClassLabel::new(label as u8));
                assert_eq!(evaluation.confusion.count(row, column) as f64, count, "truth {row}, pick {column}");
            }
        }
        let figures = ["precision", "recall", "f1", "support"].map(|name| numbers(&case[name]));
        for label in 1..=5u8 {
            let theirs = figures.each_ref().map(|figure| figure[usize::from(label) - 1]);
            let ours = evaluation.class(ClassLabel::new(label)).map_or([0.0; 4], |c| [c.precision, c.recall, c.f1, c.support as f64]);
            for (ours, theirs) in ours.into_iter().zip(theirs) {
                assert_near(ours, theirs, &format!("class {label}"));
            }
        }
        assert_near(evaluation.macro_f1, case["macro_f1"].as_f64().unwrap(), "macro F1");
        assert_near(evaluation.micro_f1(), case["micro_f1"].as_f64().unwrap(), "micro F1");
    }
}

#[test]
fn f_beta_of_the_czii_rule() {
    for case in cases() {
        let (truth, picks) = (particles(&numbers(&case["truth"])), particles(&numbers(&case["predicted"])));
        let weights = [1.0, 2.0, 0.0, 1.0, 2.0];
        let classes: BTreeMap<_, _> = (1..).map(ClassLabel::new).zip(weights.map(|weight| CziiClass { radius: 2.0, weight })).collect();
        let evaluation = evaluate_czii(&[(&truth, &picks)], &CziiParams::new(classes)).unwrap();
        let theirs = numbers(&case["f4"]);
        for (scores, &theirs) in evaluation.classes.values().zip(&theirs) {
            assert_near(scores.f_beta, theirs, "F4");
        }
        let score = theirs.iter().zip(weights).map(|(f, w)| f * w).sum::<f64>() / weights.iter().sum::<f64>();
        assert_near(evaluation.score, score, "weighted mean of F4");
    }
}

#[test]
fn voxels() {
    for case in cases() {
        let [truth, predicted] = ["truth", "predicted"].map(|name| {
            let labels: Vec<u8> = numbers(&case[name]).into_iter().map(|label| label as u8).collect();
            Array3::from_shape_vec((1, 1, labels.len()), labels).unwrap()
        });
        let confusion = voxel_confusion(truth.view(), predicted.view()).unwrap();
        assert_near(confusion.va(), case["accuracy"].as_f64().unwrap(), "VA");
        assert_near(confusion.mva(), case["balanced_accuracy"].as_f64().unwrap(), "MVA");
        let (jaccard, f1) = (numbers(&case["jaccard"]), numbers(&case["f1"]));
        for label in 0..=5u8 {
            assert_near(confusion.iou(ClassLabel::new(label)), jaccard[usize::from(label)], "IoU");
        }
        for label in 1..=5u8 {
            assert_near(confusion.dice(ClassLabel::new(label)), f1[usize::from(label) - 1], "Dice");
        }
    }
}

#[test]
fn average_precision() {
    for case in cases() {
        let (hits, scores) = (numbers(&case["hits"]), numbers(&case["scores"]));
        let truth = particles(&hits);
        // Every index has a pick; it lies on a particle where the hit is 1.
        let picks: Vec<_> =
            particles(&vec![1.0; hits.len()]).into_iter().zip(scores).map(|(p, s)| p.with_score(Score::new(s).unwrap())).collect();
        let curves = sweep(&truth, &picks, &DistanceParams::new(1.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
        assert_near(curves.localisation.average_precision, case["average_precision"].as_f64().unwrap(), "average precision");
    }
}
