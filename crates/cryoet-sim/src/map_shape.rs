//! Complexes given as density maps.

use std::sync::Arc;

use cryoet_core::ndarray::{Array3, ArrayView3};
use cryoet_core::{Orientation, box_centre};

use crate::Stamp;

/// The share of the largest value below which a map is taken as empty, unless its volume reaches farther down.
const FLOOR: f32 = 0.02;
/// The most samples along each side of a voxel.
const MOST_SAMPLES: usize = 8;

/// A map of potential over ice, in volt, and the level at which its surface lies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapShape {
    values: Arc<Array3<f32>>,
    voxel_size: f64,
    level: f32,
    reach: f64,
}

impl MapShape {
    /// A map whose surface encloses a volume (cubic Angstrom); none where the map is not finite or holds less than that.
    pub(crate) fn new(map: ArrayView3<'_, f32>, voxel_size: f64, volume: f64) -> Option<Self> {
        let peak = map.iter().try_fold(0.0_f32, |peak, &v| v.is_finite().then_some(peak.max(v)))?;
        let mut sorted: Vec<f32> = map.iter().copied().filter(|&v| v > 0.0).collect();
        let wanted = (volume / voxel_size.powi(3)).round();
        if !(wanted >= 1.0 && wanted <= sorted.len() as f64) {
            return None;
        }
        sorted.sort_by(|a, b| b.total_cmp(a));
        let level = sorted[wanted as usize - 1];
        // A map of soft edges may need more than what lies above the floor for its volume.
        let floor = level.min(FLOOR * peak);
        let values = map.mapv(|v| if v >= floor { v } else { 0.0 });
        let centre = <[usize; 3]>::from(map.dim()).map(|n| box_centre(n) as f64);
        let distance =
            |(z, y, x): (usize, usize, usize)| [z, y, x].iter().zip(centre).map(|(&i, c)| (i as f64 - c).powi(2)).sum::<f64>().sqrt();
        let furthest = values.indexed_iter().filter(|(_, v)| **v > 0.0).map(|(at, _)| distance(at)).fold(0.0, f64::max);
        Some(Self { values: Arc::new(values), voxel_size, level, reach: (furthest + 1.0) * voxel_size })
    }

    /// The same map with all values multiplied.
    pub(crate) fn scaled(self, factor: f32) -> Self {
        Self { values: Arc::new(self.values.mapv(|v| v * factor)), level: self.level * factor, ..self }
    }

    /// The values' sum times the voxel's volume, in V cubic Angstrom.
    pub(crate) fn integral(&self) -> f64 {
        self.values.iter().map(|&v| f64::from(v)).sum::<f64>() * self.voxel_size.powi(3)
    }

