//! Every rule of evaluation, and what goes beyond one number, on lists small enough to count by hand.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn run(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cryoet")).current_dir(folder).args(line.split_whitespace()).output().unwrap()
}

fn text(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(folder: &Path, line: &str) -> Value {
    serde_json::from_str(&text(folder, &format!("{line} --json"))).unwrap()
}

/// Two tomograms: of three true particles the picks find two, one under a wrong name, and add a stray one; `b` finds all three.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rows: &[&str]| {
        let list = format!("tomogram,class,z,y,x,score,size\n{}\n", rows.join("\n"));
        std::fs::write(folder.path().join(name), list).unwrap();
    };
    write("truth.csv", &["A,1,8,8,8,,", "A,2,8,8,24,,", "B,1,8,8,8,,"]);
    write("picks.csv", &["A,1,9,8,8,0.9,500", "A,1,8,8,25,0.8,400", "A,2,2,2,2,0.1,10"]);
    write("b.csv", &["A,1,8,8,8,0.9,", "A,2,8,8,24,0.8,", "B,1,8,9,8,0.7,"]);
    let table = "[[class]]\nlabel = 1\nname = \"large\"\nradius = 40.0\n\n[[class]]\nlabel = 2\nname = \"small\"\nradius = 20.0\n";
    std::fs::write(folder.path().join("classes.toml"), table).unwrap();
    folder
}

