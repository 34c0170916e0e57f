use std::collections::HashMap;

/// Places chosen one after another so that no two lie nearer to each other than a distance.
pub(crate) struct Separated {
    distance: f64,
    cells: HashMap<[i64; 3], Vec<[f64; 3]>>,
}

impl Separated {
    pub(crate) fn new(distance: f64) -> Self {
        Self { distance, cells: HashMap::new() }
    }

    /// Takes a place unless one is nearer than the distance; whether it did.
    pub(crate) fn take(&mut self, place: [f64; 3]) -> bool {
        // Cells as wide as the distance: whatever is nearer lies in a neighbour.
        let width = self.distance.max(1.0);
        let cell = place.map(|c| (c / width).floor() as i64);
        let limit = self.distance * self.distance;
        for dz in -1..=1 {
            for dy in -1..=1 {
                for dx in -1..=1 {
                    let near = self.cells.get(&[cell[0] + dz, cell[1] + dy, cell[2] + dx]);
                    let too_near = |other: &[f64; 3]| (0..3).map(|i| (other[i] - place[i]).powi(2)).sum::<f64>() < limit;
                    if near.is_some_and(|places| places.iter().any(too_near)) {
                        return false;
                    }
                }
            }
        }
        self.cells.entry(cell).or_default().push(place);
        true
    }
}

/// The voxels that no neighbour among 26 exceeds, above a threshold, the highest first, no two nearer than a distance, `most` at most.
pub(crate) fn separated_maxima(
    values: cryoet_core::ndarray::ArrayView3<'_, f32>,
    counts: impl Fn([usize; 3]) -> bool,
    threshold: f64,
    distance: f64,
    most: usize,
) -> Vec<[usize; 3]> {
    let (nz, ny, nx) = values.dim();
    let neighbours = |i: usize, n: usize| i.saturating_sub(1)..(i + 2).min(n);
    let mut maxima: Vec<(f32, [usize; 3])> = Vec::new();
    for ((z, y, x), &value) in values.indexed_iter() {
        if f64::from(value) <= threshold || !counts([z, y, x]) {
            continue;
        }
        let exceeded =
            neighbours(z, nz).any(|z| neighbours(y, ny).any(|y| neighbours(x, nx).any(|x| values[[z, y, x]] > value && counts([z, y, x]))));
        if !exceeded {
            maxima.push((value, [z, y, x]));
        }
    }
    // Stable: of equals the first voxel.
    maxima.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut chosen = Separated::new(distance);
    maxima.into_iter().map(|(_, voxel)| voxel).filter(|voxel| chosen.take(voxel.map(|i| i as f64))).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::ndarray::Array3;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn agrees_with_brute_force(
            cells in prop::collection::vec(0_u8..12, 5 * 6 * 7),
            distance in 0.0..6.0_f64,
            threshold in -1.0..8.0_f64,
        ) {
            let values = Array3::from_shape_vec((5, 6, 7), cells.iter().map(|&v| f32::from(v)).collect()).unwrap();
            let found = separated_maxima(values.view(), |_| true, threshold, distance, usize::MAX);
            let place = |(z, y, x): (usize, usize, usize)| [z as f64, y as f64, x as f64];
            let gap = |a: [f64; 3], b: [f64; 3]| (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>();
            let mut maxima: Vec<_> = values
                .indexed_iter()
                .filter(|&(at, &v)| {
                    let near = |(other, &w): ((usize, usize, usize), &f32)| gap(place(at), place(other)) <= 3.0 && w > v;
                    f64::from(v) > threshold && !values.indexed_iter().any(near)
                })
                .collect();
            maxima.sort_by(|a, b| b.1.total_cmp(a.1));
            let mut expected: Vec<[f64; 3]> = Vec::new();
            for (at, _) in maxima {
                if expected.iter().all(|&other| gap(other, place(at)) >= distance * distance) {
                    expected.push(place(at));
                }
            }
            let found: Vec<[f64; 3]> = found.iter().map(|v| v.map(|i| i as f64)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
