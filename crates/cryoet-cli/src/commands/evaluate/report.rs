//! An evaluation in every form, as files of one folder.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cryoet::eval::{Evaluation, Plot, Sweep, plot_f1_by_mass};
use cryoet::io::write_whole;
use cryoet::{ClassLabel, ClassTable};

use crate::failure::Failure;
use crate::record::Record;

/// Every file that a report may have.
const NAMES: [&str; 12] = [
    "evaluation.json",
    "evaluation.txt",
    "evaluation.md",
    "localisation.csv",
    "classes.csv",
    "confusion.csv",
    "confusion.png",
    "sweep.md",
    "sweep.csv",
    "precision-recall.png",
    "f1-by-mass.png",
    "record.json",
];

/// The files that a report in this folder may write or remove; none where the folder is yet to be made.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if folder.is_dir() {
        return Ok(NAMES.iter().map(|name| folder.join(name)).collect());
    }
    if folder.exists() {
        Err(Failure::usage(format!("{}: a report is a folder, and this is a file", folder.display())))
    } else {
        Ok(Vec::new())
    }
}

/// What a report is made of.
pub(super) struct Report<'a> {
    pub(super) evaluation: &'a Evaluation,
    /// Another method's, with its name and that of the first.
    pub(super) against: Option<([String; 2], &'a Evaluation)>,
    pub(super) sweep: Option<&'a Sweep>,
    pub(super) masses: Option<&'a BTreeMap<ClassLabel, f64>>,
    pub(super) classes: &'a ClassTable,
    /// The rule and its parameters.
    pub(super) rule: &'a serde_json::Value,
    /// The whole result as JSON, and as text for people.
    pub(super) value: &'a serde_json::Value,
    pub(super) text: &'a str,
}

impl Report<'_> {
    /// Writes everything into a folder, which is made where it is not there; what an earlier report left and this one has not is removed.
    pub(super) fn write(&self, folder: &Path, record: &Record) -> Result<(), Failure> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
        let write = |name: &str, text: &str| write_whole(folder.join(name), |file| file.write_all(text.as_bytes()));
        write("evaluation.json", &(serde_json::to_string_pretty(self.value)? + "\n"))?;
        write("evaluation.txt", self.text)?;
        write("evaluation.md", &format!("Rule: `{}`\n\n{}", self.rule, self.evaluation.to_markdown()))?;
        write("localisation.csv", &self.evaluation.localisation_csv())?;
        write("classes.csv", &self.evaluation.classes_csv())?;
        write("confusion.csv", &self.evaluation.confusion_csv())?;
        draw(folder, "confusion.png", &self.evaluation.plot_confusion())?;
        if let Some(sweep) = self.sweep {
            write("sweep.md", &sweep.to_markdown(self.classes))?;
            write("sweep.csv", &sweep.to_csv(self.classes))?;
            draw(folder, "precision-recall.png", &sweep.plot_precision_recall(self.classes))?;
        }
        if let Some(masses) = self.masses {
            let plot = match &self.against {
                Some(([first, second], other)) => plot_f1_by_mass(&[(first.as_str(), self.evaluation), (second.as_str(), *other)], masses),
                None => plot_f1_by_mass(&[("picks", self.evaluation)], masses),
            };
            draw(folder, "f1-by-mass.png", &plot)?;
        }
        let mut stale = Vec::new();
        if self.sweep.is_none() {
            stale.extend(["sweep.md", "sweep.csv", "precision-recall.png"]);
        }
        if self.masses.is_none() {
            stale.push("f1-by-mass.png");
        }
        for path in stale.into_iter().map(|name| folder.join(name)) {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::new(format!("cannot remove {}, left by an earlier report: {error}", path.display())));
                }
                _ => {}
            }
        }
        record.write(&folder.join("record.json"))
    }
}

fn draw(folder: &Path, name: &str, plot: &Plot) -> Result<(), Failure> {
    Ok(write_whole(folder.join(name), |file| -> io::Result<()> { plot.write_png(file) })?)
}
