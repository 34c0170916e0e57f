use rayon::prelude::*;

use crate::foreground::Foreground;

/// Further than any two voxels of a volume, squared: there is no background to be near to.
const NOWHERE: u64 = 1 << 62;

/// For each voxel of the foreground the square of its distance to the nearest voxel that does not belong to it. What lies
/// beyond the volume is nothing, as in SciPy's `distance_transform_edt`.
///
/// The work grows with the number of voxels, however thick the foreground is: Meijster, Roerdink and Hesselink, *A general
/// algorithm for computing distance transforms in linear time*, 2000, on runs of foreground instead of whole lines.
pub(crate) fn squared_distances(foreground: &Foreground) -> Vec<u64> {
    let mut squares = along_rows(foreground);
    lower(foreground, &mut squares, 1);
    lower(foreground, &mut squares, 0);
    squares
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

/// A voxel of a line along an axis.
struct OnLine {
    /// Its index in a volume whose rows run along that axis.
    index: u32,
    /// Its place in the foreground.
    place: u32,
    square: u64,
}

/// Puts for each voxel the least of what lies along an axis: a voxel's square and that of the way there.
fn lower(foreground: &Foreground, squares: &mut [u64], axis: usize) {
    let shape = foreground.shape();
    let (n, across) = (shape[axis], if axis == 0 { 1 } else { 0 });
    let line_up = |place: usize| {
        let voxel = foreground.voxel(place);
        let index = (voxel[across] * shape[2] + voxel[2]) * n + voxel[axis];
        OnLine { index: index as u32, place: place as u32, square: squares[place] }
    };
    let mut voxels: Vec<OnLine> = (0..foreground.len()).into_par_iter().map(line_up).collect();
    voxels.par_sort_unstable_by_key(|voxel| voxel.index);
    let joined = |a: &OnLine, b: &OnLine| a.index + 1 == b.index && !(b.index as usize).is_multiple_of(n);
    voxels.par_chunk_by_mut(joined).for_each_init(Vec::new, |parabolas, run| {
        let first = run[0].index as usize % n;
        lower_run(run, first > 0, first + run.len() < n, parabolas);
    });
    for voxel in voxels {
        squares[voxel.place as usize] = voxel.square;
    }
}

/// A site's parabola, and the first place where it lies below those of the sites before it.
#[derive(Clone, Copy)]
struct Parabola {
    at: i64,
    height: i64,
    from: i64,
}

/// [`lower`] for neighbours along a line, with background before and after them or the volume's end.
fn lower_run(run: &mut [OnLine], before: bool, after: bool, parabolas: &mut Vec<Parabola>) {
    let end = run.len() as i64;
    let of_run = (0..).zip(run.iter()).filter(|(_, voxel)| voxel.square < NOWHERE).map(|(at, voxel)| (at, voxel.square as i64));
    let sites = before.then_some((-1, 0)).into_iter().chain(of_run).chain(after.then_some((end, 0)));
    parabolas.clear();
    for (at, height) in sites {
        let mut from = i64::MIN;
        while let Some(last) = parabolas.last() {
            // The first place where (x - at)^2 + height is less than (x - last.at)^2 + last.height.
            from = ((at - last.at) * (at + last.at) + height - last.height).div_euclid(2 * (at - last.at)) + 1;
            if from > last.from {
                break;
            }
            parabolas.pop();
            from = i64::MIN;
        }
        if from < end {
            parabolas.push(Parabola { at, height, from });
        }
    }
    let mut lowest = 0;
    for (x, voxel) in (0..).zip(run) {
        while parabolas.get(lowest + 1).is_some_and(|next| next.from <= x) {
            lowest += 1;
        }
        if let Some(parabola) = parabolas.get(lowest) {
            voxel.square = ((x - parabola.at).pow(2) + parabola.height) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole_but(shape: [usize; 3], is_hole: impl Fn(usize) -> bool) -> Foreground {
        let indices: Vec<u32> = (0..shape.iter().product()).filter(|&i| !is_hole(i)).map(|i| i as u32).collect();
        let labels = vec![1; indices.len()];
        Foreground::from_parts(shape, indices, labels, None)
    }

    fn apart(a: [usize; 3], b: [usize; 3]) -> u64 {
        (0..3).map(|axis| a[axis].abs_diff(b[axis]).pow(2) as u64).sum()
    }

    /// Far from background the work for a voxel is what it is near to it.
    #[test]
    fn a_thick_foreground_with_one_hole_has_the_distances_to_it() {
        let (shape, hole) = ([100, 90, 110], [70, 20, 51]);
        let foreground = whole_but(shape, |i| i == (hole[0] * shape[1] + hole[1]) * shape[2] + hole[2]);
        let squares = squared_distances(&foreground);
        assert!(squares.iter().enumerate().all(|(i, &square)| square == apart(foreground.voxel(i), hole)));
        assert!(squared_distances(&whole_but(shape, |_| false)).iter().all(|&square| square == NOWHERE));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn agrees_with_looking_at_all_background(
            shape in prop::array::uniform3(1..12_usize),
            holes in prop::collection::hash_set(0..1331_usize, 0..40),
        ) {
            let foreground = whole_but(shape, |i| holes.contains(&i));
            let voxels: usize = shape.iter().product();
            let holes: Vec<_> = holes.iter().filter(|&&h| h < voxels).map(|&h| crate::foreground::voxel(shape, h as u32)).collect();
            for (i, &square) in squared_distances(&foreground).iter().enumerate() {
                let voxel = foreground.voxel(i);
                prop_assert_eq!(square, holes.iter().map(|&hole| apart(voxel, hole)).min().unwrap_or(NOWHERE));
            }
        }
    }
}
