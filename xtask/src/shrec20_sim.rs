use std::process::Command;

use crate::{checkout, libtorch, shell};

/// The benchmark `shrec20-sim` with the arguments of its `run`, or another of its commands.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let commands = ["run", "study", "ablate", "choose", "score", "ship", "table", "ablation-table", "help", "--help", "-h"];
    let first: &[&str] = if words.first().is_some_and(|word| commands.contains(word)) { &[] } else { &["run"] };
    build()?;
    shell::run(benchmark().args(first).args(words))
}

/// The shipped weights of the twelve complexes, trained anew: the benchmark's full run, and its network under `weights/`.
pub(crate) fn weights(options: &[&str]) -> Result<(), String> {
    build()?;
    shell::run(benchmark().args(["run", "full"]).args(options))?;
    shell::run(benchmark().args(["ship", "shrec20", "full"]).args(options))
}

fn build() -> Result<(), String> {
    libtorch::set_up(libtorch::Kind::Cpu)?;
    let packages = ["--package", "cryoet-cli", "--package", "cryoet-benches"];
    shell::run(shell::cargo(&["build", "--release", "--bin", "cryoet", "--bin", "shrec20-sim"]).args(packages))
}

fn benchmark() -> Command {
    let mut command = Command::new(checkout::target().join("release/shrec20-sim"));
    command.current_dir(checkout::root());
    shell::with_libtorch(&mut command);
    command
}
