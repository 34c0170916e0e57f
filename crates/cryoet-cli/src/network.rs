//! Options and files of the commands that run a network.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use cryoet::cluster::ClusterParams;
use cryoet::net::{Device, HashCover, Network, Precision, SegmentError, SegmentParams, SegmentedBlock, TileHalo, TilePlanError, Weights};
use cryoet::pipeline::{PickError, own_clustering};
use cryoet::{Class, ClassTable, Resampled, VolumeSource, VoxelSize};
use serde::Serialize;

use crate::failure::Failure;
use crate::{freed_memory, numbers, output, shipped_weights, voxel_sizes};

/// How a network segments a tomogram.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct NetworkOptions {
    /// Weights of a trained network, a file or the name of weights that come with the program; given several times, the mean of their
    /// answers is taken
    #[arg(long, required = true, value_name = "WEIGHTS")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(crate) weights: Vec<PathBuf>,
    /// Where the network runs: cpu, cuda, cuda:N, or auto (a GPU if there is one)
    #[arg(long, default_value = "auto")]
    device: String,
    /// Numbers the network computes with
    #[arg(long, value_enum, default_value_t = Numbers::F32)]
    precision: Numbers,
    /// Average over the four exact turns: steadier, four times the work
    #[arg(long)]
    turns: bool,
    /// Tiles that see less of their surroundings: faster, and not quite exact near the tiles' faces
    #[arg(long)]
    fast: bool,
    /// Memory for one tile in GiB
    #[arg(long, value_name = "GIB", default_value_t = 4.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    memory: f64,
    /// The tomogram's voxel size in Angstrom, one number or z,y,x, where its file does not tell it or tells a wrong one
    #[arg(long, value_name = "ANGSTROM", value_parser = voxel_sizes::parse, allow_hyphen_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) voxel_size: Option<VoxelSize>,
    /// Largest share by which the tomogram's voxel size may differ from the weights'
    #[arg(long, value_name = "SHARE", default_value_t = SegmentParams::default().voxel_size_tolerance, value_parser = numbers::not_negative, allow_negative_numbers = true)]
    voxel_size_tolerance: f64,
    /// Bring the tomogram to the weights' voxel size first, by cubic interpolation; volumes that are written have that voxel size too, and
    /// lengths and sizes of clustering count in it
    #[arg(long)]
    resample: bool,
}

/// The numbers a network computes with.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Numbers {
    /// 32 bits
    F32,
    /// bfloat16: faster on some processors and on GPUs, scores differ by about 0.01
    Bf16,
}

impl From<Numbers> for Precision {
    fn from(numbers: Numbers) -> Self {
        match numbers {
            Numbers::F32 => Self::F32,
            Numbers::Bf16 => Self::Bf16,
        }
    }
}

