use cryoet_core::Region;
use thiserror::Error;

use crate::architecture::{Architecture, Halo};

/// A part of a volume: the voxels it answers for, and the voxels the network must see for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// What the tile answers for; the cores of a plan cover the volume once.
    pub core: Region,
    /// Core and halo, cut at the volume's borders; may reach beyond its end up to the next multiple of the granularity.
    pub input: Region,
}

/// Why a volume cannot be tiled.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TilePlanError {
    /// The volume has no voxel.
    #[error("a volume of shape {shape:?} (z, y, x) has no voxel")]
    Empty {
        /// The shape, z, y, x.
        shape: [usize; 3],
    },
    /// Not even the smallest tile fits into the memory allowed.
    #[error("{memory} bytes are too few for a tile: the smallest needs {least}")]
    Memory {
        /// Bytes allowed.
        memory: usize,
        /// Bytes needed.
        least: usize,
    },
}

/// Tiles whose results together equal the untiled result: they start on multiples of the network's granularity and carry a halo of
/// its whole receptive field, except at the volume's own borders, where the network pads as it would untiled.
///
/// ```
/// use cryoet_net::{Architecture, TilePlan};
/// let plan = TilePlan::new(Architecture::DeepFinder { outputs: 2 }, [100, 512, 512], 2 << 30)?;
/// let covered: usize = plan.tiles().iter().map(|tile| tile.core.voxels()).sum();
/// assert_eq!(covered, 100 * 512 * 512);
/// # Ok::<(), cryoet_net::TilePlanError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TilePlan {
    tiles: Vec<Tile>,
    grid: Grid,
}

/// What decides how much memory a tile takes, and how much it may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct TileMemory {
    /// Bytes of a number that the network computes in.
    pub(super) number: usize,
    /// Low-passes of grey values: those of the networks of an ensemble may differ.
    pub(super) low_passes: usize,
    /// Bytes.
    pub(super) allowed: usize,
}

impl TileMemory {
    /// Bytes at the peak of a tile. For each low-pass the grey values of a tile are there beside those of the next one, which is read meanwhile;
    /// a low-pass copies them once more.
    fn of(&self, architecture: &Architecture, input: usize, fine: usize) -> usize {
        let grey = (2 * self.low_passes + 1) * size_of::<f32>();
        architecture.peak_bytes(input, fine, self.number).saturating_add(input.saturating_mul(grey))
    }
}

/// What the tiles of a plan have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grid {
    granularity: usize,
    halo: Halo,
    shape: [usize; 3],
    part: Region,
}

impl TilePlan {
    /// The plan with the least work whose tiles' activations in f32 fit into `memory` bytes.
    ///
    /// # Errors
    /// An empty volume, or memory for not even the smallest tile.
    pub fn new(architecture: Architecture, shape: [usize; 3], memory: usize) -> Result<Self, TilePlanError> {
        Self::with_halo(architecture, architecture.halo(), shape, memory)
    }

    /// The plan for an average over half turns. A turn swaps the sides of a halo, so that both sides get the larger.
    ///
    /// # Errors
    /// As [`TilePlan::new`].
    ///
    /// ```
    /// use cryoet_net::{Architecture, TilePlan};
    /// let plan = TilePlan::for_turns(Architecture::DeepFinder { outputs: 2 }, [100, 512, 512], 2 << 30)?;
    /// let covered: usize = plan.tiles().iter().map(|tile| tile.core.voxels()).sum();
    /// assert_eq!(covered, 100 * 512 * 512);
    /// # Ok::<(), cryoet_net::TilePlanError>(())
    /// ```
    pub fn for_turns(architecture: Architecture, shape: [usize; 3], memory: usize) -> Result<Self, TilePlanError> {
        Self::with_halo(architecture, architecture.halo().either_way(), shape, memory)
    }

    /// The plan with another halo than the network's own: tiles answer inexactly near their faces where it is less.
    ///
    /// # Errors
    /// As [`TilePlan::new`].
    ///
    /// ```
    /// use cryoet_net::{Architecture, TilePlan};
    /// let network = Architecture::DeepFinder { outputs: 2 };
    /// let plan = |halo| TilePlan::with_halo(network, halo, [200, 512, 512], 2 << 30);
    /// let seen = |plan: TilePlan| plan.tiles().iter().map(|tile| tile.input.voxels()).sum::<usize>();
    /// assert!(seen(plan(network.fast_halo())?) < seen(plan(network.halo())?));
    /// # Ok::<(), cryoet_net::TilePlanError>(())
    /// ```
    pub fn with_halo(architecture: Architecture, halo: Halo, shape: [usize; 3], memory: usize) -> Result<Self, TilePlanError> {
        Self::of_part(
            architecture,
            halo,
            shape,
            Region::whole(shape),
            &TileMemory { number: size_of::<f32>(), low_passes: 1, allowed: memory },
        )
    }

