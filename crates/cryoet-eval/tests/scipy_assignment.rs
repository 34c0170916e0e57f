//! One-to-one matching against SciPy's `linear_sum_assignment`; `oracles/scipy_assignment.py` makes the golden.

use cryoet_core::{ClassLabel, Particle, Position};
use cryoet_eval::{DistanceParams, evaluate_distance};
use serde_json::Value;

const GOLDEN: &str = include_str!("golden/assignment.json");

fn particles(rows: &Value) -> Vec<Particle> {
    let particle = |row: &Value| {
        let [z, y, x] = [0, 1, 2].map(|axis| row[axis].as_f64().unwrap());
        Particle::new(ClassLabel::new(1), Position::new(z, y, x).unwrap())
    };
    rows.as_array().unwrap().iter().map(particle).collect()
}

#[test]
fn as_many_pairs_and_as_near() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 24);
    for (index, case) in cases.iter().enumerate() {
        let (truth, picks) = (particles(&case["truth"]), particles(&case["picks"]));
        let radius = case["radius"].as_f64().unwrap();
        let evaluation = evaluate_distance(&truth, &picks, &DistanceParams::new(radius)).unwrap();
        assert_eq!(Some(evaluation.localisation.tp), case["pairs"].as_u64(), "pairs of case {index}");
        let distances = truth
            .iter()
            .zip(&evaluation.matches)
            .filter_map(|(particle, pick)| Some(particle.position.distance(&picks[(*pick)?].position)));
        let (sum, theirs) = (distances.sum::<f64>(), case["sum"].as_f64().unwrap());
        // Ours compares distances in steps of radius / 2^30.
        assert!((sum - theirs).abs() <= 1e-7 * radius, "case {index}: the distances sum to {sum}, SciPy's to {theirs}");
    }
}
