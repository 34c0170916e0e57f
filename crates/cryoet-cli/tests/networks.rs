//! What commands with a network refuse, and what they say of weights.
#![cfg(feature = "net")]

mod command;
mod refusal;

use std::fs;
use std::path::Path;

use cryoet::io::{inspect_volume, read_labels, write_volume};
use cryoet::ndarray::Array3;
use cryoet::net::{Calibration, ClassCalibration, Weights};
use cryoet::{Class, ClassLabel, ClassTable, Volume, VoxelSize};
use tempfile::TempDir;

use command::{run, succeed};
use refusal::refused;

/// A folder with weights at 10 Angstrom and small tomograms: at 1 Angstrom, at 13, and of unknown voxel size.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let size = |angstrom| VoxelSize::isotropic(angstrom).ok();
    let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "a")]).unwrap();
    fs::write(folder.path().join("w.safetensors"), Weights::random(classes, size(10.0), 1).to_bytes().unwrap()).unwrap();
    let volume = Volume::new(Array3::from_shape_fn((8, 12, 16), |(z, y, x)| ((z * 7 + y * 13 + x * 29) % 31) as f32));
    for (name, angstrom) in [("one.mrc", 1.0), ("thirteen.mrc", 13.0), ("unknown.mrc", 0.0)] {
        write_volume(folder.path().join(name), &volume.clone().with_voxel_size(size(angstrom))).unwrap();
    }
    folder
}

#[test]
fn a_voxel_size_of_1_angstrom_is_unknown() {
    let folder = folder();
    for line in ["segment one.mrc --weights w.safetensors -o l.mrc", "pick one.mrc --weights w.safetensors -o p.csv"] {
        for more in ["", " --resample"] {
            let text = refused(folder.path(), &format!("{line}{more}"), 1);
            assert!(text.contains("one.mrc: the voxel size is exactly 1 Angstrom") && text.contains("--voxel-size"), "{text}");
        }
        succeed(folder.path(), &format!("{line} --voxel-size 10"));
    }
    assert_eq!(inspect_volume(folder.path().join("l.mrc")).unwrap().voxel_size, VoxelSize::isotropic(10.0).ok());
    // Stated, it is what it is.
    let text = refused(folder.path(), "segment one.mrc --weights w.safetensors --voxel-size 1 -o l.mrc", 1);
    assert!(text.contains("differs by 90.0 %"), "{text}");
}

#[test]
fn refusals_of_voxel_sizes_name_the_options() {
    let folder = folder();
    for line in ["segment thirteen.mrc --weights w.safetensors -o l.mrc", "pick thirteen.mrc --weights w.safetensors -o p.csv"] {
        let text = refused(folder.path(), line, 1);
        assert!(text.contains("differs by 30.0 %") && text.contains("--resample"), "{text}");
        succeed(folder.path(), &format!("{line} --resample"));
    }
    let text = refused(folder.path(), "segment unknown.mrc --weights w.safetensors --resample -o l.mrc", 1);
    assert!(text.contains("voxel size is unknown") && text.contains("--voxel-size"), "{text}");
    succeed(folder.path(), "segment unknown.mrc --weights w.safetensors --resample --voxel-size 13 -o l.mrc");
    assert_eq!(inspect_volume(folder.path().join("l.mrc")).unwrap().shape, [10, 16, 21]);
}

/// Weights that an earlier version trained further: the thresholds of a calibration, and no curve any more.
#[test]
fn thresholds_without_their_curves_are_not_applied() {
    let folder = folder();
    let class = Class { threshold: Some(0.5), ..Class::new(ClassLabel::new(1), "a") };
    let write = |weights: Weights| fs::write(folder.path().join("t.safetensors"), weights.to_bytes().unwrap()).unwrap();
    let warned = || String::from_utf8_lossy(&run(folder.path(), "pick unknown.mrc --weights t.safetensors -o p.csv").stderr).into_owned();
    let weights = Weights::random(ClassTable::new(vec![class]).unwrap(), None, 1);
    write(weights.clone());
    assert_eq!(warned(), "");
    write(weights.with_provenance("calibration", "by hand"));
    assert!(warned().contains("trained further after they had been calibrated"), "{}", warned());
    let raw = run(folder.path(), "pick unknown.mrc --weights t.safetensors --raw-scores -o p.csv");
    assert!(raw.status.success() && raw.stderr.is_empty());
}

#[test]
fn outputs_of_another_format_are_wrong_arguments() {
    let folder = folder();
    let text = refused(folder.path(), "segment thirteen.mrc --weights w.safetensors --score-maps s.mrc -o l.mrc", 2);
    assert!(text.contains("s.mrc: score maps are written as HDF5: .h5"), "{text}");
    let text = refused(folder.path(), "calibrate d.toml --weights w.safetensors --plot c.jpg -o c.safetensors", 2);
    assert!(text.contains("c.jpg: plots are written as .png or .svg"), "{text}");
}