    /// The same for what takes its memory otherwise, with cores that cover a part of the volume alone. The part starts on multiples of the
    /// granularity.
    pub(super) fn of_part(
        architecture: Architecture,
        halo: Halo,
        shape: [usize; 3],
        part: Region,
        memory: &TileMemory,
    ) -> Result<Self, TilePlanError> {
        if part.size.contains(&0) {
            return Err(TilePlanError::Empty { shape: part.size });
        }
        let g = architecture.granularity();
        let splits = |axis: usize| {
            let units = part.size[axis].div_ceil(g);
            (1..=units).map(move |parts| units.div_ceil(parts) * g).fold(Vec::new(), |mut cores: Vec<usize>, core| {
                if cores.last() != Some(&core) {
                    cores.push(core);
                }
                cores
            })
        };
        let grid = Grid { granularity: g, halo, shape, part };
        let axes: [Vec<Vec<(Span, Span)>>; 3] =
            std::array::from_fn(|axis| splits(axis).into_iter().map(|core| grid.spans(axis, core)).collect());
        let axis_lengths = |axis: usize| axes[axis].iter().map(|spans| Lengths::of(&architecture, spans)).collect::<Vec<_>>();
        let [in_z, in_y, in_x] = std::array::from_fn(axis_lengths);
        let mut best: Option<(usize, [usize; 3])> = None;
        let mut least = usize::MAX;
        for (i, z) in in_z.iter().enumerate() {
            for (j, y) in in_y.iter().enumerate() {
                for (k, x) in in_x.iter().enumerate() {
                    let product = |length: fn(&Lengths) -> usize| length(z).saturating_mul(length(y)).saturating_mul(length(x));
                    let bytes = memory.of(&architecture, product(|l| l.longest_input), product(|l| l.longest_fine));
                    least = least.min(bytes);
                    let work = architecture.work(product(|l| l.all_inputs), product(|l| l.all_fine));
                    if bytes <= memory.allowed && best.is_none_or(|(w, _)| work < w) {
                        best = Some((work, [i, j, k]));
                    }
                }
            }
        }
        let Some((_, [i, j, k])) = best else {
            return Err(TilePlanError::Memory { memory: memory.allowed, least });
        };
        let mut tiles = Vec::new();
        for (cz, iz) in &axes[0][i] {
            for (cy, iy) in &axes[1][j] {
                for (cx, ix) in &axes[2][k] {
                    tiles.push(Tile { core: region([cz, cy, cx]), input: region([iz, iy, ix]) });
                }
            }
        }
        Ok(Self { tiles, grid })
    }

    /// The tiles, z slowest.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// A tile's two halves along its longest axis, with full halos of their own: for when memory runs out. None where its core
    /// cannot be halved.
    pub(super) fn halves(&self, tile: &Tile) -> Option<[Tile; 2]> {
        let Grid { granularity, shape, .. } = self.grid;
        let axis = (0..3).max_by_key(|&axis| (tile.core.size[axis], std::cmp::Reverse(axis)))?;
        let (start, length) = (tile.core.start[axis], tile.core.size[axis]);
        if length <= granularity {
            return None;
        }
        let first = length.div_ceil(2 * granularity) * granularity;
        Some([(start, first), (start + first, length - first)].map(|(start, length)| {
            let (mut core, mut input) = (tile.core, tile.input);
            (core.start[axis], core.size[axis]) = (start, length);
            (input.start[axis], input.size[axis]) = self.grid.input(shape[axis], start, start + length);
            Tile { core, input }
        }))
    }
}

/// Start and length along one axis.
type Span = (usize, usize);

impl Grid {
    /// Cores of the given length, a multiple of the granularity, with their inputs along an axis.
    fn spans(&self, axis: usize, core: usize) -> Vec<(Span, Span)> {
        let (length, end) = (self.shape[axis], self.part.end()[axis]);
        let starts = (self.part.start[axis]..end).step_by(core);
        let span = |start: usize| (start, core.min(end - start));
        starts.map(|start| (span(start), self.input(length, start, start + span(start).1))).collect()
    }

    /// What the network must see, along an axis of the given length, to answer for `start..end`.
    fn input(&self, length: usize, start: usize, end: usize) -> Span {
        let round_up = |n: usize| n.div_ceil(self.granularity) * self.granularity;
        let first = start.saturating_sub(self.halo.before);
        (first, (round_up(end) + self.halo.after).min(round_up(length)) - first)
    }
}

