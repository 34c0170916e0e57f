//! Targets against what DeepFinder 0.2.1's `TargetBuilder` draws; `oracles/deepfinder_targets.py small` makes the goldens.

use std::collections::BTreeMap;

use cryoet_core::ndarray::{Array2, Array3};
use cryoet_core::{ClassLabel, Orientation, Particle, Position};
use cryoet_targets::{deepfinder_shape_targets, deepfinder_sphere_targets};

fn labels(name: &str) -> Array3<u8> {
    ndarray_npy::read_npy(format!("{}/tests/deepfinder/{name}.npy", env!("CARGO_MANIFEST_DIR"))).expect("the golden is there")
}

fn particles() -> Vec<Particle> {
    let rows: Array2<f64> = ndarray_npy::read_npy(format!("{}/tests/deepfinder/objects.npy", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let particle = |row: cryoet_core::ndarray::ArrayView1<f64>| {
        let place = Position::new(row[1], row[2], row[3]).unwrap();
        Particle::new(ClassLabel::new(row[0] as u8), place).with_orientation(Orientation::from_zxz(row[4], row[5], row[6]).unwrap())
    };
    rows.rows().into_iter().map(particle).collect()
}

#[test]
fn shapes_agree_voxel_for_voxel() {
    let masks: BTreeMap<_, _> =
        [("even", 1), ("odd", 2)].map(|(name, class)| (ClassLabel::new(class), labels(name).mapv(|v| v > 0))).into();
    let ours = deepfinder_shape_targets([48, 48, 48], &particles(), &masks).unwrap().labels;
    let theirs = labels("shapes");
    let differ: Vec<_> = ours.indexed_iter().filter(|(at, label)| theirs[*at] != **label).map(|(at, _)| at).collect();
    assert!(differ.is_empty(), "{} voxels differ, the first at {:?}", differ.len(), differ.first());
}

#[test]
fn spheres_agree_voxel_for_voxel() {
    let radii = [(1, 4.0), (2, 6.0)].map(|(class, radius)| (ClassLabel::new(class), radius)).into();
    assert_eq!(deepfinder_sphere_targets([48, 48, 48], &particles(), &radii).unwrap().labels, labels("spheres"));
}
