//! Whoever is killed in the middle of writing, or may write no more, leaves the old file as it was. The one who is killed is this very
//! program, started again.

#![cfg(unix)]

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use cryoet_core::{ClassLabel, Particle, Position, Volume, VolumeSink, ndarray::Array3};
use cryoet_io::*;

/// Names what the child writes, and where.
const WHAT: &str = "CRYOET_IO_CHILD_WRITES";
const WHERE: &str = "CRYOET_IO_CHILD_WRITES_TO";
/// Large enough that writing is not over before the child is killed.
const SHAPE: [usize; 3] = [256, 512, 512];

/// The child: writes until it is stopped. Does nothing when the tests are run as usual.
#[test]
fn child() {
    let (Ok(what), Some(path)) = (std::env::var(WHAT), std::env::var_os(WHERE).map(PathBuf::from)) else { return };
    let done = match what.as_str() {
        "mrc" => create_mrc_sink::<f32>(&path, SHAPE, None, [0.0; 3]).map_err(|error| error.to_string()).and_then(write_slowly),
        #[cfg(feature = "zarr")]
        "zarr" => {
            let params = OmeZarrParams { chunk: [1, SHAPE[1], SHAPE[2]], levels: 1, ..OmeZarrParams::default() };
            let sink = create_ome_zarr_sink::<f32>(&path, SHAPE, None, [0.0; 3], params);
            sink.map_err(|error| error.to_string()).and_then(write_slowly)
        }
        "npy" => create_npy_sink::<f32>(&path, SHAPE).map_err(|error| error.to_string()).and_then(write_slowly),
        _ => {
            let particle = Particle::new(ClassLabel::new(1), Position::from_index([1, 2, 3]));
            let list = ParticleList::new(vec![particle; 100_000]);
            write_particles(&path, &list, &WriteParticles::default()).map(|_| ()).map_err(|error| error.to_string())
        }
    };
    if let Err(message) = done {
        println!("FAILED: {message}");
    }
}

fn write_slowly(mut sink: impl VolumeSink<f32>) -> Result<(), String> {
    // Numbers that no compression makes small.
    let plane = Array3::from_shape_fn((1, SHAPE[1], SHAPE[2]), |(_, y, x)| ((y * SHAPE[2] + x) as f32).sin());
    (0..SHAPE[0]).try_for_each(|z| {
        // The parent kills in these pauses; without them a fast disk would be done first.
        sleep(Duration::from_millis(2));
        sink.write_region([z, 0, 0], plane.view()).map_err(|error| error.source().map_or_else(|| error.to_string(), ToString::to_string))
    })
}

fn start(what: &str, path: &Path, before: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let script = format!("{before} exec \"$0\" --exact child --nocapture");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(program).env(WHAT, what).env(WHERE, path);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// What a test is of: what the child writes, and the name it takes.
fn volumes() -> Vec<(&'static str, &'static str)> {
    let mut volumes = vec![("mrc", "v.mrc"), ("npy", "v.npy")];
    if cfg!(feature = "zarr") {
        volumes.push(("zarr", "v.zarr"));
    }
    volumes
}

/// All bytes of a file, or of the files of a folder.
fn content(path: &Path) -> Vec<u8> {
    if path.is_file() {
        return std::fs::read(path).unwrap();
    }
    let mut inside: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    inside.sort();
    inside.iter().flat_map(|path| content(path)).collect()
}

/// An old file under the name, and its bytes.
fn old_file(folder: &Path, name: &str) -> (PathBuf, Vec<u8>) {
    let path = folder.join(name);
    if name.ends_with("csv") {
        let particle = Particle::new(ClassLabel::new(9), Position::from_index([7, 8, 9]));
        write_particles(&path, &ParticleList::new(vec![particle]), &WriteParticles::default()).unwrap();
    } else {
        write_volume(&path, &Volume::new(Array3::from_elem((2, 3, 4), 0.25))).unwrap();
    }
    let bytes = content(&path);
    (path, bytes)
}

#[test]
fn killed_in_the_middle_the_old_file_stays() {
    for (what, name) in volumes() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = old_file(folder.path(), name);
        let mut child = start(what, &path, "");
        // Wait until the child has begun: its file aside lies beside the old one.
        let begun = Instant::now();
        while std::fs::read_dir(folder.path()).unwrap().count() < 2 {
            assert!(begun.elapsed() < Duration::from_secs(60), "the child did not begin");
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(50));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(content(&path) == old, "{what}");
        // What was half written keeps another name, and nobody takes it for the file.
        let left: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.iter().all(|file| *file == path || file.extension().is_some_and(|e| e == "part")), "{left:?}");
        // And the next one to write is not hindered.
        write_volume(&path, &Volume::new(Array3::from_elem((2, 3, 4), 0.5))).unwrap();
        assert_eq!(read_volume(&path).unwrap().data()[[0, 0, 0]], 0.5);
    }
}

/// As on a full disk: the system refuses to let a file grow beyond a megabyte.
#[test]
fn out_of_room_the_old_file_stays_and_nothing_else() {
    for (what, name) in volumes().into_iter().chain([("list", "p.csv")]) {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = old_file(folder.path(), name);
        // The signal that the limit brings is ignored, so that the write fails instead.
        let output = start(what, &path, "trap '' XFSZ; ulimit -f 1024 &&").wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("FAILED") && said.contains(name) && said.contains("too large"), "{what}: {said}");
        assert!(content(&path) == old, "{what}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{what}");
    }
}
