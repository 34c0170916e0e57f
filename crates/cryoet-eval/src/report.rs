use std::fmt::Write;

use crate::Evaluation;

const COLUMNS: [&str; 11] = ["RR", "TP", "FP", "FN", "MH", "RO", "AD", "Recall", "Precision", "Miss rate", "F1"];

impl Evaluation {
    /// A report in Markdown: localisation, classes and confusion matrix as tables, with the columns of the SHREC papers.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position};
    /// use cryoet_eval::{DistanceParams, evaluate_distance};
    /// let list = [Particle::new(ClassLabel::new(1), Position::new(1.0, 2.0, 3.0)?)];
    /// let report = evaluate_distance(&list, &list, &DistanceParams::new(2.0))?.to_markdown();
    /// assert!(report.contains("| 1 | 1 | 0 | 0 | 0 | 0 | 0.0000 | 1.0000 | 1.0000 | 0.0000 | 1.0000 |"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_markdown(&self) -> String {
        let mut text = row(&COLUMNS.map(String::from)) + &rule(COLUMNS.len()) + &row(&self.localisation_cells());
        text += "\n";
        text += &row(&["Class", "Precision", "Recall", "F1", "Support"].map(String::from));
        text += &rule(5);
        for class in &self.classes {
            text += &row(&[class.name.clone(), figure(class.precision), figure(class.recall), figure(class.f1), class.support.to_string()]);
        }
        text += &row(&["macro".into(), String::new(), String::new(), figure(self.macro_f1), String::new()]);
        text += &row(&["micro".into(), String::new(), String::new(), figure(self.micro_f1()), String::new()]);
        text += "\n";
        let names: Vec<_> = self.confusion.labels().iter().map(|&label| self.name(label)).collect();
        text += &row(&[vec!["Truth \\ pick".to_owned()], names.clone()].concat());
        text += &rule(names.len() + 1);
        for (name, counts) in names.into_iter().zip(self.confusion.rows()) {
            text += &row(&[vec![name], counts.iter().map(u64::to_string).collect()].concat());
        }
        text
    }

    /// Finding and the means over classes as CSV, a header and one line:
    /// `reported,tp,fp,fn,multiple_hits,outside,mean_distance,recall,precision,miss_rate,f1,macro_f1,micro_f1`.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position};
    /// use cryoet_eval::{DistanceParams, evaluate_distance};
    /// let list = [Particle::new(ClassLabel::new(7), Position::new(1.0, 2.0, 3.0)?)];
    /// let csv = evaluate_distance(&list, &list, &DistanceParams::new(2.0))?.localisation_csv();
    /// assert!(csv.ends_with("\n1,1,0,0,0,0,0,1,1,0,1,1,1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn localisation_csv(&self) -> String {
        let l = &self.localisation;
        let counts = [l.reported, l.tp, l.fp, l.fn_, l.multiple_hits, l.outside].map(|n| n.to_string());
        let figures = [l.mean_distance, l.recall, l.precision, l.miss_rate, l.f1, self.macro_f1, self.micro_f1()].map(|v| v.to_string());
        let header = "reported,tp,fp,fn,multiple_hits,outside,mean_distance,recall,precision,miss_rate,f1,macro_f1,micro_f1";
        format!("{header}\n{},{}\n", counts.join(","), figures.join(","))
    }

    /// The classes as CSV, one line each: `class,name,precision,recall,f1,support`.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position};
    /// use cryoet_eval::{DistanceParams, evaluate_distance};
    /// let list = [Particle::new(ClassLabel::new(7), Position::new(1.0, 2.0, 3.0)?)];
    /// let csv = evaluate_distance(&list, &list, &DistanceParams::new(2.0))?.classes_csv();
    /// assert_eq!(csv, "class,name,precision,recall,f1,support\n7,7,1,1,1,1\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn classes_csv(&self) -> String {
        let mut text = String::from("class,name,precision,recall,f1,support\n");
        for c in &self.classes {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{},{},{},{},{},{}", c.label, quoted(&c.name), c.precision, c.recall, c.f1, c.support);
        }
        text
    }

    /// The confusion matrix as CSV: a header of picked classes, then a line per true class.
    pub fn confusion_csv(&self) -> String {
        let names: Vec<_> = self.confusion.labels().iter().map(|&label| quoted(&self.name(label))).collect();
        let mut text = format!("truth,{}\n", names.join(","));
        for (name, counts) in names.iter().zip(self.confusion.rows()) {
            let counts: Vec<_> = counts.iter().map(u64::to_string).collect();
            let _ = writeln!(text, "{name},{}", counts.join(","));
        }
        text
    }

    fn localisation_cells(&self) -> Vec<String> {
        let l = &self.localisation;
        let counts = [l.reported, l.tp, l.fp, l.fn_, l.multiple_hits, l.outside].map(|n| n.to_string());
        let figures = [l.mean_distance, l.recall, l.precision, l.miss_rate, l.f1].map(figure);
        [&counts[..], &figures[..]].concat()
    }
}

pub(crate) fn figure(value: f64) -> String {
    format!("{value:.4}")
}

/// A line of a Markdown table.
pub(crate) fn row(cells: &[String]) -> String {
    // A bar in a name would end its cell, a line's end the table.
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|").replace(['\n', '\r'], " ")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The line below a Markdown table's header.
pub(crate) fn rule(columns: usize) -> String {
    format!("|{}\n", "---|".repeat(columns))
}

/// A CSV field, in quotes where it must be (RFC 4180).
pub(crate) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

#[cfg(test)]
mod tests;
