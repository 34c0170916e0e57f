use cryoet_core::ndarray::{Array3, Array4, s};
use cryoet_core::{ClassLabel, Region, Statistics, VolumeSource, VoxelSize};
use tch::Tensor;

use super::params::{SegmentParams, TileHalo};
use super::segment::{SegmentError, SegmentedBlock};
use super::tiles::{Tile, TilePlan};
use super::untiled::{probabilities, winners};
use crate::network::{Network, to_vec};
use crate::normalisation::ZScore;
use crate::smoothing::Smoothing;
use crate::torch_error::TorchError;
use crate::turn::Turn;
use crate::weights::channel_labels;

/// Networks of the same classes, and what each does to a tomogram's grey values.
pub(super) struct Ensemble<'a> {
    members: Vec<Member<'a>>,
    z_score: ZScore,
    labels: Vec<ClassLabel>,
}

struct Member<'a> {
    network: &'a Network,
    smoothing: Smoothing,
}

impl<'a> Ensemble<'a> {
    /// Checks that the networks fit each other and the tomogram, plans the tiles and reads the tomogram's statistics.
    pub(super) fn prepare(
        networks: &'a [Network],
        tomogram: &dyn VolumeSource<f32>,
        params: &SegmentParams,
    ) -> Result<(Self, TilePlan), SegmentError> {
        let first = networks.first().ok_or(SegmentError::NoNetwork)?;
        for (index, network) in networks.iter().enumerate() {
            check_alike(index + 1, network, first)?;
            if let (Some(found), Some(expected)) = (tomogram.voxel_size(), network.description().voxel_size) {
                check_voxel_size(found, expected, params.voxel_size_tolerance)?;
            }
        }
        let member = |network: &'a Network| Member { network, smoothing: Smoothing::new(network.description().smoothing) };
        let halo = match params.halo {
            TileHalo::Exact => first.architecture().halo(),
            TileHalo::Fast => first.architecture().fast_halo(),
        };
        let halo = if params.turns { halo.either_way() } else { halo };
        let number = networks.iter().map(|network| network.precision().bytes()).max().unwrap_or(size_of::<f32>());
        let plan = TilePlan::in_numbers_of(number, first.architecture(), halo, tomogram.shape(), params.memory)?;
        let ensemble = Self {
            members: networks.iter().map(member).collect(),
            z_score: ZScore::new(&Statistics::of(tomogram)?),
            labels: channel_labels(&first.description().classes),
        };
        Ok((ensemble, plan))
    }

    pub(super) fn segment_tile(
        &self,
        tomogram: &dyn VolumeSource<f32>,
        tile: &Tile,
        params: &SegmentParams,
    ) -> Result<SegmentedBlock, SegmentError> {
        let core = Region::new(std::array::from_fn(|axis| tile.core.start[axis] - tile.input.start[axis]), tile.core.size);
        let turns = if params.turns { &Turn::ALL[..] } else { &Turn::ALL[..1] };
        let mut sum: Option<Tensor> = None;
        for member in &self.members {
            let input = self.read_scaled(tomogram, tile.input, &member.smoothing)?;
            for &turn in turns {
                let scores = probabilities(member.network, input.view(), core, turn)?;
                sum = Some(match sum {
                    Some(sum) => sum.f_add(&scores).map_err(TorchError::from)?,
                    None => scores,
                });
            }
        }
        let count = (self.members.len() * turns.len()) as f64;
        let scores = match sum {
            Some(sum) if count > 1.0 => sum.f_divide_scalar(count).map_err(TorchError::from)?,
            Some(sum) => sum,
            None => return Err(SegmentError::NoNetwork),
        };
        let score_maps = if params.score_maps { Some(to_array(&scores, self.labels.len(), tile.core.size)?) } else { None };
        let (mut channels, scores) = winners(&scores)?;
        channels.mapv_inplace(|channel| self.labels[usize::from(channel)].get());
        Ok(SegmentedBlock { start: tile.core.start, labels: channels, scores, score_maps, memory_ran_out: false })
    }

    /// The tile's voxels as a network sees them, zero where the tile reaches beyond the volume's end.
    ///
    /// As much around the tile is read as the low-pass looks at, so that it answers as it would for the whole volume.
    fn read_scaled(&self, tomogram: &dyn VolumeSource<f32>, region: Region, smoothing: &Smoothing) -> Result<Array3<f32>, SegmentError> {
        let (shape, end, reach) = (tomogram.shape(), region.end(), smoothing.reach());
        let start = region.start.map(|i| i.saturating_sub(reach));
        let read = Region::new(start, std::array::from_fn(|axis| (end[axis] + reach).min(shape[axis]) - start[axis]));
        let mut values = tomogram.read_region(read)?;
        values.mapv_inplace(|value| self.z_score.apply(value));
        smoothing.apply(&mut values);
        if read == region {
            return Ok(values);
        }
        let mut padded = Array3::zeros(region.size);
        let [z, y, x]: [usize; 3] = std::array::from_fn(|axis| end[axis].min(shape[axis]) - region.start[axis]);
        let [oz, oy, ox]: [usize; 3] = std::array::from_fn(|axis| region.start[axis] - start[axis]);
        padded.slice_mut(s![..z, ..y, ..x]).assign(&values.slice(s![oz..oz + z, oy..oy + y, ox..ox + x]));
        Ok(padded)
    }
}

/// Scores (channels, z, y, x) off the device.
fn to_array(scores: &Tensor, channels: usize, size: [usize; 3]) -> Result<Array4<f32>, TorchError> {
    let [z, y, x] = size;
    Array4::from_shape_vec((channels, z, y, x), to_vec(scores)?).map_err(|_| TorchError::misshapen(size))
}

fn check_alike(member: usize, network: &Network, first: &Network) -> Result<(), SegmentError> {
    let names = |network: &Network| {
        let classes = network.description().classes.iter().map(|class| format!("{} {}", class.label, class.name));
        classes.collect::<Vec<_>>().join(", ")
    };
    let (found, expected) = (names(network), names(first));
    if found != expected {
        return Err(SegmentError::Ensemble { member, found: format!("the classes {found}"), expected });
    }
    let (found, expected) = (network.architecture(), first.architecture());
    if found != expected {
        return Err(SegmentError::Ensemble { member, found: format!("{found:?}"), expected: format!("{expected:?}") });
    }
    Ok(())
}

fn check_voxel_size(found: VoxelSize, expected: VoxelSize, tolerance: f64) -> Result<(), SegmentError> {
    let difference = found.relative_difference(&expected);
    // A tolerance that is no number allows nothing.
    if difference <= tolerance {
        return Ok(());
    }
    Err(SegmentError::VoxelSize { found: found.zyx(), expected: expected.zyx(), difference, tolerance })
}
