use super::*;
use proptest::prelude::*;

/// The union of all balls that lie in the foreground, ball after ball.
fn union_of_balls(labels: &Array3<u8>, radius: f64) -> Array3<u8> {
    let shape: [usize; 3] = labels.dim().into();
    let reach = radius.ceil() as i64;
    let mut open = Array3::zeros(labels.dim());
    for (middle, _) in labels.indexed_iter() {
        let middle = <[usize; 3]>::from(middle);
        let mut ball = Vec::new();
        for step in
            (0..(2 * reach + 1).pow(3)).map(|i| [i / (2 * reach + 1).pow(2), i / (2 * reach + 1) % (2 * reach + 1), i % (2 * reach + 1)])
        {
            let step = step.map(|s| s - reach);
            if step.iter().map(|s| s * s).sum::<i64>() as f64 <= radius * radius {
                let voxel: [i64; 3] = std::array::from_fn(|a| middle[a] as i64 + step[a]);
                let inside = (0..3).all(|a| voxel[a] >= 0 && voxel[a] < shape[a] as i64);
                ball.push(inside.then(|| voxel.map(|c| c as usize)));
            }
        }
        if ball.iter().all(|voxel| voxel.is_some_and(|voxel| labels[voxel] > 0)) {
            for voxel in ball.into_iter().flatten() {
                open[voxel] = labels[voxel];
            }
        }
    }
    open
}

#[test]
fn bad_radii_are_named_and_large_ones_leave_nothing() {
    let labels = Array3::from_elem((5, 5, 5), 1_u8);
    assert_eq!(open_labels(labels.view(), -1.0), Err(ClusterError::Opening { radius: -1.0 }));
    assert!(matches!(open_labels(labels.view(), f64::NAN), Err(ClusterError::Opening { .. })));
    assert_eq!(open_labels(labels.view(), 1e6), Ok(Array3::zeros((5, 5, 5))));
    assert_eq!(open_labels(labels.view(), 0.0).as_ref(), Ok(&labels));
}

#[test]
fn long_rows_are_read_in_parts() {
    let labels = Array3::from_elem((61, 61, 70), 1_u8);
    let open = open_labels(labels.view(), 30.0).unwrap();
    // A row through the middle is covered from end to end; a corner is out of reach.
    assert!((0..70).all(|x| open[[30, 30, x]] == 1));
    assert_eq!((open[[0, 0, 0]], open[[30, 30, 0]], open[[0, 30, 29]], open[[0, 30, 30]]), (0, 1, 0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn is_the_union_of_the_balls_that_fit(
        shape in prop::array::uniform3(1..11_usize),
        holes in prop::collection::vec(prop::array::uniform3(0..11_usize), 0..12),
        radius in prop::sample::select(vec![0.0, 0.9, 1.0, 1.5, 1.8, 2.0, 2.3, 3.0]),
    ) {
        let labels = Array3::from_shape_fn(shape, |(z, y, x)| if holes.contains(&[z, y, x]) { 0 } else { 1 + (x % 3) as u8 });
        prop_assert_eq!(open_labels(labels.view(), radius).unwrap(), union_of_balls(&labels, radius));
    }
}
