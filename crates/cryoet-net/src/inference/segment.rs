use cryoet_core::ndarray::{Array3, s};
use cryoet_core::{
    Cancelled, ClassLabel, Progress, Region, SinkError, SourceError, Statistics, StatisticsError, Volume, VolumeSink, VolumeSource,
    VoxelSize,
};
use thiserror::Error;

use super::params::SegmentParams;
use super::tiles::{Tile, TilePlan, TilePlanError};
use super::untiled::{probabilities, winners};
use crate::network::Network;
use crate::normalisation::ZScore;
use crate::smoothing::Smoothing;
use crate::torch_error::TorchError;
use crate::turn::Turn;
use crate::weights::{WeightsDescription, channel_labels};

/// Why a tomogram cannot be segmented.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The tomogram has another voxel size than the weights were trained on.
    #[error(
        "the tomogram's voxel size {found:?} Angstrom (z, y, x) differs by {:.1} % from the weights' {expected:?}: at most {:.1} % is allowed; bin or resample it",
        difference * 100.0, tolerance * 100.0
    )]
    VoxelSize {
        /// The tomogram's, z, y, x.
        found: [f64; 3],
        /// The weights', z, y, x.
        expected: [f64; 3],
        /// The largest relative difference.
        difference: f64,
        /// What is allowed.
        tolerance: f64,
    },
    /// The weights' description and the network disagree.
    #[error("the network has {outputs} outputs, its description names {classes} classes and background")]
    Classes {
        /// Outputs of the network.
        outputs: usize,
        /// Classes in the description.
        classes: usize,
    },
    /// The tomogram has no voxels, or voxels that are not finite, or its source failed.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    /// The tomogram cannot be tiled.
    #[error(transparent)]
    Tiles(#[from] TilePlanError),
    /// The tomogram cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The answer cannot be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// The answer for one tile: blocks of a tomogram do not overlap and together cover it.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentedBlock {
    /// First voxel, z, y, x.
    pub start: [usize; 3],
    /// The most probable class of each voxel.
    pub labels: Array3<u8>,
    /// Its probability, in (0, 1].
    pub scores: Array3<f32>,
}

/// A whole tomogram's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// The most probable class of each voxel, under the tomogram's voxel size.
    pub labels: Volume<u8>,
    /// Its probability, in (0, 1].
    pub scores: Volume<f32>,
}

/// Segments a tomogram tile by tile and hands each answer on as it comes, so that memory is bounded by a tile.
///
/// The answer does not depend on the tiles but for rounding (1e-5 in f32). Grey values are normalised by the whole tomogram's mean and
/// standard deviation, read in a first pass.
///
/// # Errors
/// A tomogram of another voxel size, with voxels that are not finite or too large for the memory allowed; failures of the source, the
/// receiver or libtorch; a cancelled run.
pub fn segment_blocks<E: From<SegmentError>>(
    network: &Network,
    description: &WeightsDescription,
    tomogram: &dyn VolumeSource<f32>,
    params: &SegmentParams,
    progress: &dyn Progress,
    mut receive: impl FnMut(SegmentedBlock) -> Result<(), E>,
) -> Result<(), E> {
    let plan = prepare(network, description, tomogram, params)?;
    let labels = channel_labels(&description.classes);
    let total = plan.tiles.tiles().len() as u64;
    for (done, tile) in plan.tiles.tiles().iter().enumerate() {
        let block = segment_tile(network, tomogram, tile, &plan.scaling, params, &labels)?;
        receive(block)?;
        progress.report(done as u64 + 1, total).map_err(SegmentError::from)?;
    }
    Ok(())
}

/// Segments a tomogram into memory.
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
/// use cryoet_net::{Device, Network, Precision, SegmentParams, Weights, segment};
///
/// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?;
/// let weights = Weights::random(classes, None, 7);
/// let network = Network::new(&weights, Device::Cpu, Precision::F32)?;
/// let tomogram = Volume::new(Array3::from_shape_fn((10, 20, 30), |(z, y, x)| (z * y + x) as f32));
/// let answer = segment(&network, weights.description(), &tomogram, &SegmentParams::default(), &())?;
/// assert_eq!(answer.labels.shape(), [10, 20, 30]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`segment_blocks`].
pub fn segment(
    network: &Network,
    description: &WeightsDescription,
    tomogram: &dyn VolumeSource<f32>,
    params: &SegmentParams,
    progress: &dyn Progress,
) -> Result<Segmentation, SegmentError> {
    let shape = tomogram.shape();
    let like = Volume::new(Array3::<u8>::zeros(shape)).with_voxel_size(tomogram.voxel_size()).with_origin(tomogram.origin());
    let mut scores = like.with_data(Array3::<f32>::zeros(shape));
    let mut labels = like;
    segment_blocks(network, description, tomogram, params, progress, |block: SegmentedBlock| {
        labels.write_region(block.start, block.labels.view())?;
        scores.write_region(block.start, block.scores.view())?;
        Ok::<_, SegmentError>(())
    })?;
    Ok(Segmentation { labels, scores })
}

