use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::{checkout, libtorch, shell};

/// What a demo shows: weights, and tomograms of the kind that they learnt from.
struct Subject {
    weights: &'static str,
    /// The recipe that made them.
    recipe: &'static str,
    /// `cryoet simulate` with these arguments made what they learnt from.
    training: &'static [&'static str],
    /// With these it makes an unseen tomogram.
    unseen: &'static [&'static str],
    /// With these more tomograms to train on further.
    more: &'static [&'static str],
    /// Folder of development data that holds the densities, in the folder that `CRYOET_DATA` names; none for built-in shapes.
    maps: Option<&'static str>,
    /// Clustering as it was chosen on the tomogram that validated the training; the shipped weights carry it.
    clustering: &'static [&'static str],
    /// The folder of the first tomogram, the tomogram and its bounding boxes.
    files: [&'static str; 3],
}

/// Six complexes in built-in shapes. Watershed leaves long complexes whole, which mean-shift splits; the smallest cluster kept is a tenth of
/// the smallest complex.
const SIX: Subject = Subject {
    weights: "weights/shrec-like-six.safetensors",
    recipe: "weights/shrec-like-six.toml",
    training: &["--count", "9", "--seed", "1"],
    unseen: &[],
    more: &["--shape", "64,128,128", "--count", "2"],
    maps: None,
    clustering: &["--method", "watershed", "--min-size", "60"],
    files: ["tomogram-1", "tomogram.mrc", "hitboxes.mrc"],
};

/// The twelve complexes of SHREC'20 in its conditions, a quarter of its volume.
const SHREC20: Subject = Subject {
    weights: "weights/shrec20.safetensors",
    recipe: "weights/shrec20.toml",
    training: &["--recipe", "benches/shrec20-sim/full.toml", "--seed", "1"],
    unseen: &["--preset", "shrec20", "--shape", "200,256,256", "--particles", "640"],
    more: &["--preset", "shrec20", "--shape", "200,128,128", "--particles", "160", "--count", "2"],
    maps: Some("maps-10A"),
    clustering: &["--method", "watershed", "--radius", "5", "--min-size", "75,75,75,0,75,75,75,50,150,150,75,75"],
    files: ["model_0", "reconstruction.mrc", "occupancy_bbox.mrc"],
};

/// Simulates, picks, trains, evaluates and pictures, all with the built command.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let start = Instant::now();
    let options = Options::read(options)?;
    libtorch::set_up(libtorch::Kind::Cpu)?;
    shell::run(&mut shell::cargo(&["build", "--release", "--package", "cryoet-cli"]))?;
    let folder = checkout::root().join("runs/demo");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let demo = Demo { folder, seed: options.seed, subject: options.subject, maps: options.subject.maps()? };
    let weights = if options.from_scratch { demo.train_from_scratch()? } else { checkout::root().join(demo.subject.weights) };
    if !weights.is_file() {
        let name = demo.subject.name();
        return Err(format!("{} is missing: `cargo xtask demo --weights {name} --from-scratch` trains it anew", weights.display()));
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
    subject: &'static Subject,
}

impl Options {
    fn read(words: &[&str]) -> Result<Self, String> {
        // A new seed each time; far from the seeds of the training data.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let mut options = Self { seed: 1000 + now % 1_000_000_000, from_scratch: false, subject: &SIX };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--from-scratch" => options.from_scratch = true,
                "--weights" => options.subject = Subject::of(words.next().ok_or("--weights needs a name")?)?,
                "--seed" => options.seed = words.next().and_then(|text| text.parse().ok()).ok_or("--seed needs a number")?,
                other => return Err(format!("demo has no option {other}: it has --weights NAME, --seed N and --from-scratch")),
            }
        }
        Ok(options)
    }
}

