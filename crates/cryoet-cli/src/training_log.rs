//! A training's log: a line per validation.

use cryoet::net::{History, ValidationRecord};

/// The line of the last validation; empty where there is none.
pub(crate) fn last(history: &History, steps: u64) -> String {
    history.validations.len().checked_sub(1).map(|index| line(history, index, steps)).unwrap_or_default()
}

/// All lines.
pub(crate) fn whole(history: &History, steps: u64) -> String {
    (0..history.validations.len()).map(|index| line(history, index, steps) + "\n").collect()
}

/// What happened between a validation and the one before, and how long the rest will take at that pace.
fn line(history: &History, index: usize, steps: u64) -> String {
    let record: &ValidationRecord = &history.validations[index];
    let after = index.checked_sub(1).map_or(0, |before| history.validations[before].step);
    let since: Vec<_> = history.steps.iter().filter(|step| step.step > after && step.step <= record.step).collect();
    let count = since.len().max(1) as f64;
    let sum = |of: fn(&cryoet::net::StepRecord) -> f64| since.iter().map(|step| of(step)).sum::<f64>();
    let (loss, seconds, waiting) = (sum(|step| step.loss) / count, sum(|step| step.seconds), sum(|step| step.data_seconds));
    let left = seconds / count * steps.saturating_sub(record.step) as f64;
    let worst = record.metrics.classes.iter().filter(|class| class.support > 0).map(|class| class.f1).fold(1.0, f64::min);
    let densities: Vec<f64> = since.iter().filter_map(|step| step.density_loss).collect();
    let density = if densities.is_empty() {
        String::new()
    } else {
        format!(" (density alone {:.4})", densities.iter().sum::<f64>() / densities.len() as f64)
    };
    format!(
        "step {} of {steps}: loss {loss:.4}{density}, mean F1 {:.4}{}, worst class {worst:.4}; {:.3} s a step, {:.1} % waiting for data, {} left",
        record.step,
        record.metrics.mean_f1,
        if record.best { " (best)" } else { "" },
        seconds / count,
        if seconds > 0.0 { 100.0 * waiting / seconds } else { 0.0 },
        time(left),
    )
}

fn time(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h {:02} min", minutes / 60, minutes % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::ClassLabel;
    use cryoet::net::{ClassMetrics, StepRecord, ValidationMetrics};

    #[test]
    fn a_line_by_hand() {
        let step = |step| StepRecord {
            step,
            loss: step as f64,
            density_loss: None,
            learning_rate: 0.1,
            gradient_norm: 1.0,
            seconds: 60.0,
            data_seconds: 3.0,
        };
        let class = ClassMetrics { label: ClassLabel::new(1), precision: 1.0, recall: 0.2, f1: 0.25, support: 9 };
        let metrics = ValidationMetrics { accuracy: 0.9, classes: vec![class], mean_f1: 0.25 };
        let at = |step, best| ValidationRecord { step, metrics: metrics.clone(), best };
        let history = History { steps: (1..=4).map(step).collect(), validations: vec![at(2, true), at(4, false)] };
        let text = whole(&history, 104);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "step 4 of 104: loss 3.5000, mean F1 0.2500, worst class 0.2500; 60.000 s a step, 5.0 % waiting for data, 1 h 40 min left"
        );
        assert!(lines[0].contains("loss 1.5000, mean F1 0.2500 (best)"), "{}", lines[0]);
        assert_eq!(last(&history, 104), lines[1]);
    }
}
