use std::sync::Arc;

use crate::average::Map;
use crate::half_ball::cube_index;
use crate::turnable::{Turnable, TurnableFourier};

/// A map under its mask, ready to be turned, and where in Fourier space it is known.
#[derive(Clone)]
pub(crate) struct Reference {
    size: usize,
    spectrum: Arc<Turnable>,
    measured: Vec<bool>,
}

impl Reference {
    /// The map without its mean under the mask, times the mask.
    pub(crate) fn new(map: &Map, mask: &[f64]) -> Self {
        let voxels = masked(&map.voxels, mask);
        let spectrum = Arc::new(TurnableFourier::new(map.size).spectrum(&voxels));
        Self { size: map.size, spectrum, measured: map.measured.clone() }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn spectrum(&self) -> &Turnable {
        &self.spectrum
    }

    /// Whether the map is known at a frequency z, y, x in cycles per box: at the bin nearest to it.
    pub(crate) fn knows(&self, frequency: [f32; 3]) -> bool {
        self.measured.is_empty() || self.measured[cube_index(frequency.map(|f| f.round() as i32), self.size)]
    }
}

/// Voxels less their mean under a mask, times the mask.
pub(crate) fn masked(voxels: &[f64], mask: &[f64]) -> Vec<f32> {
    let total: f64 = mask.iter().sum();
    let mean = voxels.iter().zip(mask).map(|(v, w)| v * w).sum::<f64>() / total;
    voxels.iter().zip(mask).map(|(v, w)| ((v - mean) * w) as f32).collect()
}
