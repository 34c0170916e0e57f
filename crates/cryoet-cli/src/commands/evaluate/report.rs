//! An evaluation in every form, as files of one folder.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use cryoet::eval::{Evaluation, Plot, Sweep, plot_f1_by_mass};
use cryoet::io::write_whole;
use cryoet::{ClassLabel, ClassTable};

use crate::failure::Failure;
use crate::record::Record;

/// What a report is made of.
pub(super) struct Report<'a> {
    pub(super) evaluation: &'a Evaluation,
    /// Another method's, with its name and that of the first.
    pub(super) against: Option<([String; 2], &'a Evaluation)>,
    pub(super) sweep: Option<&'a Sweep>,
    pub(super) masses: Option<&'a BTreeMap<ClassLabel, f64>>,
    pub(super) classes: &'a ClassTable,
    /// The whole result as JSON, and as text for people.
    pub(super) value: &'a serde_json::Value,
    pub(super) text: &'a str,
}

impl Report<'_> {
    /// Writes everything into a folder, which is made where it is not there.
    pub(super) fn write(&self, folder: &Path, record: &Record) -> Result<(), Failure> {
        std::fs::create_dir_all(folder).map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
        let write = |name: &str, text: &str| write_whole(folder.join(name), |file| file.write_all(text.as_bytes()));
        write("evaluation.json", &(serde_json::to_string_pretty(self.value)? + "\n"))?;
        write("evaluation.txt", self.text)?;
        write("evaluation.md", &self.evaluation.to_markdown())?;
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
        record.write(&folder.join("record.json"))
    }
}

fn draw(folder: &Path, name: &str, plot: &Plot) -> Result<(), Failure> {
    Ok(write_whole(folder.join(name), |file| -> io::Result<()> { plot.write_png(file) })?)
}
