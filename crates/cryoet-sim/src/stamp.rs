use cryoet_core::Orientation;

use crate::Rod;
use crate::rod::distance_to_union;

/// One voxel of a stamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StampVoxel {
    /// Where it lies from the reference point, z, y, x in voxels.
    pub offset: [i32; 3],
    /// The potential over that of ice, in volt; fades over one voxel at the surface.
    pub contrast: f32,
    /// Whether the voxel's centre lies inside the shape: what truth volumes hold.
    pub occupied: bool,
}

/// The voxels of a complex in one orientation.
///
/// ```
/// use cryoet_core::Orientation;
/// use cryoet_sim::Complex;
/// let stamp = Complex::builtin("1bxn")?.stamp(&Orientation::from_zxz(10.0, 20.0, 30.0)?, 10.0);
/// assert_eq!(stamp.voxels().iter().filter(|v| v.occupied).count(), stamp.occupied());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    voxels: Vec<StampVoxel>,
    occupied: usize,
    low: [i32; 3],
    high: [i32; 3],
}

impl Stamp {
    /// The voxels of a union of rods turned about the reference point.
    pub(crate) fn of_rods(rods: &[Rod], contrast: f64, orientation: &Orientation, voxel_size: f64) -> Self {
        let reach = rods.iter().map(Rod::reach).fold(0.0, f64::max) + voxel_size;
        let half = (reach / voxel_size).ceil() as i32;
        let back = orientation.inverse().matrix();
        let mut stamp = Self::empty();
        let along = [back[2][0], back[1][0], back[0][0]];
        let mut near = Vec::with_capacity(rods.len());
        for z in -half..=half {
            for y in -half..=half {
                let [vy, vz] = [y, z].map(|i| f64::from(i) * voxel_size);
                let start = [back[2], back[1], back[0]].map(|row| row[1] * vy + row[2] * vz);
                // Others are further than half a voxel from all of this row, where nothing shows.
                near.clear();
                near.extend(rods.iter().copied().filter(|rod| rod.distance_bound(start, along) <= 0.51 * voxel_size));
                if near.is_empty() {
                    continue;
                }
                for x in -half..=half {
                    let vx = f64::from(x) * voxel_size;
                    if vx * vx + vy * vy + vz * vz > reach * reach {
                        continue;
                    }
                    let turned = |row: [f64; 3]| row[0] * vx + row[1] * vy + row[2] * vz;
                    let distance = distance_to_union(&near, [turned(back[2]), turned(back[1]), turned(back[0])]);
                    stamp.push([z, y, x], contrast * (0.5 - distance / voxel_size).clamp(0.0, 1.0), distance <= 0.0);
                }
            }
        }
        stamp
    }

    /// A stamp without voxels.
    pub(crate) fn empty() -> Self {
        Self { voxels: Vec::new(), occupied: 0, low: [i32::MAX; 3], high: [i32::MIN; 3] }
    }

    pub(crate) fn push(&mut self, offset: [i32; 3], contrast: f64, occupied: bool) {
        if contrast <= 0.0 {
            return;
        }
        self.voxels.push(StampVoxel { offset, contrast: contrast as f32, occupied });
        if occupied {
            self.occupied += 1;
            self.low = std::array::from_fn(|axis| self.low[axis].min(offset[axis]));
            self.high = std::array::from_fn(|axis| self.high[axis].max(offset[axis]));
        }
    }

    /// The voxels that the complex touches, those at the surface included.
    pub fn voxels(&self) -> &[StampVoxel] {
        &self.voxels
    }

    /// How many voxels are occupied.
    pub fn occupied(&self) -> usize {
        self.occupied
    }

    /// The least and the largest offset of occupied voxels, z, y, x; none where the complex falls between all voxels.
    pub fn bounds(&self) -> Option<([i32; 3], [i32; 3])> {
        (self.occupied > 0).then_some((self.low, self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Complex;

    /// A quarter turn about z maps voxels to voxels: y' = x, x' = -y.
    #[test]
    fn turns_as_the_orientation_says() {
        let complex = Complex::builtin("1u6g").unwrap();
        let still = complex.stamp(&Orientation::identity(), 10.0);
        let turned = complex.stamp(&Orientation::from_zxz(90.0, 0.0, 0.0).unwrap(), 10.0);
        let mut expected: Vec<_> = still.voxels().iter().filter(|v| v.occupied).map(|v| [v.offset[0], v.offset[2], -v.offset[1]]).collect();
        let mut found: Vec<_> = turned.voxels().iter().filter(|v| v.occupied).map(|v| v.offset).collect();
        expected.sort_unstable();
        found.sort_unstable();
        // Voxels right at the surface may round either way.
        let common = found.iter().filter(|v| expected.binary_search(v).is_ok()).count();
        assert!(common * 100 >= 98 * expected.len(), "{common} of {}", expected.len());
    }
}
