//! One file per command.

mod average;
#[cfg(feature = "net")]
mod calibrate;
mod cluster;
mod consensus;
mod convert;
mod dog;
mod evaluate;
mod info;
mod mask;
#[cfg(feature = "net")]
mod pick;
#[cfg(feature = "net")]
mod segment;
mod simulate;
mod targets;
mod template_match;
#[cfg(feature = "net")]
mod train;
mod view;
#[cfg(feature = "net")]
mod weights;

use clap::Subcommand;

use crate::failure::Failure;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    Info(info::Info),
    Convert(convert::Convert),
    Simulate(simulate::Simulate),
    Mask(mask::Mask),
    Targets(targets::Targets),
    #[cfg(feature = "net")]
    Train(train::Train),
    #[cfg(feature = "net")]
    Segment(segment::Segment),
    Cluster(cluster::Cluster),
    #[cfg(feature = "net")]
    Pick(pick::Pick),
    #[cfg(feature = "net")]
    Calibrate(calibrate::Calibrate),
    Match(template_match::TemplateMatch),
    Dog(dog::Dog),
    Average(average::Average),
    Evaluate(evaluate::Evaluate),
    Consensus(consensus::Consensus),
    View(view::View),
    #[cfg(feature = "net")]
    Weights(weights::Weights),
}

impl Command {
    /// Runs the command; results go to the standard output, as a table or as JSON.
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Info(command) => command.run(json),
            Self::Convert(command) => command.run(json),
            Self::Simulate(command) => command.run(json),
            Self::Mask(command) => command.run(json),
            Self::Targets(command) => command.run(json),
            #[cfg(feature = "net")]
            Self::Train(command) => command.run(json),
            #[cfg(feature = "net")]
            Self::Segment(command) => command.run(json),
            Self::Cluster(command) => command.run(json),
            #[cfg(feature = "net")]
            Self::Pick(command) => command.run(json),
            #[cfg(feature = "net")]
            Self::Calibrate(command) => command.run(json),
            Self::Match(command) => command.run(json),
            Self::Dog(command) => command.run(json),
            Self::Average(command) => command.run(json),
            Self::Evaluate(command) => command.run(json),
            Self::Consensus(command) => command.run(json),
            Self::View(command) => command.run(json),
            #[cfg(feature = "net")]
            Self::Weights(command) => command.run(json),
        }
    }
}
