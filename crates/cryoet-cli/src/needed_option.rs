//! Errors of reading and writing, with the option that says what a file does not.

use cryoet::io::{ReadParticlesError, ReadVolumeError, WriteParticlesError};

use crate::failure::Failure;

/// Why a list was not read, with the options that say what is missing.
pub(crate) fn unread(error: ReadParticlesError) -> Failure {
    match &error {
        ReadParticlesError::FirstVoxel { .. } => Failure::usage(format!("{error} (--first-voxel)")),
        ReadParticlesError::Columns { .. } => Failure::usage(format!("{error} (--columns)")),
        ReadParticlesError::NoHeader { .. } => Failure::new(format!("{error} (--columns)")),
        ReadParticlesError::Needs { need, .. } => with_option(&error, need, ""),
        _ => error.into(),
    }
}

/// Why a list was not written, likewise.
pub(crate) fn unwritten(error: WriteParticlesError) -> Failure {
    match &error {
        WriteParticlesError::Needs { need, .. } => with_option(&error, need, "output-"),
        _ => error.into(),
    }
}

/// An error with the option that says what a list does not; the options of written lists begin differently.
fn with_option(error: &dyn std::fmt::Display, need: &str, prefix: &str) -> Failure {
    let says = |what: &str| need.contains(what);
    let like = "--like TOMOGRAM, where the command has it";
    let option = if says("tilt_series_pixel_size") {
        format!("--{prefix}tilt-series-pixel-size")
    } else if says("the axis order") {
        format!("--{prefix}axis-order")
    } else if says("its columns") {
        format!("--{prefix}columns")
    } else if says("the tomograms") || says("RELION 5") {
        format!("{like}, or --tomogram-set TOMOGRAMS.star")
    } else if says("voxel_size") || says("voxel size") {
        like.into()
    } else {
        return Failure::new(error.to_string());
    };
    Failure::new(format!("{error} ({option})"))
}

/// Why a volume that was not named was not opened, with the option that names one of several.
pub(crate) fn one_of_several(error: ReadVolumeError) -> Failure {
    match &error {
        ReadVolumeError::Several { found, .. } | ReadVolumeError::NoSuchVolume { found, .. } if !found.is_empty() => {
            Failure::new(format!("{error} (--volume NAME chooses one)"))
        }
        _ => error.into(),
    }
}
