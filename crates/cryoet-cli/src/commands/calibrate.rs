use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use cryoet::cluster::ClusterParams;
use cryoet::eval::DistanceParams;
use cryoet::io::{ReadParticles, read_particles, write_whole};
use cryoet::net::{Network, SegmentedBlock, class_list};
use cryoet::pipeline::{ClassReliability, HeldOut, PickParams, calibrate, pick_with, with_own_clustering};
use cryoet::{ClassTable, Particle, VolumeSource};
use serde::Serialize;
use serde_json::json;

use crate::bar::Bar;
use crate::cluster_options::ClusterOptions;
use crate::dataset::{Dataset, Entry, Split};
use crate::failure::Failure;
use crate::network::{NetworkOptions, not_picked, read_weights};
use crate::paths::{Shown, check_files};
use crate::picks::to_own_voxels;
use crate::plot::PlotFormat;
use crate::record::Record;
use crate::shipped_weights::check_weights_output;
use crate::tomogram::open_tomogram;
use crate::{numbers, output, reliability_plot};

/// Weights whose scores are probabilities, with a threshold for each class
///
/// Picks the tomograms of a data set's split, compares them with its particle lists and fits, for each class, a curve from scores to the
/// probability that a pick is right, and the threshold with the largest F1. Both are written with the weights, and `cryoet pick`
/// uses them. They hold for the clustering that is given here or in the weights, which is written with them, so that `cryoet pick` takes it.
///
/// Examples:
///   cryoet calibrate dataset.toml --weights run/weights.safetensors --radius 6 -o calibrated.safetensors
///   cryoet calibrate dataset.toml --weights run/weights.safetensors --radius 6 --plot reliability.png -o calibrated.safetensors
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Calibrate {
    /// The data set: a TOML file as `cryoet simulate` writes it, with particle lists
    #[serde(serialize_with = "crate::paths::shown")]
    dataset: PathBuf,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
    /// Which tomograms of the data set; the weights should not have learnt from them
    #[arg(long, value_enum, default_value_t = Split::Validation)]
    split: Split,
    /// How near a pick must lie to its particle, in voxels [default: the radius of clustering]
    #[arg(long, value_name = "VOXELS", value_parser = numbers::positive, allow_negative_numbers = true)]
    distance: Option<f64>,
    /// The weights to write
    #[arg(short, long, value_name = "WEIGHTS.safetensors")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
    /// Also draw the share of right picks over their scores, as .png or .svg
    #[arg(long, value_name = "PLOT.png")]
    #[serde(serialize_with = "crate::paths::shown")]
    plot: Option<PathBuf>,
}

impl Calibrate {
    pub(crate) fn run(mut self, json: bool) -> Result<(), Failure> {
        self.network = self.network.with_weights_found()?;
        let [path] = self.network.weights.as_slice() else {
            return Err(Failure::usage("--weights: one file is calibrated at a time"));
        };
        check_weights_output(&self.output)?;
        let plot = self.plot.as_ref().map(|path| Ok::<_, Failure>((path, PlotFormat::of(path)?))).transpose()?;
        let dataset = Dataset::read(&self.dataset)?;
        let entries: Vec<&Entry> = dataset.of(self.split).collect();
        if entries.is_empty() {
            return Err(Failure::new(format!("{}: no tomogram has this split: --split chooses another", self.dataset.display())));
        }
        let lists = entries.iter().map(|entry| list_of(entry)).collect::<Result<Vec<_>, _>>()?;
        let inputs = || entries.iter().map(|entry| &entry.volume).chain(lists.iter().copied()).chain([path, &self.dataset]);
        check_files(inputs(), [&self.output].into_iter().chain(&self.plot))?;
        let networks = self.network.load()?;
        let classes = NetworkOptions::classes(&networks)?.clone();
        let [of_data, of_weights] = [&dataset.class_table()?, &classes].map(class_list);
        if of_data != of_weights {
            return Err(Failure::new(format!("the data set's classes are {of_data}, the weights' {of_weights}: expected the same")));
        }
        let mut record = Record::new("calibrate", &self)?.with_inputs(inputs())?;
        let picked: Vec<Picked> =
            entries.iter().zip(&lists).map(|(entry, list)| self.pick(entry, list, &networks, &classes)).collect::<Result<_, _>>()?;
        let tomograms: Vec<HeldOut<'_>> = picked
            .iter()
            .map(|Picked { truth, picks, radius, .. }| {
                let distance = DistanceParams::new(self.distance.unwrap_or(*radius));
                HeldOut { truth, picks, distance }
            })
            .collect();
        let labels: Vec<_> = classes.iter().map(|class| class.label).collect();
        let reliability = calibrate(&tomograms, &labels)?;
        for class in reliability.iter().filter(|class| class.truths == 0) {
            output::warn(format!("no particle of {} in the lists: its scores say nothing", classes.name(class.fitted.label)));
        }
        let fitted: Vec<_> = reliability.iter().map(|class| class.fitted.clone()).collect();
        let mut weights = read_weights(path)?.with_calibration(&fitted)?;
        if let Some(Picked { cluster, .. }) = picked.first() {
            record.add("clustering", serde_json::to_value(cluster)?);
            weights = with_own_clustering(weights, cluster)?;
        }
        let weights = weights.with_provenance("calibration", record.line()?);
        let bytes = weights.to_bytes()?;
        write_whole(&self.output, |file| file.write_all(&bytes))?;
        record.write_beside(&self.output)?;
        if let Some((path, format)) = plot {
            let bytes = reliability_plot::plot(&reliability).file(format)?;
            write_whole(path, |file| file.write_all(&bytes))?;
            record.write_beside(path)?;
        }
        self.report(&reliability, &classes, json)
    }

