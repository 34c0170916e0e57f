//! What trainings keep apart, what they refuse and what they warn of.
#![cfg(feature = "net")]

mod command;
mod refusal;

use std::fs;
use std::path::Path;

use cryoet::io::{write_class_table, write_labels, write_volume};
use cryoet::ndarray::Array3;
use cryoet::net::{Calibration, ClassCalibration, Weights};
use cryoet::{Class, ClassLabel, ClassTable, Volume, VoxelSize};
use tempfile::TempDir;

use command::{run, succeed};
use refusal::refused;

/// One step that takes no time.
const STEP: &str = "--steps 1 --batch 1 --patch 8 --device cpu";

fn classes(radius: f64) -> ClassTable {
    ClassTable::new(vec![Class { radius: Some(radius), ..Class::new(ClassLabel::new(1), "ball") }]).unwrap()
}

/// A ball in waves, brighter from seed to seed, at 10 Angstrom.
fn ball(seed: usize) -> (Volume<f32>, Volume<u8>) {
    let inside = |(z, y, x): (usize, usize, usize)| [z, y, x].iter().map(|&i| i.abs_diff(8).pow(2)).sum::<usize>() < 16;
    let grey = |(z, y, x)| f32::from(u8::from(inside((z, y, x)))) + ((z * 7 + y * 13 + x * 29 + seed) % 31) as f32;
    let volume = Volume::new(Array3::from_shape_fn((16, 16, 16), grey)).with_voxel_size(VoxelSize::isotropic(10.0).ok());
    let labels = volume.with_data(Array3::from_shape_fn((16, 16, 16), |at| u8::from(inside(at))));
    (volume, labels)
}

/// Writes a data set of the tomograms named: name, volume, labels, split.
fn write_dataset(path: &Path, entries: &[[&str; 4]]) {
    let entry = |[name, volume, labels, split]: &[&str; 4]| {
        format!("[[tomogram]]\nname = \"{name}\"\nvolume = \"{volume}\"\nlabels = \"{labels}\"\nsplit = \"{split}\"\n")
    };
    fs::write(path, format!("classes = \"classes.toml\"\n{}", entries.iter().map(entry).collect::<String>())).unwrap();
}

/// A folder with `d.toml`: tomogram a to train on, b to validate with.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, seed) in [("a", 0), ("b", 5)] {
        let (volume, labels) = ball(seed);
        write_volume(at(&format!("{name}.mrc")), &volume).unwrap();
        write_labels(at(&format!("{name}_labels.mrc")), &labels).unwrap();
    }
    write_class_table(at("classes.toml"), &classes(40.0)).unwrap();
    write_dataset(&at("d.toml"), &[["a", "a.mrc", "a_labels.mrc", "train"], ["b", "b.mrc", "b_labels.mrc", "validation"]]);
    folder
}

/// The warnings of a line that must succeed.
fn warnings(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {text}");
    text
}

#[test]
fn a_run_goes_on_with_its_own_network_alone() {
    let folder = folder();
    let path = folder.path();
    succeed(path, &format!("train d.toml {STEP} --network msd49 -o run"));
    let text = refused(path, &format!("train d.toml {STEP} -o run"), 1);
    assert!(text.contains("holds a training with other parameters (network)"), "{text}");
    succeed(path, &format!("train d.toml {STEP} --network msd49 -o run"));
    let shown = succeed(path, "info run/weights.safetensors");
    assert!(shown.contains("mixed-scale dense network, 49 layers dilated by 1 to 7 voxels, 2 outputs"), "{shown}");
    // A record that names no network, as earlier versions wrote it, is DeepFinder's.
    succeed(path, &format!("train d.toml {STEP} -o other"));
    let record = path.join("other/record.json");
    let mut value: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    value["parameters"].as_object_mut().unwrap().remove("network").unwrap();
    fs::write(&record, value.to_string()).unwrap();
    succeed(path, &format!("train d.toml {STEP} -o other"));
    let text = refused(path, &format!("train d.toml {STEP} --network msd49 -o other"), 1);
    assert!(text.contains("(network)"), "{text}");
}

