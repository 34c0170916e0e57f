//! Data sets that `cryoet simulate` writes: into empty folders, over others, and after a stop.

mod command;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use command::{run, succeed};
use serde_json::Value;

const SMALL: &str = "simulate --preset small --tilts -40,40,20 --shape 30,60,60";
const TWO: &str = "simulate --preset small --tilts -40,40,20 --shape 30,48,48 --complexes 1bxn --particles 2";

/// The exit code and the standard error.
fn outcome(folder: &Path, line: &str) -> (Option<i32>, String) {
    let output = run(folder, line);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// All files below a folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_stopped_simulation_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let line = |seed: u64, out: &str| format!("{TWO} --count 3 --seed {seed} -o {out}");
    assert_eq!(outcome(folder.path(), &line(5, "whole")), (Some(0), String::new()));
    assert_eq!(outcome(folder.path(), &line(5, "stopped")), (Some(0), String::new()));
    // As if it had been stopped in the middle of the second tomogram's files, over an earlier one.
    for name in ["dataset.toml", "record.json", "tomogram-2/record.json", "tomogram-3/occupancy.mrc"] {
        fs::remove_file(at("stopped").join(name)).unwrap();
    }
    fs::write(at("stopped/tomogram-2/tomogram.mrc"), "half").unwrap();
    let written = |name: &str| fs::metadata(at("stopped").join(name)).unwrap().modified().unwrap();
    let before = written("tomogram-1/tomogram.mrc");
    let (code, text) = outcome(folder.path(), &line(5, "stopped"));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 of 3 tomograms are there with these parameters and are kept"), "{text}");
    assert_eq!(written("tomogram-1/tomogram.mrc"), before);
    assert!(contents(&at("stopped")) == contents(&at("whole")));
    // Other parameters keep nothing.
    let (code, text) = outcome(folder.path(), &line(6, "stopped"));
    assert_eq!((code, text.as_str()), (Some(0), ""));
    assert_eq!(outcome(folder.path(), &line(6, "other")).0, Some(0));
    assert!(contents(&at("stopped")) == contents(&at("other")));
    let (_, text) = outcome(folder.path(), &format!("{} --snr 0.5", line(6, "stopped")));
    assert_eq!(text, "");
}

#[test]
fn nothing_of_an_earlier_data_set_is_left_and_nothing_else_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    succeed(folder.path(), &format!("{SMALL} --complexes 1bxn,4d8q --particles 2 --count 3 --density -o data"));
    for name in ["notes.txt", "masks/mine.mrc", "tomogram-3/notes.txt", "tomogram-9/own.txt", "tomogram-04/tomogram.mrc"] {
        fs::create_dir_all(data.join(name).parent().unwrap()).unwrap();
        fs::write(data.join(name), "mine").unwrap();
    }
    let (code, text) = outcome(folder.path(), &format!("{TWO} -o data"));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("removed: tomogram-2, tomogram-3"), "{text}");
    succeed(folder.path(), &format!("{TWO} -o fresh"));
    let mut left = contents(&data);
    let mine = left.iter().filter(|(_, bytes)| *bytes == b"mine").map(|(name, _)| name.to_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(mine, ["masks/mine.mrc", "notes.txt", "tomogram-04/tomogram.mrc", "tomogram-3/notes.txt", "tomogram-9/own.txt"]);
    left.retain(|_, bytes| bytes != b"mine");
    assert!(left == contents(&folder.path().join("fresh")));
    // Another layout's folders are as old.
    succeed(folder.path(), &format!("{TWO} --layout shrec -o data"));
    assert!(!data.join("tomogram-1").exists() && data.join("model_0/reconstruction.mrc").exists());
}

/// A folder that never was a data set of this command keeps its masks and folders.
#[test]
fn folders_of_others_keep_what_they_have() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for name in ["masks/4d8q.mrc", "tomogram-7/tomogram.mrc", "model_0/reconstruction.mrc"] {
        fs::create_dir_all(data.join(name).parent().unwrap()).unwrap();
        fs::write(data.join(name), "mine").unwrap();
    }
    fs::write(data.join("classes.toml"), "[[class]]\nlabel = 1\nname = \"4d8q\"\n").unwrap();
    assert_eq!(outcome(folder.path(), &format!("{TWO} -o data")), (Some(0), String::new()));
    assert_eq!(fs::read(data.join("masks/4d8q.mrc")).unwrap(), b"mine");
    assert_eq!(outcome(folder.path(), &format!("{SMALL} --complexes 4d8q --particles 1 -o data")), (Some(0), String::new()));
    let mine = contents(&data).into_iter().filter(|(_, bytes)| bytes == b"mine").map(|(name, _)| name).collect::<Vec<_>>();
    // Its own mask is of the same name.
    assert_eq!(mine, ["model_0/reconstruction.mrc", "tomogram-7/tomogram.mrc"].map(PathBuf::from));
}

