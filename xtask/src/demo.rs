use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::{checkout, libtorch, shell};

/// The shipped weights, and the recipe that made them.
const WEIGHTS: &str = "weights/shrec-like-six.safetensors";
const RECIPE: &str = "weights/shrec-like-six.toml";
/// The data the shipped weights learnt from: `cryoet simulate` with these arguments.
const TRAINING_DATA: [&str; 4] = ["--count", "9", "--seed", "1"];
/// Chosen on the tomogram that validated the training: long complexes stay whole, which mean-shift splits.
const METHOD: &str = "watershed";
/// Voxels of the smallest cluster kept, a tenth of the smallest complex.
const MIN_SIZE: &str = "60";

/// Simulates, picks, trains, evaluates and pictures, all with the built command.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let start = Instant::now();
    let options = Options::read(options)?;
    libtorch::set_up(libtorch::Kind::Cpu)?;
    shell::run(&mut shell::cargo(&["build", "--release", "--package", "cryoet-cli"]))?;
    let folder = checkout::root().join("runs/demo");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let demo = Demo { folder, seed: options.seed.to_string() };
    let weights = if options.from_scratch { train_from_scratch()? } else { checkout::root().join(WEIGHTS) };
    if !weights.is_file() {
        return Err(format!("{} is missing: `cargo xtask demo --from-scratch` trains it anew", weights.display()));
    }
    demo.pick(&weights)?;
    demo.train(&weights)?;
    demo.table()?;
    eprintln!("\nin {}: picks.csv, picks.star, picks.png, scores.json, tuned/curve.png", demo.folder.display());
    eprintln!("seed {}, {:.0} s in all, builds included", options.seed, start.elapsed().as_secs_f64());
    Ok(())
}

struct Options {
    seed: u64,
    from_scratch: bool,
}

impl Options {
    fn read(words: &[&str]) -> Result<Self, String> {
        // A new seed each time; far from the seeds of the training data.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let mut options = Self { seed: 1000 + now % 1_000_000_000, from_scratch: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--from-scratch" => options.from_scratch = true,
                "--seed" => options.seed = words.next().and_then(|text| text.parse().ok()).ok_or("--seed needs a number")?,
                other => return Err(format!("demo has no option {other}: it has --seed N and --from-scratch")),
            }
        }
        Ok(options)
    }
}

/// The documented commands that made the shipped weights.
fn train_from_scratch() -> Result<PathBuf, String> {
    let (data, run) = ("runs/weights/data", "runs/weights/run");
    shell::run(cryoet(&checkout::root()).arg("simulate").args(TRAINING_DATA).args(["-o", data]))?;
    shell::run(cryoet(&checkout::root()).args(["train", &format!("{data}/dataset.toml"), "--params", RECIPE, "-o", run]))?;
    Ok(checkout::root().join(run).join("weights.safetensors"))
}

struct Demo {
    folder: PathBuf,
    seed: String,
}

impl Demo {
    fn cryoet(&self, arguments: &[&str]) -> Command {
        let mut command = cryoet(&self.folder);
        command.args(arguments);
        command
    }

    /// A tomogram that no training has seen: simulated, picked, evaluated and pictured.
    fn pick(&self, weights: &Path) -> Result<(), String> {
        let (tomogram, classes) = ("unseen/tomogram-1/tomogram.mrc", "unseen/classes.toml");
        let (truth, hitboxes) = ("unseen/tomogram-1/particles.csv", "unseen/tomogram-1/hitboxes.mrc");
        let weights = weights.to_string_lossy();
        shell::run(&mut self.cryoet(&["simulate", "--seed", &self.seed, "-o", "unseen"]))?;
        let outputs = ["-o", "picks.csv", "-o", "picks.star", "--labels", "labels.mrc", "--name", "tomogram-1"];
        shell::run(self.cryoet(&["pick", tomogram, "--weights", &weights, "--method", METHOD, "--min-size", MIN_SIZE]).args(outputs))?;
        let lists = ["--truth", truth, "--picks", "picks.csv", "--hitboxes", hitboxes, "--classes", classes];
        shell::run(self.cryoet(&["evaluate"]).args(lists).args(["-o", "scores.json"]))?;
        let over = ["--labels", "labels.mrc", "--particles", "picks.csv", "--classes", classes, "-o", "picks.png"];
        shell::run(self.cryoet(&["view", tomogram]).args(over))
    }

    /// A few dozen steps further on two more tomograms: training at work.
    fn train(&self, weights: &Path) -> Result<(), String> {
        let seed = format!("{}", self.seed.parse::<u64>().map_or(0, |seed| seed + 1));
        shell::run(&mut self.cryoet(&["simulate", "--shape", "64,128,128", "--count", "2", "--seed", &seed, "-o", "more"]))?;
        let weights = weights.to_string_lossy();
        let recipe = ["--steps", "40", "--batch", "2", "--patch", "40", "--learning-rate", "2e-4", "--validate-every", "20", "--restart"];
        shell::run(self.cryoet(&["train", "more/dataset.toml", "--start", &weights]).args(recipe).args(["-o", "tuned"]))
    }

    /// The table of scores once more, at the end.
    fn table(&self) -> Result<(), String> {
        let lists = ["--truth", "unseen/tomogram-1/particles.csv", "--picks", "picks.csv"];
        let rest = ["--hitboxes", "unseen/tomogram-1/hitboxes.mrc", "--classes", "unseen/classes.toml"];
        let table = shell::output(self.cryoet(&["evaluate"]).args(lists).args(rest))?;
        println!("\nthe unseen tomogram, picked with the weights as shipped:\n\n{table}");
        Ok(())
    }
}

/// The built command, in a folder.
fn cryoet(folder: &Path) -> Command {
    let mut command = Command::new(checkout::target().join("release/cryoet"));
    command.current_dir(folder);
    shell::with_libtorch(&mut command);
    command
}
