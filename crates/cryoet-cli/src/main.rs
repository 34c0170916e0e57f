//! The `cryoet` command: finding and naming macromolecules in cryo-electron tomograms. Only a user of the libraries.

// Parameters may gain fields before the command gains options for them.
#![allow(clippy::needless_update)]

mod bar;
mod class_labels;
mod cluster_options;
mod commands;
#[cfg(feature = "net")]
mod curve;
mod dataset;
mod density_file;
mod failure;
#[cfg(feature = "net")]
mod freed_memory;
mod fsc_plot;
mod geometry;
#[cfg(feature = "net")]
mod history_csv;
mod interrupt;
mod list_outputs;
mod made_folder;
mod masks;
mod needed_option;
#[cfg(feature = "net")]
mod network;
mod numbers;
mod options;
mod output;
mod paths;
mod per_class;
mod picks;
mod picture;
mod plot;
mod record;
#[cfg(feature = "net")]
mod reliability_plot;
mod score_options;
#[cfg(feature = "net")]
mod shipped_weights;
mod sinks;
#[cfg(feature = "net")]
mod tomogram;
#[cfg(feature = "net")]
mod training_log;
mod voxel_sizes;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use commands::Command;

/// Find and name macromolecules in cryo-electron tomograms.
///
/// Arrays are indexed z, y, x; positions are voxels counted from 0 at the first voxel's centre. Formats follow the
/// extension. Exit codes: 0 done, 1 failed, 2 wrong arguments, 130 stopped by the user.
#[derive(Parser)]
#[command(name = "cryoet", version, arg_required_else_help = true)]
struct Cli {
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Threads; all processors by default
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = interrupt::listen().and_then(|()| set_threads(cli.threads)).and_then(|()| cli.command.run(cli.json));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Where nobody can be told, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "cryoet: {failure}");
            ExitCode::from(if interrupt::asked() { interrupt::EXIT_CODE } else { failure.code() })
        }
    }
}

fn set_threads(threads: Option<u16>) -> Result<(), failure::Failure> {
    if let Some(threads) = threads.map(usize::from) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
        #[cfg(feature = "net")]
        cryoet::net::set_threads(threads);
    }
    Ok(())
}
