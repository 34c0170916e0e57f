mod read;
mod write;

pub(super) use read::{dialect, read};
pub(super) use write::write;

/// The columns a score is read from, by preference: RELION, pytom-match-pick (new and old names), Warp.
const SCORES: [&str; 4] = ["rlnAutopickFigureOfMerit", "ptmLCCmax", "rlnLCCmax", "wrpTemplateScore"];

/// How extras that belong to a particle's optics group are named.
const OPTICS: &str = "optics.";
