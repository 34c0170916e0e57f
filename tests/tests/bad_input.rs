//! What the command says to input that is not as it must be: one clear line, and nothing half-written.

use std::fs;
use std::path::Path;

use cryoet::io::{read_labels, read_particles, write_labels, write_volume};
use cryoet::ndarray::Array3;
use cryoet::net::Weights;
use cryoet::{Class, ClassLabel, ClassTable, Volume, VoxelSize};
use cryoet_tests::{cryoet, simulated};
use tempfile::tempdir;

fn classes(names: &[&str]) -> ClassTable {
    let class = |(i, name): (usize, &&str)| Class::new(ClassLabel::new(i as u8 + 1), *name);
    ClassTable::new(names.iter().enumerate().map(class).collect()).unwrap()
}

/// Untrained weights of the simulated data's classes at its voxel size.
fn write_weights(path: &Path, names: &[&str], angstrom: f64) {
    let weights = Weights::random(classes(names), VoxelSize::isotropic(angstrom).ok(), 1);
    fs::write(path, weights.to_bytes().unwrap()).unwrap();
}

/// No file of the folder but those named.
fn only(folder: &Path, names: &[&str]) {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, names);
}

#[test]
fn a_truncated_mrc() {
    let folder = tempdir().unwrap();
    let whole = fs::read(simulated().file("tomogram.mrc")).unwrap();
    fs::write(folder.path().join("cut.mrc"), &whole[..whole.len() - 1000]).unwrap();
    for arguments in [&["info", "cut.mrc"][..], &["convert", "cut.mrc", "out.mrc"], &["view", "cut.mrc", "-o", "out.png"]] {
        let line = cryoet(folder.path(), arguments).failure();
        assert!(line.contains("cut.mrc"), "{line}");
        assert!(line.contains(&whole.len().to_string()) && line.contains(&(whole.len() - 1000).to_string()), "{line}");
    }
    only(folder.path(), &["cut.mrc"]);
}

#[test]
fn a_mode_that_does_not_exist() {
    let folder = tempdir().unwrap();
    let mut bytes = fs::read(simulated().file("tomogram.mrc")).unwrap();
    bytes[12..16].copy_from_slice(&77i32.to_le_bytes());
    fs::write(folder.path().join("mode.mrc"), bytes).unwrap();
    let line = cryoet(folder.path(), &["convert", "mode.mrc", "out.mrc"]).failure();
    assert!(line.contains("mode.mrc") && line.contains("77"), "{line}");
    only(folder.path(), &["mode.mrc"]);
}

#[test]
fn nan_voxels() {
    let folder = tempdir().unwrap();
    let mut data = Array3::from_shape_fn((16, 16, 16), |(z, y, x)| (z + y + x) as f32);
    data[[3, 4, 5]] = f32::NAN;
    write_volume(folder.path().join("nan.mrc"), &Volume::new(data)).unwrap();
    write_weights(&folder.path().join("w.safetensors"), &["a"], 10.0);
    let segment = ["segment", "nan.mrc", "--weights", "w.safetensors", "-o", "labels.mrc"];
    let pick = ["pick", "nan.mrc", "--weights", "w.safetensors", "-o", "picks.csv"];
    for arguments in [segment, pick] {
        let line = cryoet(folder.path(), &arguments).failure();
        assert!(line.contains("nan.mrc") && line.contains("[3, 4, 5]") && line.contains("NaN"), "{line}");
    }
    only(folder.path(), &["nan.mrc", "w.safetensors"]);
    // Headers and pictures do not need every voxel: they count it, or show it black.
    let info = cryoet(folder.path(), &["info", "nan.mrc", "--compute", "--json"]).done().json();
    assert_eq!(info["nan"], 1, "{info}");
    let _ = cryoet(folder.path(), &["view", "nan.mrc", "-o", "nan.png"]).done();
}

#[test]
fn a_tomogram_thinner_than_a_tile() {
    let folder = tempdir().unwrap();
    let thin = Volume::new(Array3::from_shape_fn((3, 20, 37), |(z, y, x)| (z * y) as f32 + x as f32));
    write_volume(folder.path().join("thin.mrc"), &thin).unwrap();
    write_weights(&folder.path().join("w.safetensors"), &["a"], 10.0);
    let _ = cryoet(folder.path(), &["segment", "thin.mrc", "--weights", "w.safetensors", "-o", "labels.mrc"]).done();
    assert_eq!(read_labels(folder.path().join("labels.mrc")).unwrap().shape(), [3, 20, 37]);
}

#[test]
fn a_particle_outside_the_volume() {
    let folder = tempdir().unwrap();
    write_volume(folder.path().join("t.mrc"), &Volume::new(Array3::zeros((20, 20, 20)))).unwrap();
    fs::write(folder.path().join("p.csv"), "tomogram,class,z,y,x\nt,1,10,10,10\nt,1,10,10,400\n").unwrap();
    let run = cryoet(folder.path(), &["targets", "p.csv", "--like", "t.mrc", "--radii", "3", "-o", "l.mrc", "--json"]).done();
    assert_eq!(run.json()["skipped"], serde_json::json!([1]));
    assert!(run.stderr.contains("row 1 (from 0)") && run.stderr.contains("400"), "{run:?}");
    assert_eq!(read_labels(folder.path().join("l.mrc")).unwrap().data().iter().filter(|&&label| label == 1).count(), 93);
}

