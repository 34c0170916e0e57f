use cryoet_core::ndarray::{Array3, Array4, ArrayView3, Axis};
use cryoet_core::{ClassLabel, Progress, Region, SourceError, Statistics, StatisticsError, VolumeSource};
use tch::Tensor;

use super::params::{SegmentParams, TileHalo};
use super::segment::{SegmentError, SegmentedBlock};
use super::tiles::{Tile, TileMemory, TilePlan};
use super::untiled::{answers, probabilities, winners};
use crate::device::Device;
use crate::grey_values::{read_scaled, statistics};
use crate::network::{Network, to_vec};
use crate::normalisation::ZScore;
use crate::smoothing::Smoothing;
use crate::torch_error::TorchError;
use crate::turn::Turn;
use crate::voxel_size::{Mismatch, mismatch};
use crate::weights::{channel_labels, class_list};

/// Networks of the same classes, and what each does to a tomogram's grey values.
pub(super) struct Ensemble<'a> {
    members: Vec<Member<'a>>,
    pub(super) grey: TomogramGrey<'a>,
    labels: Vec<ClassLabel>,
}

struct Member<'a> {
    network: &'a Network,
    /// The place of its own among the smoothings.
    smoothing: usize,
}

impl<'a> Ensemble<'a> {
    /// Checks that the networks fit each other and the tomogram, plans the tiles and reads the tomogram's statistics.
    pub(super) fn prepare(
        networks: &'a [Network],
        tomogram: &'a dyn VolumeSource<f32>,
        params: &SegmentParams,
        progress: &dyn Progress,
    ) -> Result<(Self, TilePlan), SegmentError> {
        let first = networks.first().ok_or(SegmentError::NoNetwork)?;
        for (index, network) in networks.iter().enumerate() {
            check_alike(index + 1, network, first)?;
            let tolerance = params.voxel_size_tolerance;
            if let Some(differs) = mismatch(tomogram.voxel_size(), network.description().voxel_size, tolerance) {
                let Mismatch { found, expected, difference } = differs;
                return Err(SegmentError::VoxelSize { found, expected, difference, tolerance });
            }
        }
        if params.density {
            check_density(networks)?;
        }
        let mut smoothings: Vec<Smoothing> = Vec::new();
        let member = |network: &'a Network| {
            let own = Smoothing::new(network.description().smoothing);
            let known = smoothings.iter().position(|smoothing| *smoothing == own);
            let smoothing = known.unwrap_or(smoothings.len());
            if known.is_none() {
                smoothings.push(own);
            }
            Member { network, smoothing }
        };
        let members = networks.iter().map(member).collect();
        let halo = match params.halo {
            TileHalo::Exact => first.architecture().halo(),
            TileHalo::Fast => first.architecture().fast_halo(),
        };
        let halo = if params.turns { halo.either_way() } else { halo };
        let number = networks.iter().map(|network| network.precision().bytes()).max().unwrap_or(size_of::<f32>());
        let memory = TileMemory { number, low_passes: smoothings.len(), allowed: memory_of(first.device(), number, params.memory) };
        let (shape, whole) = (tomogram.shape(), Region::whole(tomogram.shape()));
        let plan = TilePlan::of_part(first.architecture(), halo, shape, whole, &memory)?;
        let ensemble = Self {
            members,
            grey: TomogramGrey { tomogram, z_score: ZScore::new(&statistics_of(tomogram, progress)?), smoothings },
            labels: channel_labels(&first.description().classes),
        };
        Ok((ensemble, plan))
    }

    /// The answer for a tile of which the grey values were read.
    pub(super) fn segment_tile(
        &self,
        grey: &[ArrayView3<'_, f32>],
        tile: &Tile,
        params: &SegmentParams,
    ) -> Result<SegmentedBlock, SegmentError> {
        let core = Region::new(std::array::from_fn(|axis| tile.core.start[axis] - tile.input.start[axis]), tile.core.size);
        let turns = if params.turns { &Turn::ALL[..] } else { &Turn::ALL[..1] };
        let (mut scores, mut density) = (Mean::default(), Mean::default());
        for member in &self.members {
            let input = grey[member.smoothing];
            let architecture = member.network.architecture();
            for &turn in turns {
                let answers = answers(member.network, input, core, turn)?;
                scores.add(probabilities(architecture, &answers)?)?;
                if let Some(answer) = architecture.density(&answers, 0).map_err(TorchError::from)?.filter(|_| params.density) {
                    density.add(answer)?;
                }
            }
        }
        let scores = scores.mean()?.ok_or(SegmentError::NoNetwork)?;
        let score_maps = if params.score_maps { Some(to_array(&scores, self.labels.len(), tile.core.size)?) } else { None };
        let density = density.mean()?.map(|density| to_array(&density, 1, tile.core.size)).transpose()?;
        let density = density.map(|density| density.index_axis_move(Axis(0), 0));
        let (mut channels, scores) = winners(&scores)?;
        channels.mapv_inplace(|channel| self.labels[usize::from(channel)].get());
        Ok(SegmentedBlock { start: tile.core.start, labels: channels, scores, score_maps, density, memory_ran_out: false })
    }
}

