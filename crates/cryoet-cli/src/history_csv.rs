//! A training's history as CSV: a row per step, a row per validation.

use cryoet::ClassTable;
use cryoet::net::{ClassMetrics, History};

/// Every step: loss, learning rate, gradient norm, seconds, and those of them spent waiting for data; of networks that denoise, the
/// loss of the density alone.
pub(crate) fn steps(history: &History) -> String {
    let mut csv = "step,loss,learning_rate,gradient_norm,seconds,data_seconds".to_owned();
    let denoises = history.steps.iter().any(|step| step.density_loss.is_some());
    csv += if denoises { ",density_loss\n" } else { "\n" };
    for s in &history.steps {
        csv += &format!("{},{},{},{},{:.3},{:.6}", s.step, s.loss, s.learning_rate, s.gradient_norm, s.seconds, s.data_seconds);
        if denoises {
            csv += &s.density_loss.map_or_else(|| ",".to_owned(), |loss| format!(",{loss}"));
        }
        csv.push('\n');
    }
    csv
}

/// One number of a class.
type Figure = fn(&ClassMetrics) -> f64;

/// Every validation: accuracy, mean F1, and of each class F1 (which is Dice), precision and recall.
pub(crate) fn validations(history: &History, classes: &ClassTable) -> String {
    let figures: [(&str, Figure); 3] = [("f1", |m| m.f1), ("precision", |m| m.precision), ("recall", |m| m.recall)];
    let mut csv = "step,accuracy,mean_f1".to_owned();
    for (figure, _) in figures {
        for class in classes.iter() {
            csv += &format!(",{}", quoted(&format!("{figure}_{}", class.name)));
        }
    }
    csv.push('\n');
    for v in &history.validations {
        csv += &format!("{},{},{}", v.step, v.metrics.accuracy, v.metrics.mean_f1);
        for (_, of) in figures {
            for metrics in &v.metrics.classes {
                csv += &format!(",{}", of(metrics));
            }
        }
        csv.push('\n');
    }
    csv
}

/// A cell; names may hold commas and quotes.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::net::{ValidationMetrics, ValidationRecord};
    use cryoet::{Class, ClassLabel};

    #[test]
    fn a_validation_by_hand() {
        let label = ClassLabel::new(1);
        let classes = ClassTable::new(vec![Class::new(label, "a, \"b\"")]).unwrap();
        let of_class = ClassMetrics { label, precision: 0.5, recall: 1.0, f1: 0.75, support: 8 };
        let metrics = ValidationMetrics { accuracy: 0.9, classes: vec![of_class], mean_f1: 0.75 };
        let history = History { validations: vec![ValidationRecord { step: 10, metrics, best: true }], ..History::default() };
        let expected =
            "step,accuracy,mean_f1,\"f1_a, \"\"b\"\"\",\"precision_a, \"\"b\"\"\",\"recall_a, \"\"b\"\"\"\n10,0.9,0.75,0.75,0.5,1\n";
        assert_eq!(validations(&history, &classes), expected);
    }
}
