//! What can be asked of the networks that segment: other voxel sizes, several at once.

use std::fs;

use cryoet::io::{ReadParticles, open_named_volume, read_class_table, read_labels, read_particles};
use cryoet::net::Weights;
use cryoet::{Class, ClassLabel, ClassTable, Region, VoxelSize};
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

#[test]
fn score_maps_hold_every_class() {
    let folder = folder();
    let tomogram = simulated().file("tomogram.mrc");
    let arguments = ["segment", tomogram.to_str().unwrap(), "--weights", "w.safetensors", "--voxel-size-tolerance", "1"];
    let _ = cryoet(folder.path(), &[&arguments[..], &["--score-maps", "s.h5", "-o", "l.mrc"]].concat()).done();
    let labels = read_labels(folder.path().join("l.mrc")).unwrap();
    let map = |class: u8| {
        let map = open_named_volume(folder.path().join("s.h5"), &format!("class{class}")).unwrap();
        map.read_region(Region::whole(labels.shape())).unwrap()
    };
    let maps = [0, 1, 2].map(map);
    for (index, &label) in labels.data().indexed_iter() {
        let scores = [0, 1, 2].map(|class: usize| maps[class][index]);
        assert!((scores.iter().sum::<f32>() - 1.0).abs() < 2e-3, "{scores:?}");
        assert!(scores.iter().all(|&score| score <= scores[usize::from(label)]), "{scores:?}, label {label}");
    }
}

#[test]
fn a_streamed_training_reaches_the_same_weights() {
    let folder = folder();
    let dataset = simulated().folder().join("dataset.toml");
    let train = |run: &str, more: &[&str]| {
        let recipe = ["train", dataset.to_str().unwrap(), "--steps", "3", "--batch", "1", "--patch", "24", "--device", "cpu", "-o", run];
        let _ = cryoet(folder.path(), &[&recipe[..], more].concat()).done();
        let log = fs::read_to_string(folder.path().join(run).join("log.txt")).unwrap();
        assert!(log.starts_with("step 3 of 3: loss ") && log.contains("waiting for data, 0 min left"), "{log}");
        Weights::from_bytes(&fs::read(folder.path().join(run).join("weights.safetensors")).unwrap()).unwrap().sha256()
    };
    assert_eq!(train("memory", &[]), train("stream", &["--stream"]));
}

#[test]
fn calibrated_weights_give_probabilities() {
    let folder = folder();
    let dataset = simulated().folder().join("dataset.toml");
    let classes = read_class_table(simulated().folder().join("classes.toml")).unwrap();
    let weights = Weights::random(classes, None, 3);
    fs::write(folder.path().join("raw.safetensors"), weights.to_bytes().unwrap()).unwrap();
    let arguments =
        ["calibrate", dataset.to_str().unwrap(), "--weights", "raw.safetensors", "--plot", "p.png", "-o", "c.safetensors", "--json"];
    let answer = cryoet(folder.path(), &arguments).done().json();
    let calibrated = Weights::from_bytes(&fs::read(folder.path().join("c.safetensors")).unwrap()).unwrap();
    let curves = &calibrated.description().calibration;
    assert!(!curves.is_empty() && calibrated.description().provenance.contains_key("calibration"), "{answer}");
    assert_eq!(calibrated.sha256(), weights.sha256());
    assert!(calibrated.description().clustering.is_some());
    assert_eq!(fs::read(folder.path().join("p.png")).unwrap()[1..4], *b"PNG");
    let tomogram = simulated().file("tomogram.mrc");
    let pick = |weights: &str, more: &[&str]| {
        let arguments = ["pick", tomogram.to_str().unwrap(), "--weights", weights, "--min-score=-1", "-o", "p.csv"];
        let _ = cryoet(folder.path(), &[&arguments[..], more].concat()).done();
        read_particles(folder.path().join("p.csv"), &ReadParticles::default()).unwrap().particles
    };
    let (raw, probable) = (pick("raw.safetensors", &[]), pick("c.safetensors", &[]));
    assert!(!raw.is_empty());
    assert_eq!(raw, pick("c.safetensors", &["--raw-scores"]));
    for (raw, probable) in raw.iter().zip(&probable) {
        let expected = curves.get(&raw.class).map_or(raw.score.unwrap().get(), |curve| curve.probability(raw.score.unwrap().get()));
        assert!((probable.score.unwrap().get() - expected).abs() < 1e-6, "{raw:?} became {probable:?}, expected {expected}");
    }
}
