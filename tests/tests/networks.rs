//! What can be asked of the networks that segment: other voxel sizes, several at once.

use std::fs;

use cryoet::io::read_labels;
use cryoet::net::Weights;
use cryoet::{Class, ClassLabel, ClassTable, VoxelSize};
use cryoet_tests::{cryoet, simulated};
use tempfile::{TempDir, tempdir};

/// A folder with untrained weights of two classes at 13.48 Angstrom.
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    let classes = ["1bxn", "4d8q"].into_iter().zip(1u8..).map(|(name, label)| Class::new(ClassLabel::new(label), name)).collect();
    let weights = Weights::random(ClassTable::new(classes).unwrap(), VoxelSize::isotropic(13.48).ok(), 1);
    fs::write(folder.path().join("w.safetensors"), weights.to_bytes().unwrap()).unwrap();
    folder
}

#[test]
fn a_tomogram_is_brought_to_the_weights_voxel_size() {
    let folder = folder();
    let tomogram = simulated().file("tomogram.mrc");
    let arguments = ["pick", tomogram.to_str().unwrap(), "--weights", "w.safetensors", "--resample", "--labels", "l.mrc", "-o", "p.csv"];
    let _ = cryoet(folder.path(), &arguments).done();
    let info = cryoet(folder.path(), &["info", tomogram.to_str().unwrap(), "--json"]).done().json();
    let shape = |axis: usize| info["shape"][axis].as_f64().unwrap();
    let labels = read_labels(folder.path().join("l.mrc")).unwrap();
    assert_eq!(labels.shape(), [0, 1, 2].map(|axis| (shape(axis) * 10.0 / 13.48).round() as usize));
    assert!((labels.voxel_size().unwrap().mean() - 13.48).abs() < 1e-4);
    // The first new voxel's centre lies (13.48 - 10) / 2 Angstrom from that of the old.
    assert!((labels.origin()[2] - 1.74).abs() < 1e-4, "{:?}", labels.origin());
}

#[test]
fn the_same_weights_twice_answer_as_once() {
    let folder = folder();
    let tomogram = simulated().file("tomogram.mrc");
    let segment = |weights: &[&str], labels: &str| {
        let mut arguments = vec!["segment", tomogram.to_str().unwrap(), "--voxel-size-tolerance", "1", "-o", labels];
        arguments.extend(weights.iter().flat_map(|path| ["--weights", path]));
        let _ = cryoet(folder.path(), &arguments).done();
        read_labels(folder.path().join(labels)).unwrap()
    };
    assert_eq!(segment(&["w.safetensors"], "once.mrc"), segment(&["w.safetensors", "w.safetensors"], "twice.mrc"));
}
