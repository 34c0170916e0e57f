use std::path::PathBuf;

use clap::Args;
use cryoet::cluster::{ClusterParams, cluster_labels};
use cryoet::io::{read_labels, read_volume};
use serde::Serialize;
use serde_json::json;

use crate::bar::Bar;
use crate::cluster_options::ClusterOptions;
use crate::failure::Failure;
use crate::options::check_list_outputs;
use crate::output;
use crate::paths::{Shown, check_files};
use crate::picks::{Origin, write_picks};
use crate::record::Record;
use crate::score_options::ScoreOptions;

/// Label volume to particles
///
/// By default DeepFinder's procedure: mean-shift over the voxels of all classes together, position = the mode, class =
/// the majority label.
///
/// Examples:
///   cryoet cluster labels.mrc --radius 5 -o picks.csv
///   cryoet cluster labels.mrc --scores scores.mrc --method components --min-size 50 -o picks.csv -o picks.star
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Cluster {
    /// The label volume
    #[serde(serialize_with = "crate::paths::shown")]
    labels: PathBuf,
    /// Score volume: the probability of each voxel's label
    #[arg(long)]
    #[serde(serialize_with = "crate::paths::shown")]
    scores: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    #[serde(flatten)]
    kept: ScoreOptions,
    /// Table of classes (TOML): names for the list
    #[arg(long, value_name = "TABLE.toml")]
    #[serde(serialize_with = "crate::paths::shown")]
    classes: Option<PathBuf>,
    /// Name of the tomogram in the lists; by default its file's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The list to write; may be given several times
    #[arg(short, long, required = true, value_name = "PICKS")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Vec<PathBuf>,
}

impl Cluster {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        check_list_outputs(&self.output)?;
        if self.cluster.weighted(false) && self.scores.is_none() {
            return Err(Failure::usage("--weighted weighs voxels by --scores, which are not given"));
        }
        check_files([&self.labels].into_iter().chain(&self.scores).chain(&self.classes), &self.output)?;
        let classes = self.classes.as_ref().map(cryoet::io::read_class_table).transpose()?.unwrap_or_default();
        let record = Record::new("cluster", &self)?.with_input(&self.labels)?.with_inputs(&self.scores)?.with_inputs(&self.classes)?;
        let labels = read_labels(&self.labels)?;
        let scores = self.scores.as_ref().map(read_volume).transpose()?;
        let params = self.cluster.params(ClusterParams::default(), labels.voxel_size(), &classes)?;
        let bar = Bar::new("clustering");
        let mut particles = cluster_labels(labels.view(), scores.as_ref().map(|scores| scores.view()), &params, &bar)?;
        drop(bar);
        self.kept.drop_unsure(&mut particles, &classes);
        let (voxel_size, shape) = (labels.voxel_size(), labels.shape());
        let origin = Origin { volume: &self.labels, name: self.name.as_ref(), voxel_size, shape };
        let count = write_picks(&self.output, particles, &origin, &classes, &record)?;
        output::print(json, &json!({"particles": count, "outputs": self.output.shown()}), || format!("{count} particles"))
    }
}