#[test]
fn a_damaged_checkpoint_is_refused_by_name() {
    let folder = folder();
    let line = format!("train d.toml {STEP} -o run");
    succeed(folder.path(), &line);
    let checkpoint = folder.path().join("run/checkpoint.safetensors");
    let mut bytes = fs::read(&checkpoint).unwrap();
    let near_the_end = bytes.len() - 1001;
    bytes[near_the_end] ^= 1;
    fs::write(&checkpoint, &bytes).unwrap();
    let text = refused(folder.path(), &line, 1);
    assert!(text.contains("run/checkpoint.safetensors") && text.contains("damaged") && text.contains("--restart"), "{text}");
    succeed(folder.path(), &format!("{line} --restart"));
}

#[test]
fn fine_tuning_takes_the_data_sets_table_and_no_old_thresholds() {
    let folder = folder();
    let label = ClassLabel::new(1);
    let fitted = ClassCalibration { label, curve: Calibration::fit(&[(0.3, false), (0.6, true)]), threshold: Some(0.5) };
    let weights = Weights::random(classes(60.0), VoxelSize::isotropic(10.0).ok(), 1).with_calibration(&[fitted]).unwrap();
    fs::write(folder.path().join("w.safetensors"), weights.with_provenance("calibration", "by hand").to_bytes().unwrap()).unwrap();
    let text = warnings(folder.path(), &format!("train d.toml {STEP} --start w.safetensors -o run"));
    assert_eq!(text, "");
    let tuned = Weights::from_bytes(&fs::read(folder.path().join("run/weights.safetensors")).unwrap()).unwrap();
    assert_eq!(tuned.description().classes, classes(40.0));
    assert!(!tuned.description().was_calibrated());
}

#[test]
fn batches_without_a_deviation_are_wrong_arguments() {
    let folder = folder();
    let text = refused(folder.path(), "train d.toml --steps 1 --patch 4 --batch 1 --device cpu -o run", 2);
    assert!(text.contains("batch = 1: expected 2 or more"), "{text}");
    succeed(folder.path(), "train d.toml --steps 1 --patch 4 --batch 2 --device cpu -o run");
}

#[test]
fn a_voxel_size_of_1_angstrom_is_unknown() {
    let folder = folder();
    let (volume, _) = ball(0);
    write_volume(folder.path().join("a.mrc"), &volume.with_voxel_size(VoxelSize::isotropic(1.0).ok())).unwrap();
    for more in ["", "--stream"] {
        let text = refused(folder.path(), &format!("train d.toml {STEP} {more} -o run"), 1);
        assert!(text.contains("a.mrc: the voxel size is exactly 1 Angstrom") && text.contains("--voxel-size"), "{text}");
        succeed(folder.path(), &format!("train d.toml {STEP} {more} --voxel-size 12 -o run{more}"));
        let weights = Weights::from_bytes(&fs::read(folder.path().join(format!("run{more}/weights.safetensors"))).unwrap()).unwrap();
        assert_eq!(weights.description().voxel_size, VoxelSize::isotropic(12.0).ok());
    }
    let text = refused(folder.path(), &format!("train d.toml {STEP} --voxel-size 13 -o run"), 1);
    assert!(text.contains("other parameters (voxel_size)"), "{text}");
}

#[test]
fn odd_data_are_warned_of() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(warnings(folder.path(), &format!("train d.toml {STEP} -o run")), "");
    fs::copy(at("a.mrc"), at("copy.mrc")).unwrap();
    let (volume, labels) = ball(0);
    write_labels(at("bare.mrc"), &labels.with_data(Array3::zeros((16, 16, 16)))).unwrap();
    write_volume(at("flat.mrc"), &volume.with_data(Array3::from_elem((16, 16, 16), 2.0))).unwrap();
    let entries = [
        ["a", "a.mrc", "a_labels.mrc", "train"],
        ["flat", "flat.mrc", "a_labels.mrc", "train"],
        ["copy", "copy.mrc", "bare.mrc", "validation"],
    ];
    write_dataset(&at("odd.toml"), &entries);
    let text = warnings(folder.path(), &format!("train odd.toml {STEP} -o odd"));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines.iter().all(|line| line.starts_with("cryoet: warning: odd.toml: ")), "{text}");
    let told = ["flat: all voxels are equal", "copy of validation has the voxels of a of training", "no voxel of any class lies where"];
    assert!(lines.iter().zip(told).all(|(line, told)| line.contains(told)), "{text}");
}

