use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::home;

/// How much of SHREC'20 is simulated and learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Size {
    /// Whether the machinery runs, in a minute: its scores say nothing
    Smoke,
    /// Six complexes in 128 x 256 x 256 voxels at a nominal SNR of 0.02: a quarter of an hour of one core
    Small,
    /// Twelve complexes in 200 x 512 x 512 voxels at a nominal SNR of 0.004: for a GPU
    Full,
}

impl Size {
    /// What `cryoet simulate --recipe` takes.
    pub(crate) fn data_recipe(self) -> PathBuf {
        home().join(format!("{self}.toml"))
    }

    /// What `cryoet train --params` takes.
    pub(crate) fn training_recipe(self) -> PathBuf {
        home().join(format!("{self}-train.toml"))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smoke => "smoke",
            Self::Small => "small",
            Self::Full => "full",
        })
    }
}
