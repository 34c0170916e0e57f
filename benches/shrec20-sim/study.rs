use std::path::Path;

use clap::ValueEnum;
use cryoet_core::Particle;

use crate::data::Data;
use crate::results::{self, Results, Row, commit};
use crate::scores::Scores;
use crate::size::Size;
use crate::trial::{Training, Trial};
use crate::{Common, Outcome, show};

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

    /// The point where nothing differs from the benchmark's own data and recipe; all studies share its training.
    fn common_point(self, size: Size) -> Option<&'static str> {
        match (self, size) {
            (Self::Targets, _) => Some("shapes"),
            (Self::Classes, _) => Some("many"),
            (_, Size::Smoke) => None,
            (Self::Snr, Size::Small) => Some("0.02"),
            (Self::Snr, Size::Full) => Some("0.004"),
            (Self::Tilts, _) => Some("60"),
            (Self::Tomograms, _) => Some("8"),
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
            let shown = results::on_a_line(&row);
            Results::append(&path, row)?;
            show(&shown)?;
        }
        show(&format!("in {}\n", path.display()))
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
        let params = common.training_recipe();
        if self.common_point(common.size) == Some(point) {
            let data = common.data()?;
            let (training, _, picks) = Trial::new(common, common.folder().join("study/common"), &data, data.dataset(), params)?.run()?;
            return Ok((data, training, picks.particles));
        }
        let folder = common.folder().join(format!("study/{}-{point}", self.name()));
        let data = match self {
            Self::Snr | Self::Tilts => {
                let tilts = format!("-{point},{point},3");
                let further = if self == Self::Snr { ["--snr", point] } else { ["--tilts", &tilts] };
                Data::simulated(&common.command()?, &common.size.data_recipe(), common.seed, &further, &folder.join("data"))?
            }
            _ => common.data()?,
        };
        if (self, point) == (Self::Classes, "one") {
            let (training, picks) = one_by_one(common, &data, &folder, &params)?;
            return Ok((data, training, picks));
        }
        let dataset = match (self, point) {
            (Self::Tomograms, count) => data.with_fewer(count.parse()?, &folder)?,
            (Self::Targets, "spheres") => data.with_balls(&common.command()?, &folder)?,
            _ => data.dataset(),
        };
        let (training, _, picks) = Trial::new(common, folder, &data, dataset, params)?.run()?;
        Ok((data, training, picks.particles))
    }
}

/// A network for each class, which takes all else for background; their picks together.
fn one_by_one(common: &Common, data: &Data, folder: &Path, params: &Path) -> Outcome<(Training, Vec<Particle>)> {
    let (mut all, mut training) = (Vec::new(), Training { voxels: 0, seconds: 0.0 });
    for class in data.classes()?.iter() {
        let folder = folder.join(&class.name);
        let dataset = data.with_one_class(class, &folder)?;
        let (seen, _, picks) = Trial::new(common, folder, data, dataset, params.to_owned())?.for_one(class.label).run()?;
        training.voxels += seen.voxels;
        training.seconds += seen.seconds;
        all.extend(picks.particles);
    }
    Ok((training, all))
}
