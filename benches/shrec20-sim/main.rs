//! The benchmark `shrec20-sim`: tomograms like SHREC'20's with known truth, a network trained on most of them, the last one picked and
//! scored by the tables of the paper. `cargo xtask shrec20-sim small --seed 1` builds all it needs and runs it.

mod ablation;
mod choice;
mod cryoet;
mod data;
mod derived;
mod published;
mod results;
mod scores;
mod ship;
mod size;
mod study;
mod tables;
mod trial;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use choice::{Way, choose};
use cryoet::Cryoet;
use data::Data;
use results::Results;
use scores::Scores;
use size::Size;
use study::Study;
use trial::{Training, Trial};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Simulate, train, pick and score, as SHREC'20 did
#[derive(Parser)]
#[command(name = "shrec20-sim")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// One run; the same command goes on where it was stopped
    Run(Common),
    /// One point of a study, or all of them
    Study {
        /// What is varied
        #[arg(value_enum)]
        study: Study,
        /// The point; all where none is given
        #[arg(long)]
        point: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Short trainings that differ from a recipe in one thing, scored on the validation tomogram
    Ablate {
        /// The change, or `base`; all where none is given
        #[arg(long)]
        change: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Clustering that is best on the validation tomogram, for a label volume of another program: prints JSON
    Choose {
        /// The label volume of the validation tomogram
        #[arg(long)]
        labels: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Scores another program's picks of the test tomogram and appends them to the table
    Score {
        /// The list of picks
        #[arg(long)]
        picks: PathBuf,
        /// The program and its version
        #[arg(long)]
        method: String,
        /// Voxels of the patches it was trained on, all steps together
        #[arg(long)]
        voxels: u64,
        /// Seconds of training
        #[arg(long)]
        training: f64,
        /// Seconds from tomogram to picks
        #[arg(long)]
        picking: f64,
        /// How labels became picks
        #[arg(long)]
        clustering: String,
        #[command(flatten)]
        common: Common,
    },
    /// Puts the network of a run among the weights that come with the program, with its recipe and card
    Ship {
        /// What it will be called
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Means and spreads of the benchmark's table, in Markdown
    Table(Common),
    /// Means and spreads of the ablations' table, in Markdown
    AblationTable(Common),
}

/// What the commands have in common.
#[derive(Args, Clone)]
struct Common {
    /// How much of SHREC'20
    #[arg(value_enum)]
    size: Size,
    /// Decides data and training
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the network runs, as for `cryoet train`
    #[arg(long, default_value = "auto")]
    device: String,
    /// Average over the four exact turns when picking
    #[arg(long)]
    turns: bool,
    /// Recipe of the training (TOML) instead of the benchmark's own
    #[arg(long, value_name = "PARAMS.toml")]
    params: Option<PathBuf>,
    /// Folder of all runs [default: runs/shrec20-sim in the checkout]
    #[arg(long, value_name = "DIR")]
    runs: Option<PathBuf>,
    /// Table that results are appended to [default: results.csv, study.csv or ablations.csv beside this program's sources; of smoke runs, in their folder]
    #[arg(long, value_name = "CSV")]
    table: Option<PathBuf>,
    /// The `cryoet` command [default: beside this program]
    #[arg(long, value_name = "PROGRAM")]
    cryoet: Option<PathBuf>,
}

/// The folder of the benchmark's recipes and results.
fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("shrec20-sim")
}

impl Common {
    fn runs(&self) -> PathBuf {
        let checkout = home().ancestors().nth(2).map(Path::to_owned).unwrap_or_default();
        let own = || {
            // Weights name what they learnt from: as the checkout has it, where one is there.
            let here = std::env::current_dir().is_ok_and(|here| here == checkout);
            if here { PathBuf::from("runs/shrec20-sim") } else { checkout.join("runs/shrec20-sim") }
        };
        self.runs.clone().unwrap_or_else(own)
    }

    /// The folder of this size and seed.
    fn folder(&self) -> PathBuf {
        self.runs().join(format!("{}-{}", self.size, self.seed))
    }

    fn table(&self, name: &str) -> PathBuf {
        let own = || if self.size == Size::Smoke { self.runs().join(name) } else { home().join(name) };
        self.table.clone().unwrap_or_else(own)
    }

    fn training_recipe(&self) -> PathBuf {
        self.params.clone().unwrap_or_else(|| self.size.training_recipe())
    }

    fn command(&self) -> Outcome<Cryoet> {
        Cryoet::new(self.cryoet.as_deref())
    }

    /// The data set of this size and seed, simulated where it is not there yet.
    fn data(&self) -> Outcome<Data> {
        Data::simulated(&self.command()?, &self.size.data_recipe(), self.seed, &[], &self.folder().join("data"))
    }
}

fn run(common: &Common) -> Outcome<()> {
    let data = common.data()?;
    let trial = Trial::new(common, common.folder(), &data, data.dataset(), common.training_recipe())?;
    let (training, choice, picks) = trial.run()?;
    let scores = Scores::of(&data, &picks.particles)?;
    let row = results::row(common, "cryoet", &data, &training, picks.seconds, &choice.to_string(), &scores);
    report(common, &scores, &training, picks.seconds, row)
}

/// Prints the paper's tables and appends the row.
fn report(common: &Common, scores: &Scores, training: &Training, picking: f64, row: results::Row) -> Outcome<()> {
    let path = common.table("results.csv");
    let appended = Results::append(&path, row)?;
    show(&tables::of(scores, training.seconds, picking))?;
    if common.size == Size::Full {
        show(published::SHREC_2020)?;
    }
    show(&format!("\n{} {}\n", if appended { "appended to" } else { "already in" }, path.display()))
}

/// Prints; a reader that has seen enough is no error.
fn show(text: &str) -> Outcome<()> {
    match std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn execute(command: Command) -> Outcome<()> {
    match command {
        Command::Run(common) => run(&common),
        Command::Study { study, point, common } => study.run(point.as_deref(), &common),
        Command::Choose { labels, common } => {
            let data = Data::open(&common.folder().join("data"))?;
            let choice = choose(&data.validation()?.truth()?, &data.classes()?, &labels, &[Way::MeanShift])?;
            show(&format!("{}\n", serde_json::to_string(&choice)?))
        }
        Command::Score { picks, method, voxels, training, picking, clustering, common } => {
            let data = Data::open(&common.folder().join("data"))?;
            let picks = cryoet_io::read_particles(&picks, &cryoet_io::ReadParticles::default())?.particles;
            let (scores, training) = (Scores::of(&data, &picks)?, Training { voxels, seconds: training });
            let row = results::row(&common, &method, &data, &training, picking, &clustering, &scores);
            report(&common, &scores, &training, picking, row)
        }
        Command::Ship { name, common } => ship::ship(&name, &common),
        Command::Ablate { change, common } => ablation::run(change.as_deref(), &common),
        Command::Table(common) => {
            let (table, keys) = (Results::read(&common.table("results.csv"))?, ["method", "densities", "voxels"]);
            show(&table.summary(&common.size.to_string(), &keys, &["F1", "macro_F1"]))
        }
        Command::AblationTable(common) => {
            let (table, keys) = (Results::read(&common.table("ablations.csv"))?, ["question", "choice", "voxels"]);
            show(&table.summary(&common.size.to_string(), &keys, &["dice", "F1", "macro_F1"]))
        }
    }
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shrec20-sim: {error}");
            ExitCode::FAILURE
        }
    }
}
