//! The CZII challenge's score.

use cryoet::ClassTable;
use cryoet::eval::CziiEvaluation;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output;

/// A score as JSON with the names of classes, and as a table.
pub(super) fn shown(evaluation: &CziiEvaluation, beta: f64, classes: &ClassTable) -> Result<(Value, String), Failure> {
    let mut rows = vec![["class", "hit", "particles", "picks", "precision", "recall"].map(str::to_owned).to_vec()];
    rows[0].push(format!("F{beta}"));
    for (&label, scores) in &evaluation.classes {
        let counts = [scores.hit, scores.truth, scores.picks].map(|n| n.to_string());
        let figures = [scores.precision, scores.recall, scores.f_beta].map(|v| format!("{v:.4}"));
        rows.push([&[classes.name(label)][..], &counts, &figures].concat());
    }
    let mut value = serde_json::to_value(evaluation)?;
    for label in evaluation.classes.keys() {
        value["classes"][label.to_string()]["name"] = json!(classes.name(*label));
    }
    Ok((value, format!("{}\nscore {:.4}\n", output::table(&rows), evaluation.score)))
}
