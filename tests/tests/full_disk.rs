//! A disk without room: the old file stays, no temporary is left.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;

use cryoet::Volume;
use cryoet::io::write_volume;
use cryoet::ndarray::Array3;
use cryoet_tests::{command_path, cryoet};
use tempfile::tempdir;

fn big_tomogram(path: &Path) {
    write_volume(path, &Volume::new(Array3::from_shape_fn((64, 64, 64), |(z, y, x)| (z * y * x) as f32))).unwrap();
}

fn nothing_but_the_old_file(folder: &Path, old: &[u8]) {
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["out.mrc"]);
    assert_eq!(fs::read(folder.join("out.mrc")).unwrap(), old);
}

/// A limit on the size of files stands in for the disk: any user can set it.
#[test]
fn a_file_that_cannot_grow() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("out.mrc"), b"what was there").unwrap();
    big_tomogram(&folder.path().join("t.mrc"));
    // The signal for files too large is ignored, so that the write itself fails.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" convert t.mrc out/out.mrc";
    let output = Command::new("sh").arg("-c").arg(script).arg(command_path()).current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("out.mrc") && stderr.lines().count() == 1, "{stderr}");
    nothing_but_the_old_file(&out, b"what was there");
}

/// A small file system in memory; mounting it needs root.
#[test]
fn a_full_disk() {
    let folder = tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a full disk (mounting a small tmpfs needs root)");
        return;
    }
    fs::write(disk.join("out.mrc"), b"what was there").unwrap();
    big_tomogram(&folder.path().join("t.mrc"));
    let line = std::panic::catch_unwind(|| {
        let line = cryoet(folder.path(), &["convert", "t.mrc", "disk/out.mrc"]).failure();
        nothing_but_the_old_file(&disk, b"what was there");
        line
    });
    let unmounted = Command::new("umount").arg(&disk).status().unwrap().success();
    let line = line.unwrap();
    assert!(line.contains("out.mrc") && line.contains("space"), "{line}");
    assert!(unmounted);
}
