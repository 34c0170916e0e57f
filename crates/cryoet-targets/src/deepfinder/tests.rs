use cryoet_core::Position;

use super::*;

fn at(class: u8, z: f64, y: f64, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(z, y, x).unwrap())
}

#[test]
fn only_the_largest_class_loses_its_pole() {
    let radii = [(1, 2.0), (2, 4.0)].map(|(class, radius)| (ClassLabel::new(class), radius)).into();
    let labels = deepfinder_sphere_targets([20, 20, 20], &[at(1, 5.0, 5.0, 5.0), at(2, 14.0, 14.0, 14.0)], &radii).unwrap().labels;
    assert_eq!((labels[[5, 5, 7]], labels[[5, 5, 3]]), (1, 1));
    assert_eq!((labels[[14, 14, 18]], labels[[14, 14, 10]]), (0, 2));
}

#[test]
fn errors_and_outsiders_are_those_of_the_plain_functions() {
    let radii = BTreeMap::from([(ClassLabel::new(1), 3.0)]);
    assert_eq!(deepfinder_sphere_targets([8, 8, 8], &[at(1, -30.0, 0.0, 0.0)], &radii).unwrap().skipped, [0]);
    assert!(matches!(deepfinder_sphere_targets([8, 8, 8], &[at(2, 0.0, 0.0, 0.0)], &radii), Err(TargetError::NoRadius { .. })));
    for radius in [9.0, 1e6, 3e6, 1e18, 1e300] {
        let huge = BTreeMap::from([(ClassLabel::new(1), radius)]);
        assert!(matches!(deepfinder_sphere_targets([8, 8, 8], &[], &huge), Err(TargetError::LargeBall { .. })), "{radius}");
    }
    let small = [(1, 0.4), (2, 0.9)].map(|(class, radius)| (ClassLabel::new(class), radius)).into();
    let error = deepfinder_sphere_targets([8, 8, 8], &[at(1, 4.0, 4.0, 4.0)], &small).unwrap_err();
    assert_eq!(error.to_string(), "class 2 has radius 0.9, the largest: balls as DeepFinder draws them need one of 1 voxel or more");
    assert_eq!(deepfinder_sphere_targets([8, 8, 8], &[], &BTreeMap::new()).unwrap().labels, Array3::<u8>::zeros([8; 3]));
    assert!(matches!(deepfinder_shape_targets([8, 8, 8], &[at(2, 0.0, 0.0, 0.0)], &BTreeMap::new()), Err(TargetError::NoMask { .. })));
}

#[test]
fn classes_without_particles_take_no_memory() {
    // 254 balls in boxes of 200 voxels a side would take 2 GB, and as much once made ready.
    let radii = (1..=254).map(|class| (ClassLabel::new(class), if class == 7 { 100.0 } else { 3.0 })).collect();
    let labels = deepfinder_sphere_targets([100, 8, 8], &[at(1, 50.0, 4.0, 4.0)], &radii).unwrap().labels;
    assert_eq!((labels[[53, 4, 4]], labels[[54, 4, 4]]), (1, 0));
}