#[test]
fn info_says_what_hashes_cover_and_refuses_an_edited_description() {
    let folder = folder();
    let shown = succeed(folder.path(), "info w.safetensors");
    assert!(shown.contains("DeepFinder's U-Net, 2 outputs, 902994 parameters"), "{shown}");
    assert!(shown.lines().any(|line| line.starts_with("hash covers") && line.ends_with("tensors and description")), "{shown}");
    let value: serde_json::Value = serde_json::from_str(&succeed(folder.path(), "info w.safetensors --json")).unwrap();
    assert_eq!(value["hash_covers"], serde_json::json!(["tensors", "description"]));
    // As an editor of bytes changes it: nothing moves.
    let path = folder.path().join("w.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.windows(5).position(|window| window == b"[10.0").unwrap();
    bytes[place + 2] = b'3';
    fs::write(&path, bytes).unwrap();
    let text = refused(folder.path(), "info w.safetensors", 1);
    assert!(text.contains("w.safetensors") && text.contains("damaged or changed"), "{text}");
}

/// Weights that an earlier version wrote, with a hash over the tensors alone or over all.
#[test]
fn shipped_weights_are_read() {
    let folder = folder();
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../weights/shrec-like-six.safetensors");
    let shown = succeed(folder.path(), &format!("info {}", weights.display()));
    assert!(shown.contains("hash covers") && shown.contains("DeepFinder's U-Net, 7 outputs"), "{shown}");
}

#[test]
fn weights_carry_their_clustering() {
    let folder = folder();
    let picks = |line: &str| {
        succeed(folder.path(), &format!("pick unknown.mrc {line} -o p.csv"));
        let text = fs::read_to_string(folder.path().join("p.csv")).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    // Of networks without training about every second one takes all for background.
    let plain = (1..20).find_map(|seed| {
        let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "a")]).unwrap();
        let weights = Weights::random(classes, VoxelSize::isotropic(10.0).ok(), seed);
        fs::write(folder.path().join("w.safetensors"), weights.to_bytes().unwrap()).unwrap();
        Some(picks("--weights w.safetensors --method components")).filter(|list| list.len() > 1)
    });
    let plain = plain.unwrap();
    succeed(folder.path(), "weights w.safetensors --method components --radius 3 -o c.safetensors");
    assert_eq!(picks("--weights c.safetensors"), picks("--weights w.safetensors --method components --radius 3"));
    // What is not named stays.
    succeed(folder.path(), "weights c.safetensors --min-size 1000000 -o l.safetensors");
    let shown = succeed(folder.path(), "info l.safetensors");
    assert!(shown.lines().any(|line| line.starts_with("clustering") && line.contains("components") && line.contains("1000000")), "{shown}");
    assert_eq!(picks("--weights l.safetensors").len(), 1);
    assert_eq!(picks("--weights l.safetensors --min-size 0 --radius 5"), plain);
    // Of several networks all must say the same.
    assert_eq!(picks("--weights c.safetensors --weights c.safetensors").len(), picks("--weights c.safetensors").len());
    assert!(picks("--weights l.safetensors --weights l.safetensors --raw-scores").len() == 1);
    assert!(picks("--weights l.safetensors --weights c.safetensors").len() > 1);
    // What they carry can be switched off, and replaced as a whole.
    succeed(folder.path(), "weights c.safetensors --per-class --weighted --opening 2 -o f.safetensors");
    succeed(folder.path(), "weights f.safetensors --per-class=false --weighted=false --opening 0 -o g.safetensors");
    assert_eq!(picks("--weights g.safetensors"), picks("--weights c.safetensors"));
    succeed(folder.path(), "weights f.safetensors --anew --method components --radius 3 -o g.safetensors");
    assert_eq!(picks("--weights g.safetensors"), picks("--weights c.safetensors"));
    // Thresholds come from calibration and are applied when picking: neither takes one.
    for command in [
        "weights w.safetensors --min-score 0.5 -o x.safetensors",
        "calibrate d.toml --weights w.safetensors --min-score 0.5 -o x.safetensors",
    ] {
        let text = refused(folder.path(), command, 2);
        assert!(text.contains("unexpected argument '--min-score'"), "{text}");
    }
    let text = refused(folder.path(), "weights w.safetensors --radius 0 -o x.safetensors", 2);
    assert!(text.contains("--radius"), "{text}");
    let text = refused(folder.path(), "weights w.safetensors --min-size 1,2 -o x.safetensors", 2);
    assert!(text.contains("2 values for 1 classes"), "{text}");
}

