use cryoet_core::Orientation;

use crate::{Rod, Stamp};

/// Potential of gold over that of ice, in volt: 29.8 - 4.53.
const GOLD_OVER_ICE: f64 = 25.27;

/// Gold beads: fiducial markers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct GoldParams {
    /// How many.
    pub count: u32,
    /// Their diameter in Angstrom.
    pub diameter: f64,
}

/// None of 100 Angstrom, SHREC'21's size.
impl Default for GoldParams {
    fn default() -> Self {
        Self { count: 0, diameter: 100.0 }
    }
}

impl GoldParams {
    pub(crate) fn is_valid(&self) -> bool {
        (1.0..=1e4).contains(&self.diameter)
    }

    /// The voxels of a bead.
    pub(crate) fn stamp(&self, voxel_size: f64) -> Stamp {
        let ball = Rod { from: [0.0; 3], to: [0.0; 3], radius: 0.5 * self.diameter };
        Stamp::of_rods(&[ball], GOLD_OVER_ICE, &Orientation::identity(), voxel_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bead_holds_its_gold() {
        let stamp = GoldParams { count: 1, diameter: 100.0 }.stamp(5.0);
        let total: f64 = stamp.voxels().iter().map(|v| f64::from(v.contrast)).sum::<f64>() * 125.0;
        let ball = std::f64::consts::PI / 6.0 * 1e6 * GOLD_OVER_ICE;
        assert!((total / ball - 1.0).abs() < 0.02, "{total} of {ball}");
    }
}
