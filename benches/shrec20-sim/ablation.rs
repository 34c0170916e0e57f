use std::io::Write as _;
use std::path::{Path, PathBuf};

use cryoet_io::write_whole;

use crate::data::Data;
use crate::results::{self, Results, Row, commit};
use crate::trial::{Training, Trial};
use crate::{Common, Outcome, home, show};

/// One departure from the recipe of the ablations.
struct Change {
    /// What is asked.
    question: &'static str,
    /// The answer that is tried.
    choice: &'static str,
    /// Its lines of the recipe.
    lines: &'static str,
    /// Whether labels are balls of the particles' volume.
    balls: bool,
}

const fn change(question: &'static str, choice: &'static str, lines: &'static str) -> Change {
    Change { question, choice, lines, balls: false }
}

const CHANGES: [Change; 19] = [
    change("base", "base", ""),
    change("loss", "dice", "loss = { false_positive = 0.5, false_negative = 0.5, absent_classes = true, cross_entropy = 0.0 }"),
    change("loss", "cross-entropy", "loss = { overlap = 0.0 }"),
    change("loss", "generalised-dice", "loss = { overlap = 0.0, generalised_dice = 1.0 }"),
    change("loss", "focal", "loss = { overlap = 0.0, focal = 2.0 }"),
    Change { question: "targets", choice: "balls", lines: "", balls: true },
    // To be compared with the low-pass left out: patches are scaled after a low-pass, tomograms before.
    change("normalisation", "each-patch", "normalisation = \"deep_finder\"\nsmoothing = 0.0"),
    change("augmentation", "no-turns", "turns = \"none\""),
    change("augmentation", "tilt-axis", "turns = \"tilt_axis\""),
    change("average", "last-weights", "average = 0.0"),
    change("schedule", "constant", "schedule = \"constant\""),
    change("batch-normalisation", "none", "batch_normalisation = false"),
    change("smoothing", "none", "smoothing = 0.0"),
    change("rate", "0.001", "learning_rate = 0.001"),
    change("rate", "0.004", "learning_rate = 0.004"),
    change("patches", "4x32", "batch = 4\npatch = 32"),
    change("patches", "1x52", "batch = 1\npatch = 52"),
    change("background", "none", "background = 0.0"),
    change("precision", "f32", "precision = \"f32\""),
];

/// Trains by the recipe of the ablations with one change, and appends what it finds on the validation tomogram; all changes where none is
/// named.
pub(crate) fn run(choice: Option<&str>, common: &Common) -> Outcome<()> {
    if let Some(unknown) = choice.filter(|choice| CHANGES.iter().all(|change| name(change) != *choice)) {
        let names: Vec<String> = CHANGES.iter().map(name).collect();
        return Err(format!("no change {unknown}: there are {}", names.join(", ")).into());
    }
    let (data, path) = (common.data()?, common.table("ablations.csv"));
    for change in CHANGES.iter().filter(|change| choice.is_none_or(|wanted| wanted == name(change))) {
        let folder = common.folder().join("ablation").join(name(change));
        std::fs::create_dir_all(&folder)?;
        let params = recipe(change, common, &folder)?;
        let dataset = if change.balls { data.with_balls(&common.command()?, &folder)? } else { data.dataset() };
        let trial = Trial::new(common, folder, &data, dataset, params)?;
        let training = trial.train()?;
        let found = trial.choose()?;
        let figures = [trial.validation_dice()?, found.f1, found.macro_f1];
        let row = row(change, common, &data, &training, figures);
        let shown = results::on_a_line(&row);
        Results::append(&path, row)?;
        show(&shown)?;
    }
    show(&format!("in {}\n", path.display()))
}

/// `base`, or question and choice.
fn name(change: &Change) -> String {
    if change.question == change.choice { change.choice.to_owned() } else { format!("{}-{}", change.question, change.choice) }
}

/// Writes the recipe of the ablations with the lines of a change in place of its own.
fn recipe(change: &Change, common: &Common, folder: &Path) -> Outcome<PathBuf> {
    let base = common.params.clone().unwrap_or_else(|| home().join("ablation-train.toml"));
    let mut recipe: toml::Table = std::fs::read_to_string(&base)?.parse()?;
    recipe.extend(change.lines.parse::<toml::Table>()?);
    let path = folder.join("train.toml");
    write_whole(&path, |file| file.write_all(recipe.to_string().as_bytes()))?;
    Ok(path)
}

fn row(change: &Change, common: &Common, data: &Data, training: &Training, [dice, f1, macro_f1]: [f64; 3]) -> Row {
    let cells = [
        ("question", change.question.to_owned()),
        ("choice", change.choice.to_owned()),
        ("size", common.size.to_string()),
        ("seed", common.seed.to_string()),
        ("densities", data.densities().unwrap_or("unknown").to_owned()),
        ("commit", commit()),
        ("voxels", training.voxels.to_string()),
        ("training_s", format!("{:.0}", training.seconds)),
        ("dice", format!("{dice:.4}")),
        ("F1", format!("{f1:.4}")),
        ("macro_F1", format!("{macro_f1:.4}")),
    ];
    cells.map(|(column, value)| (column.to_owned(), value)).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_a_recipe_of_its_own() {
        let base: toml::Table = include_str!("ablation-train.toml").parse().unwrap();
        let mut seen = Vec::new();
        for change in &CHANGES {
            let mut recipe = base.clone();
            recipe.extend(change.lines.parse::<toml::Table>().unwrap());
            let of_its_own = (recipe, change.balls);
            assert!(!seen.contains(&of_its_own), "{} changes nothing", name(change));
            seen.push(of_its_own);
        }
    }
}