#[test]
fn no_time_is_no_steps() {
    let folder = folder();
    assert_eq!(succeed(folder.path(), &format!("train d.toml {STEP} --time-limit 0 -o run")), "0 of 1 steps, 0 s\n");
}

#[test]
fn a_run_goes_on_with_its_own_split_alone() {
    let folder = folder();
    let path = folder.path();
    succeed(path, &format!("train d.toml {STEP} --time-limit 0 -o run"));
    write_dataset(&path.join("d.toml"), &[["a", "a.mrc", "a_labels.mrc", "validation"], ["b", "b.mrc", "b_labels.mrc", "train"]]);
    let text = refused(path, &format!("train d.toml {STEP} -o run"), 1);
    assert!(text.contains("other parameters (splits)"), "{text}");
    write_dataset(&path.join("d.toml"), &[["a", "a.mrc", "a_labels.mrc", "validation"]]);
    let text = refused(path, &format!("train d.toml {STEP} -o other"), 1);
    assert!(text.contains("d.toml: no tomogram has the split train"), "{text}");
}

#[test]
fn what_is_in_the_folder_is_not_written_over() {
    let folder = folder();
    let path = folder.path();
    succeed(path, &format!("train d.toml {STEP} -o run"));
    let text = refused(path, &format!("train d.toml {STEP} --start run/weights.safetensors --restart -o run"), 2);
    assert!(text.contains("would replace the input run/weights.safetensors"), "{text}");
    let text = refused(path, &format!("train d.toml {STEP} --start run -o tuned"), 2);
    assert!(text.contains("run is a folder: its weights are run/weights.safetensors"), "{text}");
    fs::create_dir(path.join("data")).unwrap();
    fs::write(path.join("data/record.json"), "{\"command\": \"simulate\"}").unwrap();
    let text = refused(path, &format!("train d.toml {STEP} -o data"), 2);
    assert!(text.contains("data holds what `cryoet simulate` wrote"), "{text}");
    // A new beginning leaves nothing of the old.
    succeed(path, &format!("train d.toml {STEP} --time-limit 0 --restart -o run"));
    assert!(!fs::read_to_string(path.join("run/validation.csv")).unwrap().contains("\n1,"));
}

#[test]
fn a_start_keeps_the_low_pass_it_was_learnt_with() {
    let folder = folder();
    let path = folder.path();
    let read = |run: &str| Weights::from_bytes(&fs::read(path.join(run).join("weights.safetensors")).unwrap()).unwrap();
    fs::write(path.join("sharp.toml"), "smoothing = 0.0\n").unwrap();
    succeed(path, &format!("train d.toml {STEP} --params sharp.toml -o sharp"));
    assert_eq!(warnings(path, &format!("train d.toml {STEP} --start sharp/weights.safetensors -o kept")), "");
    assert_eq!(read("kept").description().smoothing, 0.0);
    fs::write(path.join("soft.toml"), "smoothing = 1.0\n").unwrap();
    let text = warnings(path, &format!("train d.toml {STEP} --params soft.toml --start sharp/weights.safetensors -o soft"));
    assert!(text.contains("smooths grey values otherwise"), "{text}");
    assert_eq!(read("soft").description().smoothing, 1.0);
    let text = refused(path, &format!("train d.toml {STEP} --params both.toml -o both"), 1);
    assert!(text.contains("both.toml"), "{text}");
    fs::write(path.join("both.toml"), "normalisation = \"deep_finder\"\nsmoothing = 1.0\n").unwrap();
    let text = refused(path, &format!("train d.toml {STEP} --params both.toml -o both"), 2);
    assert!(text.contains("smoothing = 1"), "{text}");
}

