use super::*;
use proptest::prelude::*;

fn foreground(shape: [usize; 3], filled: &[bool]) -> Foreground {
    let indices: Vec<u32> = (0..filled.len()).filter(|&i| filled[i]).map(|i| i as u32).collect();
    let labels = vec![1; indices.len()];
    Foreground::from_parts(shape, indices, labels, None)
}

/// Components by flooding voxel after voxel.
fn flood(foreground: &Foreground, axes: usize) -> Vec<u32> {
    let voxels: Vec<[usize; 3]> = (0..foreground.len()).map(|i| foreground.voxel(i)).collect();
    let mut names = vec![u32::MAX; voxels.len()];
    let mut next = 0;
    for seed in 0..voxels.len() {
        if names[seed] != u32::MAX {
            continue;
        }
        let mut stack = vec![seed];
        names[seed] = next;
        while let Some(i) = stack.pop() {
            for j in 0..voxels.len() {
                let d: Vec<usize> = (0..3).map(|a| voxels[i][a].abs_diff(voxels[j][a])).collect();
                if names[j] == u32::MAX && d.iter().all(|&d| d <= 1) && d.iter().sum::<usize>() <= axes {
                    names[j] = next;
                    stack.push(j);
                }
            }
        }
        next += 1;
    }
    names
}

proptest! {
    #[test]
    fn agrees_with_flooding(
        shape in prop::array::uniform3(1..7_usize),
        noise in prop::collection::vec(0.0..1.0, 216),
        density in 0.1..0.8,
    ) {
        let filled: Vec<bool> = noise[..shape.iter().product()].iter().map(|&v| v < density).collect();
        let foreground = foreground(shape, &filled);
        for (connectivity, axes) in [(Connectivity::Faces, 1), (Connectivity::Edges, 2), (Connectivity::Corners, 3)] {
            let clusters = components(&foreground, connectivity);
            prop_assert_eq!(&clusters.members, &flood(&foreground, axes));
            for (name, centre) in clusters.centres.iter().enumerate() {
                let members: Vec<[usize; 3]> =
                    (0..foreground.len()).filter(|&i| clusters.members[i] as usize == name).map(|i| foreground.voxel(i)).collect();
                for (axis, coordinate) in centre.iter().enumerate() {
                    let mean = members.iter().map(|v| v[axis] as f64).sum::<f64>() / members.len() as f64;
                    prop_assert!((coordinate - mean).abs() < 1e-12);
                }
            }
        }
    }
}