#[test]
fn lists_of_several_tomograms_are_pooled_on_request() {
    let folder = folder();
    let at = folder.path();
    let refused = run(at, "evaluate --truth truth.csv --picks picks.csv --distance 3");
    assert_eq!(refused.status.code(), Some(2));
    let scores = json(at, "evaluate --truth truth.csv --picks picks.csv --distance 3 --pool --classes classes.toml");
    let l = &scores["localisation"];
    assert_eq!((&l["tp"], &l["fp"], &l["fn"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(scores["classes"]["1"]["name"], "large");
    assert_eq!(scores["confusion"]["labels"], serde_json::json!([0, 1, 2]));
}

#[test]
fn rules_by_name() {
    let folder = folder();
    let at = folder.path();
    // A second pick beside the first: DeepFinder's own rule calls the particle missed.
    std::fs::write(at.join("double.csv"), "class,z,y,x\n1,8,8,8\n1,9,8,8\n").unwrap();
    std::fs::write(at.join("one.csv"), "class,z,y,x\n1,8,8,8\n").unwrap();
    let tp = |protocol: &str| {
        json(at, &format!("evaluate --truth one.csv --picks double.csv --distance 3 --protocol {protocol}"))["localisation"]["tp"].clone()
    };
    assert_eq!((tp("assignment"), tp("deepfinder")), (1.into(), 0.into()));
    // Precision 1/2, recall 1: F4 = 17 * 0.5 / (16 * 0.5 + 1).
    let czii = json(at, "evaluate --truth one.csv --picks double.csv --protocol czii --radii 8");
    assert!((czii["score"].as_f64().unwrap() - 8.5 / 9.0).abs() < 1e-12, "{czii}");
    let weighted = json(at, "evaluate --truth truth.csv --picks b.csv --pool --protocol czii --radii 8,8 --weights 1,0 --beta 1");
    assert_eq!(weighted["score"], 1.0);
    for line in [
        "--protocol czii",
        "--protocol czii --radii 8 --distance 3",
        "--protocol shrec20 --distance 3",
        "--protocol assignment",
        "--distance 3 --radii 8",
        "--distance 3 --excluded 1",
        "--distance 1,2,3 --classes classes.toml",
        "--protocol deepfinder --distance 1,2",
        "--distance 3 --best f1",
        "--protocol czii --radii 8 --bootstrap",
        "--protocol deepfinder --distance 3 --sweep score",
    ] {
        let output = run(at, &format!("evaluate --truth one.csv --picks double.csv {line}"));
        assert_eq!(output.status.code(), Some(2), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for line in ["--distance 3", "--bootstrap"] {
        assert_eq!(run(at, &format!("evaluate --truth-labels a.mrc --labels b.mrc {line}")).status.code(), Some(2), "{line}");
    }
}

#[test]
fn boxes_from_masks_and_the_challenges() {
    let folder = folder();
    let at = folder.path();
    // A ball of radius 4 on a dark ground; its mask and boxes of it.
    let dots = "class,z,y,x\n1,8,8,8\n";
    std::fs::write(at.join("centre.csv"), dots).unwrap();
    std::fs::write(at.join("volume.npy"), npy([16, 16, 32], 0)).unwrap();
    std::fs::write(at.join("cube.npy"), npy([16; 3], 0)).unwrap();
    text(at, "targets centre.csv --like cube.npy --radii 4 -o ball.npy");
    std::fs::create_dir(at.join("masks")).unwrap();
    let report = json(at, "mask ball.npy --value 0.5 --smoothing 0 -o masks/large.npy");
    assert!((report["radius"].as_f64().unwrap() - 4.0).abs() < 0.2, "{report}");
    std::fs::write(at.join("one.csv"), dots).unwrap();
    std::fs::write(at.join("near.csv"), "class,z,y,x\n1,8,8,12\n1,8,8,13\n1,8,8,99\n").unwrap();
    let hit = |protocol: &str| {
        let line = format!("evaluate --truth one.csv --picks near.csv --protocol {protocol} --masks masks --like volume.npy");
        let scores = json(at, &line)["localisation"].clone();
        (scores["tp"].as_u64().unwrap(), scores["fp"].as_u64().unwrap(), scores["outside"].as_u64().unwrap())
    };
    // By the mask's poles, 3 voxels off, the box ends at x = 11.
    assert_eq!(hit("shrec19"), (0, 3, 1));
    assert_eq!(hit("shrec20"), (1, 2, 1));
    assert_eq!(hit("strict"), (0, 3, 1));
    let output = run(at, "evaluate --truth one.csv --picks near.csv --protocol shrec21 --masks masks --like volume.npy");
    assert_eq!(output.status.code(), Some(2), "the table names no ribosome");
    let all_excluded =
        json(at, "evaluate --truth one.csv --picks near.csv --protocol shrec21 --excluded 1 --in-recall 1 --masks masks --like volume.npy");
    assert_eq!((&all_excluded["localisation"]["tp"], &all_excluded["localisation"]["miss_rate"]), (&0.into(), &1.0.into()));
    // A file that no class is named after is told, and is no class's mask.
    std::fs::copy(at.join("masks/large.npy"), at.join("masks/stranger.npy")).unwrap();
    let output = run(at, "targets centre.csv --like volume.npy --masks masks --classes classes.toml -o l.npy");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("stranger.npy"));
    std::fs::remove_file(at.join("masks/large.npy")).unwrap();
    assert_eq!(run(at, "targets centre.csv --like volume.npy --masks masks --classes classes.toml -o m.npy").status.code(), Some(1));
}

#[test]
fn beyond_one_number() {
    let folder = folder();
    let at = folder.path();
    let line = "evaluate --truth truth.csv --picks picks.csv --against b.csv --distance 3 --pool --bootstrap --resamples 200 --sweep score \
                --masses 900,100 --classes classes.toml --report report -o scores.json";
    let scores = json(at, line);
    let f1 = &scores["intervals"]["localisation_f1"];
    assert!(f1["low"].as_f64() <= f1["value"].as_f64() && f1["value"].as_f64() <= f1["high"].as_f64(), "{f1}");
    let comparison = &scores["comparison"]["localisation_f1"];
    assert_eq!((comparison["second"].as_f64(), &comparison["first"]), (Some(1.0), &scores["localisation"]["f1"]));
    assert!(comparison["p_value"].as_f64().unwrap() > 0.05, "three particles prove nothing: {comparison}");
    assert_eq!(scores["sweep"]["localisation"]["best"]["threshold"], 0.8);
    assert!(scores["f1_by_size"]["large"].is_number() && scores["f1_by_size"]["small"].is_number());
    for name in
        ["evaluation.json", "evaluation.txt", "evaluation.md", "localisation.csv", "classes.csv", "confusion.csv", "sweep.md", "sweep.csv"]
    {
        assert!(!std::fs::read(at.join("report").join(name)).unwrap().is_empty(), "{name}");
    }
    for name in ["confusion.png", "precision-recall.png", "f1-by-mass.png"] {
        assert!(std::fs::read(at.join("report").join(name)).unwrap().starts_with(b"\x89PNG"), "{name}");
    }
    assert!(at.join("report/record.json").is_file() && at.join("scores.json.record.json").is_file());
    let again = json(at, line);
    assert_eq!(scores, again, "the same seed gives the same numbers");
    let table = text(at, "evaluate --truth truth.csv --picks picks.csv --distance 3 --pool --bootstrap --classes classes.toml");
    assert!(table.contains("localisation f1") && table.contains("F1 of large") && table.contains("95 % from"), "{table}");
}

#[test]
fn two_lists_without_a_truth() {
    let folder = folder();
    let at = folder.path();
    let line = "consensus picks.csv b.csv --tomogram A --distance 3 --keep both -o both.csv";
    let shared = json(at, line);
    assert_eq!(
        (&shared["both"], &shared["same_class"], &shared["first_only"], &shared["second_only"]),
        (&2.into(), &1.into(), &1.into(), &0.into())
    );
    let list = std::fs::read_to_string(at.join("both.csv")).unwrap();
    assert_eq!((list.lines().count(), list.matches(",both").count()), (3, 2), "{list}");
    assert!(at.join("both.csv.record.json").is_file());
}

#[test]
fn targets_of_every_kind() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("volume.npy"), npy([16, 16, 32], 0)).unwrap();
    std::fs::write(at.join("membrane.npy"), npy([16, 16, 32], 9)).unwrap();
    let labels = |name: &str| std::fs::read(at.join(name)).unwrap()[128..].to_vec();
    let count = |name: &str, label: u8| labels(name).iter().filter(|&&l| l == label).count();
    let common = "targets truth.csv --tomogram A --like volume.npy --classes classes.toml";
    text(at, &format!("{common} --radii 4,2 -o balls.npy"));
    text(at, &format!("{common} --radii 4,2 --over membrane.npy -o over.npy"));
    assert_eq!(count("over.npy", 1), count("balls.npy", 1));
    assert_eq!(count("over.npy", 9), count("balls.npy", 0));
    text(at, &format!("{common} --radii 4,2 --radius-share 0.5 -o half.npy"));
    assert!(count("half.npy", 1) > 0 && count("half.npy", 1) * 6 < count("balls.npy", 1));
    text(at, &format!("{common} --points -o points.npy"));
    assert_eq!((count("points.npy", 1), count("points.npy", 2)), (1, 1));
    text(at, &format!("{common} --radii 4,2 --deepfinder -o deepfinder.npy"));
    assert_ne!(labels("deepfinder.npy"), labels("balls.npy"));
    for owner in ["last", "first", "nearest", "largest"] {
        text(at, &format!("{common} --radii 13,12 --overlap {owner} -o {owner}.npy"));
    }
    assert_ne!(labels("last.npy"), labels("first.npy"));
    assert_eq!(labels("largest.npy"), labels("first.npy"));
    assert!(![labels("last.npy"), labels("first.npy")].contains(&labels("nearest.npy")));
    let maps = json(at, &format!("{common} --gaussian 2 -o heat.npy"));
    assert_eq!(maps["outputs"], serde_json::json!(["heat-1.npy", "heat-2.npy"]));
    assert!(at.join("heat-2.npy.record.json").is_file() && !at.join("heat.npy").exists());
    for line in
        ["--points --over membrane.npy", "--gaussian 2 --within :,:,0:4", "--radii 4,2 --deepfinder --overlap first", "--radii 4 --points"]
    {
        assert_eq!(run(at, &format!("{common} {line} -o none.npy")).status.code(), Some(2), "{line}");
    }
    let other = run(at, &format!("{common} --radii 4 --over ball.npy -o none.npy"));
    assert_eq!(other.status.code(), Some(1));
}

/// The exit code and the standard error.
fn outcome(folder: &Path, line: &str) -> (Option<i32>, String) {
    let output = run(folder, line);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_report_spares_inputs_and_leaves_nothing_stale() {
    let folder = folder();
    let at = folder.path();
    std::fs::create_dir(at.join("report")).unwrap();
    std::fs::copy(at.join("picks.csv"), at.join("report/sweep.csv")).unwrap();
    let before = std::fs::read(at.join("report/sweep.csv")).unwrap();
    let common = "evaluate --truth truth.csv --distance 3 --pool --classes classes.toml --report report";
    for more in ["", "--sweep score"] {
        let (code, message) = outcome(at, &format!("{common} --picks report/sweep.csv {more}"));
        assert_eq!(code, Some(2), "{message}");
    }
    assert_eq!(std::fs::read(at.join("report/sweep.csv")).unwrap(), before);
    assert_eq!(std::fs::read_dir(at.join("report")).unwrap().count(), 1);
    assert_eq!(outcome(at, "evaluate --truth truth.csv --picks picks.csv --distance 3 --pool --report b.csv").0, Some(2));
    text(at, &format!("{common} --picks picks.csv --sweep score --masses 900,100"));
    std::fs::write(at.join("report/notes.txt"), "mine").unwrap();
    text(at, &format!("{common} --picks picks.csv"));
    for name in ["sweep.md", "sweep.csv", "precision-recall.png", "f1-by-mass.png"] {
        assert!(!at.join("report").join(name).exists(), "{name} is of the earlier run");
    }
    assert!(at.join("report/notes.txt").exists() && at.join("report/confusion.png").exists());
}

#[test]
fn the_rule_is_written_down() {
    let folder = folder();
    let at = folder.path();
    let line = "evaluate --truth truth.csv --picks picks.csv --distance 3 --pool --report report";
    let scores = json(at, line);
    assert_eq!(scores["rule"], serde_json::json!({"protocol": "assignment", "radius": 3.0}));
    assert!(scores["micro_f1"].is_number());
    assert!(std::fs::read_to_string(at.join("report/evaluation.md")).unwrap().starts_with("Rule: `{"));
    let record: Value = serde_json::from_slice(&std::fs::read(at.join("report/record.json")).unwrap()).unwrap();
    assert_eq!(record["parameters"]["applied_rule"], scores["rule"]);
    let czii = json(at, "evaluate --truth truth.csv --picks picks.csv --pool --protocol czii --radii 8");
    assert_eq!((&czii["rule"]["beta"], &czii["rule"]["radius_share"]), (&4.0.into(), &0.5.into()));
    // One radius is for every class.
    assert_eq!(czii["classes"].as_object().unwrap().len(), 2);
}

#[test]
fn values_per_class_cover_every_class() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("three.csv"), "tomogram,class,z,y,x\nA,3,8,8,8\n").unwrap();
    std::fs::write(at.join("volume.npy"), npy([16, 16, 32], 0)).unwrap();
    for line in [
        "evaluate --truth three.csv --picks three.csv --protocol czii --radii 8,8",
        "evaluate --truth three.csv --picks three.csv --distance 8,8",
        "evaluate --truth three.csv --picks three.csv --distance 8 --masses 50,60",
        "evaluate --truth three.csv --picks three.csv --protocol czii --radii 8 --weights 1,1",
        "targets three.csv --like volume.npy --radii 4,4 -o t.npy",
        "targets three.csv --like volume.npy --gaussian 4,4 -o t.npy",
    ] {
        let (code, message) = outcome(at, line);
        assert!(code == Some(2) && message.contains("class 3"), "{line}: {code:?} {message}");
    }
    let (code, message) = outcome(at, "evaluate --truth three.csv --picks three.csv --protocol czii --classes classes.toml --radii 8,8");
    assert!(code == Some(2) && message.contains("class 3"), "{message}");
    assert_eq!(json(at, "evaluate --truth three.csv --picks three.csv --protocol czii --radii 8")["score"], 1.0);
}

#[test]
fn lists_that_do_not_fit_are_refused_or_told() {
    let folder = folder();
    let at = folder.path();
    let common = "evaluate --truth truth.csv --picks picks.csv --distance 3";
    let (code, message) = outcome(at, &format!("{common} --tomogram zzz"));
    assert!(code == Some(1) && message.contains("zzz"), "{code:?} {message}");
    let (code, message) = outcome(at, &format!("{common} --tomogram B"));
    assert!(code == Some(1) && message.contains("picks.csv: no particle of tomogram \"B\": A"), "{code:?} {message}");
    std::fs::write(at.join("nameless.csv"), "class,z,y,x\n1,8,8,8\n").unwrap();
    let (code, message) = outcome(at, "evaluate --truth nameless.csv --picks nameless.csv --distance 3 --tomogram A");
    assert!(code == Some(1) && message.contains("names no tomogram"), "{code:?} {message}");
    // Picks in a tomogram that the truth does not list: the CZII scorer leaves them out.
    std::fs::write(at.join("more.csv"), "tomogram,class,z,y,x\nA,1,8,8,8\nA,2,8,8,24\nB,1,8,8,8\nC,1,1,1,1\n").unwrap();
    let output = run(at, "evaluate --truth truth.csv --picks more.csv --pool --protocol czii --radii 8 --json");
    let czii: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&czii["score"], &czii["classes"]["1"]["picks"]), (&1.0.into(), &2.into()));
    assert!(String::from_utf8_lossy(&output.stderr).contains("truth has no particle: C"));
    // A single tomogram cannot be drawn from.
    for line in ["--tomogram A --bootstrap --draw tomogram", "--tomogram A --pool --bootstrap --draw tomogram"] {
        assert_eq!(outcome(at, &format!("{common} {line}")).0, Some(2), "{line}");
    }
    // The same picks counted from another plane.
    std::fs::write(at.join("low.csv"), "class,z,y,x\n1,164,8,8.5\n").unwrap();
    let shifted = json(at, "evaluate --truth nameless.csv --picks low.csv --distance 3 --shift -156,0,0");
    assert_eq!((&shifted["localisation"]["tp"], &shifted["localisation"]["mean_distance"]), (&1.into(), &0.5.into()));
}