#[test]
fn classes_without_a_voxel_and_patches_that_do_not_fit_are_warned_of() {
    let folder = folder();
    let mut table: Vec<Class> = classes(40.0).into();
    table.push(Class::new(ClassLabel::new(2), "never"));
    write_class_table(folder.path().join("classes.toml"), &ClassTable::new(table).unwrap()).unwrap();
    let text = warnings(folder.path(), "train d.toml --steps 1 --batch 1 --patch 32 --device cpu -o run");
    assert!(text.contains("no training tomogram has a voxel of class 2 (never)"), "{text}");
    assert!(text.contains("patches of 32^3 voxels do not fit into all training tomograms: they are [16, 16, 16]"), "{text}");
}

#[test]
fn a_network_with_two_heads_learns_from_densities_and_denoises() {
    let folder = folder();
    let path = folder.path();
    let step = "--steps 1 --batch 2 --patch 16 --device cpu";
    let text = warnings(path, &format!("train d.toml {step} --network umc -o bare"));
    assert!(text.contains("no training tomogram has a density without noise"), "{text}");
    let (_, labels) = ball(0);
    write_volume(path.join("clean.mrc"), &labels.with_data(labels.data().mapv(f32::from))).unwrap();
    let text =
        fs::read_to_string(path.join("d.toml")).unwrap().replacen("split = \"train\"", "split = \"train\"\ndensity = \"clean.mrc\"", 1);
    fs::write(path.join("dense.toml"), text).unwrap();
    for (run, further) in [("run", ""), ("streamed", "--stream")] {
        assert_eq!(warnings(path, &format!("train dense.toml {step} --network umc {further} -o {run}")), "");
    }
    let steps = |run: &str| {
        let csv = fs::read_to_string(path.join(run).join("steps.csv")).unwrap();
        let row: Vec<_> = csv.lines().last().unwrap().split(',').map(str::to_owned).collect();
        (csv.lines().next().unwrap().to_owned(), row[1].clone(), row[6].parse::<f64>().unwrap())
    };
    let (header, loss, density) = steps("run");
    assert!(header.ends_with(",density_loss") && density > 0.0, "{header}, {density}");
    assert_eq!(steps("streamed"), (header, loss, density));
    let record = fs::read_to_string(path.join("run/record.json")).unwrap();
    assert!(record.contains("clean.mrc"), "{record}");
    succeed(path, "segment a.mrc --weights run/weights.safetensors --device cpu -o l.mrc --density clean-a.mrc");
    let denoised = cryoet::io::read_volume(path.join("clean-a.mrc")).unwrap();
    assert_eq!((denoised.shape(), denoised.voxel_size()), ([16; 3], VoxelSize::isotropic(10.0).ok()));
    assert!(path.join("clean-a.mrc.record.json").exists());
    let text = refused(path, "segment a.mrc --weights bare/weights.safetensors --device cpu -o l2.mrc --density d2.mrc", 1);
    assert!(text.contains("network 1 (UMC's U-Net") && text.contains("has learnt no density"), "{text}");
    let learnt = |run: &str| {
        succeed(path, &format!("info {run}/weights.safetensors")).lines().find(|line| line.starts_with("density")).map(str::to_owned)
    };
    assert!(!learnt("run").unwrap().ends_with("not learnt") && learnt("bare").unwrap().ends_with("not learnt"));
    // Densities of validation are not looked at; those that are learnt from are the training's own.
    let text = fs::read_to_string(path.join("dense.toml")).unwrap();
    fs::write(path.join("dense.toml"), text.replace("split = \"validation\"", "split = \"validation\"\ndensity = \"none.mrc\"")).unwrap();
    succeed(path, &format!("train dense.toml {step} --network umc -o run"));
    let text = refused(path, &format!("train d.toml {step} --network umc -o run"), 1);
    assert!(text.contains("holds a training with other data"), "{text}");
    // DeepFinder's network does not look at densities and has none to give.
    succeed(path, &format!("train dense.toml {step} -o plain"));
    let record = fs::read_to_string(path.join("plain/record.json")).unwrap();
    assert!(!record.contains("clean.mrc"), "{record}");
    let line = "segment a.mrc --weights plain/weights.safetensors --device cpu -o l2.mrc --density d2.mrc";
    let text = refused(path, line, 1);
    assert!(text.contains("has learnt no density") && !path.join("l2.mrc").exists() && !path.join("d2.mrc").exists(), "{text}");
}
