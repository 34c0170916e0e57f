use cryoet_core::ndarray::{Array3, s};

/// Every voxel whose centre lies within a distance of a set voxel's, in a volume padded on all sides by the distance's whole voxels.
pub(crate) fn grown(mask: &Array3<bool>, distance: f64) -> Array3<bool> {
    let pad = distance as usize;
    let reach = pad as isize;
    let (nz, ny, nx) = mask.dim();
    let mut grown = Array3::from_elem([nz, ny, nx].map(|n| n + 2 * pad), false);
    grown.slice_mut(s![pad..pad + nz, pad..pad + ny, pad..pad + nx]).assign(mask);
    // Rows of the ball about a voxel: their place and half their length.
    let rows: Vec<(isize, isize, usize)> = (-reach..=reach)
        .flat_map(|dz| (-reach..=reach).map(move |dy| (dz, dy)))
        .filter_map(|(dz, dy)| {
            let room = distance * distance - (dz * dz + dy * dy) as f64;
            (room >= 0.0).then(|| (dz, dy, room.sqrt() as usize))
        })
        .collect();
    for ((z, y, x), _) in mask.indexed_iter().filter(|(_, set)| **set) {
        // A voxel amid others adds nothing that they do not.
        if inner(mask, [z, y, x]) {
            continue;
        }
        for &(dz, dy, half) in &rows {
            let [z, y] = [z + pad, y + pad].map(|v| v as isize);
            let row = s![(z + dz) as usize, (y + dy) as usize, x + pad - half..=x + pad + half];
            grown.slice_mut(row).fill(true);
        }
    }
    grown
}

/// Whether all six neighbours of a voxel are set.
fn inner(mask: &Array3<bool>, voxel: [usize; 3]) -> bool {
    (0..3).all(|axis| {
        [voxel[axis].wrapping_sub(1), voxel[axis] + 1].into_iter().all(|beside| {
            let mut at = voxel;
            at[axis] = beside;
            mask.get(at) == Some(&true)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_what_lies_within_the_distance_and_no_more() {
        let mask =
            Array3::from_shape_fn((7, 6, 5), |(z, y, x)| (2..6).contains(&z) && (1..4).contains(&y) && x > 0 || [z, y, x] == [0, 5, 0]);
        for distance in [0.0, 0.9, 1.0, 1.5, 2.0, 3.3] {
            let pad = distance as usize;
            for ((z, y, x), &set) in grown(&mask, distance).indexed_iter() {
                let squared = |a: (usize, usize, usize)| {
                    [(z, a.0), (y, a.1), (x, a.2)].iter().map(|&(i, j)| (i as f64 - (j + pad) as f64).powi(2)).sum::<f64>()
                };
                let near = mask.indexed_iter().any(|(at, set)| *set && squared(at) <= distance * distance);
                assert_eq!(set, near, "voxel {:?} at distance {distance}", [z, y, x]);
            }
        }
    }
}
