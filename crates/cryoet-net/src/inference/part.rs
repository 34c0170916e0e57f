use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Progress, Region, SourceError};

use super::ensemble::memory_of;
use super::params::SegmentParams;
use super::segment::{SegmentError, SegmentedBlock, by_tiles};
use super::tiles::{Tile, TileMemory, TilePlan, TilePlanError};
use super::untiled::{answers, probabilities, winners};
use crate::architecture::Halo;
use crate::network::Network;
use crate::turn::Turn;

/// The most probable channel of each voxel of a part of a volume, from exact tiles: what the whole volume's segmentation has there. Networks that look so
/// far that no exact tile fits into memory get tiles that see less.
///
/// The part starts on multiples of the network's granularity. `read` gives the grey values of a region inside the volume as the network sees them;
/// each answer is handed on with its first voxel.
pub(crate) fn channels_of_part(
    network: &Network,
    shape: [usize; 3],
    part: Region,
    read: impl Fn(Region) -> Result<Array3<f32>, SourceError> + Sync,
    progress: &dyn Progress,
    mut receive: impl FnMut([usize; 3], ArrayView3<'_, u8>),
) -> Result<(), SegmentError> {
    let (architecture, number) = (network.architecture(), network.precision().bytes());
    let memory = TileMemory { number, low_passes: 1, allowed: memory_of(network.device(), number, SegmentParams::default().memory) };
    let plan = |halo: Halo| TilePlan::of_part(architecture, halo, shape, part, &memory);
    let plan = match plan(architecture.halo()) {
        Err(TilePlanError::Memory { .. }) => plan(architecture.fast_halo())?,
        planned => planned?,
    };
    let inside =
        |region: Region| Region::new(region.start, std::array::from_fn(|axis| region.end()[axis].min(shape[axis]) - region.start[axis]));
    let answer = |tile: &Tile, grey: &[ArrayView3<'_, f32>]| {
        let core = Region::new(std::array::from_fn(|axis| tile.core.start[axis] - tile.input.start[axis]), tile.core.size);
        let (labels, scores) = winners(&probabilities(architecture, &answers(network, grey[0], core, Turn::Identity)?)?)?;
        Ok(SegmentedBlock { start: tile.core.start, labels, scores, score_maps: None, density: None, memory_ran_out: false })
    };
    by_tiles(
        &plan,
        progress,
        |region| Ok(vec![read(inside(region))?]),
        answer,
        |block| {
            receive(block.start, block.labels.view());
            Ok(())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Device, Precision, Weights};
    use cryoet_core::ClassTable;

    /// Where no exact tile fits into memory: 20 layers dilated by 1 to 20 voxels look 210 to each side.
    #[test]
    fn networks_that_look_too_far_are_validated_all_the_same() {
        let network = Architecture::Msd { outputs: 1, depth: 20, dilations: 20 };
        let (shape, part) = ([600, 700, 700], Region::new([300, 348, 348], [4, 4, 4]));
        let memory = TileMemory { number: 4, low_passes: 1, allowed: SegmentParams::default().memory };
        let exact = TilePlan::of_part(network, network.halo(), shape, part, &memory);
        assert!(matches!(exact, Err(TilePlanError::Memory { .. })));
        let network = Network::new(&Weights::untrained(network, ClassTable::default(), None, 1), Device::Cpu, Precision::F32).unwrap();
        let mut voxels = 0;
        let read = |region: Region| Ok(Array3::zeros(region.size));
        channels_of_part(&network, shape, part, read, &(), |start, found| {
            assert_eq!(start, part.start);
            voxels += found.len();
        })
        .unwrap();
        assert_eq!(voxels, 64);
    }
}
