//! What the whole-pipeline tests share: the built command and a small simulated data set.

mod command;
mod simulated;

pub use command::{Run, command_path, cryoet};
pub use simulated::{Simulated, simulated};

/// The examples of the README, as doctests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
