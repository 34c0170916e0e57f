use super::*;
use crate::foreground::Foreground;
use crate::modes::distance_squared;
use proptest::prelude::*;

fn lattice(shape: [usize; 3], voxels: &[[usize; 3]]) -> (BitLattice, Vec<[f64; 3]>) {
    let mut indices: Vec<u32> =
        voxels.iter().filter(|v| (0..3).all(|a| v[a] < shape[a])).map(|v| ((v[0] * shape[1] + v[1]) * shape[2] + v[2]) as u32).collect();
    indices.sort_unstable();
    indices.dedup();
    let foreground = Foreground::from_parts(shape, indices.clone(), vec![1; indices.len()], None);
    let points = (0..foreground.len()).map(|i| foreground.voxel(i).map(|v| v as f64)).collect();
    (BitLattice::new(&foreground), points)
}

fn brute_force(points: &[[f64; 3]], centre: [f64; 3], radius: f64) -> (u64, [f64; 3]) {
    let (mut count, mut sum) = (0, [0.0; 3]);
    for point in points.iter().filter(|&&p| distance_squared(p, centre) <= radius * radius) {
        count += 1;
        for axis in 0..3 {
            sum[axis] += point[axis];
        }
    }
    (count, sum.map(|s| s / count as f64))
}

#[test]
fn a_whole_cube_has_the_ball_of_its_lattice() {
    let voxels: Vec<[usize; 3]> = (0..11_usize.pow(3)).map(|i| [i / 121, i / 11 % 11, i % 11]).collect();
    let (lattice, _) = lattice([11, 11, 11], &voxels);
    // The number of integer points within 5 of the origin is 515.
    let ball = BallSum::new(&lattice, 5.0).mean([5.0; 3]);
    assert_eq!((ball.count, ball.mean), (515, [5.0; 3]));
}

#[test]
fn wide_windows_cross_words() {
    let voxels: Vec<[usize; 3]> = (0..300).map(|x| [0, 0, x]).collect();
    let (lattice, _) = lattice([1, 1, 300], &voxels);
    let ball = BallSum::new(&lattice, 100.0).mean([0.0, 0.0, 150.0]);
    assert_eq!((ball.count, ball.mean), (201, [0.0, 0.0, 150.0]));
    assert_eq!(BallSum::new(&lattice, 3.0).mean([0.0, 0.0, -1e9]).count, 0);
    assert_eq!(BallSum::new(&lattice, 3.0).mean([1e30, 0.0, 0.0]).count, 0);
    assert_eq!(BallSum::new(&lattice, 1e300).mean([0.0; 3]).count, 300);
}

proptest! {
    #[test]
    fn agrees_with_brute_force(
        shape in prop::array::uniform3(1..70_usize),
        wide in 0..2_usize,
        voxels in prop::collection::vec(prop::array::uniform3(0..140_usize), 0..400),
        centre in prop::array::uniform3(-60..400_i32),
        divisor in prop::sample::select(vec![1.0, 2.0, 3.0, 7.0, 20.0]),
        radius in prop::sample::select(vec![0.3, 1.0, 2.5, 3.0, 5.0, 7.0, 12.2, 16.0, 21.7, 28.0, 28.1, 50.0]),
    ) {
        let shape = [shape[0], shape[1], shape[2] + wide * 120];
        let folded: Vec<[usize; 3]> = voxels.iter().map(|v| [v[0] % shape[0], v[1] % shape[1], v[2] % shape[2]]).collect();
        let (lattice, points) = lattice(shape, &folded);
        let centre = centre.map(|c| f64::from(c) / divisor);
        let ball = BallSum::new(&lattice, radius).mean(centre);
        let (count, mean) = brute_force(&points, centre, radius);
        prop_assert_eq!(ball.count, count);
        if count > 0 {
            prop_assert_eq!(ball.mean, mean);
        }
    }
}
