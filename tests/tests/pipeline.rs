//! The whole way with the real command, on small simulated tomograms.

use std::fs;
use std::path::Path;

use cryoet::io::{read_ids, read_labels, read_particles};
use cryoet_tests::{cryoet, simulated};
use serde_json::Value;
use tempfile::tempdir;

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn f1(scores: &Value) -> (f64, f64) {
    (scores["localisation"]["f1"].as_f64().unwrap(), scores["macro_f1"].as_f64().unwrap())
}

#[test]
fn a_simulation_agrees_with_itself() {
    let classes = read_labels(simulated().file("classes.mrc")).unwrap();
    let occupancy = read_ids(simulated().file("occupancy.mrc")).unwrap();
    let particles = read_particles(simulated().file("particles.csv"), &Default::default()).unwrap().particles;
    assert_eq!(particles.len(), 14);
    for (&class, &id) in classes.data().iter().zip(occupancy.data()) {
        assert_eq!(class, id.checked_sub(1).map_or(0, |index| particles[index as usize].class.get()));
    }
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let folder = tempdir().unwrap();
    let _ =
        cryoet(folder.path(), &["simulate", "--preset", "small", "--count", "2", "--seed", "5", "-o", "again", "--threads", "1"]).done();
    for name in ["tomogram.mrc", "classes.mrc", "occupancy.mrc", "hitboxes.mrc", "particles.csv", "record.json"] {
        assert_eq!(
            fs::read(simulated().file(name)).unwrap(),
            fs::read(folder.path().join("again/tomogram-1").join(name)).unwrap(),
            "{name}"
        );
    }
    assert_eq!(fs::read(simulated().folder().join("dataset.toml")).unwrap(), fs::read(folder.path().join("again/dataset.toml")).unwrap());
}

/// Turned masks of the complexes are the simulation's own labels.
#[test]
fn targets_from_masks_are_the_truth() {
    let folder = tempdir().unwrap();
    let data = simulated();
    let [list, like, masks] = [data.file("particles.csv"), data.file("tomogram.mrc"), data.folder().join("masks")].map(|path| text(&path));
    let classes = text(&data.folder().join("classes.toml"));
    let arguments = ["targets", &list, "--like", &like, "--masks", &masks, "--classes", &classes, "-o", "labels.mrc"];
    let _ = cryoet(folder.path(), &arguments).done();
    let truth = text(&data.file("classes.mrc"));
    let scores = cryoet(folder.path(), &["evaluate", "--truth-labels", &truth, "--labels", "labels.mrc", "--json"]).done().json();
    assert!(scores["mean_dice"].as_f64().unwrap() > 0.9, "{scores}");
}

/// Clustering the true labels finds the true particles.
#[test]
fn true_labels_give_true_picks() {
    let folder = tempdir().unwrap();
    let data = simulated();
    let [labels, truth, hitboxes] = ["classes.mrc", "particles.csv", "hitboxes.mrc"].map(|name| text(&data.file(name)));
    let _ = cryoet(folder.path(), &["cluster", &labels, "--radius", "9", "-o", "picks.csv", "-o", "picks.xml", "-o", "picks.star"]).done();
    let scores =
        cryoet(folder.path(), &["evaluate", "--truth", &truth, "--picks", "picks.csv", "--hitboxes", &hitboxes, "--json"]).done().json();
    let (localisation, classes) = f1(&scores);
    assert!(localisation > 0.85 && classes > 0.85, "{scores}");
    for field in ["reported", "tp", "fp", "fn", "multiple_hits", "outside", "mean_distance", "recall", "precision", "miss_rate", "f1"] {
        assert!(scores["localisation"][field].is_number(), "{field}: {scores}");
    }
    // The list says the same in every format that is read.
    let from_csv = read_particles(folder.path().join("picks.csv"), &Default::default()).unwrap().particles;
    let from_xml = read_particles(folder.path().join("picks.xml"), &Default::default()).unwrap().particles;
    assert_eq!(from_csv.len(), from_xml.len());
    assert!(from_csv.iter().zip(&from_xml).all(|(a, b)| a.class == b.class && a.position.distance(&b.position) < 1e-3));
    assert!(fs::read_to_string(folder.path().join("picks.star")).unwrap().contains("_rlnCenteredCoordinateXAngst"));
    let record: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("picks.csv.record.json")).unwrap()).unwrap();
    assert_eq!((&record["command"], record["inputs"].as_array().unwrap().len()), (&"cluster".into(), 1));
}

