use cryoet_core::ndarray::{Array3, Array4, ArrayView3, s};
use cryoet_core::{Cancelled, Progress, Region, SinkError, SourceError, StatisticsError, Volume, VolumeSink, VolumeSource};
use thiserror::Error;

use super::ensemble::Ensemble;
use super::params::SegmentParams;
use super::read_ahead::for_each_read_ahead;
use super::tiles::{Tile, TilePlan, TilePlanError};
use crate::network::Network;
use crate::torch_error::TorchError;

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
    /// No network was given.
    #[error("no network to segment with")]
    NoNetwork,
    /// A network of an ensemble answers for other classes than the first, or has another shape.
    #[error("network {member} of the ensemble has {found}, the first has {expected}")]
    Ensemble {
        /// Which network, counted from 1.
        member: usize,
        /// What it has.
        found: String,
        /// What the first has.
        expected: String,
    },
    /// The density is asked for of a network that has no head for it, or whose head has learnt from none.
    #[error("network {member} ({network}) has learnt no density without noise")]
    NoDensity {
        /// Which network, counted from 1.
        member: usize,
        /// What it is.
        network: String,
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
#[non_exhaustive]
pub struct SegmentedBlock {
    /// First voxel, z, y, x.
    pub start: [usize; 3],
    /// The most probable class of each voxel.
    pub labels: Array3<u8>,
    /// Its probability, in (0, 1].
    pub scores: Array3<f32>,
    /// The probability of background and of each class by rising label (channels, z, y, x), where [`SegmentParams::score_maps`] asks for it.
    pub score_maps: Option<Array4<f32>>,
    /// The density without noise, in standard deviations from the mean of the densities that were learnt, where [`SegmentParams::density`] asks
    /// for it.
    pub density: Option<Array3<f32>>,
    /// Whether memory ran out for the tile that was planned, so that this is only a part of it.
    pub memory_ran_out: bool,
}

/// A whole tomogram's answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Segmentation {
    /// The most probable class of each voxel, under the tomogram's voxel size.
    pub labels: Volume<u8>,
    /// Its probability, in (0, 1].
    pub scores: Volume<f32>,
    /// The density without noise, where [`SegmentParams::density`] asks for it: in standard deviations from the mean of the densities that were
    /// learnt.
    pub density: Option<Volume<f32>>,
}

/// Segments a tomogram tile by tile and hands each answer on as it comes, so that memory is bounded by a tile.
///
/// Several networks are an ensemble: their soft-max outputs are averaged; they must know the same classes. The answer does not depend
/// on the tiles but for rounding (1e-5 in f32). Grey values are normalised by the whole tomogram's mean and standard deviation, read
/// in a first pass. A tile for which libtorch finds no memory is halved until it fits, and so are all later ones of its size.
///
/// # Errors
/// No network, networks that are no ensemble, or that did not learn the density that is asked for; a tomogram of another voxel size, with
/// voxels that are not finite or too large for the memory allowed; failures of the source, the receiver or libtorch; a cancelled run.
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
/// use cryoet_net::{Device, Network, Precision, SegmentError, SegmentParams, SegmentedBlock, Weights, segment_blocks};
///
/// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?;
/// let network = Network::new(&Weights::random(classes, None, 7), Device::Cpu, Precision::F32)?;
/// let tomogram = Volume::new(Array3::from_shape_fn((10, 20, 30), |(z, y, x)| (z * y + x) as f32));
/// let (mut blocks, mut voxels) = (0, 0);
/// let params = SegmentParams { memory: 64 << 20, ..SegmentParams::default() };
/// segment_blocks(&[network], &tomogram, &params, &(), |block: SegmentedBlock| {
///     blocks += 1;
///     voxels += block.labels.len(); // or write them to a file
///     Ok::<_, SegmentError>(())
/// })?;
/// assert_eq!(voxels, 10 * 20 * 30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn segment_blocks<E: From<SegmentError>>(
    networks: &[Network],
    tomogram: &dyn VolumeSource<f32>,
    params: &SegmentParams,
    progress: &dyn Progress,
    receive: impl FnMut(SegmentedBlock) -> Result<(), E>,
) -> Result<(), E> {
    let (ensemble, plan) = Ensemble::prepare(networks, tomogram, params, progress)?;
    let grey = &ensemble.grey;
    by_tiles(&plan, progress, |region| grey.read(region), |tile, grey| ensemble.segment_tile(grey, tile, params), receive)
}