#[test]
fn another_clustering_ends_a_calibration() {
    let folder = folder();
    let label = ClassLabel::new(1);
    let fitted = ClassCalibration { label, curve: Calibration::fit(&[(0.3, false), (0.6, true)]), threshold: Some(0.5) };
    let read = |name: &str| Weights::from_bytes(&fs::read(folder.path().join(name)).unwrap()).unwrap();
    succeed(folder.path(), "weights w.safetensors --radius 4 -o c.safetensors");
    let calibrated = read("c.safetensors").with_calibration(&[fitted]).unwrap();
    fs::write(folder.path().join("c.safetensors"), calibrated.to_bytes().unwrap()).unwrap();
    succeed(folder.path(), "weights c.safetensors --radius 4 -o same.safetensors");
    assert!(read("same.safetensors").description().was_calibrated());
    let other = run(folder.path(), "weights c.safetensors --radius 5 -o other.safetensors");
    assert!(other.status.success() && String::from_utf8_lossy(&other.stderr).contains("calibrated for another clustering"));
    let described = read("other.safetensors").description().clone();
    assert!(!described.was_calibrated() && described.classes.get(label).unwrap().threshold.is_none());
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_the_network_runs() {
    let folder = folder();
    let text = refused(folder.path(), "pick unknown.mrc --weights w.safetensors -o p.txt", 2);
    assert!(text.contains("p.txt: SHREC text leaves the order of coordinates open: write a .csv"), "{text}");
    let text = refused(folder.path(), "pick unknown.mrc --weights w.safetensors -o p.json", 1);
    assert!(text.contains("counts in Angstrom"), "{text}");
    for command in ["weights w.safetensors -o w.mrc", "weights w.safetensors -o plain", "calibrate d.toml --weights w.safetensors -o c.mrc"]
    {
        let text = refused(folder.path(), command, 2);
        assert!(text.contains("expected a name that ends in .safetensors"), "{text}");
    }
    let text = refused(folder.path(), "segment unknown.mrc --weights w.safetensors --memory 0.0001 -o l.mrc", 1);
    assert!(text.contains("no tile fits into 0.00 GiB") && text.contains("--memory"), "{text}");
    // More than can be counted is as much as there is.
    succeed(folder.path(), "segment unknown.mrc --weights w.safetensors --memory 1e12 -o l.mrc");
}

#[test]
fn sizes_of_picks_count_in_the_tomograms_voxels() {
    let folder = folder();
    let volume = Volume::new(Array3::from_shape_fn((16, 24, 32), |(z, y, x)| ((z * 7 + y * 13 + x * 29) % 31) as f32));
    write_volume(folder.path().join("five.mrc"), &volume.with_voxel_size(VoxelSize::isotropic(5.0).ok())).unwrap();
    let sizes = (1..20).find_map(|seed| {
        let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "a")]).unwrap();
        let weights = Weights::random(classes, VoxelSize::isotropic(10.0).ok(), seed);
        fs::write(folder.path().join("w.safetensors"), weights.to_bytes().unwrap()).unwrap();
        succeed(folder.path(), "pick five.mrc --weights w.safetensors --resample --method components --labels l.mrc -o p.csv");
        let text = fs::read_to_string(folder.path().join("p.csv")).unwrap();
        let column = text.lines().find(|line| line.contains("size")).unwrap().split(',').position(|name| name == "size").unwrap();
        let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        let sizes: Vec<usize> = rows.map(|row| row.split(',').nth(column).unwrap().parse().unwrap()).collect();
        Some(sizes).filter(|sizes| !sizes.is_empty())
    });
    let labelled = read_labels(folder.path().join("l.mrc")).unwrap().data().iter().filter(|&&label| label != 0).count();
    // Eight voxels of 5 Angstrom in one of 10.
    assert_eq!(sizes.unwrap().iter().sum::<usize>(), 8 * labelled);
}

#[test]
fn a_data_set_of_other_classes_calibrates_nothing() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let entry = "[[tomogram]]\nname = 't'\nvolume = 'unknown.mrc'\nlabels = 'unknown.mrc'\nparticles = 'p.csv'\nsplit = 'validation'\n";
    fs::write(at("d.toml"), format!("classes = 'c.toml'\n{entry}")).unwrap();
    fs::write(at("p.csv"), "tomogram,class,z,y,x\n").unwrap();
    fs::write(at("c.toml"), "[[class]]\nlabel = 1\nname = 'b'\n").unwrap();
    let text = refused(folder.path(), "calibrate d.toml --weights w.safetensors --radius 3 -o c.safetensors", 1);
    assert!(text.contains("the data set's classes are 1 b, the weights' 1 a"), "{text}");
    fs::write(at("c.toml"), "[[class]]\nlabel = 1\nname = 'a'\n").unwrap();
    let output = run(folder.path(), "calibrate d.toml --weights w.safetensors --radius 3 -o c.safetensors");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no particle of a in the lists"), "{output:?}");
}
