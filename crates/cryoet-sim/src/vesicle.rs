use cryoet_core::Orientation;
use rand::RngExt;

use crate::Stamp;
use crate::bilayer::bilayer_stamp;
use crate::random::{Purpose, orientation, stream};

/// Closed membranes: hollow ellipsoids of a lipid bilayer, which other particles may fill.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct VesicleParams {
    /// How many.
    pub count: u32,
    /// The least and the largest radius in Angstrom, to the middle of the bilayer.
    pub radius: [f64; 2],
    /// The bilayer's thickness in Angstrom.
    pub thickness: f64,
    /// How much the three half-axes of one vesicle differ at most, as a share of its radius.
    pub flattening: f64,
}

/// None of 200 to 400 Angstrom, 45 Angstrom thick, half-axes within 15 %.
impl Default for VesicleParams {
    fn default() -> Self {
        Self { count: 0, radius: [200.0, 400.0], thickness: 45.0, flattening: 0.15 }
    }
}

impl VesicleParams {
    pub(crate) fn is_valid(&self) -> bool {
        let [least, largest] = self.radius;
        (10.0..=1e4).contains(&self.thickness)
            && (self.thickness..=1e5).contains(&least)
            && (least..=1e5).contains(&largest)
            && (0.0..=0.5).contains(&self.flattening)
    }

    /// The furthest that a vesicle reaches from its middle, in Angstrom.
    pub(crate) fn reach(&self) -> f64 {
        self.radius[1] * (1.0 + self.flattening) + self.thickness
    }

    /// One vesicle, drawn from a stream of its own.
    pub(crate) fn draw(&self, index: usize, voxel_size: f64, seed: u64) -> Stamp {
        let mut rng = stream(seed, Purpose::Vesicles, index);
        let [least, largest] = self.radius;
        let radius = least + (largest - least) * rng.random::<f64>();
        let half_axes = std::array::from_fn(|_| radius * (1.0 + self.flattening * (2.0 * rng.random::<f64>() - 1.0)));
        shell(half_axes, self.thickness, &orientation(&mut rng), voxel_size)
    }
}

/// A bilayer about an ellipsoid with half-axes z, y, x in Angstrom.
fn shell(half_axes: [f64; 3], thickness: f64, orientation: &Orientation, voxel_size: f64) -> Stamp {
    let reach = half_axes.iter().copied().fold(0.0, f64::max) + thickness;
    bilayer_stamp(reach, thickness, orientation, voxel_size, |point| distance(half_axes, point))
}

/// The distance from an ellipsoid's surface, negative inside, to the first order.
fn distance(half_axes: [f64; 3], point: [f64; 3]) -> f64 {
    let norm = |power: i32| (0..3).map(|axis| (point[axis] / half_axes[axis].powi(power)).powi(2)).sum::<f64>().sqrt();
    let (first, second) = (norm(1), norm(2));
    if second > 0.0 { first * (first - 1.0) / second } else { -half_axes.iter().copied().fold(f64::INFINITY, f64::min) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use std::f64::consts::PI;

    /// A round vesicle holds its bilayer's surface times thickness, with the mean potential of lipid.
    #[test]
    fn a_shell_has_the_potential_of_lipid() {
        for voxel_size in [5.0, 10.0] {
            let stamp = shell([200.0; 3], 45.0, &Orientation::identity(), voxel_size);
            let volume = 4.0 / 3.0 * PI * (222.5_f64.powi(3) - 177.5_f64.powi(3));
            assert_relative_eq!(stamp.occupied() as f64 * voxel_size.powi(3), volume, max_relative = 0.02);
            let total: f64 = stamp.voxels().iter().map(|v| f64::from(v.contrast)).sum::<f64>() * voxel_size.powi(3);
            assert_relative_eq!(total / volume, 6.0 - 4.53, max_relative = 0.05);
            assert!(stamp.voxels().iter().all(|v| v.offset.iter().map(|o| o * o).sum::<i32>() > 100)); // hollow
        }
    }

    #[test]
    fn each_vesicle_is_its_own_draw() {
        let params = VesicleParams { count: 3, ..VesicleParams::default() };
        let [first, second] = [0, 1].map(|i| params.draw(i, 20.0, 1));
        assert!(first != second && first == params.draw(0, 20.0, 1));
        assert!(!VesicleParams { radius: [300.0, 200.0], ..params }.is_valid());
    }
}
