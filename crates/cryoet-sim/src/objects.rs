//! What lies in a slab beside complexes.

use cryoet_core::Orientation;

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

    /// The class's radius in Angstrom: the mean one; half the mean length of filaments.
    pub(crate) fn radius(&self) -> f64 {
        match self {
            Self::Vesicles(vesicles) => 0.5 * (vesicles.radius[0] + vesicles.radius[1]),
            Self::Gold(gold) => 0.5 * gold.diameter,
            Self::Membranes(membranes) => 0.5 * (membranes.radius[0] + membranes.radius[1]),
            Self::Filaments(filaments) => 0.25 * (filaments.length[0] + filaments.length[1]),
        }
    }

    /// One of them: its orientation, where it has one that can be told, and its voxels.
    pub(crate) fn draw(&self, index: usize, voxel_size: f64, seed: u64) -> (Option<Orientation>, Stamp) {
        let oriented = |(orientation, stamp)| (Some(orientation), stamp);
        match self {
            Self::Vesicles(vesicles) => (None, vesicles.draw(index, voxel_size, seed)),
            Self::Gold(gold) => (None, gold.stamp(voxel_size)),
            Self::Membranes(membranes) => oriented(membranes.draw(index, voxel_size, seed)),
            Self::Filaments(filaments) => oriented(filaments.draw(index, voxel_size, seed)),
        }
    }
}