#[test]
fn a_simulation_that_fails_leaves_no_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    succeed(folder.path(), &format!("{TWO} -o data"));
    // What is wrong with the arguments changes nothing.
    let before = contents(&data);
    assert_eq!(outcome(folder.path(), &format!("{TWO} --snr 1e300 -o data")).0, Some(2));
    assert!(contents(&data) == before);
    let (code, text) = outcome(folder.path(), &format!("{SMALL} --complexes 1bxn --particles 60 -o data"));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("no free place"), "{text}");
    assert!(!data.join("dataset.toml").exists() && !data.join("record.json").exists());
}

/// A grid of 1,000 carbons, 3 Angstrom apart.
fn lattice() -> String {
    let atom = |i: usize| {
        let [x, y, z] = [i % 10, i / 10 % 10, i / 100].map(|n| 3.0 * n as f64);
        format!("HETATM{:5}  C1  XYZ A   1    {x:8.3}{y:8.3}{z:8.3}  1.00  0.00           C\n", i % 10_000)
    };
    (0..1000).map(atom).collect()
}

#[test]
fn maps_are_there_or_said_to_be_missing_and_inputs_are_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("maps")).unwrap();
    fs::write(at("maps/lattice.pdb"), lattice()).unwrap();
    for (maps, why) in [("none", "there is no such folder"), ("maps/lattice.pdb", "it is no folder")] {
        let (code, text) = outcome(folder.path(), &format!("{TWO} --maps {maps} -o o"));
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(maps) && text.contains(why), "{text}");
    }
    assert!(!at("o").exists());
    let recipe = "preset = \"small\"\nmaps = \"maps\"\ntomograms = 3\nvalidation = 1\ntest = 1\n[params]\nshape = [30, 48, 48]\n\
                  crowding = { count = 2 }\nhalves = true\ntilts = { from = -40, to = 40, step = 20 }\n";
    fs::write(at("set.toml"), recipe).unwrap();
    let (code, text) = outcome(folder.path(), "simulate --recipe set.toml --complexes 1bxn,lattice --seed 3 -o data");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("maps: no density and no atoms of 1bxn: built-in shapes"), "{text}");
    for (name, files) in [("record.json", vec!["lattice.pdb", "set.toml"]), ("tomogram-2/record.json", vec!["lattice.pdb"])] {
        let record = json(&at("data").join(name));
        let inputs = record["inputs"].as_array().unwrap();
        let names: Vec<_> = inputs.iter().map(|input| Path::new(input["path"].as_str().unwrap()).file_name().unwrap().to_owned()).collect();
        assert_eq!(names, files, "{name}");
        assert!(inputs.iter().all(|input| input["sha256"].as_str().unwrap().len() == 64));
        assert_eq!(record["parameters"]["layout"], "cryoet");
    }
    let parameters = &json(&at("data/record.json"))["parameters"];
    assert_eq!([&parameters["tomograms"], &parameters["validation"], &parameters["test"]], [3, 1, 1]);
    // The ratio that the halves tell stands next to the nominal and the realised one.
    let result = &json(&at("data/tomogram-1/record.json"))["result"];
    let [nominal, realised] = ["snr_nominal", "snr_realised"].map(|name| result[name].as_f64().unwrap());
    let [correlation, snr] = ["correlation", "snr"].map(|name| result["halves"][name].as_f64().unwrap());
    assert!(nominal == 1.0 && (realised - 1.0).abs() < 0.1 && correlation > 0.0 && correlation < 1.0);
    assert!((snr - correlation / (1.0 - correlation)).abs() < 1e-9);
    // A description of more tomograms keeps those that are there, and their splits follow.
    fs::write(at("set.toml"), recipe.replace("tomograms = 3", "tomograms = 4")).unwrap();
    let (_, text) = outcome(folder.path(), "simulate --recipe set.toml --complexes 1bxn,lattice --seed 3 -o data");
    assert!(text.contains("3 of 4 tomograms are there"), "{text}");
    // Other atoms under the same name are other work.
    fs::write(at("maps/lattice.pdb"), lattice().replace("  1.00  0.00           C", "  1.00  0.00           N")).unwrap();
    let (_, text) = outcome(folder.path(), "simulate --recipe set.toml --complexes 1bxn,lattice --seed 3 -o data");
    assert!(!text.contains("are kept"), "{text}");
}

