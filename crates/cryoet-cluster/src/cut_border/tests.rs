use super::*;
use cryoet_core::ndarray::s;
use proptest::prelude::*;

#[test]
fn faces_that_do_not_cut_keep_what_touches_them() {
    let mut tile = Array3::<u8>::zeros((4, 4, 4));
    tile[[0, 1, 1]] = 3;
    tile[[2, 2, 3]] = 255;
    let with = |faces| cut_border(tile.view(), Connectivity::Faces, faces).unwrap();
    assert_eq!(with([[false, true], [true, true], [true, true]]), tile);
    let cut = with([[true, false], [false, false], [false, true]]);
    assert_eq!((cut[[0, 1, 1]], cut[[2, 2, 3]]), (0, 255));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// VP-Detector's rule: of two tiles that overlap by more than any component is long, each keeps what it holds whole, and
    /// together they keep everything.
    #[test]
    fn tiles_that_overlap_enough_lose_nothing(
        voxels in prop::collection::vec((0..5_usize, 0..5_usize, 0..40_usize, 1..4_u8), 0..60),
        first in 8..20_usize,
        connectivity in prop::sample::select(vec![Connectivity::Faces, Connectivity::Edges, Connectivity::Corners]),
    ) {
        let mut whole = Array3::<u8>::zeros((5, 5, 40));
        for (z, y, x, label) in voxels {
            whole[[z, y, x]] = label;
        }
        let mut builder = ForegroundBuilder::new([5, 5, 40]).unwrap();
        builder.push_block([0; 3], whole.view(), None).unwrap();
        let foreground = builder.into_foreground().unwrap();
        let clusters = components(&foreground, connectivity);
        let mut ends = vec![(usize::MAX, 0); clusters.centres.len()];
        for (i, &component) in clusters.members.iter().enumerate() {
            let (x, (low, high)) = (foreground.voxel(i)[2], &mut ends[component as usize]);
            (*low, *high) = ((*low).min(x), (*high).max(x));
        }
        let longest = ends.iter().map(|(low, high)| high - low + 1).max().unwrap_or(0);
        let overlap = longest + 1;
        prop_assume!(first + overlap <= 40);

        let tiles = [(0, first + overlap, [false, true]), (first, 40, [true, false])];
        let mut merged = Array3::<u8>::zeros((5, 5, 40));
        for (start, end, cuts) in tiles {
            let tile = whole.slice(s![.., .., start..end]);
            let kept = cut_border(tile, connectivity, [[false; 2], [false; 2], cuts]).unwrap();
            for ((z, y, x), &label) in kept.indexed_iter() {
                merged[[z, y, start + x]] = merged[[z, y, start + x]].max(label);
            }
        }
        prop_assert_eq!(merged, whole);
    }
}
