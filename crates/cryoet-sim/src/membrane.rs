use cryoet_core::Orientation;
use rand::RngExt;

use crate::Stamp;
use crate::bilayer::bilayer_stamp;
use crate::objects::turned_to_fit;
use crate::random::{Purpose, stream};

/// Flat membranes: round patches of a lipid bilayer, turned at random; in a slab too thin for some turns, among those that fit. Unturned, a
/// patch is normal to z.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct MembraneParams {
    /// How many.
    pub count: u32,
    /// The least and the largest radius of a patch in Angstrom.
    pub radius: [f64; 2],
    /// The bilayer's thickness in Angstrom.
    pub thickness: f64,
}

/// None of 200 to 400 Angstrom, 45 Angstrom thick as the vesicles.
impl Default for MembraneParams {
    fn default() -> Self {
        Self { count: 0, radius: [200.0, 400.0], thickness: 45.0 }
    }
}

impl MembraneParams {
    pub(crate) fn is_valid(&self) -> bool {
        let [least, largest] = self.radius;
        (10.0..=1e4).contains(&self.thickness) && (self.thickness..=1e5).contains(&least) && (least..=1e5).contains(&largest)
    }

    /// The furthest that a patch reaches from its middle, in Angstrom.
    pub(crate) fn reach(&self) -> f64 {
        self.radius[1] + self.thickness
    }

    /// One patch that fits a slab, drawn from a stream of its own.
    pub(crate) fn draw(&self, index: usize, voxel_size: f64, slab: [usize; 3], seed: u64) -> (Orientation, Stamp) {
        let mut rng = stream(seed, Purpose::Membranes, index);
        let [least, largest] = self.radius;
        let radius = least + (largest - least) * rng.random::<f64>();
        turned_to_fit(&mut rng, slab, |turned| patch(radius, self.thickness, turned, voxel_size))
    }
}

/// A bilayer about a disc, round at its rim.
fn patch(radius: f64, thickness: f64, orientation: &Orientation, voxel_size: f64) -> Stamp {
    let disc = |[z, y, x]: [f64; 3]| z.hypot((y.hypot(x) - radius).max(0.0));
    bilayer_stamp(radius + thickness, thickness, orientation, voxel_size, disc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use std::f64::consts::PI;

    /// A patch holds the volume of its disc and of the half ring around it, with the mean potential of lipid.
    #[test]
    fn a_patch_has_the_potential_of_lipid() {
        let (radius, thickness) = (300.0, 45.0);
        let half_disc = PI * thickness * thickness / 8.0;
        // Pappus: the half disc's centroid lies 4 (t / 2) / 3 pi beyond the radius.
        let volume = PI * radius * radius * thickness + half_disc * 2.0 * PI * (radius + 2.0 * thickness / (3.0 * PI));
        for turned in [Orientation::identity(), Orientation::from_zxz(20.0, 50.0, -70.0).unwrap()] {
            let stamp = patch(radius, thickness, &turned, 5.0);
            assert_relative_eq!(stamp.occupied() as f64 * 125.0, volume, max_relative = 0.03);
            let total: f64 = stamp.voxels().iter().map(|v| f64::from(v.contrast)).sum::<f64>() * 125.0;
            assert_relative_eq!(total / volume, 6.0 - 4.53, max_relative = 0.05);
            // Occupied voxels lie in the turned plane.
            let normal = turned.rotate_zyx([1.0, 0.0, 0.0]);
            for voxel in stamp.voxels().iter().filter(|voxel| voxel.occupied) {
                let off: f64 = normal.iter().zip(voxel.offset).map(|(n, o)| n * f64::from(o) * 5.0).sum();
                assert!(off.abs() <= 0.5 * thickness + 1e-6);
            }
        }
    }

    #[test]
    fn each_patch_is_its_own_draw() {
        let params = MembraneParams { count: 2, ..MembraneParams::default() };
        let draw = |index| params.draw(index, 20.0, [64; 3], 1);
        assert!(draw(0) == draw(0) && draw(0) != draw(1));
        // In a thin slab they lie flat.
        for index in 0..20 {
            let (low, high) = params.draw(index, 20.0, [16, 64, 64], 1).1.bounds().unwrap();
            assert!(high[0] - low[0] < 16);
        }
        assert!(!MembraneParams { radius: [20.0, 200.0], ..params }.is_valid());
    }
}