#[test]
fn recipes_are_checked_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let evil = "complexes = [{ name = \"../../evil\", mass_kda = 100, rods = [{ from = [0, 0, 0], to = [0, 0, 0], radius = 30 }] }]";
    for (text, told) in [
        (format!("[params]\n{evil}"), "../../evil"),
        ("[draws]\nsnr = [0.1, 1e300]".into(), "snr at"),
        ("[draws]\nparticles = [1.5, 3]".into(), "particles is drawn from 1.5"),
        ("[params]\nstructural_noise = 1e300".into(), "noise of"),
        ("[params]\nmotion = 1000.0".into(), "motion of 1000"),
        ("[params]\nexposure = { dose = 1e300 }".into(), "exposure of"),
        ("[params]\nmisalignment = { shift = 10000.0 }".into(), "shifts of 10000"),
        ("[params]\nsolvent_noise = 1e30".into(), "noise of"),
        ("[params]\ntries = 0".into(), "0 tries"),
    ] {
        fs::write(folder.path().join("set.toml"), format!("preset = \"small\"\ntomograms = 2\n{text}\n")).unwrap();
        let (code, error) = outcome(folder.path(), "simulate --recipe set.toml -o a/b");
        assert_eq!(code, Some(2), "{text}: {error}");
        assert!(error.contains(told) && !folder.path().join("a").exists(), "{text}: {error}");
    }
}

#[test]
fn noise_and_transfer_can_be_switched_off_in_a_recipe() {
    let folder = tempfile::tempdir().unwrap();
    let text = "preset = \"small\"\n[params]\nshape = [30, 48, 48]\ncomplexes = [\"1bxn\"]\ncrowding = { count = 2 }\n\
                tilts = { from = -40, to = 40, step = 40 }\nsnr = 0\nctf = \"none\"\nbinning = 2\n";
    fs::write(folder.path().join("set.toml"), text).unwrap();
    succeed(folder.path(), "simulate --recipe set.toml -o data");
    let record = json(&folder.path().join("data/tomogram-1/record.json"));
    assert!(record["parameters"]["ctf"].is_null() && record["parameters"]["snr"].is_null() && record["result"]["noise"].is_null());
    // Masks are in the tomogram's voxels, which are binned.
    for file in ["tomogram-1/classes.mrc", "masks/1bxn.mrc"] {
        let info: Value = serde_json::from_str(&succeed(folder.path(), &format!("--json info data/{file}"))).unwrap();
        assert_eq!(info["voxel_size"], serde_json::json!([20.0, 20.0, 20.0]), "{file}");
    }
}

#[test]
fn one_tomogram_of_a_data_set_can_be_had_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let line = format!("{TWO} --count 3 --seed 8");
    succeed(folder.path(), &format!("{line} -o whole"));
    succeed(folder.path(), &format!("{line} --only 2 -o alone"));
    assert!(contents(&at("alone/tomogram-2")) == contents(&at("whole/tomogram-2")));
    assert!(!at("alone/tomogram-1").exists() && !at("alone/tomogram-3").exists());
    // A whole data set is not made one of a single tomogram.
    let (code, text) = outcome(folder.path(), &format!("{line} --only 2 -o whole"));
    assert_eq!(code, Some(2), "{text}");
}

/// The densities of the development data all serve.
#[test]
fn real_maps_serve() {
    let Some(data) = std::env::var_os("CRYOET_DATA") else {
        eprintln!("skipped: CRYOET_DATA is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let maps = Path::new(&data).join("maps-10A");
    let all = "1s3x,3qm1,3gl1,3h84,2cg9,3d2f,1u6g,3cf3,1bxn,1qvr,4cr2,4d8q";
    let line = format!("simulate --preset small --tilts -40,40,20 --complexes {all} --particles 3 --maps {} -o data", maps.display());
    assert_eq!(outcome(folder.path(), &line), (Some(0), String::new()));
    let record = json(&folder.path().join("data/record.json"));
    assert_eq!(record["inputs"].as_array().unwrap().len(), 12);
}