impl NetworkOptions {
    /// The same options with files in the place of names of weights.
    pub(crate) fn with_weights_found(mut self) -> Result<Self, Failure> {
        self.weights = self.weights.iter().map(|weights| shipped_weights::find(weights)).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The networks that the weights make; there is at least one.
    pub(crate) fn load(&self) -> Result<Vec<Network>, Failure> {
        let (device, precision) = (device(&self.device)?, Precision::from(self.precision));
        self.weights.iter().map(|path| Ok(Network::new(&read_weights(path)?, device, precision)?)).collect()
    }

    /// The classes that networks answer for.
    pub(crate) fn classes(networks: &[Network]) -> Result<&ClassTable, Failure> {
        networks.first().map(|network| &network.description().classes).ok_or_else(|| SegmentError::NoNetwork.into())
    }

    /// The classes of picks. Thresholds that belong to calibrated scores go where scores are not: raw ones, those of an ensemble, and those
    /// of weights that earlier versions trained further.
    pub(crate) fn classes_for_picks(networks: &[Network], raw_scores: bool) -> Result<ClassTable, Failure> {
        let classes = Self::classes(networks)?;
        let has_curves = |network: &Network| !network.description().calibration.is_empty();
        if !networks.iter().any(|network| network.description().was_calibrated()) {
            return Ok(classes.clone());
        }
        match networks {
            [network] if has_curves(network) && !raw_scores => return Ok(classes.clone()),
            [_] if !raw_scores => output::warn(
                "the weights were trained further after they had been calibrated: their scores are no probabilities, and no thresholds are applied",
            ),
            _ if !raw_scores => output::warn(
                "the weights are calibrated each for itself: the scores of several together are not, and no thresholds are applied",
            ),
            _ => {}
        }
        let plain = classes.iter().map(|class| Class { threshold: None, ..class.clone() });
        Ok(ClassTable::new(plain.collect())?)
    }

    /// The clustering that the weights carry as their own, where all carry the same; else the default.
    pub(crate) fn clustering(&self, networks: &[Network]) -> Result<ClusterParams, Failure> {
        let own = |(path, network): (&PathBuf, &Network)| {
            own_clustering(network.description()).map_err(Failure::from).map_err(Failure::about(path))
        };
        let own = self.weights.iter().zip(networks).map(own).collect::<Result<Vec<_>, _>>()?;
        let first = own.first().cloned().flatten();
        if own.iter().all(|own| *own == first) {
            return Ok(first.unwrap_or_default());
        }
        output::warn(
            "the weights carry different clusterings: none of them is used, what no option says is the default of `cryoet cluster`",
        );
        Ok(ClusterParams::default())
    }

    /// The tomogram at the voxel size of the networks, where the user asked for it and the sizes differ.
    pub(crate) fn resampled<'a>(
        &self,
        tomogram: &'a dyn VolumeSource<f32>,
        networks: &[Network],
    ) -> Result<Option<Resampled<'a>>, Failure> {
        let wanted = networks.first().and_then(|network| network.description().voxel_size);
        match wanted {
            _ if !self.resample => Ok(None),
            None => Err(Failure::usage("--resample: the weights do not tell the voxel size they were trained on".to_owned())),
            Some(wanted) if tomogram.voxel_size() == Some(wanted) => Ok(None),
            Some(_) if tomogram.voxel_size().is_none() => {
                Err(Failure::new("--resample: the tomogram's voxel size is unknown (--voxel-size states it)".to_owned()))
            }
            Some(wanted) => Ok(Some(Resampled::new(tomogram, wanted)?)),
        }
    }

    /// A watch over the tiles to come.
    pub(crate) fn memory_watch(&self) -> MemoryWatch {
        // The program, libtorch and the outputs' buffers take some hundred megabytes beside a tile.
        MemoryWatch { told: false, most: (self.params().memory / 4).saturating_mul(5).saturating_add(512 << 20) }
    }

    /// The parameters of segmentation.
    pub(crate) fn params(&self) -> SegmentParams {
        SegmentParams {
            memory: (self.memory * f64::from(1 << 30)) as usize,
            turns: self.turns,
            halo: if self.fast { TileHalo::Fast } else { TileHalo::Exact },
            voxel_size_tolerance: self.voxel_size_tolerance,
            ..SegmentParams::default()
        }
    }
}

/// Keeps memory near what the user allows, and says once when it ran out for a tile.
#[derive(Debug)]
pub(crate) struct MemoryWatch {
    told: bool,
    most: usize,
}

impl MemoryWatch {
    /// Looks at a tile's answer, when the tile's own memory is free again.
    pub(crate) fn look(&mut self, block: &SegmentedBlock) {
        freed_memory::hand_back_above(self.most);
        if block.memory_ran_out && !self.told {
            self.told = true;
            output::warn("memory ran out for a tile, which was halved: a smaller --memory is faster from the start");
        }
    }
}

/// A device that is there; a network is about to run on it.
pub(crate) fn device(name: &str) -> Result<Device, Failure> {
    freed_memory::keep();
    Ok(name.parse::<Device>().map_err(Failure::of_arguments)?.check()?)
}

/// Reads a weights file.
pub(crate) fn read_weights(path: &Path) -> Result<Weights, Failure> {
    read_weights_and_cover(path).map(|(weights, _)| weights)
}

/// Reads a weights file, and what its hashes vouch for.
pub(crate) fn read_weights_and_cover(path: &Path) -> Result<(Weights, HashCover), Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    Weights::with_cover_from_bytes(&bytes).map_err(Failure::from).map_err(Failure::about(path))
}

/// Why a tomogram was not segmented, with the option that helps.
pub(crate) fn not_segmented(error: SegmentError) -> Failure {
    match error {
        SegmentError::VoxelSize { .. } => Failure::new(format!("{error} (--resample does, --voxel-size corrects the tomogram's)")),
        SegmentError::Tiles(TilePlanError::Memory { memory, least }) => {
            let [memory, least] = [memory, least].map(|bytes| bytes as f64 / f64::from(1 << 30));
            Failure::new(format!(
                "no tile fits into {memory:.2} GiB: this network needs {least:.2} GiB for the smallest (--memory allows more, --fast needs less)"
            ))
        }
        error => error.into(),
    }
}

/// Why a tomogram was not picked, likewise.
pub(crate) fn not_picked(error: PickError) -> Failure {
    match error {
        PickError::Segment(error) => not_segmented(error),
        error => error.into(),
    }
}
