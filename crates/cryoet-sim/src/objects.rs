//! What lies in a slab beside complexes.

use cryoet_core::Orientation;
use rand_chacha::ChaCha8Rng;

use crate::random::orientation;
use crate::{FilamentParams, GoldParams, MembraneParams, SimulationParams, Stamp, VesicleParams};

/// One kind of object, which is one class.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Objects {
    Vesicles(VesicleParams),
    Gold(GoldParams),
    Membranes(MembraneParams),
    Filaments(FilamentParams),
}

impl Objects {
    /// The kinds that parameters ask for, in the order of their classes, which follow those of the complexes.
    pub(crate) fn of(params: &SimulationParams) -> Vec<Self> {
        let kinds = [
            params.vesicles.map(Self::Vesicles),
            params.gold.map(Self::Gold),
            params.membranes.map(Self::Membranes),
            params.filaments.map(Self::Filaments),
        ];
        kinds.into_iter().flatten().collect()
    }

    /// The name of the class.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Vesicles(_) => "vesicle",
            Self::Gold(_) => "fiducial",
            Self::Membranes(_) => "membrane",
            Self::Filaments(_) => "filament",
        }
    }

    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::Vesicles(vesicles) => vesicles.count,
            Self::Gold(gold) => gold.count,
            Self::Membranes(membranes) => membranes.count,
            Self::Filaments(filaments) => filaments.count,
        }
    }

    /// The class's radius in Angstrom: the mean one of vesicles and membranes, gold's, half the mean length of filaments.
    pub(crate) fn radius(&self) -> f64 {
        match self {
            Self::Vesicles(vesicles) => 0.5 * (vesicles.radius[0] + vesicles.radius[1]),
            Self::Gold(gold) => 0.5 * gold.diameter,
            Self::Membranes(membranes) => 0.5 * (membranes.radius[0] + membranes.radius[1]),
            Self::Filaments(filaments) => 0.25 * (filaments.length[0] + filaments.length[1]),
        }
    }

    /// One of them: its orientation, where it has one that can be told, and its voxels.
    pub(crate) fn draw(&self, index: usize, params: &SimulationParams, seed: u64) -> (Option<Orientation>, Stamp) {
        let (voxel_size, slab) = (params.voxel_size, params.shape);
        let oriented = |(orientation, stamp)| (Some(orientation), stamp);
        match self {
            Self::Vesicles(vesicles) => (None, vesicles.draw(index, voxel_size, seed)),
            Self::Gold(gold) => (None, gold.stamp(voxel_size)),
            Self::Membranes(membranes) => oriented(membranes.draw(index, voxel_size, slab, seed)),
            Self::Filaments(filaments) => oriented(filaments.draw(index, voxel_size, slab, seed)),
        }
    }
}

/// Turns that are tried before a stamp is taken as too large for a slab.
const TURNS: usize = 200;

/// A turn, drawn anew until the turned stamp fits a slab; the last one where none does.
pub(crate) fn turned_to_fit(rng: &mut ChaCha8Rng, slab: [usize; 3], stamp: impl Fn(&Orientation) -> Stamp) -> (Orientation, Stamp) {
    let fits =
        |stamp: &Stamp| stamp.bounds().is_some_and(|(low, high)| (0..3).all(|axis| ((high[axis] - low[axis]) as usize) < slab[axis]));
    let mut draw = || {
        let turned = orientation(rng);
        (turned, stamp(&turned))
    };
    let mut drawn = draw();
    for _ in 1..TURNS {
        if fits(&drawn.1) {
            break;
        }
        drawn = draw();
    }
    drawn
}
