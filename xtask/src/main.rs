//! Developer commands of the cryoet workspace: `cargo xtask setup|test|ci|demo|shrec20-sim|weights`.
//!
//! No dependency, so that the first of them starts within seconds on a fresh machine.

mod checkout;
mod ci;
mod demo;
mod libtorch;
mod shell;
mod shrec20_sim;
mod stage_crates;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  setup [--cuda]          bring libtorch and link it as .libtorch (CPU, or the full CUDA set)
  test                    setup, then every test
  ci                      what continuous integration runs: fmt, clippy, tests, docs, each crate alone, packages
  demo [--weights shrec-like-six|shrec20] [--seed N] [--from-scratch]
                          setup, then simulate, pick, evaluate, picture and train; outputs in runs/demo
  shrec20-sim SIZE [--seed N] [--device D]
                          setup, then the benchmark: simulate, train, pick and score as SHREC'20 did; SIZE is small (minutes), full (for a
                          GPU) or smoke (a minute); `shrec20-sim help` tells more
  weights shrec20 [--seed N] [--device D]
                          the full benchmark, and its network as weights/shrec20.safetensors

  CRYOET_CACHE            where libtorch is kept (default: $XDG_CACHE_HOME/cryoet or ~/.cache/cryoet)
  LIBTORCH                a libtorch 2.11 to use instead";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["setup"] => libtorch::set_up(libtorch::Kind::Cpu),
        ["setup", "--cuda"] => libtorch::set_up(libtorch::Kind::Cuda),
        ["test"] => test::run(),
        ["ci"] => ci::run(),
        ["demo", options @ ..] => demo::run(options),
        ["shrec20-sim", words @ ..] if !words.is_empty() => shrec20_sim::run(words),
        ["weights", "shrec20", options @ ..] => shrec20_sim::weights(options),
        ["help" | "--help" | "-h"] | [] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("unknown command: {}\n\n{USAGE}", other.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
