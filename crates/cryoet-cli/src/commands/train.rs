use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use cryoet::io::{read_labels, read_volume, write_whole};
use cryoet::net::{
    Architecture, DataError, TrainError, TrainParams, Trainer, TrainingTomogram, TrainingVolume, Weights, WeightsDescription, class_list,
};
use cryoet::{Cancelled, ClassTable, Progress, VoxelSize};
use serde_json::json;

use crate::bar::Bar;
use crate::curve;
use crate::dataset::{Dataset, Entry, Split};
use crate::failure::Failure;
use crate::history_csv;
use crate::interrupt;
use crate::network::{Numbers, device, read_weights};
use crate::numbers;
use crate::output;
use crate::paths::{Shown, check_files};
use crate::plot::PlotFormat;
use crate::record::Record;
use crate::shipped_weights;
use crate::tomogram::{open_tomogram, voxel_size};
use crate::training_log;
use crate::voxel_sizes;

/// The share of time spent waiting for data is shown of so many last steps.
const RECENT: usize = 20;

/// What a training writes into its folder, beside its record.
const OUTPUTS: [&str; 8] =
    ["weights.safetensors", "checkpoint.safetensors", "log.txt", "steps.csv", "validation.csv", "history.json", "curve.svg", "curve.png"];

/// A checkpoint is written at least this often.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// Data set to weights
///
/// RUN gets weights.safetensors (the best validation's), checkpoint.safetensors, log.txt (a line per validation), steps.csv, validation.csv,
/// history.json, curve.svg, curve.png and record.json. The same command again goes on where a run was stopped, at any moment.
///
/// Examples:
///   cryoet train training/dataset.toml -o run
///   cryoet train training/dataset.toml --steps 2000 --time-limit 90 -o run
///   cryoet train more/dataset.toml --start run/weights.safetensors --steps 100 -o tuned
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Train {
    /// The data set: a TOML file as `cryoet simulate` writes it
    dataset: PathBuf,
    /// The folder to write
    #[arg(short, long, value_name = "RUN")]
    output: PathBuf,
    /// Recipe to start from
    #[arg(long, value_enum, default_value_t = Preset::Default)]
    preset: Preset,
    /// The network to train, where no weights say it
    #[arg(long, value_enum, default_value_t = Design::Deepfinder, conflicts_with = "start")]
    network: Design,
    /// Recipe (TOML), instead of a preset
    #[arg(long, value_name = "PARAMS.toml", conflicts_with = "preset")]
    params: Option<PathBuf>,
    /// Weights to start from, a file or the name of weights that come with the program
    #[arg(long, value_name = "WEIGHTS")]
    start: Option<PathBuf>,
    /// The tomograms' voxel size in Angstrom, one number or z,y,x, where their files do not tell it or tell a wrong one
    #[arg(long, value_name = "ANGSTROM", value_parser = voxel_sizes::parse, allow_hyphen_values = true)]
    voxel_size: Option<VoxelSize>,
    /// Steps in all
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    steps: Option<u64>,
    /// Patches per step
    #[arg(long, value_parser = numbers::at_least_one)]
    batch: Option<usize>,
    /// Edge of the patches in voxels
    #[arg(long, value_parser = numbers::at_least_one)]
    patch: Option<usize>,
    /// Largest learning rate
    #[arg(long, value_parser = numbers::positive, allow_negative_numbers = true)]
    learning_rate: Option<f64>,
    /// Numbers the network computes with while it learns; the weights keep 32 bits
    #[arg(long, value_enum)]
    precision: Option<Numbers>,
    /// Steps between validations
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
    validate_every: Option<u64>,
    /// Decides weights, patches, shifts and turns
    #[arg(long)]
    seed: Option<u64>,
    /// Stop after so many minutes; the same command goes on
    #[arg(long, value_name = "MINUTES", value_parser = minutes, allow_negative_numbers = true)]
    time_limit: Option<Duration>,
    /// Where the network runs: cpu, cuda, cuda:N, or auto (a GPU if there is one)
    #[arg(long, default_value = "auto")]
    device: String,
    /// Read patches from the tomograms' files as they are needed, instead of holding all in memory; labels are held
    #[arg(long)]
    stream: bool,
    /// Begin anew where RUN holds another training
    #[arg(long)]
    restart: bool,
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes = numbers::not_negative(text)?;
    Duration::try_from_secs_f64(minutes * 60.0).map_err(|_| "expected minutes that a clock can count".into())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Preset {
    /// This project's recipe
    Default,
    /// The original's recipe: 10,000 steps of 25 patches of 56^3
    Deepfinder,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Design {
    /// DeepFinder's U-Net
    Deepfinder,
    /// VP-Detector's dense dilated network, 49 layers, to find particles
    Msd49,
    /// The same with 100 layers, to name them
    Msd100,
    /// UMC's U-Net with two decoders, which also learns to denoise where the data set has densities
    Umc,
}

impl Design {
    /// The network; its outputs follow from the classes.
    fn architecture(self) -> Architecture {
        match self {
            Self::Deepfinder => Architecture::DeepFinder { outputs: 2 },
            Self::Msd49 => Architecture::Msd { outputs: 2, depth: 49, dilations: 7 },
            Self::Msd100 => Architecture::Msd { outputs: 2, depth: 100, dilations: 5 },
            Self::Umc => Architecture::Umc { outputs: 2 },
        }
    }
}

impl Train {
    pub(crate) fn run(mut self, json: bool) -> Result<(), Failure> {
        self.start = self.start.as_deref().map(shipped_weights::find).transpose()?;
        let start = self.start.as_ref().map(|path| read_weights(path)).transpose()?;
        let params = self.params(start.as_ref().map(Weights::description))?;
        let architecture = start.as_ref().map_or_else(|| self.network.architecture(), |weights| weights.description().architecture);
        params.check(architecture.granularity()).map_err(Failure::of_arguments)?;
        let device = device(&self.device)?;
        let dataset = Dataset::read(&self.dataset)?;
        let classes = dataset.class_table()?;
        self.check_output(&dataset)?;
        if dataset.of(Split::Train).next().is_none() {
            return Err(Failure::new(format!("{}: no tomogram has the split train", self.dataset.display())));
        }
        let load = |split| dataset.of(split).map(|entry| self.load(entry, architecture)).collect::<Result<_, _>>();
        let (training, validation) = (load(Split::Train)?, load(Split::Validation)?);
        let record = self.record(&params, &dataset, architecture.with_outputs(classes.len() + 1))?;
        let checkpoint = self.output.join("checkpoint.safetensors");
        let bar = Bar::new("reading");
        let trainer = if checkpoint.exists() && !self.restart {
            self.check_same(&record, &dataset, classes.len())?;
            let bytes =
                std::fs::read(&checkpoint).map_err(|error| Failure::new(format!("cannot read {}: {error}", checkpoint.display())))?;
            Trainer::resume(&bytes, training, validation, device, &bar).map_err(not_resumed).map_err(Failure::about(&checkpoint))?
        } else {
            let trainer = match start {
                Some(weights) => {
                    let weights = self.under_classes(weights, classes, params.seed)?;
                    Trainer::from_weights(params, weights, training, validation, device, &bar).map_err(not_trained)?
                }
                None => Trainer::of_network(architecture, params, classes, training, validation, device, &bar).map_err(not_trained)?,
            };
            self.begin(&record)?;
            trainer
        };
        drop(bar);
        for warning in trainer.warnings() {
            output::warn(format!("{}: {warning}", self.dataset.display()));
        }
        let trainer = self.train(trainer, &record)?;
        self.report(&trainer, json)
    }

    /// Refuses to write over the inputs, or over what another command wrote.
    fn check_output(&self, dataset: &Dataset) -> Result<(), Failure> {
        if !self.output.exists() {
            return Ok(());
        }
        let of_entry = |entry: &Entry| [&entry.volume, &entry.labels].into_iter().chain(&entry.density).cloned().collect::<Vec<_>>();
        let inputs: Vec<PathBuf> =
            dataset.tomograms.iter().flat_map(of_entry).chain([self.dataset.clone(), dataset.classes.clone()]).collect();
        let outputs = OUTPUTS.map(|name| self.output.join(name));
        check_files(inputs.iter().chain(&self.params).chain(&self.start), &outputs)?;
        let text = std::fs::read_to_string(self.output.join("record.json")).unwrap_or_default();
        // What cannot be read is told where the training is resumed.
        let record: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        match record["command"].as_str() {
            Some(command) if command != "train" => {
                Err(Failure::usage(format!("{} holds what `cryoet {command}` wrote: give another folder", self.output.display())))
            }
            _ => Ok(()),
        }
    }

    /// Makes the folder ready for a training that can start. With --restart the old outputs go before the new record comes: a stop between
    /// them leaves nothing that the record does not belong to.
    fn begin(&self, record: &Record) -> Result<(), Failure> {
        let cannot = |what: &str, path: &Path, error| Failure::new(format!("cannot {what} {}: {error}", path.display()));
        std::fs::create_dir_all(&self.output).map_err(|error| cannot("create", &self.output, error))?;
        for old in OUTPUTS.map(|name| self.output.join(name)).iter().filter(|path| self.restart && path.exists()) {
            std::fs::remove_file(old).map_err(|error| cannot("delete", old, error))?;
        }
        record.write(&self.output.join("record.json"))
    }

    /// The recipe. How grey values enter the network stays as the weights to start from learnt it, where the recipe does not say otherwise.
    fn params(&self, start: Option<&WeightsDescription>) -> Result<TrainParams, Failure> {
        let (mut params, named) = match (&self.params, self.preset) {
            (Some(path), _) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
                let recipe: toml::Table = toml::from_str(&text).map_err(Failure::from).map_err(Failure::about(path))?;
                let named = ["normalisation", "smoothing"].map(|name| recipe.contains_key(name));
                (toml::from_str(&text).map_err(Failure::from).map_err(Failure::about(path))?, named)
            }
            (None, Preset::Default) => (TrainParams::default(), [false; 2]),
            (None, Preset::Deepfinder) => (TrainParams::deepfinder(), [true; 2]),
        };
        if let Some(start) = start {
            if !named[0] {
                params.normalisation = start.normalisation;
            }
            if !named[1] {
                params.smoothing = start.smoothing;
            }
            if (params.normalisation, params.smoothing) != (start.normalisation, start.smoothing) {
                output::warn("the recipe scales or smooths grey values otherwise than the weights to start from learnt them");
            }
        }
        params.steps = self.steps.unwrap_or(params.steps);
        params.batch = self.batch.unwrap_or(params.batch);
        params.patch = self.patch.unwrap_or(params.patch);
        params.learning_rate = self.learning_rate.unwrap_or(params.learning_rate);
        params.precision = self.precision.map_or(params.precision, Into::into);
        params.validate_every = self.validate_every.unwrap_or(params.validate_every);
        params.seed = self.seed.unwrap_or(params.seed);
        Ok(params)
    }

    fn record(&self, params: &TrainParams, dataset: &Dataset, network: Architecture) -> Result<Record, Failure> {
        let used = dataset.tomograms.iter().filter(|entry| entry.split != Split::Test);
        let learnt = used.flat_map(|entry| [&entry.volume, &entry.labels].into_iter().chain(learnt_density(entry, network)));
        let files = learnt.chain([&dataset.classes]).chain(&self.start);
        let mut record = Record::new("train", params)?.with_seed(params.seed).with_inputs(files)?;
        record.add("network", serde_json::to_value(network)?);
        record.add("splits", splits(dataset)?);
        if let Some(size) = self.voxel_size {
            record.add("voxel_size", serde_json::to_value(size)?);
        }
        Ok(record)
    }

    /// A run goes on only with the parameters and data it began with.
    fn check_same(&self, record: &Record, dataset: &Dataset, classes: usize) -> Result<(), Failure> {
        let path = self.output.join("record.json");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error} (--restart begins the training anew)", path.display())))?;
        let mut before: serde_json::Value = serde_json::from_str(&text).map_err(Failure::from).map_err(Failure::about(&path))?;
        let parameters = before.get_mut("parameters").and_then(serde_json::Value::as_object_mut);
        if let Some(parameters) = parameters {
            // Earlier versions named no network where it was DeepFinder's, and no splits.
            let deepfinder = Design::Deepfinder.architecture().with_outputs(classes + 1);
            for (name, value) in [("network", serde_json::to_value(deepfinder)?), ("splits", splits(dataset)?)] {
                parameters.entry(name).or_insert(value);
            }
        }
        match record.difference(&before)? {
            None => Ok(()),
            Some(what) => {
                let run = self.output.display();
                Err(Failure::new(format!("{run} holds a training with other {what}: give another folder, or --restart to begin anew")))
            }
        }
    }

    /// The weights to start from, under the data set's class table: what it says of radii and thresholds goes before what the weights say.
    fn under_classes(&self, weights: Weights, classes: ClassTable, seed: u64) -> Result<Weights, Failure> {
        let old = &weights.description().classes;
        let (known, wanted) = (class_list(old), class_list(&classes));
        if known == wanted {
            return Ok(weights.without_calibration().with_class_table(classes)?);
        }
        let path = self.start.as_deref().unwrap_or(Path::new("")).display();
        let (count, of_data) = (old.len(), classes.len());
        output::warn(format!(
            "{path}: the weights know {count} classes ({known}), the data set has {of_data} ({wanted}): a new head takes the place of the old"
        ));
        let voxel_size = weights.description().voxel_size;
        Ok(weights.with_new_head(classes, voxel_size, seed))
    }

    fn load(&self, entry: &Entry, network: Architecture) -> Result<TrainingTomogram, Failure> {
        let tomogram = TrainingTomogram::new(&entry.name, self.volume(&entry.volume)?, read_labels(&entry.labels)?.into_data());
        Ok(match learnt_density(entry, network) {
            Some(path) => tomogram.with_density(self.volume(path)?),
            None => tomogram,
        })
    }

    fn volume(&self, path: &Path) -> Result<TrainingVolume, Failure> {
        if self.stream {
            return Ok(TrainingVolume::from_source(open_tomogram(path, self.voxel_size)?));
        }
        let volume = read_volume(path)?;
        let size = voxel_size(path, volume.voxel_size(), self.voxel_size)?;
        Ok(volume.with_voxel_size(size).into())
    }

    /// Steps, validates and saves until the steps or the time are used up.
    fn train(&self, mut trainer: Trainer, record: &Record) -> Result<Trainer, Failure> {
        let start = Instant::now();
        let mut saved = Instant::now();
        let bar = Bar::new("training");
        let _ = bar.report(trainer.steps_done(), trainer.params().steps);
        let mut saved_all = false;
        loop {
            // Also one that a stop left out.
            if trainer.validation_due() {
                match trainer.validate(&|_: u64, _: u64| if interrupt::asked() { Err(Cancelled) } else { Ok(()) }) {
                    Err(TrainError::Cancelled(_)) => break,
                    validated => validated?,
                };
                bar.line(&training_log::last(trainer.history(), trainer.params().steps));
                self.save(&trainer, record)?;
                (saved, saved_all) = (Instant::now(), true);
            }
            if trainer.is_finished() || interrupt::asked() || self.time_limit.is_some_and(|limit| start.elapsed() >= limit) {
                break;
            }
            let step = trainer.step()?;
            saved_all = false;
            bar.say(format!("loss {:.3}, {:.1} % waiting", step.loss, 100.0 * trainer.history().waiting_share(RECENT)));
            // A wish to stop is heeded after the step has been saved.
            let _ = bar.report(step.step, trainer.params().steps);
            if saved.elapsed() > CHECKPOINT_EVERY && !trainer.validation_due() {
                self.save_progress(&trainer)?;
                saved = Instant::now();
            }
        }
        if !saved_all {
            self.save(&trainer, record)?;
        }
        if interrupt::asked() && !trainer.is_finished() {
            let (done, all) = (trainer.steps_done(), trainer.params().steps);
            return Err(Failure::new(format!("stopped after {done} of {all} steps and saved: the same command goes on")));
        }
        Ok(trainer)
    }

    /// Writes weights, checkpoint, tables and curve.
    fn save(&self, trainer: &Trainer, record: &Record) -> Result<(), Failure> {
        let weights = trainer.weights()?.with_provenance("record", record.line()?);
        write(&self.output.join("weights.safetensors"), &weights.to_bytes()?)?;
        self.save_progress(trainer)
    }

    /// All but the weights: where no validation has found the best, they cost as much as many steps.
    fn save_progress(&self, trainer: &Trainer) -> Result<(), Failure> {
        let file = |name: &str| self.output.join(name);
        let history = trainer.history();
        write(&file("steps.csv"), history_csv::steps(history).as_bytes())?;
        write(&file("validation.csv"), history_csv::validations(history, trainer.classes()).as_bytes())?;
        write(&file("log.txt"), training_log::whole(history, trainer.params().steps).as_bytes())?;
        write(&file("history.json"), &serde_json::to_vec_pretty(history)?)?;
        let curve = curve::plot(history, trainer.classes());
        write(&file("curve.svg"), &curve.file(PlotFormat::Svg)?)?;
        write(&file("curve.png"), &curve.file(PlotFormat::Png)?)?;
        write(&file("checkpoint.safetensors"), &trainer.checkpoint()?)
    }

    fn report(&self, trainer: &Trainer, json: bool) -> Result<(), Failure> {
        let history = trainer.history();
        let best = history.validations.iter().rev().find(|record| record.best);
        let loss = history.steps.last().map(|step| step.loss);
        // The sum of nothing would be -0.
        let seconds = history.steps.iter().fold(0.0, |seconds, step| seconds + step.seconds);
        let value = json!({
            "steps": trainer.steps_done(),
            "of": trainer.params().steps,
            "loss": loss,
            "best_step": best.map(|record| record.step),
            "mean_f1": best.map(|record| record.metrics.mean_f1),
            "training_seconds": seconds,
            "weights": self.output.join("weights.safetensors").shown(),
        });
        output::print(json, &value, || {
            let mut text = format!("{} of {} steps, {:.0} s", trainer.steps_done(), trainer.params().steps, seconds);
            if let Some(loss) = loss {
                text += &format!(", loss {loss:.3}");
            }
            let Some(best) = best else { return text };
            text += &format!("; of voxels at step {}:", best.step);
            let mut rows = vec![["class", "precision", "recall", "F1 (Dice)", "voxels"].map(str::to_owned).to_vec()];
            rows.extend(best.metrics.classes.iter().map(|class| {
                let figures = [class.precision, class.recall, class.f1].map(|figure| format!("{figure:.4}"));
                [trainer.classes().name(class.label)].into_iter().chain(figures).chain([class.support.to_string()]).collect()
            }));
            rows.push(vec!["mean".into(), String::new(), String::new(), format!("{:.4}", best.metrics.mean_f1)]);
            format!("{text}\n{}", output::table(&rows))
        })
    }
}

/// The density of a tomogram without noise, where a network learns from it.
fn learnt_density(entry: &Entry, network: Architecture) -> Option<&PathBuf> {
    entry.density.as_ref().filter(|_| network.denoises() && entry.split == Split::Train)
}

/// The splits of the tomograms that are used, in their order.
fn splits(dataset: &Dataset) -> Result<serde_json::Value, Failure> {
    let used = dataset.tomograms.iter().map(|entry| entry.split).filter(|split| *split != Split::Test);
    Ok(serde_json::to_value(used.collect::<Vec<_>>())?)
}

/// Why a training does not begin, with the option that helps.
fn not_trained(error: TrainError) -> Failure {
    match error {
        TrainError::Data(error @ DataError::VoxelSize { .. }) => {
            Failure::new(format!("{error} (--voxel-size corrects what files say; `cryoet convert` bins)"))
        }
        error => error.into(),
    }
}

/// Why a training does not go on, with the option that helps where its checkpoint is to blame.
fn not_resumed(error: TrainError) -> Failure {
    match error {
        TrainError::Checkpoint(error) => Failure::new(format!("{} (--restart begins the training anew)", Failure::from(error))),
        error => error.into(),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    Ok(write_whole(path, |file| file.write_all(bytes))?)
}