    fn pick(&self, entry: &Entry, list: &Path, networks: &[Network], classes: &ClassTable) -> Result<Picked, Failure> {
        let tomogram = open_tomogram(&entry.volume, self.network.voxel_size)?;
        let resampled = self.network.resampled(tomogram.as_ref(), networks)?;
        let source: &dyn VolumeSource<f32> = resampled.as_ref().map_or(tomogram.as_ref(), |resampled| resampled);
        let cluster = self.cluster.params(self.network.clustering(networks)?, source.voxel_size(), classes)?;
        let scale = source.voxel_size().zip(tomogram.voxel_size()).map_or(1.0, |(new, own)| new.mean() / own.mean());
        let radius = cluster.radius * scale;
        let params = PickParams { segment: self.network.params(), cluster: cluster.clone(), calibrated: false };
        let bar = Bar::new("picking");
        let mut memory = self.network.memory_watch();
        let look = |block: &SegmentedBlock| {
            memory.look(block);
            Ok(())
        };
        let mut picks = pick_with(networks, source, &params, &bar, look).map_err(not_picked).map_err(Failure::about(&entry.volume))?;
        if let Some(resampled) = &resampled {
            to_own_voxels(&mut picks, resampled)?;
        }
        let reading = ReadParticles {
            voxel_size: tomogram.voxel_size(),
            shape: Some(tomogram.shape()),
            classes: classes.clone(),
            ..ReadParticles::default()
        };
        Ok(Picked { truth: read_particles(list, &reading)?.particles, picks, cluster, radius })
    }

    fn report(&self, reliability: &[ClassReliability], classes: &ClassTable, json: bool) -> Result<(), Failure> {
        let header = ["class", "particles", "picks", "right", "threshold", "Brier as clustered", "calibrated"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        let mut values = serde_json::Map::new();
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
        for class in reliability {
            let name = classes.name(class.fitted.label);
            let right = class.picks.iter().filter(|pick| pick.right).count();
            let (raw, held_out) = class.brier().unzip();
            let (truths, picks, threshold) = (class.truths, class.picks.len(), class.fitted.threshold);
            let counts = [truths, picks, right].map(|count| count.to_string());
            rows.push([name.clone()].into_iter().chain(counts).chain([threshold, raw, held_out].map(number)).collect());
            let value = json!({"particles": truths, "picks": picks, "right": right, "threshold": threshold,
                "brier": raw, "brier_calibrated": held_out, "curve": class.fitted.curve});
            values.insert(name, value);
        }
        let value = json!({"weights": self.output.shown(), "plot": self.plot.shown(), "classes": values});
        output::print(json, &value, || output::table(&rows))
    }
}

/// A tomogram's particles and picks, in its own voxels.
struct Picked {
    truth: Vec<Particle>,
    picks: Vec<Particle>,
    /// How they were clustered.
    cluster: ClusterParams,
    /// The radius of that, in the tomogram's own voxels.
    radius: f64,
}

fn list_of(entry: &Entry) -> Result<&PathBuf, Failure> {
    entry.particles.as_ref().ok_or_else(|| Failure::new(format!("tomogram {}: the data set names no particle list of it", entry.name)))
}