/// Segments a tomogram into memory.
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable, Volume, ndarray::Array3};
/// use cryoet_net::{Device, Network, Precision, SegmentParams, Weights, segment};
///
/// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?;
/// let tomogram = Volume::new(Array3::from_shape_fn((10, 20, 30), |(z, y, x)| (z * y + x) as f32));
/// let network = |seed| Network::new(&Weights::random(classes.clone(), None, seed), Device::Cpu, Precision::F32);
/// let answer = segment(&[network(7)?], &tomogram, &SegmentParams::default(), &())?;
/// assert_eq!(answer.labels.shape(), [10, 20, 30]);
/// // Two networks vote with the mean of their probabilities.
/// let both = segment(&[network(7)?, network(8)?], &tomogram, &SegmentParams::default(), &())?;
/// assert_eq!(both.labels.shape(), [10, 20, 30]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`segment_blocks`].
pub fn segment(
    networks: &[Network],
    tomogram: &dyn VolumeSource<f32>,
    params: &SegmentParams,
    progress: &dyn Progress,
) -> Result<Segmentation, SegmentError> {
    let shape = tomogram.shape();
    let like = Volume::new(Array3::<u8>::zeros(shape)).with_voxel_size(tomogram.voxel_size()).with_origin(tomogram.origin());
    let mut scores = like.with_data(Array3::<f32>::zeros(shape));
    let mut density = params.density.then(|| scores.clone());
    let mut labels = like;
    segment_blocks(networks, tomogram, params, progress, |block: SegmentedBlock| {
        labels.write_region(block.start, block.labels.view())?;
        scores.write_region(block.start, block.scores.view())?;
        if let (Some(density), Some(of_block)) = (&mut density, &block.density) {
            density.write_region(block.start, of_block.view())?;
        }
        Ok::<_, SegmentError>(())
    })?;
    Ok(Segmentation { labels, scores, density })
}

/// Answers for every tile of a plan. A tile for which memory runs out is halved, and so is every later one as large.
///
/// `read` gives the grey values of a region that starts inside the volume, one array or more of the same extent, by a thread of its own while the
/// tile before is answered for; they may end where the volume does. `answer` gets them as far as its tile sees them.
pub(super) fn by_tiles<E: From<SegmentError>>(
    plan: &TilePlan,
    progress: &dyn Progress,
    read: impl Fn(Region) -> Result<Vec<Array3<f32>>, SourceError> + Sync,
    mut answer: impl FnMut(&Tile, &[ArrayView3<'_, f32>]) -> Result<SegmentedBlock, SegmentError>,
    mut receive: impl FnMut(SegmentedBlock) -> Result<(), E>,
) -> Result<(), E> {
    let total = plan.tiles().len() as u64;
    let (mut done, mut too_large) = (0, usize::MAX);
    let read = |tile: &Tile| read(tile.input);
    for_each_read_ahead(plan.tiles(), read, |&planned, grey| {
        let grey = grey.map_err(SegmentError::from)?;
        let mut waiting = vec![planned];
        while let Some(tile) = waiting.pop() {
            let halves = plan.halves(&tile);
            match halves {
                Some([first, second]) if tile.input.voxels() >= too_large => waiting.extend([second, first]),
                _ => {
                    let seen: Vec<_> = grey.iter().map(|grey| part_of(grey, planned.input, tile.input)).collect();
                    match (answer(&tile, &seen), halves) {
                        (Err(SegmentError::Torch(error)), Some([first, second])) if error.is_out_of_memory() => {
                            too_large = too_large.min(tile.input.voxels());
                            waiting.extend([second, first]);
                        }
                        (block, _) => receive(SegmentedBlock { memory_ran_out: tile != planned, ..block? })?,
                    }
                }
            }
        }
        done += 1;
        Ok(progress.report(done, total).map_err(SegmentError::from)?)
    })
}

/// What of a region's grey values lies in another region inside it; they may end before the region does.
fn part_of(grey: &Array3<f32>, region: Region, part: Region) -> ArrayView3<'_, f32> {
    let length: [usize; 3] = grey.dim().into();
    let [z, y, x]: [_; 3] = std::array::from_fn(|axis| {
        let start = part.start[axis] - region.start[axis];
        start..(start + part.size[axis]).min(length[axis])
    });
    grey.slice(s![z, y, x])
}

#[cfg(test)]
mod tests;