/// A tomogram's grey values as networks see them.
pub(super) struct TomogramGrey<'a> {
    tomogram: &'a dyn VolumeSource<f32>,
    z_score: ZScore,
    /// Those of the networks, all different.
    smoothings: Vec<Smoothing>,
}

impl TomogramGrey<'_> {
    /// A region under each smoothing.
    pub(super) fn read(&self, region: Region) -> Result<Vec<Array3<f32>>, SourceError> {
        self.smoothings.iter().map(|smoothing| read_scaled(self.tomogram, region, self.z_score, smoothing)).collect()
    }
}

/// The mean of tensors that come one after another.
#[derive(Default)]
struct Mean {
    sum: Option<Tensor>,
    count: usize,
}

impl Mean {
    fn add(&mut self, tensor: Tensor) -> Result<(), TorchError> {
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum.f_add(&tensor)?,
            None => tensor,
        });
        self.count += 1;
        Ok(())
    }

    /// None of nothing.
    fn mean(self) -> Result<Option<Tensor>, TorchError> {
        let count = self.count as f64;
        Ok(self.sum.map(|sum| if count > 1.0 { sum.f_divide_scalar(count) } else { Ok(sum) }).transpose()?)
    }
}

/// The memory that tiles may take on a device: convolutions on a GPU count a tensor's numbers in 32 bits.
pub(super) fn memory_of(device: Device, number: usize, allowed: usize) -> usize {
    match device {
        Device::Cpu => allowed,
        Device::Cuda(_) => allowed.min(number << 31),
    }
}

/// Tiles are counted, so that planes are not; the user may stop all the same.
fn statistics_of(tomogram: &dyn VolumeSource<f32>, progress: &dyn Progress) -> Result<Statistics, SegmentError> {
    statistics(tomogram, &|_: u64, _: u64| progress.report(0, 0)).map_err(|error| match error {
        StatisticsError::Cancelled(cancelled) => cancelled.into(),
        other => other.into(),
    })
}

/// Scores (channels, z, y, x) off the device.
fn to_array(scores: &Tensor, channels: usize, size: [usize; 3]) -> Result<Array4<f32>, TorchError> {
    let [z, y, x] = size;
    Array4::from_shape_vec((channels, z, y, x), to_vec(scores)?).map_err(|_| TorchError::misshapen(size))
}

/// Whether all networks have learnt a density.
fn check_density(networks: &[Network]) -> Result<(), SegmentError> {
    let without = networks.iter().zip(1..).find(|(network, _)| !network.description().learnt_density);
    without.map_or(Ok(()), |(network, member)| Err(SegmentError::NoDensity { member, network: network.architecture().to_string() }))
}

fn check_alike(member: usize, network: &Network, first: &Network) -> Result<(), SegmentError> {
    let [found, expected] = [network, first].map(|network| class_list(&network.description().classes));
    if found != expected {
        return Err(SegmentError::Ensemble { member, found: format!("the classes {found}"), expected });
    }
    let (found, expected) = (network.architecture(), first.architecture());
    if found != expected {
        return Err(SegmentError::Ensemble { member, found: found.to_string(), expected: expected.to_string() });
    }
    Ok(())
}
