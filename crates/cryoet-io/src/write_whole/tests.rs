use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_failure_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "old").unwrap();
    let error = write_whole(&path, |file| {
        file.write_all(&[b'x'; 5_000_000])?;
        Err(io::Error::other("stop"))
    })
    .unwrap_err();
    assert!(error.to_string().contains("a.txt") && error.to_string().contains("stop"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(folder.path()), ["a.txt"]);
}

#[test]
fn replaces_and_creates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    for text in ["one", "two"] {
        write_whole(&path, |file| file.write_all(text.as_bytes())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert_eq!(names(folder.path()), ["a.txt"]);
}

#[test]
fn what_killed_writers_left_goes_and_that_of_living_ones_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    for left in [".a.txt.4000000-0.part", ".a.txt.draft.part", ".a.txt..part", ".b.txt.4000000-0.part", "a.txt.4000000-0.part"] {
        fs::write(folder.path().join(left), "half").unwrap();
    }
    let mut living = WholeFile::create(&path).unwrap();
    living.writer.write_all(b"later").unwrap();
    write_whole(&path, |file| file.write_all(b"new")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    living.finish().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "later");
    assert_eq!(names(folder.path()), [".a.txt..part", ".a.txt.draft.part", ".b.txt.4000000-0.part", "a.txt", "a.txt.4000000-0.part"]);
}

#[test]
fn a_folder_or_a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(write_whole(folder.path(), |_| Ok(())).unwrap_err().to_string().contains("folder"));
    assert!(write_whole(folder.path().join("none/a.txt"), |_| Ok(())).is_err());
}

#[cfg(unix)]
#[test]
fn follows_links_and_keeps_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::write(&real, "old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write_whole(&link, |file| file.write_all(b"new")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "new");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

/// A real full disk: a small tmpfs. Needs root; skips aloud otherwise.
#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_the_old_file_stays() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(folder.path()).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: mounting a small tmpfs needs root");
        return;
    }
    let path = folder.path().join("a.bin");
    let first = write_whole(&path, |file| file.write_all(&[1; 1000]));
    let second = write_whole(&path, |file| file.write_all(&vec![2; 4 << 20]));
    let (found, left) = (fs::read(&path), names(folder.path()));
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    first.unwrap();
    assert_eq!(second.unwrap_err().source.kind(), io::ErrorKind::StorageFull);
    assert_eq!(found.unwrap(), [1; 1000]);
    assert_eq!(left, ["a.bin"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_that_is_full_is_an_error() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: no /dev/full");
        return;
    }
    assert_eq!(write_whole("/dev/full", |file| file.write_all(b"x")).unwrap_err().source.kind(), io::ErrorKind::StorageFull);
}

#[cfg(feature = "zarr")]
#[test]
fn a_folder_that_is_no_zarr_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.zarr");
    let replace = || -> io::Result<()> {
        let whole = WholeFolder::create(&path)?;
        fs::write(whole.aside().join(".zattrs"), r#"{"multiscales": []}"#)?;
        whole.finish()
    };
    replace().unwrap();
    replace().unwrap();
    fs::write(path.join("thesis.tex"), "years of work").unwrap();
    assert!(replace().unwrap_err().to_string().contains("neither empty nor an OME-Zarr alone"));
    fs::remove_file(path.join(".zattrs")).unwrap();
    assert!(replace().unwrap_err().to_string().contains("thesis.tex"));
    assert_eq!(fs::read_to_string(path.join("thesis.tex")).unwrap(), "years of work");
    fs::remove_file(path.join("thesis.tex")).unwrap();
    fs::create_dir(path.join("run_1")).unwrap();
    fs::write(path.join(".zgroup"), "{}").unwrap();
    assert!(replace().is_err());
    fs::remove_dir_all(&path).unwrap();
    fs::create_dir(&path).unwrap();
    // What appears while the folder is written is not deleted either.
    let whole = WholeFolder::create(&path).unwrap();
    fs::write(path.join("late.txt"), "x").unwrap();
    assert!(whole.finish().is_err());
    assert_eq!((names(&path), names(folder.path())), (vec!["late.txt".to_string()], vec!["t.zarr".to_string()]));
}