/// A sensible answer exists: the old layers under a new head, and a warning.
#[test]
fn weights_for_another_number_of_classes() {
    let folder = tempdir().unwrap();
    write_weights(&folder.path().join("w.safetensors"), &["1bxn", "4d8q", "3cf3"], 10.0);
    let dataset = simulated().folder().join("dataset.toml");
    let recipe = ["--start", "w.safetensors", "--steps", "1", "--batch", "1", "--patch", "24", "-o", "run"];
    let run = cryoet(folder.path(), &[&["train", dataset.to_str().unwrap()][..], &recipe].concat()).done();
    let warning = run.stderr.lines().next().unwrap_or_default();
    assert!(warning.contains("w.safetensors") && warning.contains("3 classes") && warning.contains("has 2"), "{run:?}");
    let weights = Weights::from_bytes(&fs::read(folder.path().join("run/weights.safetensors")).unwrap()).unwrap();
    assert_eq!(weights.description().classes.len(), 2);
}

#[test]
fn weights_for_another_voxel_size() {
    let folder = tempdir().unwrap();
    write_weights(&folder.path().join("w.safetensors"), &["1bxn", "4d8q"], 13.48);
    let tomogram = simulated().file("tomogram.mrc");
    let tomogram = tomogram.to_str().unwrap();
    let line = cryoet(folder.path(), &["pick", tomogram, "--weights", "w.safetensors", "-o", "picks.csv"]).failure();
    assert!(line.contains("13.48") && line.contains("10.0"), "{line}");
    let dataset = simulated().folder().join("dataset.toml");
    let arguments = ["train", dataset.to_str().unwrap(), "--start", "w.safetensors", "--steps", "1", "-o", "run"];
    let line = cryoet(folder.path(), &arguments).failure();
    assert!(line.contains("13.48"), "{line}");
    only(folder.path(), &["w.safetensors"]);
}

#[test]
fn weights_that_are_none() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("w.safetensors"), "no weights at all").unwrap();
    let tomogram = simulated().file("tomogram.mrc");
    let line = cryoet(folder.path(), &["pick", tomogram.to_str().unwrap(), "--weights", "w.safetensors", "-o", "p.csv"]).failure();
    assert!(line.contains("w.safetensors"), "{line}");
}

#[test]
fn an_xml_that_is_no_object_list() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("page.xml"), "<html><body>hello</body></html>").unwrap();
    let line = cryoet(folder.path(), &["convert", "page.xml", "picks.csv"]).failure();
    assert!(line.contains("page.xml") && line.contains("objlist") && line.contains("html"), "{line}");
    only(folder.path(), &["page.xml"]);
}

#[test]
fn an_empty_label_map() {
    let folder = tempdir().unwrap();
    write_labels(folder.path().join("empty.mrc"), &Volume::new(Array3::zeros((8, 8, 8)))).unwrap();
    let run = cryoet(folder.path(), &["cluster", "empty.mrc", "-o", "picks.csv", "--json"]).done();
    assert_eq!(run.json()["particles"], 0);
    assert!(read_particles(folder.path().join("picks.csv"), &Default::default()).unwrap().particles.is_empty());
    let truth = simulated().file("particles.csv");
    let hitboxes = simulated().file("hitboxes.mrc");
    let arguments =
        ["evaluate", "--truth", truth.to_str().unwrap(), "--picks", "picks.csv", "--hitboxes", hitboxes.to_str().unwrap(), "--json"];
    let scores = cryoet(folder.path(), &arguments).done().json();
    assert_eq!((&scores["localisation"]["f1"], &scores["macro_f1"]), (&0.0.into(), &0.0.into()));
}

#[test]
fn files_that_are_not_there() {
    let folder = tempdir().unwrap();
    for arguments in [&["info", "no.mrc"][..], &["convert", "no.csv", "out.csv"], &["train", "no.toml", "-o", "run"]] {
        let line = cryoet(folder.path(), arguments).failure();
        assert!(line.contains("no."), "{line}");
    }
    only(folder.path(), &[]);
}

#[test]
fn wrong_arguments_end_with_2() {
    let folder = tempdir().unwrap();
    write_labels(folder.path().join("l.mrc"), &Volume::new(Array3::zeros((8, 8, 8)))).unwrap();
    for arguments in [
        &["fly"][..],
        &["cluster", "l.mrc", "--radius", "wide", "-o", "p.csv"],
        &["cluster", "l.mrc", "-o", "p.mrc"],
        &["view", "l.mrc", "-o", "picture.jpg"],
        &["evaluate", "--truth", "p.csv", "--picks", "p.csv"],
        &["convert", "l.mrc", "p.csv"],
    ] {
        let run = cryoet(folder.path(), arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
    }
    only(folder.path(), &["l.mrc"]);
}
