//! The whole SHREC'19 list of 2,498 objects against DeepFinder 0.2.1, where its volumes are at hand:
//! `CRYOET_DATA` holds shrec-2019/, `CRYOET_ORACLE` what `oracles/deepfinder_targets.py full` made.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Orientation, Particle, Position};
use cryoet_targets::{TargetParams, deepfinder_shape_targets, deepfinder_sphere_targets, shape_targets, sphere_targets};

const SHAPE: [usize; 3] = [200, 512, 512];
const RADII: [f64; 12] = [6.0, 6.0, 3.0, 6.0, 6.0, 7.0, 6.0, 4.0, 4.0, 3.0, 10.0, 8.0];

fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: {variable} is not set");
    }
    folder
}

fn particles(data: &std::path::Path) -> Vec<Particle> {
    let text = std::fs::read_to_string(data.join("shrec-2019/object_list_tomo0.xml")).unwrap();
    let particle = |line: &str| {
        let value = |name: &str| -> f64 { line.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap() };
        let turn = Orientation::from_zxz(value("phi"), value("psi"), value("the")).unwrap();
        let place = Position::new(value("z"), value("y"), value("x")).unwrap();
        Particle::new(ClassLabel::new(value("class_label") as u8), place).with_orientation(turn)
    };
    text.lines().filter(|line| line.contains("<object ")).map(particle).collect()
}

/// The twelve masks of 40^3 voxels: f32 after an MRC header of 1,024 bytes.
fn masks(data: &std::path::Path) -> BTreeMap<ClassLabel, Array3<bool>> {
    let mut files: Vec<_> = std::fs::read_dir(data.join("shrec-2019/masks")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mask = |file: &PathBuf| {
        let bytes = std::fs::read(file).unwrap();
        let set = bytes[1024..].chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()) > 0.5).collect();
        Array3::from_shape_vec((40, 40, 40), set).unwrap()
    };
    (1..).map(ClassLabel::new).zip(files.iter().map(mask)).collect()
}

fn share_equal(ours: &Array3<u8>, theirs: &Array3<u8>) -> (f64, usize) {
    let differ = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
    let objects = theirs.iter().filter(|&&label| label > 0).count();
    (1.0 - differ as f64 / objects as f64, differ)
}

#[test]
fn equals_deepfinder_on_all_objects() {
    let (Some(data), Some(oracle)) = (folder("CRYOET_DATA"), folder("CRYOET_ORACLE")) else { return };
    let particles = particles(&data);
    assert_eq!(particles.len(), 2498);
    let theirs: Array3<u8> = ndarray_npy::read_npy(oracle.join("shapes.npy")).unwrap();
    let ours = deepfinder_shape_targets(SHAPE, &particles, &masks(&data)).unwrap().labels;
    let (equal, differ) = share_equal(&ours, &theirs);
    println!("shapes: {differ} voxels differ, {:.5} % of the object voxels equal", 100.0 * equal);
    for (at, label) in ours.indexed_iter().filter(|(at, label)| theirs[*at] != **label).take(12) {
        println!("  {at:?}: ours {label}, theirs {}", theirs[at]);
    }
    assert!(equal >= 0.9999);
    let theirs: Array3<u8> = ndarray_npy::read_npy(oracle.join("spheres.npy")).unwrap();
    let radii = (1..).map(ClassLabel::new).zip(RADII).collect();
    let ours = deepfinder_sphere_targets(SHAPE, &particles, &radii).unwrap().labels;
    let (equal, differ) = share_equal(&ours, &theirs);
    println!("spheres: {differ} voxels differ, {:.5} % of the object voxels equal", 100.0 * equal);
    for (at, label) in ours.indexed_iter().filter(|(at, label)| theirs[*at] != **label).take(12) {
        println!("  {at:?}: ours {label}, theirs {}", theirs[at]);
    }
    assert!(equal >= 0.9999);
}

#[test]
fn draws_all_objects() {
    let Some(data) = folder("CRYOET_DATA") else { return };
    let (particles, masks) = (particles(&data), masks(&data));
    let radii = (1..).map(ClassLabel::new).zip(RADII).collect();
    for _ in 0..5 {
        let start = Instant::now();
        let spheres = sphere_targets(SHAPE, &particles, &radii, &TargetParams::default()).unwrap();
        let between = Instant::now();
        let shapes = shape_targets(SHAPE, &particles, &masks, &TargetParams::default()).unwrap();
        println!("spheres {:.4} s, shapes {:.4} s", (between - start).as_secs_f64(), between.elapsed().as_secs_f64());
        assert!(spheres.skipped.is_empty() && shapes.skipped.is_empty());
    }
}
