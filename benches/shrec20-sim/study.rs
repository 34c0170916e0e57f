use std::path::{Path, PathBuf};

use clap::ValueEnum;
use cryoet_core::{Class, ClassLabel, ClassTable, Particle};
use cryoet_io::{read_labels, write_class_table, write_labels, write_whole};

use crate::data::{Data, Listed};
use crate::results::{Results, Row, commit};
use crate::scores::Scores;
use crate::trial::{Training, Trial};
use crate::{Common, Outcome, home, size::Size};

/// What F1 is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Study {
    /// The nominal ratio of signal to noise (figure 8A of Moebel 2018)
    Snr,
    /// Tilts from minus to plus so many degrees (figure 8B of Moebel 2018)
    Tilts,
    /// How many tomograms are trained on (supplementary figure 9 of Moebel 2021)
    Tomograms,
    /// Labels: the shapes themselves, or balls of their volume (figure 2C of Moebel 2021)
    Targets,
    /// One network for all classes, or one for each (figure 2B of Moebel 2021)
    Classes,
}

impl Study {
    fn name(self) -> &'static str {
        match self {
            Self::Snr => "snr",
            Self::Tilts => "tilts",
            Self::Tomograms => "tomograms",
            Self::Targets => "targets",
            Self::Classes => "classes",
        }
    }

    fn points(self) -> &'static [&'static str] {
        match self {
            Self::Snr => &["0.004", "0.01", "0.02", "0.05", "0.1"],
            Self::Tilts => &["40", "50", "60", "70"],
            Self::Tomograms => &["1", "2", "4", "8"],
            Self::Targets => &["shapes", "spheres"],
            Self::Classes => &["many", "one"],
        }
    }

    /// Measures one point, or all; each appends its row when it is done.
    pub(crate) fn run(self, point: Option<&str>, common: &Common) -> Outcome<()> {
        let points = self.points();
        if let Some(unknown) = point.filter(|point| !points.contains(point)) {
            return Err(format!("{}: no point {unknown}: there are {}", self.name(), points.join(", ")).into());
        }
        let path = common.table("study.csv");
        for point in points.iter().filter(|name| point.is_none_or(|wanted| wanted == **name)) {
            eprintln!("\n{} {point}", self.name());
            let (data, training, picks) = self.measure(point, common)?;
            let scores = Scores::of(&data, &picks)?;
            let row = self.row(point, common, &data, &training, &scores);
            println!("{}", row.iter().map(|(column, value)| format!("{column} {value}")).collect::<Vec<_>>().join(", "));
            Results::append(&path, row)?;
        }
        println!("in {}", path.display());
        Ok(())
    }

    fn row(self, point: &str, common: &Common, data: &Data, training: &Training, scores: &Scores) -> Row {
        let cells = [
            ("study", self.name().to_owned()),
            ("point", point.to_owned()),
            ("size", common.size.to_string()),
            ("seed", common.seed.to_string()),
            ("densities", data.densities().unwrap_or("unknown").to_owned()),
            ("commit", commit()),
            ("voxels", training.voxels.to_string()),
            ("training_s", format!("{:.0}", training.seconds)),
            ("F1", format!("{:.4}", scores.evaluation.localisation.f1)),
            ("macro_F1", format!("{:.4}", scores.evaluation.macro_f1)),
            ("alone_F1", format!("{:.4}", scores.mean_alone())),
        ];
        cells.map(|(column, value)| (column.to_owned(), value)).to_vec()
    }

    /// Trains and picks at a point.
    fn measure(self, point: &str, common: &Common) -> Outcome<(Data, Training, Vec<Particle>)> {
        let folder = common.folder().join(format!("study/{}-{point}", self.name()));
        let data = match self {
            Self::Snr | Self::Tilts => {
                let tilts = format!("-{point},{point},3");
                let further = if self == Self::Snr { ["--snr", point] } else { ["--tilts", &tilts] };
                Data::simulated(&common.command()?, &common.size.data_recipe(), common.seed, &further, &folder.join("data"))?
            }
            _ => common.data()?,
        };
        let smoke = common.size == Size::Smoke;
        let own = if smoke { common.size.training_recipe() } else { home().join("study-train.toml") };
        let params = common.params.clone().unwrap_or(own);
        if (self, point) == (Self::Classes, "one") {
            let (training, picks) = one_by_one(common, &data, &folder, &params)?;
            return Ok((data, training, picks));
        }
        let dataset = match (self, point) {
            (Self::Tomograms, count) => fewer(&data, count.parse()?, &folder)?,
            (Self::Targets, "spheres") => spheres(common, &data, &folder)?,
            _ => data.dataset(),
        };
        let (training, _, picks) = Trial::new(common, folder, &data, dataset, params)?.run()?;
        Ok((data, training, picks.particles))
    }
}