/// What the tiles along one axis cost.
struct Lengths {
    longest_input: usize,
    longest_fine: usize,
    all_inputs: usize,
    all_fine: usize,
}

impl Lengths {
    fn of(architecture: &Architecture, spans: &[(Span, Span)]) -> Self {
        let inputs = || spans.iter().map(|(_, input)| input.1);
        let fine = || spans.iter().map(|(core, input)| architecture.fine_length(core.1, input.1));
        Self {
            longest_input: inputs().max().unwrap_or(0),
            longest_fine: fine().max().unwrap_or(0),
            all_inputs: inputs().sum(),
            all_fine: fine().sum(),
        }
    }
}

fn region(spans: [&Span; 3]) -> Region {
    Region::new(spans.map(|span| span.0), spans.map(|span| span.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NETWORK: Architecture = Architecture::DeepFinder { outputs: 4 };

    #[test]
    fn a_volume_that_fits_is_one_tile() {
        let plan = TilePlan::new(NETWORK, [30, 64, 65], 4 << 30).unwrap();
        assert_eq!(plan.tiles().len(), 1);
        assert_eq!(plan.tiles()[0].input, Region::whole([32, 64, 68]));
    }

    #[test]
    fn refuses_the_impossible() {
        assert!(matches!(TilePlan::new(NETWORK, [0, 4, 4], 1 << 30), Err(TilePlanError::Empty { .. })));
        assert!(matches!(TilePlan::new(NETWORK, [400, 400, 400], 1 << 20), Err(TilePlanError::Memory { .. })));
    }

    proptest! {
        /// The network looks 34 voxels towards the end: turned, towards index 0.
        #[test]
        fn turned_tiles_see_as_far_to_both_sides(z in 1usize..300, y in 1usize..300, x in 1usize..300) {
            let plan = TilePlan::for_turns(NETWORK, [z, y, x], 130 << 20).unwrap();
            prop_assert_eq!(plan.tiles().iter().map(|tile| tile.core.voxels()).sum::<usize>(), z * y * x);
            for tile in plan.tiles() {
                for axis in 0..3 {
                    let padded = [z, y, x][axis].div_ceil(4) * 4;
                    prop_assert!(tile.input.start[axis] == 0 || tile.input.start[axis] + 36 <= tile.core.start[axis]);
                    prop_assert!(tile.input.end()[axis] == padded || tile.input.end()[axis] >= tile.core.end()[axis] + 36);
                }
            }
        }

        /// Halving again and again covers the same voxels with the same view, down to a granule.
        #[test]
        fn halves_see_as_far_as_tiles(z in 1usize..80, y in 1usize..80, x in 1usize..80) {
            let plan = TilePlan::new(NETWORK, [z, y, x], 4 << 30).unwrap();
            let mut waiting = plan.tiles().to_vec();
            let mut voxels = 0;
            while let Some(tile) = waiting.pop() {
                for axis in 0..3 {
                    let (core, padded) = (tile.core, [z, y, x][axis].div_ceil(4) * 4);
                    prop_assert_eq!(tile.input.start[axis], core.start[axis].saturating_sub(32));
                    prop_assert_eq!(tile.input.end()[axis], (core.end()[axis].div_ceil(4) * 4 + 36).min(padded));
                }
                match plan.halves(&tile) {
                    Some(halves) => waiting.extend(halves),
                    None => {
                        prop_assert!(tile.core.size.iter().all(|&n| n <= 4));
                        voxels += tile.core.voxels();
                    }
                }
            }
            prop_assert_eq!(voxels, z * y * x);
        }

        #[test]
        fn cores_cover_the_volume_once_with_full_halos(z in 1usize..300, y in 1usize..300, x in 1usize..300) {
            let shape = [z, y, x];
            let plan = TilePlan::new(NETWORK, shape, 130 << 20).unwrap();
            prop_assert_eq!(plan.tiles().iter().map(|tile| tile.core.voxels()).sum::<usize>(), z * y * x);
            for tile in plan.tiles() {
                prop_assert!(tile.core.check_inside(shape).is_ok());
                for (axis, length) in shape.into_iter().enumerate() {
                    let padded = length.div_ceil(4) * 4;
                    prop_assert_eq!(tile.input.start[axis] % 4, 0);
                    prop_assert_eq!(tile.input.size[axis] % 4, 0);
                    prop_assert!(tile.input.start[axis] == 0 || tile.input.start[axis] + 32 <= tile.core.start[axis]);
                    prop_assert!(tile.input.end()[axis] == padded || tile.input.end()[axis] >= tile.core.end()[axis] + 36);
                }
            }
        }
    }
}
