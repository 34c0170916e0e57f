//! A data set for training: tomograms, their labels and particle lists, the class table and the split.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
#[cfg(feature = "net")]
use cryoet::ClassTable;
#[cfg(feature = "net")]
use cryoet::io::read_class_table;
use cryoet::io::write_whole;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The contents of a `dataset.toml`; paths count from its folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dataset {
    /// The class table.
    pub(crate) classes: PathBuf,
    /// The tomograms.
    #[serde(rename = "tomogram")]
    pub(crate) tomograms: Vec<Entry>,
}

/// One tomogram of a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// Grey values.
    pub(crate) volume: PathBuf,
    /// Class labels of the same shape; 255 is left out of training.
    pub(crate) labels: PathBuf,
    /// What it would be without noise, for networks that learn to denoise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) density: Option<PathBuf>,
    /// The particles it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) particles: Option<PathBuf>,
    /// What it serves for.
    pub(crate) split: Split,
}

/// What a tomogram serves for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Split {
    /// Weights learn from it.
    Train,
    /// It measures how well they learn.
    Validation,
    /// Training leaves it alone.
    Test,
}

impl Dataset {
    /// Reads a data set; the paths in the answer count from the working folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let no_data_set =
            |why: String| Failure::new(format!("{}: no data set (TOML) as `cryoet simulate` writes it: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => no_data_set("it is no text".into()),
            _ => Failure::new(format!("cannot read {}: {error}", path.display())),
        })?;
        let mut dataset: Self = toml::from_str(&text).map_err(|error| no_data_set(Failure::from(error).to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        dataset.classes = folder.join(&dataset.classes);
        for entry in &mut dataset.tomograms {
            if Path::new(&entry.name).file_name() != Some(entry.name.as_ref()) {
                return Err(no_data_set(format!("{:?} is no name of a tomogram, of which files can be called", entry.name)));
            }
            entry.volume = folder.join(&entry.volume);
            entry.labels = folder.join(&entry.labels);
            entry.density = entry.density.as_ref().map(|density| folder.join(density));
            entry.particles = entry.particles.as_ref().map(|particles| folder.join(particles));
        }
        Ok(dataset)
    }

    /// Writes a data set whose paths count from the file's folder.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = toml::to_string_pretty(self)?;
        let head = "# A data set for `cryoet train`: paths count from this file's folder; split is train, validation or test.\n";
        Ok(write_whole(path, |file| file.write_all(head.as_bytes()).and_then(|()| file.write_all(text.as_bytes())))?)
    }

    /// The class table.
    #[cfg(feature = "net")]
    pub(crate) fn class_table(&self) -> Result<ClassTable, Failure> {
        Ok(read_class_table(&self.classes)?)
    }

    /// The tomograms of a split.
    #[cfg(feature = "net")]
    pub(crate) fn of(&self, split: Split) -> impl Iterator<Item = &Entry> {
        self.tomograms.iter().filter(move |entry| entry.split == split)
    }
}
