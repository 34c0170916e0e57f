//! Turned copies of a box about its reference point.

use cryoet_core::{Orientation, box_centre};

/// Weights of the six neighbours of a place half way between two voxels: Lagrange's polynomial of degree 5.
const MIDWAY: [f32; 6] = [3.0 / 256.0, -25.0 / 256.0, 150.0 / 256.0, 150.0 / 256.0, -25.0 / 256.0, 3.0 / 256.0];

/// A cube that is turned often: sampled twice as finely, so that a trilinear look-up is near a cubic one at an eighth of its reads.
pub(crate) struct Turnable {
    size: usize,
    /// Voxels per axis of the fine copy: `2 size - 1`; voxel 2 i is voxel i of the cube.
    fine: usize,
    voxels: Vec<f32>,
}

impl Turnable {
    /// A cube of `size`^3 voxels in the order z, y, x. `linear`: midway values are means of two, which keeps weights in \[0, 1\].
    pub(crate) fn new(voxels: &[f32], size: usize, linear: bool) -> Self {
        let fine = 2 * size - 1;
        let mut shape = [size; 3];
        let mut voxels = voxels.to_vec();
        for axis in 0..3 {
            voxels = doubled(&voxels, shape, axis, linear);
            shape[axis] = fine;
        }
        Self { size, fine, voxels }
    }

    /// The cube turned: what lay at v from the reference point lies at R v. Zero where it came from outside.
    pub(crate) fn turned(&self, orientation: &Orientation, target: &mut Vec<f32>) {
        let back = orientation.inverse();
        // Where a step along z, y, x in the turned cube comes from, in fine voxels z, y, x.
        let steps = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|unit| back.rotate_zyx(unit).map(|c| (2.0 * c) as f32));
        let centre = box_centre(self.size) as f32;
        target.clear();
        target.reserve(self.size.pow(3));
        for z in 0..self.size {
            for y in 0..self.size {
                let (dz, dy) = (z as f32 - centre, y as f32 - centre);
                let row: [f32; 3] = std::array::from_fn(|i| 2.0 * centre + dz * steps[0][i] + dy * steps[1][i]);
                for x in 0..self.size {
                    let dx = x as f32 - centre;
                    target.push(self.at(std::array::from_fn(|i| row[i] + dx * steps[2][i])));
                }
            }
        }
    }

    /// The value at a place in fine voxels, trilinear.
    fn at(&self, place: [f32; 3]) -> f32 {
        let last = (self.fine - 1) as f32;
        // Rounding must not lose the faces of a box turned by nothing.
        if !place.iter().all(|&p| (-1e-3..=last + 1e-3).contains(&p)) {
            return 0.0;
        }
        let whole = place.map(|p| (p.max(0.0) as usize).min(self.fine - 2));
        let [fz, fy, fx]: [f32; 3] = std::array::from_fn(|i| (place[i] - whole[i] as f32).clamp(0.0, 1.0));
        let n = self.fine;
        let base = (whole[0] * n + whole[1]) * n + whole[2];
        let line = |at: usize| self.voxels[at] + fx * (self.voxels[at + 1] - self.voxels[at]);
        let plane = |at: usize| {
            let near = line(at);
            near + fy * (line(at + n) - near)
        };
        let near = plane(base);
        near + fz * (plane(base + n * n) - near)
    }
}

/// Values midway between neighbours along an axis put in between.
fn doubled(voxels: &[f32], shape: [usize; 3], axis: usize, linear: bool) -> Vec<f32> {
    let n = shape[axis];
    let inner: usize = shape[axis + 1..].iter().product();
    let outer: usize = shape[..axis].iter().product();
    let mut fine = vec![0.0; outer * (2 * n - 1) * inner];
    for o in 0..outer {
        for i in 0..inner {
            let value = |k: isize| if (0..n as isize).contains(&k) { voxels[(o * n + k as usize) * inner + i] } else { 0.0 };
            for k in 0..2 * n - 1 {
                let left = (k / 2) as isize;
                fine[(o * (2 * n - 1) + k) * inner + i] = if k % 2 == 0 {
                    value(left)
                } else if linear {
                    0.5 * (value(left) + value(left + 1))
                } else {
                    MIDWAY.iter().enumerate().map(|(j, w)| w * value(left + j as isize - 2)).sum()
                };
            }
        }
    }
    fine
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(size: usize, at: [f64; 3]) -> Vec<f32> {
        let c = box_centre(size) as f64;
        let mut voxels = Vec::new();
        for z in 0..size {
            for y in 0..size {
                for x in 0..size {
                    let square: f64 = [z, y, x].iter().zip(at).map(|(&i, a)| (i as f64 - c - a).powi(2)).sum();
                    voxels.push((-square / (2.0 * 1.7 * 1.7)).exp() as f32);
                }
            }
        }
        voxels
    }

    #[test]
    fn a_turned_blob_is_the_blob_at_the_turned_place() {
        for size in [20, 21] {
            let place = [1.5, -3.0, 2.5];
            let turnable = Turnable::new(&blob(size, place), size, false);
            for angles in [(0.0, 0.0, 0.0), (10.0, 20.0, 30.0), (-70.0, 100.0, 140.0), (90.0, 0.0, 0.0), (0.0, 0.0, 180.0)] {
                let orientation = Orientation::from_zxz(angles.0, angles.1, angles.2).unwrap();
                let mut turned = Vec::new();
                turnable.turned(&orientation, &mut turned);
                let expected = blob(size, orientation.rotate_zyx(place));
                let worst = turned.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst < 0.03, "{size} {angles:?}: {worst}");
            }
        }
    }

    #[test]
    fn turned_by_nothing_is_the_same() {
        let voxels = blob(7, [0.3, 1.0, -1.0]);
        let mut turned = Vec::new();
        Turnable::new(&voxels, 7, false).turned(&Orientation::identity(), &mut turned);
        assert_eq!(turned, voxels);
    }
}
