use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Progress, Region, SourceError};

use super::ensemble::memory_of;
use super::params::SegmentParams;
use super::segment::{SegmentError, SegmentedBlock, by_tiles};
use super::tiles::{Tile, TilePlan};
use super::untiled::{probabilities, winners};
use crate::network::Network;
use crate::turn::Turn;

/// The most probable channel of each voxel of a part of a volume, from exact tiles: what the whole volume's segmentation has there.
///
/// The part starts on multiples of the network's granularity. `read` gives the grey values of a region inside the volume as the network sees them;
/// each answer is handed on with its first voxel.
pub(crate) fn channels_of_part(
    network: &Network,
    shape: [usize; 3],
    part: Region,
    read: impl Fn(Region) -> Result<Array3<f32>, SourceError>,
    progress: &dyn Progress,
    mut receive: impl FnMut([usize; 3], ArrayView3<'_, u8>),
) -> Result<(), SegmentError> {
    let (architecture, number) = (network.architecture(), network.precision().bytes());
    let memory = memory_of(network.device(), number, SegmentParams::default().memory);
    let plan = TilePlan::of_part(number, architecture, architecture.halo(), shape, part, memory)?;
    let answer = |tile: &Tile| {
        let core = Region::new(std::array::from_fn(|axis| tile.core.start[axis] - tile.input.start[axis]), tile.core.size);
        let inside = std::array::from_fn(|axis| tile.input.end()[axis].min(shape[axis]) - tile.input.start[axis]);
        let input = read(Region::new(tile.input.start, inside))?;
        let (labels, scores) = winners(&probabilities(network, input.view(), core, Turn::Identity)?)?;
        Ok(SegmentedBlock { start: tile.core.start, labels, scores, score_maps: None, memory_ran_out: false })
    };
    by_tiles(&plan, progress, answer, |block| {
        receive(block.start, block.labels.view());
        Ok(())
    })
}
