use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use cryoet::io::write_whole;
use cryoet::pipeline::{own_clustering, with_own_clustering};
use serde::Serialize;
use serde_json::json;

use crate::cluster_options::ClusterOptions;
use crate::failure::Failure;
use crate::network::read_weights;
use crate::output;
use crate::paths::{Shown, check_files};
use crate::record::Record;
use crate::shipped_weights::{self, check_weights_output};

/// Weights that carry the clustering that suits them
///
/// `cryoet pick` and `cryoet calibrate` take it where no option says otherwise. What suits a network is best chosen on a tomogram that it did
/// not learn from; lengths are in voxels of the size that the weights were trained on. What is not said stays as the weights carry it, which
/// `cryoet info` shows. Training them further drops it.
///
/// Examples:
///   cryoet weights run/weights.safetensors --method watershed --min-size 60 -o ribosome.safetensors
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Weights {
    /// Weights of a trained network, a file or the name of weights that come with the program
    #[arg(value_name = "WEIGHTS")]
    #[serde(serialize_with = "crate::paths::shown")]
    weights: PathBuf,
    #[command(flatten)]
    cluster: ClusterOptions,
    /// Begin with the defaults of `cryoet cluster`, not with what the weights carry
    #[arg(long)]
    anew: bool,
    /// The weights to write
    #[arg(short, long, value_name = "WEIGHTS.safetensors")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
}

impl Weights {
    pub(crate) fn run(mut self, json: bool) -> Result<(), Failure> {
        self.weights = shipped_weights::find(&self.weights)?;
        check_weights_output(&self.output)?;
        check_files([&self.weights], [&self.output])?;
        let weights = read_weights(&self.weights)?;
        let mut record = Record::new("weights", &self)?.with_input(&self.weights)?;
        let description = weights.description();
        let own =
            if self.anew { None } else { own_clustering(description).map_err(Failure::from).map_err(Failure::about(&self.weights))? };
        let params = self.cluster.params(own.clone().unwrap_or_default(), description.voxel_size, &description.classes)?;
        record.add("clustering", serde_json::to_value(&params)?);
        let calibrated = description.was_calibrated() && own.as_ref() != Some(&params);
        let mut weights = with_own_clustering(weights, &params)?.with_provenance("clustering record", record.line()?);
        if calibrated {
            output::warn("the weights were calibrated for another clustering: their curves and thresholds are dropped");
            weights = weights.without_calibration();
        }
        let bytes = weights.to_bytes()?;
        write_whole(&self.output, |file| file.write_all(&bytes))?;
        record.write_beside(&self.output)?;
        let clustering = &weights.description().clustering;
        let value = json!({"weights": self.output.shown(), "sha256": weights.sha256(), "clustering": clustering});
        output::print(json, &value, || clustering.as_ref().map(ToString::to_string).unwrap_or_default())
    }
}
