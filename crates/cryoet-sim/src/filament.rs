use cryoet_core::Orientation;
use rand::RngExt;

use crate::objects::turned_to_fit;
use crate::random::{Purpose, stream};
use crate::{Rod, Stamp};

/// Straight filaments with round ends, turned at random; in a slab too thin for some turns, among those that fit. Unturned,
/// a filament lies along z.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct FilamentParams {
    /// How many.
    pub count: u32,
    /// The least and the largest length in Angstrom, ends included.
    pub length: [f64; 2],
    /// The diameter in Angstrom.
    pub diameter: f64,
    /// The mean potential inside over that of ice, in volt.
    pub contrast: f64,
}

/// None of 300 to 600 Angstrom, like actin: 70 Angstrom across, 42 kDa every 27.5 Angstrom, which is half as dense as protein and so has half
/// its 3.3 V.
impl Default for FilamentParams {
    fn default() -> Self {
        Self { count: 0, length: [300.0, 600.0], diameter: 70.0, contrast: 1.6 }
    }
}

impl FilamentParams {
    pub(crate) fn is_valid(&self) -> bool {
        let [least, largest] = self.length;
        (1.0..=1e4).contains(&self.diameter)
            && (self.diameter..=1e5).contains(&least)
            && (least..=1e5).contains(&largest)
            && (1e-3..=100.0).contains(&self.contrast)
    }

    /// The furthest that a filament reaches from its middle, in Angstrom.
    pub(crate) fn reach(&self) -> f64 {
        0.5 * self.length[1]
    }

    /// One filament that fits a slab, drawn from a stream of its own.
    pub(crate) fn draw(&self, index: usize, voxel_size: f64, slab: [usize; 3], seed: u64) -> (Orientation, Stamp) {
        let mut rng = stream(seed, Purpose::Filaments, index);
        let [least, largest] = self.length;
        let length = least + (largest - least) * rng.random::<f64>();
        let (radius, end) = (0.5 * self.diameter, 0.5 * (length - self.diameter));
        let rod = Rod { from: [-end, 0.0, 0.0], to: [end, 0.0, 0.0], radius };
        turned_to_fit(&mut rng, slab, |turned| Stamp::of_rods(&[rod], self.contrast, turned, voxel_size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use std::f64::consts::PI;

    #[test]
    fn a_filament_has_its_length_volume_and_direction() {
        let params = FilamentParams { count: 3, length: [400.0, 400.0], ..FilamentParams::default() };
        for index in 0..3 {
            let (turned, stamp) = params.draw(index, 5.0, [100; 3], 1);
            let volume = PI * 35.0 * 35.0 * 330.0 + 4.0 / 3.0 * PI * 35.0_f64.powi(3);
            assert_relative_eq!(stamp.occupied() as f64 * 125.0, volume, max_relative = 0.02);
            let axis = turned.rotate_zyx([1.0, 0.0, 0.0]);
            let along = |offset: [i32; 3]| axis.iter().zip(offset).map(|(a, o)| a * f64::from(o) * 5.0).sum::<f64>().abs();
            let furthest = stamp.voxels().iter().filter(|v| v.occupied).map(|v| along(v.offset)).fold(0.0, f64::max);
            assert_relative_eq!(furthest, 200.0, epsilon = 5.0);
        }
        assert!(params.draw(0, 5.0, [100; 3], 1) != params.draw(1, 5.0, [100; 3], 1));
        let (low, high) = params.draw(0, 5.0, [30, 100, 100], 1).1.bounds().unwrap();
        assert!(high[0] - low[0] < 30);
        assert!(!FilamentParams { length: [50.0, 400.0], ..params }.is_valid());
    }
}
