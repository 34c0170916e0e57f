use super::*;
use crate::mean_shift;
use proptest::prelude::*;

proptest! {
    #[test]
    fn agrees_with_the_points_to_the_bit(
        shape in prop::array::uniform3(1..24_usize),
        blobs in prop::collection::vec((prop::array::uniform3(0..24_usize), 0..20_usize), 1..8),
        bandwidth in prop::sample::select(vec![0.4, 1.0, 2.0, 3.0, 4.0, 5.0, 2.7, 100.0]),
    ) {
        let indices: Vec<u32> = (0..shape.iter().product::<usize>() as u32)
            .filter(|&i| {
                let v = voxel(shape, i);
                blobs.iter().any(|(c, r2)| (0..3).map(|a| v[a].abs_diff(c[a]).pow(2)).sum::<usize>() <= *r2)
            })
            .collect();
        let foreground = Foreground::from_parts(shape, indices.clone(), vec![1; indices.len()], None);
        let points: Vec<[f64; 3]> = indices.iter().map(|&i| voxel(shape, i).map(|c| c as f64)).collect();
        let of_points = mean_shift(&points, bandwidth).unwrap();
        let clusters = binned(&foreground, bandwidth, &()).unwrap();
        prop_assert_eq!(clusters.centres, of_points.centres);
        prop_assert_eq!(clusters.members, of_points.labels);
    }
}
