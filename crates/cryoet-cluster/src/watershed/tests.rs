use super::*;
use crate::foreground::voxel;
use proptest::prelude::*;

fn line(scores: &[f32]) -> Foreground {
    let n = scores.len();
    Foreground::from_parts([1, 1, n], (0..n as u32).collect(), vec![1; n], Some(scores.to_vec()))
}

fn by_score(scores: &[f32], depth: f64) -> Vec<u32> {
    let params = Watershed { relief: Relief::Score, depth, ..Watershed::default() };
    watershed(&line(scores), params, &()).unwrap().members
}

#[test]
fn a_valley_parts_two_tops_if_it_is_deep_enough() {
    let scores = [0.5, 0.75, 0.5, 0.25, 0.5, 1.0, 0.5];
    // The lowest voxel belongs to the first of two equally high neighbours.
    assert_eq!(by_score(&scores, 0.25), [1, 1, 1, 1, 0, 0, 0]);
    assert_eq!(by_score(&scores, 0.5), [0; 7]);
}

#[test]
fn a_plateau_is_one_basin() {
    assert_eq!(by_score(&[1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0], 0.0), [0, 0, 0, 0, 0, 1, 1]);
    // Its ends are tops of their own until the middle joins them.
    assert_eq!(by_score(&[1.0, 0.5, 1.0, 1.0], 0.6), [0; 4]);
}

#[test]
fn a_low_top_is_taken_before_it_meets_the_highest() {
    // 0.6 is taken by 0.8 at 0.5; what is then 0.8's meets 1.0 at 0.2 and stays its own.
    assert_eq!(by_score(&[0.6, 0.5, 0.8, 0.2, 1.0], 0.15), [1, 1, 1, 0, 0]);
}

#[test]
fn all_foreground_is_one_basin() {
    let n = 6 * 7 * 8;
    let foreground = Foreground::from_parts([6, 7, 8], (0..n).collect(), vec![1; n as usize], None);
    let clusters = watershed(&foreground, Watershed::default(), &()).unwrap();
    assert_eq!(clusters.centres, [[2.5, 3.0, 3.5]]);
}

/// Which voxels a path through the foreground joins without going below a height.
fn joined_above(foreground: &Foreground, relief: &[f64], height: f64) -> Vec<Option<u32>> {
    let high = foreground.only(|i| relief[i] > height);
    let components = crate::components::components(&high, Connectivity::Corners).members;
    let mut of_high = components.into_iter();
    (0..foreground.len()).map(|i| (relief[i] > height).then(|| of_high.next().unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// The number of basins from the definition: a top remains if no path leads from it to a higher one (of equally high ones
    /// to an earlier one) without going down by more than the depth.
    #[test]
    fn as_many_basins_as_tops_that_stand_out(
        shape in prop::array::uniform3(1..6_usize),
        heights in prop::collection::vec(0..5_u8, 125),
        depth in prop::sample::select(vec![0.0, 1.0, 2.0]),
    ) {
        let n = shape.iter().product::<usize>();
        let indices: Vec<u32> = (0..n as u32).filter(|&i| heights[i as usize] > 0).collect();
        // Eighths are exact.
        let scores: Vec<f32> = indices.iter().map(|&i| f32::from(heights[i as usize]) / 8.0).collect();
        let foreground = Foreground::from_parts(shape, indices.clone(), vec![1; indices.len()], Some(scores.clone()));
        let relief: Vec<f64> = scores.iter().map(|&s| f64::from(s)).collect();
        let depth = depth / 8.0;
        let clusters = watershed(&foreground, Watershed { relief: Relief::Score, depth, ..Watershed::default() }, &()).unwrap();

        let before = |i: usize, j: usize| relief[i] > relief[j] || (relief[i] == relief[j] && i < j);
        let mut expected = 0;
        for i in 0..foreground.len() {
            let joined = joined_above(&foreground, &relief, relief[i] - depth - 1.0 / 16.0);
            expected += usize::from((0..foreground.len()).all(|j| !before(j, i) || joined[j] != joined[i]));
        }
        prop_assert_eq!(clusters.centres.len(), expected);
        // Each basin holds together.
        for name in 0..clusters.centres.len() as u32 {
            let own = foreground.only(|i| clusters.members[i] == name);
            prop_assert_eq!(crate::components::components(&own, Connectivity::Corners).centres.len(), 1, "{:?}", voxel(shape, own.indices()[0]));
        }
    }
}