#[test]
fn voxel_sizes_must_agree() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("volume.npy"), npy([16, 16, 32], 1)).unwrap();
    for size in ["10", "13.5"] {
        text(at, &format!("convert volume.npy v{size}.mrc --voxel-size {size}"));
        // RELION 3.1: coordinates in pixels of this size.
        let optics = format!("data_optics\n\nloop_\n_rlnOpticsGroup #1\n_rlnImagePixelSize #2\n1 {size}\n\n");
        let columns = "data_particles\n\nloop_\n_rlnCoordinateX #1\n_rlnCoordinateY #2\n_rlnCoordinateZ #3\n_rlnOpticsGroup #4\n8 8 8 1\n";
        std::fs::write(at.join(format!("l{size}.star")), optics + columns).unwrap();
    }
    for line in [
        "evaluate --truth-labels v10.mrc --labels v13.5.mrc",
        "evaluate --truth l10.star --picks l13.5.star --distance 3",
        "targets l10.star --like v10.mrc --over v13.5.mrc --radii 3 -o t.npy",
        "consensus l10.star l13.5.star --distance 3",
    ] {
        let (code, message) = outcome(at, line);
        assert!(code == Some(1) && message.contains("voxel sizes differ") && message.contains("13.5"), "{line}: {code:?} {message}");
    }
    // With a tomogram to count in, the list's places in Angstrom stay.
    text(at, "targets l13.5.star --like v10.mrc --radii 3 -o t.npy");
    let value = json(at, "evaluate --truth-labels v10.mrc --labels volume.npy");
    assert_eq!(value["confusion"], serde_json::json!({"labels": [1], "classes": ["1"], "counts": [[16 * 16 * 32]]}));
    assert!(text(at, "evaluate --truth-labels v10.mrc --labels volume.npy").contains("8192"));
}

