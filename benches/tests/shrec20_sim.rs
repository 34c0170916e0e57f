//! The machinery of the benchmark `shrec20-sim`, on its smallest size.

use std::path::Path;
use std::process::{Command, Output};
use std::time::SystemTime;

/// Runs the benchmark with its runs in a folder; it must succeed.
fn benchmark(folder: &Path, line: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_shrec20-sim"));
    let command = program.with_file_name(format!("cryoet{}", std::env::consts::EXE_SUFFIX));
    assert!(command.is_file(), "{} is not built: run the tests of the whole workspace", command.display());
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let runs = folder.to_string_lossy();
    words.extend(["--runs", &runs, "--device", "cpu"]);
    // The built-in shapes, whatever the machine has.
    let output = Command::new(program).args(words).env_remove("CRYOET_DATA").output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn modified(path: &Path) -> SystemTime {
    path.metadata().unwrap().modified().unwrap()
}

#[test]
fn a_run_goes_from_simulation_to_tables_and_never_twice() {
    let folder = tempfile::tempdir().unwrap();
    let first = benchmark(folder.path(), "run smoke --seed 3");
    let printed = text(&first.stdout);
    for heading in ["miss rate", "macro", "size group", "large", "training "] {
        assert!(printed.contains(heading), "{heading}: {printed}");
    }
    let run = folder.path().join("smoke-3");
    let list = std::fs::read_to_string(run.join("data/dataset.toml")).unwrap();
    for split in ["\"train\"", "\"validation\"", "\"test\""] {
        assert!(list.contains(split), "{list}");
    }
    let table = || std::fs::read_to_string(folder.path().join("results.csv")).unwrap();
    let row = table().lines().nth(1).unwrap().to_owned();
    // 12 steps of 2 patches of 32^3.
    assert!(row.starts_with("smoke,cryoet,3,built-in,") && row.contains(",786432,"), "{row}");
    // What is done is not done again: neither data nor network, nor the row.
    let files = ["data/dataset.toml", "validation-labels.mrc", "choice.json"].map(|name| run.join(name));
    let before = files.each_ref().map(|path| modified(path));
    std::fs::remove_file(run.join("picks.csv")).unwrap();
    benchmark(folder.path(), "run smoke --seed 3");
    assert_eq!(files.each_ref().map(|path| modified(path)), before);
    assert!(run.join("picks.csv").is_file());
    assert_eq!(table().lines().count(), 2);
    // Another program's labels and picks, scored by the same rules.
    let labels = run.join("validation-labels.mrc");
    let choice = text(&benchmark(folder.path(), &format!("choose smoke --seed 3 --labels {}", labels.display())).stdout);
    assert!(choice.starts_with("{\"way\":\"mean-shift\""), "{choice}");
    let truth = run.join("data/model_3/particles.csv");
    let score = "score smoke --seed 3 --method truth --voxels 0 --training 0 --picking 0 --clustering none";
    benchmark(folder.path(), &format!("{score} --picks {}", truth.display()));
    let row = table().lines().nth(2).unwrap().to_owned();
    assert!(row.contains(",truth,") && row.contains(",1.0000,1.0000,"), "{row}");
    let summary = text(&benchmark(folder.path(), "table smoke").stdout);
    assert!(summary.contains("| truth |") && summary.contains("| 1.000 | 0.000 | 1.000 | 0.000 |"), "{summary}");
}

#[test]
fn every_study_has_a_point() {
    let folder = tempfile::tempdir().unwrap();
    for point in ["snr smoke --point 0.05", "tilts smoke --point 40", "tomograms smoke --point 1", "targets smoke --point spheres"] {
        benchmark(folder.path(), &format!("study {point}"));
    }
    benchmark(folder.path(), "study classes smoke --point one");
    let table = std::fs::read_to_string(folder.path().join("study.csv")).unwrap();
    let voxels = |study: &str| {
        let row = table.lines().find(|line| line.starts_with(study)).unwrap();
        row.split(',').nth(6).unwrap().parse::<u64>().unwrap()
    };
    // A network for each of the two classes.
    assert_eq!((voxels("tomograms"), voxels("classes")), (786_432, 2 * 786_432));
    assert_eq!(table.lines().count(), 6);
}
