//! Data sets made of another, to train on: their files lie in a folder of their own, all else stays where it is.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cryoet_core::{Class, ClassLabel, ClassTable};
use cryoet_io::{read_labels, write_class_table, write_labels, write_whole};

use crate::Outcome;
use crate::cryoet::Cryoet;
use crate::data::{Data, Listed};

impl Data {
    /// With the first `count` tomograms for training.
    pub(crate) fn with_fewer(&self, count: usize, folder: &Path) -> Outcome<PathBuf> {
        let mut list = self.list.clone();
        let training: Vec<_> = list.tomogram.iter_mut().filter(|entry| entry.split == "train").collect();
        if training.len() < count {
            return Err(format!("{count} tomograms to train on: there are {}", training.len()).into());
        }
        training.into_iter().skip(count).for_each(|entry| entry.split = "test".into());
        self.write(list, folder)
    }

    /// With balls of the particles' volumes for labels.
    pub(crate) fn with_balls(&self, cryoet: &Cryoet, folder: &Path) -> Outcome<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let mut list = self.list.clone();
        let classes = self.file(&list.classes).to_string_lossy().into_owned();
        for entry in &mut list.tomogram {
            let labels = std::path::absolute(folder.join(format!("{}.mrc", entry.name)))?;
            let [particles, volume] = [&entry.particles, &entry.volume].map(|path| self.file(path).to_string_lossy().into_owned());
            cryoet.run(&["targets", &particles, "--like", &volume, "--classes", &classes, "-o", &labels.to_string_lossy()])?;
            entry.labels = labels;
        }
        self.write(list, folder)
    }

    /// With one class alone, as class 1; all else is background.
    pub(crate) fn with_one_class(&self, class: &Class, folder: &Path) -> Outcome<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let table = ClassTable::new(vec![Class { label: ClassLabel::new(1), ..class.clone() }])?;
        let classes = std::path::absolute(folder.join("classes.toml"))?;
        write_class_table(&classes, &table)?;
        let mut list = Listed { classes, ..self.list.clone() };
        list.tomogram.retain(|entry| entry.split != "test");
        for entry in &mut list.tomogram {
            let labels = read_labels(self.file(&entry.labels))?;
            let only = labels.data().mapv(|label| u8::from(label == class.label.get()));
            entry.labels = std::path::absolute(folder.join(format!("{}.mrc", entry.name)))?;
            write_labels(&entry.labels, &labels.with_data(only))?;
        }
        self.write(list, folder)
    }

    /// Writes a list of tomograms with whole paths.
    fn write(&self, mut list: Listed, folder: &Path) -> Outcome<PathBuf> {
        std::fs::create_dir_all(folder)?;
        list.classes = std::path::absolute(self.file(&list.classes))?;
        for entry in &mut list.tomogram {
            for path in [&mut entry.volume, &mut entry.labels, &mut entry.particles] {
                *path = std::path::absolute(self.file(path))?;
            }
        }
        let (path, text) = (folder.join("dataset.toml"), toml::to_string(&list)?);
        write_whole(&path, |file| file.write_all(text.as_bytes()))?;
        Ok(path)
    }
}
