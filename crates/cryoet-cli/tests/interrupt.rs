//! What Ctrl-C leaves behind: a finished file or none, and a training that goes on.
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn start(folder: &Path, line: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cryoet"));
    command.current_dir(folder).args(line.split_whitespace()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until `ready`, interrupts, and returns exit code and standard error.
fn interrupt(child: Child, ready: impl Fn() -> bool) -> (Option<i32>, String) {
    let begun = Instant::now();
    while !ready() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the command never came so far");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn unfinished(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".part")).count()
}

#[test]
fn a_simulation_stops_and_leaves_no_half_tomogram() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("data");
    let child = start(folder.path(), "simulate --count 500 --preset small --shape 30,48,48 --particles 2 --complexes 1bxn -o data");
    let (code, text) = interrupt(child, || out.join("tomogram-2/particles.csv").exists());
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("of 500 tomograms: the same command goes on"), "{text}");
    assert!(!out.join("dataset.toml").exists());
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        assert!(!path.is_dir() || unfinished(&path) == 0, "{}", path.display());
    }
}

#[cfg(feature = "net")]
#[test]
fn a_training_saves_what_it_has_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let made = start(folder.path(), "simulate --count 2 --preset small --shape 30,48,48 --particles 2 --complexes 1bxn -o data");
    assert!(made.wait_with_output().unwrap().status.success());
    let run = folder.path().join("run");
    let line = "train data/dataset.toml --steps 100000 --batch 1 --patch 16 --device cpu -o run";
    let (code, text) = interrupt(start(folder.path(), line), || run.join("record.json").exists());
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("of 100000 steps and saved"), "{text}");
    assert!(run.join("checkpoint.safetensors").exists());
    assert_eq!(unfinished(&run), 0);
    let further = start(folder.path(), &format!("{line} --time-limit 0")).wait_with_output().unwrap();
    assert!(further.status.success(), "{}", String::from_utf8_lossy(&further.stderr));
}