#[test]
fn info_says_what_is_in_a_file() {
    let data = simulated();
    let info = cryoet(data.folder(), &["info", "tomogram-1/tomogram.mrc", "--json"]).done().json();
    assert_eq!((&info["shape"], &info["voxel_size"]), (&serde_json::json!([40, 96, 96]), &serde_json::json!([10.0, 10.0, 10.0])));
    for field in ["format", "dtype", "min", "max", "mean", "std", "warnings"] {
        assert!(!info[field].is_null(), "{field}: {info}");
    }
    let labels = cryoet(data.folder(), &["info", "tomogram-1/classes.mrc", "--json"]).done().json();
    let counted: u64 = labels["labels"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, 40 * 96 * 96);
    let list = cryoet(data.folder(), &["info", "tomogram-1/particles.csv", "--classes", "classes.toml", "--json"]).done().json();
    assert_eq!(list["count"], 14);
    assert!(list["classes"]["4d8q"].is_number() && list["frame"].is_string(), "{list}");
}

/// Train, stop, go on; segment and cluster against pick; the picture.
#[test]
fn from_a_data_set_to_picks() {
    let folder = tempdir().unwrap();
    let data = simulated();
    let dataset = text(&data.folder().join("dataset.toml"));
    let train = |run: &str, more: &[&str]| {
        let recipe = ["train", &dataset, "--steps", "4", "--batch", "1", "--patch", "24", "--validate-every", "2"];
        let rest = ["--device", "cpu", "--threads", "1", "-o", run, "--json"];
        cryoet(folder.path(), &[&recipe[..], &rest, more].concat()).done().json()
    };
    assert_eq!(train("whole", &[])["steps"], 4);
    // Stopped before the first step, and again by a time limit that ends each call after one step at most.
    let mut steps = train("parts", &["--time-limit", "0"])["steps"].as_u64().unwrap();
    assert_eq!(steps, 0);
    while steps < 4 {
        steps = train("parts", &["--time-limit", "0.0001"])["steps"].as_u64().unwrap();
    }
    let sum = |run: &str| cryoet(folder.path(), &["info", &format!("{run}/weights.safetensors"), "--json"]).done().json()["sha256"].clone();
    assert_eq!(sum("whole"), sum("parts"));
    let other = cryoet(folder.path(), &["train", &dataset, "--steps", "5", "-o", "whole"]).failure();
    assert!(other.contains("steps") || other.contains("batch"), "{other}");
    for name in ["record.json", "steps.csv", "validation.csv", "curve.svg"] {
        assert!(folder.path().join("whole").join(name).is_file(), "{name}");
    }

    let tomogram = text(&data.file("tomogram.mrc"));
    let weights = ["--weights", "whole/weights.safetensors", "--device", "cpu", "--threads", "1"];
    let _ = cryoet(folder.path(), &[&["segment", &tomogram, "-o", "labels.mrc", "--scores", "scores.mrc"][..], &weights].concat()).done();
    let _ = cryoet(folder.path(), &["cluster", "labels.mrc", "--scores", "scores.mrc", "-o", "two-steps.csv"]).done();
    let _ = cryoet(folder.path(), &[&["pick", &tomogram, "-o", "one-pass.csv", "--labels", "again.mrc"][..], &weights].concat()).done();
    assert_eq!(fs::read(folder.path().join("labels.mrc")).unwrap(), fs::read(folder.path().join("again.mrc")).unwrap());
    let [two, one] =
        ["two-steps.csv", "one-pass.csv"].map(|name| read_particles(folder.path().join(name), &Default::default()).unwrap().particles);
    assert_eq!(two.len(), one.len());
    for (a, b) in two.iter().zip(&one) {
        assert_eq!((a.class, a.position, a.score, a.size), (b.class, b.position, b.score, b.size));
    }

    let arguments = ["view", &tomogram, "--labels", "labels.mrc", "--particles", "one-pass.csv", "-o", "picture.png"];
    let _ = cryoet(folder.path(), &arguments).done();
    assert!(fs::read(folder.path().join("picture.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn binning_moves_volume_and_particles_alike() {
    let folder = tempdir().unwrap();
    let data = simulated();
    let [tomogram, list] = ["tomogram.mrc", "particles.csv"].map(|name| text(&data.file(name)));
    let _ = cryoet(folder.path(), &["convert", &tomogram, "half.mrc", "--bin", "2"]).done();
    let _ = cryoet(folder.path(), &["convert", &list, "half.csv", "--bin", "2"]).done();
    let info = cryoet(folder.path(), &["info", "half.mrc", "--json"]).done().json();
    assert_eq!((&info["shape"], &info["voxel_size"]), (&serde_json::json!([20, 48, 48]), &serde_json::json!([20.0, 20.0, 20.0])));
    let before = read_particles(&list, &Default::default()).unwrap().particles;
    let after = read_particles(folder.path().join("half.csv"), &Default::default()).unwrap().particles;
    for (old, new) in before.iter().zip(&after) {
        assert!(new.position.distance(&old.position.binned(2)) < 1e-3);
    }
}
