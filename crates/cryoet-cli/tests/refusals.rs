//! What the command refuses, and what it leaves behind then.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cryoet"));
    command.current_dir(folder);
    command
}

fn run(folder: &Path, line: &str) -> Output {
    command(folder).args(line.split_whitespace()).output().unwrap()
}

/// The exit code and the standard error.
fn outcome(folder: &Path, line: &str) -> (Option<i32>, String) {
    let output = run(folder, line);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A cube of labels as NPY: `class` in a cube of 6 voxels inside one of 16.
fn write_labels(path: &Path, class: u8) {
    let mut header = "{'descr': '|u1', 'fortran_order': False, 'shape': (16, 16, 16), }".to_owned();
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    let inside = |n: usize| (5..11).contains(&n);
    bytes.extend((0..16_usize.pow(3)).map(|i| if inside(i / 256) && inside(i / 16 % 16) && inside(i % 16) { class } else { 0 }));
    std::fs::write(path, bytes).unwrap();
}

/// A folder with `labels.npy` and `picks.csv`, a list made of it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_labels(&folder.path().join("labels.npy"), 1);
    let (code, text) = outcome(folder.path(), "cluster labels.npy --name TS_1 -o picks.csv");
    assert_eq!((code, text.as_str()), (Some(0), ""));
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn parameters_out_of_range_end_with_2_and_leave_nothing() {
    let folder = folder();
    let before = names(folder.path());
    let mut lines = vec![
        "--threads 100000 info labels.npy",
        "--threads 0 info labels.npy",
        "convert labels.npy o.mrc --bin 0",
        "convert labels.npy o.mrc --voxel-size 0",
        "convert labels.npy o.mrc --voxel-size -1,1,1",
        "cluster labels.npy --radius 1e300 -o o.csv",
        "cluster labels.npy --radius -1 -o o.csv",
        "cluster labels.npy --radius nan -o o.csv",
        "cluster labels.npy --min-distance=-1 -o o.csv",
        "cluster labels.npy --weighted -o o.csv",
        "cluster labels.npy --min-score nan -o o.csv",
        "evaluate --truth picks.csv --picks picks.csv --distance -1",
        "targets picks.csv --like labels.npy --radii 0 -o o.npy",
        "targets picks.csv --like labels.npy --radii 2 --within 3:3,:,: -o o.npy",
        "targets picks.csv --like labels.npy --radii 2 --within :,:,0:17 -o o.npy",
        "simulate --snr -1 -o o",
        "simulate --voxel-size 1e-6 -o o",
        "simulate --voxel-size 0 -o o",
        "simulate --particles 4000000000 -o o",
        "simulate --shape 1000000,1000000,1000000 -o o",
        "simulate --defocus -1e9 -o o",
        "simulate --complexes none -o o",
        "simulate --complexes 1bxn,1bxn -o o",
        "simulate --complexes ../1bxn -o o",
        "simulate --snr 1e300 -o o",
        "simulate --snr 1e-300 -o o",
        "simulate --voxel-size 1e-300 -o o",
        "simulate --depth 63 -o o",
        "simulate --only 2 -o o",
        "simulate --maps none -o o",
        "simulate --maps labels.npy -o o",
    ];
    if cfg!(feature = "net") {
        lines.extend(["inf", "1e300", "nan", "-1"].map(|minutes| match minutes {
            "inf" => "train d.toml --time-limit inf -o o",
            "1e300" => "train d.toml --time-limit 1e300 -o o",
            "nan" => "train d.toml --time-limit nan -o o",
            _ => "train d.toml --time-limit -1 -o o",
        }));
        lines.extend(["train d.toml --steps 0 -o o", "train d.toml --patch 5 -o o", "train d.toml --device gpu -o o"]);
    }
    for line in lines {
        let (code, text) = outcome(folder.path(), line);
        assert_eq!(code, Some(2), "{line}: {text}");
        assert!(!text.is_empty() && !text.contains("panicked"), "{line}: {text}");
    }
    assert_eq!(names(folder.path()), before);
}

#[test]
fn an_output_replaces_neither_an_input_nor_another_output() {
    let folder = folder();
    let before = std::fs::read(folder.path().join("labels.npy")).unwrap();
    for line in [
        "convert labels.npy ./labels.npy",
        "convert picks.csv picks.csv",
        "cluster labels.npy -o o.csv -o ./o.csv",
        "targets picks.csv --like labels.npy --radii 2 -o labels.npy",
        "evaluate --truth picks.csv --picks picks.csv --distance 1 -o picks.csv",
    ] {
        let (code, text) = outcome(folder.path(), line);
        assert_eq!(code, Some(2), "{line}: {text}");
        assert!(text.contains("would replace"), "{line}: {text}");
    }
    assert_eq!(std::fs::read(folder.path().join("labels.npy")).unwrap(), before);
    let (code, text) = outcome(folder.path(), "cluster labels.npy -o none/o.csv");
    assert_eq!(code, Some(1), "{text}");
}

#[test]
fn the_name_given_is_the_lists_and_evaluate_says_when_names_differ() {
    let folder = folder();
    assert!(std::fs::read_to_string(folder.path().join("picks.csv")).unwrap().contains("TS_1"));
    assert_eq!(outcome(folder.path(), "cluster labels.npy -o other.csv").0, Some(0));
    let (code, text) = outcome(folder.path(), "evaluate --truth picks.csv --picks other.csv --distance 1");
    assert_eq!(code, Some(0));
    assert!(text.contains("TS_1") && text.contains("labels"), "{text}");
    assert_eq!(outcome(folder.path(), "evaluate --truth picks.csv --picks picks.csv --distance 1"), (Some(0), String::new()));
}

#[test]
fn targets_of_a_tomogram_that_is_not_listed_are_refused() {
    let folder = folder();
    assert_eq!(outcome(folder.path(), "targets picks.csv --like labels.npy --radii 2 --tomogram TS_1 -o o.npy").0, Some(0));
    let (code, text) = outcome(folder.path(), "targets picks.csv --like labels.npy --radii 2 --tomogram TS_2 -o p.npy");
    assert_eq!(code, Some(1));
    assert!(text.contains("TS_2"), "{text}");
}

#[test]
fn the_margin_of_uncertain_particles_widens_what_is_ignored() {
    let folder = folder();
    let ignored = |margin: &str| {
        let line = format!("targets picks.csv --like labels.npy --radii 2 --uncertain-classes 1 --uncertain-margin {margin} -o o.npy");
        assert_eq!(outcome(folder.path(), &line).0, Some(0));
        std::fs::read(folder.path().join("o.npy")).unwrap().iter().skip(128).filter(|&&label| label == 255).count()
    };
    assert!(ignored("0") > 0 && ignored("2") > 2 * ignored("0"));
}

#[test]
fn surplus_values_per_class_are_refused() {
    let folder = folder();
    std::fs::write(folder.path().join("classes.toml"), "[[class]]\nlabel = 1\nname = \"a\"\n").unwrap();
    let (code, text) = outcome(folder.path(), "cluster labels.npy --classes classes.toml --min-size 1,2 -o o.csv");
    assert_eq!(code, Some(2), "{text}");
    let (code, text) = outcome(folder.path(), "targets picks.csv --like labels.npy --classes classes.toml --radii 1,2 -o o.npy");
    assert_eq!(code, Some(2), "{text}");
}

#[test]
fn an_empty_list_gives_no_warning() {
    let folder = folder();
    assert_eq!(outcome(folder.path(), "cluster labels.npy --min-size 100000 -o empty.csv"), (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_changes_no_exit_code() {
    let folder = folder();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = command(folder.path()).args(["cluster", "labels.npy", "-o", "o.none"]).stderr(Stdio::from(full)).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_no_text_are_kept() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let odd = |bytes: &'static [u8]| OsStr::from_bytes(bytes);
    std::fs::copy(folder.path().join("labels.npy"), folder.path().join(odd(b"l\xff.npy"))).unwrap();
    let arguments = [OsStr::new("--json"), OsStr::new("cluster"), odd(b"l\xff.npy"), OsStr::new("-o"), odd(b"p\xfe.csv")];
    let output = command(folder.path()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path().join(odd(b"p\xfe.csv")).exists() && folder.path().join(odd(b"p\xfe.csv.record.json")).exists());
    let small = "--preset small --particles 2 --shape 30,48,48 --complexes 1bxn -o";
    let status = command(folder.path()).arg("simulate").args(small.split(' ')).arg(odd(b"s\xff")).output().unwrap().status;
    assert!(status.success() && folder.path().join(odd(b"s\xff")).join("dataset.toml").exists());
}

#[cfg(feature = "net")]
#[test]
fn a_training_that_cannot_start_leaves_everything_as_it_is() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    write_labels(&at("empty.npy"), 0);
    std::fs::write(at("classes.toml"), "[[class]]\nlabel = 1\nname = \"a\"\n").unwrap();
    let entry = "[[tomogram]]\nname = \"t\"\nvolume = \"labels.npy\"\nlabels = \"empty.npy\"\nsplit = \"train\"\n";
    std::fs::write(at("d.toml"), format!("classes = \"classes.toml\"\n{entry}")).unwrap();
    std::fs::create_dir(at("run")).unwrap();
    std::fs::write(at("run/checkpoint.safetensors"), "before").unwrap();
    std::fs::write(at("run/record.json"), "before").unwrap();
    for run in ["run --restart", "new"] {
        let (code, text) = outcome(folder.path(), &format!("train d.toml --steps 1 --batch 1 --patch 16 --device cpu -o {run}"));
        assert_eq!(code, Some(1), "{text}");
    }
    assert_eq!(std::fs::read_to_string(at("run/checkpoint.safetensors")).unwrap(), "before");
    assert_eq!(std::fs::read_to_string(at("run/record.json")).unwrap(), "before");
    assert!(!at("new").exists());
    let (code, text) = outcome(folder.path(), "train labels.npy -o new");
    assert_eq!(code, Some(1));
    assert!(text.contains("no data set (TOML)"), "{text}");
}
