use std::path::PathBuf;

use clap::Args;
use cryoet::VolumeSource;
use cryoet::net::SegmentedBlock;
use cryoet::pipeline::{PickParams, pick_with};
use serde::Serialize;
use serde_json::json;

use crate::bar::Bar;
use crate::cluster_options::ClusterOptions;
use crate::failure::Failure;
use crate::list_outputs::{check_found_outputs, check_outputs_in};
use crate::network::{NetworkOptions, not_picked};
use crate::options::check_list_outputs;
use crate::output;
use crate::paths::{Shown, check_files};
use crate::picks::{Origin, to_own_voxels, write_picks};
use crate::record::Record;
use crate::score_options::ScoreOptions;
use crate::sinks::{Header, label_sink, score_sink};
use crate::tomogram::open_tomogram;

/// Tomogram to particles in one pass: segment and cluster
///
/// With weights that `cryoet calibrate` wrote, a particle's score is the probability that it is right, and particles below their class's
/// threshold are dropped. Weights may carry the clustering that suits them (`cryoet weights`); options go before it.
///
/// Examples:
///   cryoet pick tomogram.mrc --weights shrec-like-six -o picks.csv
///   cryoet pick tomogram.mrc --weights weights.safetensors -o picks.csv
///   cryoet pick tomogram.mrc --weights weights.safetensors --radius 6 --min-size 50 -o picks.csv -o picks.star
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Pick {
    /// The tomogram
    #[serde(serialize_with = "crate::paths::shown")]
    tomogram: PathBuf,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    #[serde(flatten)]
    kept: ScoreOptions,
    /// Scores as the clustering gives them, where the weights are calibrated: without probabilities and their thresholds
    #[arg(long)]
    raw_scores: bool,
    /// Name of the tomogram in the lists; by default its file's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The list to write; may be given several times
    #[arg(short, long, required = true, value_name = "PICKS")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Vec<PathBuf>,
    /// Also write the label volume
    #[arg(long, value_name = "LABELS")]
    #[serde(serialize_with = "crate::paths::shown")]
    labels: Option<PathBuf>,
    /// Also write the probability of each voxel's label
    #[arg(long, value_name = "SCORES")]
    #[serde(serialize_with = "crate::paths::shown")]
    scores: Option<PathBuf>,
}

impl Pick {
    pub(crate) fn run(mut self, json: bool) -> Result<(), Failure> {
        self.network = self.network.with_weights_found()?;
        check_list_outputs(&self.output)?;
        let inputs: Vec<_> = [&self.tomogram].into_iter().chain(&self.network.weights).collect();
        check_files(inputs.iter().copied(), self.output.iter().chain(&self.labels).chain(&self.scores))?;
        let segment = self.network.params();
        let tomogram = open_tomogram(&self.tomogram, self.network.voxel_size)?;
        let networks = self.network.load()?;
        let classes = &NetworkOptions::classes_for_picks(&networks, self.raw_scores)?;
        check_found_outputs(&self.output, classes.len())?;
        check_outputs_in(&self.output, tomogram.voxel_size())?;
        let resampled = self.network.resampled(tomogram.as_ref(), &networks)?;
        let source: &dyn VolumeSource<f32> = resampled.as_ref().map_or(tomogram.as_ref(), |resampled| resampled);
        let cluster = self.cluster.params(self.network.clustering(&networks)?, source.voxel_size(), classes)?;
        let params = PickParams { segment, cluster, calibrated: !self.raw_scores };
        let mut record = Record::new("pick", &self)?.with_inputs(inputs)?;
        record.add("clustering", serde_json::to_value(&params.cluster)?);
        let header = Header::of(source);
        let largest = classes.max_label().get();
        let mut labels = self.labels.as_ref().map(|path| label_sink(path, &header, largest)).transpose()?;
        let mut scores = self.scores.as_ref().map(|path| score_sink(path, &header)).transpose()?;
        let bar = Bar::new("picking");
        let mut memory = self.network.memory_watch();
        let look = |block: &SegmentedBlock| {
            memory.look(block);
            labels.as_mut().map_or(Ok(()), |labels| labels.write(block.start, block.labels.view()))?;
            scores.as_mut().map_or(Ok(()), |scores| scores.write(block.start, block.scores.view()))?;
            Ok(())
        };
        let picked = pick_with(&networks, source, &params, &bar, look);
        let mut particles = picked.map_err(not_picked).map_err(Failure::about(&self.tomogram))?;
        drop(bar);
        if let Some(resampled) = &resampled {
            to_own_voxels(&mut particles, resampled)?;
        }
        self.kept.drop_unsure(&mut particles, classes);
        if let (Some(sink), Some(path)) = (labels, &self.labels) {
            sink.finish()?;
            record.write_beside(path)?;
        }
        if let (Some(sink), Some(path)) = (scores, &self.scores) {
            sink.finish()?;
            record.write_beside(path)?;
        }
        let mut counts = serde_json::Map::new();
        let mut rows = vec![["class", "particles"].map(str::to_owned).to_vec()];
        for class in classes.iter() {
            let count = particles.iter().filter(|particle| particle.class == class.label).count();
            counts.insert(class.name.clone(), count.into());
            rows.push(vec![class.name.clone(), count.to_string()]);
        }
        let (voxel_size, shape) = (tomogram.voxel_size(), tomogram.shape());
        let origin = Origin { volume: &self.tomogram, name: self.name.as_ref(), voxel_size, shape };
        let count = write_picks(&self.output, particles, &origin, classes, &record)?;
        let value = json!({"particles": count, "classes": counts, "outputs": self.output.shown()});
        output::print(json, &value, || output::table(&rows))
    }
}
