use rayon::prelude::*;

use crate::foreground::Foreground;
use crate::row_index::RowIndex;

/// Further than any two voxels of a volume, squared: there is no background to be near to.
const NOWHERE: u64 = 1 << 62;

/// For each voxel of the foreground the square of its distance to the nearest voxel that does not belong to it. What lies
/// beyond the volume is nothing, as in SciPy's `distance_transform_edt`.
pub(crate) fn squared_distances(foreground: &Foreground, rows: &RowIndex<'_>) -> Vec<u64> {
    let along_x = along_rows(foreground);
    let along_y = lower(foreground, rows, &along_x, 1);
    lower(foreground, rows, &along_y, 0)
}

/// The squares of the distances to background in the voxel's own row.
fn along_rows(foreground: &Foreground) -> Vec<u64> {
    let nx = foreground.shape()[2];
    let indices = foreground.indices();
    let mut squares = vec![NOWHERE; indices.len()];
    // Forwards for the background before a voxel, backwards for that after it.
    let mut distance = None;
    for i in 0..indices.len() {
        let x = indices[i] as usize % nx;
        let joined = x > 0 && i > 0 && indices[i - 1] + 1 == indices[i];
        distance = if joined { distance.map(|d: u64| d + 1) } else { (x > 0).then_some(1) };
        squares[i] = distance.map_or(NOWHERE, |d| d * d);
    }
    for i in (0..indices.len()).rev() {
        let x = indices[i] as usize % nx;
        let joined = x + 1 < nx && indices.get(i + 1) == Some(&(indices[i] + 1));
        distance = if joined { distance.map(|d: u64| d + 1) } else { (x + 1 < nx).then_some(1) };
        squares[i] = squares[i].min(distance.map_or(NOWHERE, |d| d * d));
    }
    squares
}

/// The least of what lies along an axis, each voxel's square and that of the way there.
fn lower(foreground: &Foreground, rows: &RowIndex<'_>, squares: &[u64], axis: usize) -> Vec<u64> {
    let lowest = |i: usize| {
        let voxel = foreground.voxel(i);
        let mut least = squares[i];
        for away in 1_isize.. {
            let way = away as u64 * away as u64;
            if way >= least {
                break;
            }
            let sides = [away, -away].map(|by| {
                let mut step = [0; 3];
                step[axis] = by;
                rows.step(voxel, step)
            });
            if sides == [None, None] {
                break;
            }
            for side in sides.into_iter().flatten() {
                least = least.min(way + rows.find(side).map_or(0, |j| squares[j]));
            }
        }
        least
    };
    (0..foreground.len()).into_par_iter().map(lowest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn agrees_with_looking_at_all_background(
            shape in prop::array::uniform3(1..10_usize),
            holes in prop::collection::hash_set(0..1000_usize, 0..8),
        ) {
            let voxels = shape.iter().product::<usize>();
            let indices: Vec<u32> = (0..voxels).filter(|i| !holes.contains(i)).map(|i| i as u32).collect();
            let foreground = Foreground::from_parts(shape, indices.clone(), vec![1; indices.len()], None);
            let squares = squared_distances(&foreground, &RowIndex::new(&foreground));
            for (i, &square) in squares.iter().enumerate() {
                let voxel = foreground.voxel(i);
                let to = |&hole: &usize| {
                    let other = crate::foreground::voxel(shape, hole as u32);
                    (0..3).map(|a| voxel[a].abs_diff(other[a]).pow(2) as u64).sum::<u64>()
                };
                prop_assert_eq!(square, holes.iter().filter(|&&h| h < voxels).map(to).min().unwrap_or(NOWHERE));
            }
        }
    }
}