struct Prepared {
    tiles: TilePlan,
    scaling: Scaling,
}

/// What happens to grey values before the network.
struct Scaling {
    z_score: ZScore,
    smoothing: Smoothing,
}

fn prepare(
    network: &Network,
    description: &WeightsDescription,
    tomogram: &dyn VolumeSource<f32>,
    params: &SegmentParams,
) -> Result<Prepared, SegmentError> {
    let (outputs, classes) = (network.architecture().outputs(), description.classes.len());
    if outputs != classes + 1 {
        return Err(SegmentError::Classes { outputs, classes });
    }
    if let (Some(found), Some(expected)) = (tomogram.voxel_size(), description.voxel_size) {
        check_voxel_size(found, expected, params.voxel_size_tolerance)?;
    }
    let (architecture, shape) = (network.architecture(), tomogram.shape());
    let tiles = if params.turns {
        TilePlan::for_turns(architecture, shape, params.memory)?
    } else {
        TilePlan::new(architecture, shape, params.memory)?
    };
    let scaling = Scaling { z_score: ZScore::new(&Statistics::of(tomogram)?), smoothing: Smoothing::new(description.smoothing) };
    Ok(Prepared { tiles, scaling })
}

fn check_voxel_size(found: VoxelSize, expected: VoxelSize, tolerance: f64) -> Result<(), SegmentError> {
    let difference = found.relative_difference(&expected);
    // A tolerance that is no number allows nothing.
    if difference <= tolerance {
        return Ok(());
    }
    Err(SegmentError::VoxelSize { found: found.zyx(), expected: expected.zyx(), difference, tolerance })
}

fn segment_tile(
    network: &Network,
    tomogram: &dyn VolumeSource<f32>,
    tile: &Tile,
    scaling: &Scaling,
    params: &SegmentParams,
    labels: &[ClassLabel],
) -> Result<SegmentedBlock, SegmentError> {
    let input = read_scaled(tomogram, tile.input, scaling)?;
    let offset = std::array::from_fn(|axis| tile.core.start[axis] - tile.input.start[axis]);
    let core = Region::new(offset, tile.core.size);
    let mut scores = probabilities(network, input.view(), core, Turn::Identity)?;
    if params.turns {
        for turn in &Turn::ALL[1..] {
            scores = scores.f_add(&probabilities(network, input.view(), core, *turn)?).map_err(TorchError::from)?;
        }
        scores = scores.f_divide_scalar(Turn::ALL.len() as f64).map_err(TorchError::from)?;
    }
    let (mut channels, scores) = winners(&scores)?;
    channels.mapv_inplace(|channel| labels[usize::from(channel)].get());
    Ok(SegmentedBlock { start: tile.core.start, labels: channels, scores })
}

/// The tile's voxels as the network sees them, zero where the tile reaches beyond the volume's end.
///
/// As much around the tile is read as the low-pass looks at, so that it answers as it would for the whole volume.
fn read_scaled(tomogram: &dyn VolumeSource<f32>, region: Region, scaling: &Scaling) -> Result<Array3<f32>, SegmentError> {
    let (shape, end, reach) = (tomogram.shape(), region.end(), scaling.smoothing.reach());
    let start = region.start.map(|i| i.saturating_sub(reach));
    let read = Region::new(start, std::array::from_fn(|axis| (end[axis] + reach).min(shape[axis]) - start[axis]));
    let mut values = tomogram.read_region(read)?;
    values.mapv_inplace(|value| scaling.z_score.apply(value));
    scaling.smoothing.apply(&mut values);
    if read == region {
        return Ok(values);
    }
    let mut padded = Array3::zeros(region.size);
    let [z, y, x]: [usize; 3] = std::array::from_fn(|axis| end[axis].min(shape[axis]) - region.start[axis]);
    let [oz, oy, ox]: [usize; 3] = std::array::from_fn(|axis| region.start[axis] - start[axis]);
    padded.slice_mut(s![..z, ..y, ..x]).assign(&values.slice(s![oz..oz + z, oy..oy + y, ox..ox + x]));
    Ok(padded)
}

#[cfg(test)]
mod tests;
