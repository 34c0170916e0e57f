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
