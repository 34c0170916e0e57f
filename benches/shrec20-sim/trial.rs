use std::fs::File;
use std::path::{Path, PathBuf};

use cryoet_core::{Class, ClassLabel, ClassTable, Particle};
use cryoet_io::{ReadParticles, read_particles, write_whole};
use serde::{Deserialize, Serialize};

use crate::choice::{Choice, Way, choose};
use crate::cryoet::Cryoet;
use crate::data::{Data, Truth};
use crate::{Common, Outcome};

/// A network to train, choose a clustering for, and pick with; everything it writes lies in its folder.
pub(crate) struct Trial<'a> {
    cryoet: Cryoet,
    folder: PathBuf,
    data: &'a Data,
    /// The data set to train on: `data`'s own, or one with other labels or splits.
    dataset: PathBuf,
    /// The recipe of the training.
    params: PathBuf,
    /// The one class of the data that is sought, as class 1; none for all.
    only: Option<ClassLabel>,
    seed: u64,
    device: String,
    turns: bool,
}

/// What a training saw and took.
pub(crate) struct Training {
    /// Voxels of all patches of all steps.
    pub(crate) voxels: u64,
    /// Seconds of its steps by the clock, those before an interruption included.
    pub(crate) seconds: f64,
}

/// Picks of a tomogram.
pub(crate) struct Picks {
    pub(crate) particles: Vec<Particle>,
    /// Seconds from tomogram to picks, by the clock.
    pub(crate) seconds: f64,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(common: &Common, folder: PathBuf, data: &'a Data, dataset: PathBuf, params: PathBuf) -> Outcome<Self> {
        std::fs::create_dir_all(&folder)?;
        let (seed, device, turns) = (common.seed, common.device.clone(), common.turns);
        Ok(Self { cryoet: common.command()?, folder, data, dataset, params, only: None, seed, device, turns })
    }

    /// The same trial for one class of the data, which the data set to train on calls class 1.
    pub(crate) fn for_one(mut self, class: ClassLabel) -> Self {
        self.only = Some(class);
        self
    }

    /// Trains, chooses on the validation tomogram and picks the test tomogram; what is done already is not done again.
    pub(crate) fn run(&self) -> Outcome<(Training, Choice, Picks)> {
        let training = self.train()?;
        let choice = self.choose()?;
        let picks = self.pick(&choice)?;
        Ok((training, choice, picks))
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// The trained weights.
    pub(crate) fn weights(&self) -> PathBuf {
        self.folder.join("network/weights.safetensors")
    }

    /// Trains, or goes on where a training was stopped.
    pub(crate) fn train(&self) -> Outcome<Training> {
        let (dataset, params, seed) = (self.dataset.to_string_lossy(), self.params.to_string_lossy(), self.seed.to_string());
        let network = self.file("network");
        let words = ["train", &dataset, "--params", &params, "--seed", &seed, "--device", &self.device, "-o", &network];
        let report = self.cryoet.run(&words)?.json;
        let record: serde_json::Value = serde_json::from_reader(File::open(self.folder.join("network/record.json"))?)?;
        let number = |value: &serde_json::Value, name: &str| value.as_u64().ok_or_else(|| format!("the training's {name} is unknown"));
        let of_record = |name: &str| number(&record["parameters"][name], name);
        let (steps, batch, patch) = (number(&report["steps"], "steps")?, of_record("batch")?, of_record("patch")?);
        let seconds = report["training_seconds"].as_f64().ok_or("the training's time is unknown")?;
        Ok(Training { voxels: steps * batch * patch.pow(3), seconds })
    }

    /// The mean over classes of the voxels' Dice in the training's last validation.
    pub(crate) fn validation_dice(&self) -> Outcome<f64> {
        let history: serde_json::Value = serde_json::from_reader(File::open(self.folder.join("network/history.json"))?)?;
        let last = history["validations"].as_array().and_then(|all| all.last());
        Ok(last.and_then(|last| last["metrics"]["mean_f1"].as_f64()).ok_or("the training was never validated")?)
    }

    /// The clustering that is best on the validation tomogram; found once for the same weights.
    pub(crate) fn choose(&self) -> Outcome<Choice> {
        let (path, labels) = (self.folder.join("choice.json"), self.file("validation-labels.mrc"));
        let weights = fingerprint(&self.weights())?;
        if path.is_file() {
            let chosen: Chosen = serde_json::from_reader(File::open(&path)?)?;
            if chosen.weights == weights {
                return Ok(chosen.choice);
            }
        }
        let tomogram = self.data.validation()?;
        let (volume, network) = (tomogram.volume.to_string_lossy(), self.file("network/weights.safetensors"));
        let mut words = vec!["segment", &volume, "--weights", &network, "--device", &self.device, "-o", &labels];
        words.extend(self.turns.then_some("--turns"));
        self.cryoet.run(&words)?;
        let (truth, classes) = self.sought(tomogram.truth()?)?;
        let choice = choose(&truth, &classes, Path::new(&labels), &[Way::MeanShift, Way::Watershed])?;
        let chosen = Chosen { weights, choice };
        let text = serde_json::to_string_pretty(&chosen)?;
        write_whole(&path, |file| std::io::Write::write_all(file, text.as_bytes()))?;
        Ok(chosen.choice)
    }

    /// What of the truth is sought, as the network names it.
    fn sought(&self, truth: Truth) -> Outcome<(Truth, ClassTable)> {
        let classes = self.data.classes()?;
        let Some(only) = self.only else { return Ok((truth, classes)) };
        let mut truth = truth.of_class(only);
        truth.particles.iter_mut().for_each(|particle| particle.class = ClassLabel::new(1));
        Ok((truth, ClassTable::new(vec![Class::new(ClassLabel::new(1), classes.name(only))])?))
    }

    /// The trained weights with the clustering that was chosen for them.
    pub(crate) fn weights_with(&self, choice: &Choice) -> Outcome<PathBuf> {
        let (weights, with) = (self.file("network/weights.safetensors"), self.file("weights-with-clustering.safetensors"));
        let clustering = choice.arguments();
        let mut words = vec!["weights", &weights, "-o", &with];
        words.extend(clustering.iter().map(String::as_str));
        self.cryoet.run(&words)?;
        Ok(with.into())
    }

    /// Picks the test tomogram.
    fn pick(&self, choice: &Choice) -> Outcome<Picks> {
        let (volume, weights, list) = (self.data.test()?.volume, self.file("network/weights.safetensors"), self.file("picks.csv"));
        let (volume, clustering) = (volume.to_string_lossy(), choice.arguments());
        let mut words = vec!["pick", &volume, "--weights", &weights, "--device", &self.device, "-o", &list];
        words.extend(clustering.iter().map(String::as_str));
        words.extend(self.turns.then_some("--turns"));
        let seconds = self.cryoet.run(&words)?.seconds;
        let mut particles = read_particles(&list, &ReadParticles::default())?.particles;
        if let Some(only) = self.only {
            particles.iter_mut().for_each(|particle| particle.class = only);
        }
        Ok(Picks { particles, seconds })
    }
}

/// A clustering and the weights it was chosen for.
#[derive(Serialize, Deserialize)]
struct Chosen {
    weights: String,
    choice: Choice,
}

/// The size and the sum of all bytes' places times values: what tells trainings of one recipe apart.
fn fingerprint(path: &Path) -> Outcome<String> {
    let bytes = std::fs::read(path)?;
    let sum = (1_u64..).zip(&bytes).fold(0_u64, |sum, (place, &byte)| sum.wrapping_add(place.wrapping_mul(u64::from(byte))));
    Ok(format!("{}-{sum:x}", bytes.len()))
}
