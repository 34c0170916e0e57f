use std::fmt::{self, Write};

use cryoet_core::ClassTable;

use crate::report::{figure, quoted, row, rule};
use crate::table::one_line;
use crate::{Curve, Sweep};

const COLUMNS: [&str; 8] = ["Class", "AP", "Threshold", "Picks", "TP", "Precision", "Recall", "F1"];

impl Sweep {
    /// Finding, named "all", and every class; classes unknown to the table go by their label's digits.
    fn curves(&self, names: &ClassTable) -> Vec<(String, &Curve)> {
        let classes = self.classes.iter().map(|(&label, curve)| (names.name(label), curve));
        std::iter::once(("all".to_owned(), &self.localisation)).chain(classes).collect()
    }

    /// Per curve its average precision and its best threshold with what is reached there; empty cells where no threshold is best.
    fn summary(&self, names: &ClassTable) -> Vec<Vec<String>> {
        let cells = |(name, curve): (String, &Curve)| {
            let best = curve.best.map_or_else(Default::default, |p| {
                [p.threshold.to_string(), p.reported.to_string(), p.tp.to_string(), figure(p.precision), figure(p.recall), figure(p.f1)]
            });
            [vec![name, figure(curve.average_precision)], best.to_vec()].concat()
        };
        self.curves(names).into_iter().map(cells).collect()
    }

    /// A report in Markdown: for finding ("all") and for every class the average precision, the best threshold, and what is reached there.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, ClassTable, Particle, Position, Score};
    /// use cryoet_eval::{Criterion, DistanceParams, ThresholdRule, sweep};
    /// let truth = [Particle::new(ClassLabel::new(1), Position::new(1.0, 2.0, 3.0)?)];
    /// let picks = [truth[0].clone().with_score(Score::new(0.5)?)];
    /// let curves = sweep(&truth, &picks, &DistanceParams::new(2.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0))?;
    /// assert!(curves.to_markdown(&ClassTable::default()).ends_with("| 1 | 1.0000 | 0.5 | 1 | 1 | 1.0000 | 1.0000 | 1.0000 |\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_markdown(&self, names: &ClassTable) -> String {
        let rows = self.summary(names);
        let lines: String = rows.iter().map(|cells| row(cells)).collect();
        row(&COLUMNS.map(String::from)) + &rule(COLUMNS.len()) + &lines
    }

    /// Every point of every curve as CSV, by falling threshold: `class,name,threshold,reported,tp,precision,recall,f1`.
    /// The class is empty and the name "all" where the curve is that of finding.
    pub fn to_csv(&self, names: &ClassTable) -> String {
        let mut text = String::from("class,name,threshold,reported,tp,precision,recall,f1\n");
        let labels = std::iter::once(String::new()).chain(self.classes.keys().map(ToString::to_string));
        for (label, (name, curve)) in labels.zip(self.curves(names)) {
            for p in &curve.points {
                // Writing to a String cannot fail.
                let _ = writeln!(
                    text,
                    "{label},{},{},{},{},{},{},{}",
                    quoted(&name),
                    p.threshold,
                    p.reported,
                    p.tp,
                    p.precision,
                    p.recall,
                    p.f1
                );
            }
        }
        text
    }

    /// A table for people, of what [`to_markdown`](Self::to_markdown) shows.
    pub fn to_table(&self, names: &ClassTable) -> String {
        let mut rows = self.summary(names);
        rows.iter_mut().for_each(|cells| cells[0] = one_line(&cells[0]));
        rows.insert(0, COLUMNS.map(String::from).to_vec());
        let width = |column: usize| rows.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..COLUMNS.len()).map(width).collect();
        let mut text = String::new();
        for cells in &rows {
            let _ = write!(text, "{:<1$}", cells[0], widths[0]);
            for (cell, width) in cells.iter().zip(widths.iter().copied()).skip(1) {
                let _ = write!(text, "  {cell:>width$}");
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }
}

/// [`Sweep::to_table`] with the labels' digits for names.
impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_table(&ClassTable::default()))
    }
}

#[cfg(test)]
mod tests;