/// Writes a list of tomograms whose paths are whole.
fn write(data: &Data, list: Listed, folder: &Path) -> Outcome<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let mut list = list;
    list.classes = std::path::absolute(data.file(&list.classes))?;
    for entry in &mut list.tomogram {
        for path in [&mut entry.volume, &mut entry.labels, &mut entry.particles] {
            *path = std::path::absolute(data.file(path))?;
        }
    }
    let (path, text) = (folder.join("dataset.toml"), toml::to_string(&list)?);
    write_whole(&path, |file| std::io::Write::write_all(file, text.as_bytes()))?;
    Ok(path)
}

/// The data set with the first `count` tomograms for training.
fn fewer(data: &Data, count: usize, folder: &Path) -> Outcome<PathBuf> {
    let mut list = data.list.clone();
    let training: Vec<_> = list.tomogram.iter_mut().filter(|entry| entry.split == "train").collect();
    if training.len() < count {
        return Err(format!("{count} tomograms to train on: there are {}", training.len()).into());
    }
    training.into_iter().skip(count).for_each(|entry| entry.split = "test".into());
    write(data, list, folder)
}

/// The data set with balls for labels.
fn spheres(common: &Common, data: &Data, folder: &Path) -> Outcome<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let (mut list, cryoet) = (data.list.clone(), common.command()?);
    let classes = data.file(&list.classes).to_string_lossy().into_owned();
    for entry in &mut list.tomogram {
        let labels = std::path::absolute(folder.join(format!("{}.mrc", entry.name)))?;
        let [particles, volume] = [&entry.particles, &entry.volume].map(|path| data.file(path).to_string_lossy().into_owned());
        cryoet.run(&["targets", &particles, "--like", &volume, "--classes", &classes, "-o", &labels.to_string_lossy()])?;
        entry.labels = labels;
    }
    write(data, list, folder)
}

/// A network for each class, which takes all else for background; their picks together.
fn one_by_one(common: &Common, data: &Data, folder: &Path, params: &Path) -> Outcome<(Training, Vec<Particle>)> {
    let (mut all, mut training) = (Vec::new(), Training { voxels: 0, seconds: 0.0 });
    for class in data.classes()?.iter() {
        let folder = folder.join(&class.name);
        std::fs::create_dir_all(&folder)?;
        let table = ClassTable::new(vec![Class { label: ClassLabel::new(1), ..class.clone() }])?;
        let classes = std::path::absolute(folder.join("classes.toml"))?;
        write_class_table(&classes, &table)?;
        let mut list = Listed { classes, ..data.list.clone() };
        list.tomogram.retain(|entry| entry.split != "test");
        for entry in &mut list.tomogram {
            let labels = read_labels(data.file(&entry.labels))?;
            let only = labels.data().mapv(|label| u8::from(label == class.label.get()));
            entry.labels = std::path::absolute(folder.join(format!("{}.mrc", entry.name)))?;
            write_labels(&entry.labels, &labels.with_data(only))?;
        }
        let dataset = write(data, list, &folder)?;
        let (seen, _, picks) = Trial::new(common, folder, data, dataset, params.to_owned())?.for_one(class.label).run()?;
        training.voxels += seen.voxels;
        training.seconds += seen.seconds;
        all.extend(picks.particles);
    }
    Ok((training, all))
}