impl Subject {
    fn of(name: &str) -> Result<&'static Self, String> {
        let known = [&SIX, &SHREC20].into_iter().find(|subject| subject.name() == name);
        known.ok_or_else(|| format!("no demo has weights {name}: shrec-like-six and shrec20 have one"))
    }

    /// What the weights are asked for by.
    fn name(&self) -> std::borrow::Cow<'static, str> {
        Path::new(self.weights).file_stem().unwrap_or_default().to_string_lossy()
    }

    /// Arguments of `cryoet simulate` that name the densities.
    fn maps(&self) -> Result<Vec<String>, String> {
        let Some(folder) = self.maps else { return Ok(Vec::new()) };
        let data = std::env::var_os("CRYOET_DATA").ok_or_else(|| {
            format!("{} were trained on the complexes' own densities: set CRYOET_DATA to the folder that holds {folder}", self.weights)
        })?;
        Ok(vec!["--maps".into(), Path::new(&data).join(folder).to_string_lossy().into_owned()])
    }
}

struct Demo {
    folder: PathBuf,
    seed: u64,
    subject: &'static Subject,
    maps: Vec<String>,
}

impl Demo {
    /// The documented commands that made the shipped weights.
    fn train_from_scratch(&self) -> Result<PathBuf, String> {
        let folder = format!("runs/weights/{}", self.subject.name());
        let (data, run) = (format!("{folder}/data"), format!("{folder}/run"));
        let Subject { training, recipe, clustering, .. } = self.subject;
        shell::run(cryoet(&checkout::root()).arg("simulate").args(*training).args(&self.maps).args(["-o", &data]))?;
        shell::run(cryoet(&checkout::root()).args(["train", &format!("{data}/dataset.toml"), "--params", recipe, "-o", &run]))?;
        let (trained, with) = (format!("{run}/weights.safetensors"), format!("{folder}/weights.safetensors"));
        shell::run(cryoet(&checkout::root()).args(["weights", &trained]).args(*clustering).args(["-o", &with]))?;
        Ok(checkout::root().join(with))
    }

    fn simulate(&self, what: &[&str], seed: u64, folder: &str) -> Result<(), String> {
        shell::run(cryoet(&self.folder).arg("simulate").args(what).args(&self.maps).args(["--seed", &seed.to_string(), "-o", folder]))
    }

    /// A file of the unseen tomogram.
    fn unseen(&self, file: &str) -> String {
        format!("unseen/{}/{file}", self.subject.files[0])
    }

    fn cryoet(&self, arguments: &[&str]) -> Command {
        let mut command = cryoet(&self.folder);
        command.args(arguments);
        command
    }

    /// A tomogram that no training has seen: simulated, picked, evaluated and pictured.
    fn pick(&self, weights: &Path) -> Result<(), String> {
        let Subject { unseen, files: [name, tomogram, _], .. } = *self.subject;
        let (tomogram, weights) = (self.unseen(tomogram), weights.to_string_lossy());
        self.simulate(unseen, self.seed, "unseen")?;
        let outputs = ["-o", "picks.csv", "-o", "picks.star", "--labels", "labels.mrc", "--name", name];
        shell::run(self.cryoet(&["pick", &tomogram, "--weights", &weights]).args(outputs))?;
        shell::run(self.evaluate().args(["-o", "scores.json"]))?;
        let over = ["--labels", "labels.mrc", "--particles", "picks.csv", "--classes", "unseen/classes.toml", "-o", "picks.png"];
        shell::run(self.cryoet(&["view", &tomogram]).args(over))
    }

    fn evaluate(&self) -> Command {
        let (truth, hitboxes) = (self.unseen("particles.csv"), self.unseen(self.subject.files[2]));
        let lists = ["evaluate", "--truth", &truth, "--picks", "picks.csv", "--hitboxes", &hitboxes, "--classes", "unseen/classes.toml"];
        self.cryoet(&lists)
    }

    /// A few dozen steps further on two more tomograms: training at work.
    fn train(&self, weights: &Path) -> Result<(), String> {
        self.simulate(self.subject.more, self.seed.saturating_add(1), "more")?;
        let weights = weights.to_string_lossy();
        let recipe = ["--steps", "40", "--batch", "2", "--patch", "40", "--learning-rate", "2e-4", "--validate-every", "20", "--restart"];
        shell::run(self.cryoet(&["train", "more/dataset.toml", "--start", &weights]).args(recipe).args(["-o", "tuned"]))
    }

    /// The table of scores once more, at the end.
    fn table(&self) -> Result<(), String> {
        let table = shell::output(&mut self.evaluate())?;
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
