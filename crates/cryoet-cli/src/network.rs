//! Options and files of the commands that run a network.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use cryoet::net::{Device, Network, Precision, SegmentParams, Weights};
use serde::Serialize;

use crate::failure::Failure;
use crate::numbers;

/// How a network segments a tomogram.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct NetworkOptions {
    /// Weights of a trained network
    #[arg(long, value_name = "WEIGHTS.safetensors")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(crate) weights: PathBuf,
    /// Where the network runs: cpu, cuda, cuda:N, or auto (a GPU if there is one)
    #[arg(long, default_value = "auto")]
    device: String,
    /// Numbers the network computes with
    #[arg(long, value_enum, default_value_t = Numbers::F32)]
    precision: Numbers,
    /// Average over the four exact turns: steadier, four times the work
    #[arg(long)]
    turns: bool,
    /// Memory for one tile in GiB
    #[arg(long, value_name = "GIB", default_value_t = 4.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    memory: f64,
    /// Largest share by which the tomogram's voxel size may differ from the weights'
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = numbers::not_negative, allow_negative_numbers = true)]
    voxel_size_tolerance: f64,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Numbers {
    /// 32 bits
    F32,
    /// bfloat16: faster on some processors and on GPUs, scores differ by about 0.01
    Bf16,
}

impl NetworkOptions {
    /// The weights and the network made of them.
    pub(crate) fn load(&self) -> Result<(Weights, Network), Failure> {
        let weights = read_weights(&self.weights)?;
        let precision = match self.precision {
            Numbers::F32 => Precision::F32,
            Numbers::Bf16 => Precision::Bf16,
        };
        let network = Network::new(&weights, device(&self.device)?, precision)?;
        Ok((weights, network))
    }

    /// The parameters of segmentation.
    pub(crate) fn params(&self) -> SegmentParams {
        SegmentParams {
            memory: (self.memory * f64::from(1 << 30)) as usize,
            turns: self.turns,
            voxel_size_tolerance: self.voxel_size_tolerance,
            ..SegmentParams::default()
        }
    }
}

/// A device that is there.
pub(crate) fn device(name: &str) -> Result<Device, Failure> {
    Ok(name.parse::<Device>().map_err(Failure::of_arguments)?.check()?)
}

/// Reads a weights file.
pub(crate) fn read_weights(path: &Path) -> Result<Weights, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    Weights::from_bytes(&bytes).map_err(Failure::from).map_err(Failure::about(path))
}