    /// The centre of mass, z, y, x in the map's voxels.
    pub(crate) fn centre_of_mass(&self) -> [f64; 3] {
        let mut sums = [0.0; 4];
        for ((z, y, x), &v) in self.values.indexed_iter().filter(|(_, v)| **v != 0.0) {
            let v = f64::from(v);
            [z as f64, y as f64, x as f64, 1.0].iter().zip(&mut sums).for_each(|(i, sum)| *sum += v * i);
        }
        [sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3]]
    }

    pub(crate) fn reach(&self) -> f64 {
        self.reach
    }

    pub(crate) fn voxel_size(&self) -> f64 {
        self.voxel_size
    }

    pub(crate) fn values(&self) -> ArrayView3<'_, f32> {
        self.values.view()
    }

    /// The map turned about its voxel `floor(N / 2)`, on voxels of another size: each is the mean of samples as dense as the map's
    /// own voxels, interpolated linearly. Occupied is what lies inside the surface at the voxel's centre.
    pub(crate) fn stamp(&self, orientation: &Orientation, voxel_size: f64) -> Stamp {
        let ratio = voxel_size / self.voxel_size;
        let samples = (ratio.round() as usize).clamp(1, MOST_SAMPLES);
        let half = (self.reach / voxel_size).ceil() as i32;
        let limit = (self.reach / voxel_size + 1.0).powi(2);
        let back = orientation.inverse().matrix();
        let [cz, cy, cx] = <[usize; 3]>::from(self.values.dim()).map(|n| box_centre(n) as f64);
        let within: Vec<f64> = (0..samples).map(|i| (i as f64 + 0.5) / samples as f64 - 0.5).collect();
        let at = |voxel: [f64; 3]| {
            let v = voxel.map(|i| i * ratio);
            let turned = |row: [f64; 3]| row[0] * v[0] + row[1] * v[1] + row[2] * v[2];
            self.sample([turned(back[2]) + cz, turned(back[1]) + cy, turned(back[0]) + cx])
        };
        let mut stamp = Stamp::empty();
        for z in -half..=half {
            for y in -half..=half {
                for x in -half..=half {
                    if f64::from(z * z + y * y + x * x) > limit {
                        continue;
                    }
                    let mut sum = 0.0;
                    for dz in &within {
                        for dy in &within {
                            for dx in &within {
                                sum += at([f64::from(x) + dx, f64::from(y) + dy, f64::from(z) + dz]);
                            }
                        }
                    }
                    let value = sum / (samples * samples * samples) as f32;
                    let occupied = value > 0.0 && at([f64::from(x), f64::from(y), f64::from(z)]) >= self.level;
                    stamp.push([z, y, x], f64::from(value), occupied);
                }
            }
        }
        stamp
    }

    /// The value between voxels; nothing lies beyond the box.
    fn sample(&self, at: [f64; 3]) -> f32 {
        let low = at.map(f64::floor);
        let share: [f32; 3] = std::array::from_fn(|axis| (at[axis] - low[axis]) as f32);
        let index = low.map(|v| v as i64);
        let (nz, ny, nx) = self.values.dim();
        let size = [nz as i64, ny as i64, nx as i64];
        if (0..3).any(|axis| index[axis] < -1 || index[axis] >= size[axis]) {
            return 0.0;
        }
        let mut sum = 0.0;
        for corner in 0..8_usize {
            let bits = [corner >> 2 & 1, corner >> 1 & 1, corner & 1];
            let weight: f32 = (0..3).map(|axis| if bits[axis] == 1 { share[axis] } else { 1.0 - share[axis] }).product();
            let at = std::array::from_fn::<_, 3, _>(|axis| index[axis] + bits[axis] as i64);
            if (0..3).all(|axis| (0..size[axis]).contains(&at[axis])) {
                sum += weight * self.values[at.map(|i| i as usize)];
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// A Gaussian keeps its sum and its centre however it is turned, at its own and at twice its voxel size.
    #[test]
    fn turning_keeps_mass_and_centre() {
        let map = Array3::from_shape_fn((40, 40, 40), |(z, y, x)| {
            let (z, y, x) = (z as f64 - 23.0, y as f64 - 19.0, x as f64 - 16.0);
            (-(z * z + y * y + x * x) / 18.0).exp() as f32
        });
        let shape = MapShape::new(map.view(), 5.0, 30_000.0).unwrap();
        for orientation in [Orientation::identity(), Orientation::from_zxz(31.0, -77.0, 50.0).unwrap()] {
            for voxel_size in [5.0, 10.0] {
                let stamp = shape.stamp(&orientation, voxel_size);
                let volume = voxel_size.powi(3);
                let sum: f64 = stamp.voxels().iter().map(|v| f64::from(v.contrast)).sum();
                assert_relative_eq!(sum * volume, shape.integral(), max_relative = 0.01);
                let expected = orientation.rotate_zyx([3.0, -1.0, -4.0]);
                for axis in 0..3 {
                    let moment: f64 = stamp.voxels().iter().map(|v| f64::from(v.contrast) * f64::from(v.offset[axis])).sum();
                    assert_relative_eq!(moment / sum * voxel_size / 5.0, expected[axis], epsilon = 0.1);
                }
            }
        }
    }

    /// A Gaussian's volume above 2 % of its peak is 4/3 pi (2 sigma^2 ln 50)^(3/2), 2,000 voxels here.
    #[test]
    fn soft_maps_reach_as_far_down_as_their_volume_needs() {
        let map = Array3::from_shape_fn((40, 40, 40), |(z, y, x)| {
            let (z, y, x) = (z as f64 - 20.31, y as f64 - 19.57, x as f64 - 20.13);
            (-(z * z + y * y + x * x) / 18.0).exp() as f32
        });
        let shape = MapShape::new(map.view(), 5.0, 3_000.0 * 125.0).unwrap();
        let occupied = shape.stamp(&Orientation::identity(), 5.0).occupied();
        assert!(occupied.abs_diff(3_000) < 30, "{occupied}");
        assert!(MapShape::new(map.view(), 5.0, 70_000.0 * 125.0).is_none());
    }

    /// The surface encloses its volume however the map is turned, at its own and at twice its voxel size: 2 % for a volume of hundreds of
    /// voxels, to which those at the surface are a few dozen.
    #[test]
    fn turning_keeps_the_volume() {
        let map = Array3::from_shape_fn((64, 64, 64), |(z, y, x)| {
            let (z, y, x) = (z as f64 - 33.3, y as f64 - 31.4, x as f64 - 30.8);
            (-(z * z / 1.4 + y * y + x * x * 1.3) / 60.0).exp() as f32
        });
        let volume = 600_000.0;
        let shape = MapShape::new(map.view(), 5.0, volume).unwrap();
        for orientation in [Orientation::identity(), Orientation::from_zxz(31.0, -77.0, 50.0).unwrap()] {
            for voxel_size in [5.0, 10.0] {
                let occupied = shape.stamp(&orientation, voxel_size).occupied() as f64;
                assert_relative_eq!(occupied * voxel_size.powi(3), volume, max_relative = 0.02);
            }
        }
    }
}