#[test]
fn options_without_effect_are_refused() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("volume.npy"), npy([16, 16, 32], 0)).unwrap();
    let evaluate = "evaluate --truth truth.csv --picks picks.csv --tomogram A --distance 3";
    for more in ["--seed 1", "--resamples 5", "--draw particle", "--against b.csv --confidence 0.9", "--best fbeta:1", "--beta 2"] {
        assert_eq!(outcome(at, &format!("{evaluate} {more}")).0, Some(2), "{more}");
    }
    assert_eq!(outcome(at, &format!("{evaluate} --sweep score --best precision:7")).0, Some(2));
    let targets = "targets truth.csv --tomogram A --like volume.npy --radii 3 -o t.npy";
    for more in ["--uncertain-margin 3", "--uncertain-classes 2 --uncertain-margin 101"] {
        assert_eq!(outcome(at, &format!("{targets} {more}")).0, Some(2), "{more}");
    }
    assert_eq!(outcome(at, "consensus picks.csv b.csv --tomogram A --distance 3 --keep both").0, Some(2));
    assert_eq!(outcome(at, "evaluate --truth-labels volume.npy --labels volume.npy --tomogram A").0, Some(2));
    assert!(!at.join("t.npy").exists());
}

#[test]
fn particles_that_come_to_nothing_are_told() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("volume.npy"), npy([16, 16, 32], 0)).unwrap();
    std::fs::write(at.join("far.csv"), "tomogram,class,z,y,x\nB,1,8,8,8\nA,2,8,8,8\nA,1,8,8,1e300\nA,1,8,8,24\n").unwrap();
    let common = "targets far.csv --tomogram A --like volume.npy --without-classes 2,7";
    let output = run(at, &format!("{common} --radii 3 -o t.npy --json"));
    let (value, message): (Value, _) = (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert_eq!(value["skipped"], serde_json::json!([2]));
    assert!(
        message.contains("1 of 2 particles") && message.contains("row 2") && message.contains("1e300") && message.len() < 400,
        "{message}"
    );
    assert!(message.contains("no particle is of class 7") && !message.contains("class 2"), "{message}");
    // A map of every class of the table, though no particle is small.
    let (code, message) = outcome(at, &format!("{common} --gaussian 2 --classes classes.toml -o heat.npy"));
    assert!(code == Some(0) && message.contains("1 of 2 particles lie outside"), "{message}");
    assert!(at.join("heat-1.npy").exists() && at.join("heat-2.npy").exists());
    // A box owned by nobody.
    std::fs::write(at.join("boxes.npy"), npy([16, 16, 32], 1)).unwrap();
    std::fs::write(at.join("two.csv"), "class,z,y,x\n1,8,8,8\n1,8,8,24\n").unwrap();
    let (code, message) = outcome(at, "evaluate --truth two.csv --picks two.csv --hitboxes boxes.npy --excluded 9");
    assert!(code == Some(0) && message.contains("1 of 2 particles that count own no voxel"), "{message}");
    assert!(message.contains("--excluded: no particle is of class 9"), "{message}");
    let (code, message) = outcome(at, "targets two.csv --like volume.npy --radii 1e6 --deepfinder -o t2.npy");
    assert!(code == Some(1) && message.contains("1000000"), "{code:?} {message}");
}

/// A volume of bytes of one value as NPY, its header 128 bytes long.
fn npy(shape: [usize; 3], value: u8) -> Vec<u8> {
    let [z, y, x] = shape;
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({z}, {y}, {x}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(118u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").into_bytes());
    bytes.extend(vec![value; z * y * x]);
    bytes
}
