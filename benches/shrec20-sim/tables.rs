//! The tables of the SHREC'20 paper, as text.

use std::fmt::Write;

use crate::scores::Scores;

/// Localisation (table 3), F1 of each class (table 4), F1 by size group (table 6) and times (table 7).
pub(crate) fn of(scores: &Scores, training: f64, picking: f64) -> String {
    let mut text = format!("\n{}\n", scores.evaluation);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "size group      F1");
    for (group, f1) in &scores.by_size {
        let _ = writeln!(text, "{:<10}  {f1:>6.4}", group.to_string());
    }
    let _ = writeln!(text, "\ntraining {}, picking {}", time(training), time(picking));
    text
}

/// Seconds as the paper's table 7 has times.
fn time(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match (whole / 3600, whole % 3600 / 60, whole % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_for_people() {
        assert_eq!([4.4, 101.0, 54600.0].map(super::time), ["4 s", "1 min 41 s", "15 h 10 min"]);
    }
}
