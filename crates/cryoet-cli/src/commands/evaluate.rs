use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use cryoet::eval::{DistanceParams, HitboxProtocol, evaluate_distance, evaluate_hitboxes, voxel_confusion};
use cryoet::io::{ParticleList, read_ids, read_labels, write_whole};
use cryoet::{ClassTable, VoxelSize};
use serde::Serialize;

use crate::failure::Failure;
use crate::numbers;
use crate::options::{ListOptions, labels_of, voxels};
use crate::output;
use crate::paths::check_files;
use crate::record::Record;

/// Picks against truth, or label volumes against label volumes
///
/// Particle i of the truth (from 0) owns id i + 1 in the hitbox volume.
///
/// Examples:
///   cryoet evaluate --truth particles.csv --picks picks.csv --hitboxes hitboxes.mrc
///   cryoet evaluate --truth particles.csv --picks picks.csv --distance 10 --json
///   cryoet evaluate --truth-labels classes.mrc --labels labels.mrc
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
#[command(group(ArgGroup::new("truth_kind").required(true).args(["truth", "truth_labels"])))]
#[command(group(ArgGroup::new("rule").args(["hitboxes", "distance", "distance_angstrom"])))]
pub(crate) struct Evaluate {
    /// The true particles
    #[arg(long, value_name = "LIST", requires = "picks", requires = "rule")]
    #[serde(serialize_with = "crate::paths::shown")]
    truth: Option<PathBuf>,
    /// The picks
    #[arg(long, value_name = "LIST", requires = "truth")]
    #[serde(serialize_with = "crate::paths::shown")]
    picks: Option<PathBuf>,
    /// Volume of particle ids: the SHREC challenges' rule
    #[arg(long, value_name = "VOLUME")]
    #[serde(serialize_with = "crate::paths::shown")]
    hitboxes: Option<PathBuf>,
    /// Details of the hitbox rule
    #[arg(long, value_enum, default_value_t = Protocol::Shrec19)]
    protocol: Protocol,
    /// With --hitboxes: classes left out, by label or name
    #[arg(long, value_name = "CLASS[,CLASS..]", value_delimiter = ',', requires = "hitboxes")]
    excluded: Vec<String>,
    /// Largest distance in voxels between a pick and its particle, matched one to one
    #[arg(long, value_name = "VOXELS", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    distance: Option<f64>,
    /// The same in Angstrom, where the truth knows its voxel size
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    distance_angstrom: Option<f64>,
    /// The true label volume
    #[arg(long, value_name = "VOLUME", requires = "labels", conflicts_with_all = ["truth", "picks"])]
    #[serde(serialize_with = "crate::paths::shown")]
    truth_labels: Option<PathBuf>,
    /// The label volume to compare with it
    #[arg(long, value_name = "VOLUME", requires = "truth_labels")]
    #[serde(serialize_with = "crate::paths::shown")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    lists: ListOptions,
    /// Also write the result as JSON to this file
    #[arg(short, long, value_name = "SCORES.json")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Option<PathBuf>,
}

/// Details in which hitbox rules differ.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Protocol {
    /// SHREC'19: bounding boxes
    Shrec19,
    /// SHREC'20: the occupancy map, grown by a voxel
    Shrec20,
    /// Picks outside find nothing, and stray picks lower their class's precision
    Strict,
}

impl Evaluate {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        let inputs = [&self.truth, &self.picks, &self.hitboxes, &self.truth_labels, &self.labels, &self.lists.classes];
        check_files(inputs.into_iter().flatten(), &self.output)?;
        let record = self.output.as_ref().map(|_| Record::new("evaluate", &self)?.with_inputs(inputs.into_iter().flatten())).transpose()?;
        let classes = self.lists.class_table()?;
        let (value, text) = match (&self.truth, &self.picks, &self.truth_labels, &self.labels) {
            (Some(truth), Some(picks), ..) => self.lists(truth, picks, &classes)?,
            (_, _, Some(truth), Some(labels)) => compare_labels(truth, labels, &classes)?,
            _ => return Err(Failure::usage("give --truth and --picks, or --truth-labels and --labels")),
        };
        if let (Some(path), Some(record)) = (&self.output, record) {
            let text = serde_json::to_string_pretty(&value)?;
            write_whole(path, |file| writeln!(file, "{text}"))?;
            record.write_beside(path)?;
        }
        output::print(json, &value, || text)
    }

    fn lists(&self, truth: &Path, picks: &Path, classes: &ClassTable) -> Result<(serde_json::Value, String), Failure> {
        let truth = self.lists.read_of_one_tomogram(truth)?;
        let picks = self.lists.read_of_one_tomogram(picks)?;
        if let (Some(of_truth), Some(of_picks)) = (tomogram_of(&truth), tomogram_of(&picks))
            && of_truth != of_picks
        {
            output::warn(format!("the truth is of tomogram {of_truth:?}, the picks are of {of_picks:?}"));
        }
        let evaluation = if let Some(path) = &self.hitboxes {
            let hitboxes = read_ids(path)?;
            let rule = match self.protocol {
                Protocol::Shrec19 => HitboxProtocol::shrec_2019(),
                Protocol::Shrec20 => HitboxProtocol::shrec_2020(),
                Protocol::Strict => HitboxProtocol::strict(),
            };
            let protocol = HitboxProtocol { excluded: labels_of(&self.excluded, classes)?, ..rule };
            evaluate_hitboxes(&truth.particles, &picks.particles, hitboxes.view(), &protocol)?
        } else {
            let voxel_size: Option<VoxelSize> = truth.voxel_size.or(picks.voxel_size);
            let radius = voxels(self.distance, self.distance_angstrom, voxel_size)?;
            let radius = radius.ok_or_else(|| Failure::usage("give --hitboxes, --distance or --distance-angstrom"))?;
            evaluate_distance(&truth.particles, &picks.particles, &DistanceParams::new(radius))?
        };
        let evaluation = evaluation.with_names(classes);
        Ok((serde_json::to_value(&evaluation)?, evaluation.to_string()))
    }
}

/// The name of a list's tomogram.
fn tomogram_of(list: &ParticleList) -> Option<&str> {
    list.particles.first().map_or(list.tomogram.as_deref(), |particle| list.tomogram_of(particle))
}

fn compare_labels(truth: &Path, labels: &Path, classes: &ClassTable) -> Result<(serde_json::Value, String), Failure> {
    let (truth, labels) = (read_labels(truth)?, read_labels(labels)?);
    let confusion = voxel_confusion(truth.view(), labels.view())?;
    let mut rows = vec![["class", "Dice", "IoU"].map(str::to_owned).to_vec()];
    for &label in confusion.labels().iter().filter(|label| !label.is_background()) {
        rows.push(vec![classes.name(label), format!("{:.4}", confusion.dice(label)), format!("{:.4}", confusion.iou(label))]);
    }
    rows.push(vec!["mean".into(), format!("{:.4}", confusion.mean_dice()), String::new()]);
    Ok((serde_json::to_value(&confusion)?, output::table(&rows)))
}
