use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use thiserror::Error;

/// Why a file was not written. What stood under its name before still stands there.
#[derive(Debug, Error)]
#[error("{}: cannot write: {source}", path.display())]
pub struct WriteWholeError {
    /// The file that was to be written.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Writes a file whole or not at all: aside in the same folder, flushed to the disk, then renamed over `path`.
///
/// When anything fails, a full disk say, an old file of that name stays as it was and nothing else is left behind; what a killed process left
/// is removed when the same file is written again, where the file system knows locks. A
/// symbolic link is followed, and an old file's permissions are kept. A device or a pipe, which no file can replace, is written
/// as it is.
///
/// # Errors
/// Whatever the system or the closure reports.
///
/// ```
/// use std::io::Write;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("note.txt");
/// cryoet_io::write_whole(&path, |file| file.write_all(b"all of it"))?;
/// let failed = cryoet_io::write_whole(&path, |file| {
///     file.write_all(b"half")?;
///     Err(std::io::Error::other("interrupted"))
/// });
/// assert!(failed.is_err());
/// assert_eq!(std::fs::read(&path)?, b"all of it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_whole<F>(path: impl AsRef<Path>, write: F) -> Result<(), WriteWholeError>
where
    F: FnOnce(&mut BufWriter<File>) -> io::Result<()>,
{
    let path = path.as_ref();
    let whole = || -> io::Result<()> {
        let mut aside = WholeFile::create(path)?;
        write(&mut aside.writer)?;
        aside.finish()
    };
    whole().map_err(|source| WriteWholeError { path: path.to_path_buf(), source })
}

/// A file being written aside; dropped before it is finished, it disappears.
#[derive(Debug)]
pub(crate) struct WholeFile {
    pub(crate) writer: BufWriter<File>,
    /// The file written aside, and the name it is to take; none for a device or a pipe.
    names: Option<(PathBuf, PathBuf)>,
}

impl WholeFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let old = fs::metadata(&target).ok();
        if let Some(kind) = old.as_ref().map(fs::Metadata::file_type) {
            if kind.is_dir() {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
            }
            if !kind.is_file() {
                let file = OpenOptions::new().write(true).open(&target)?;
                return Ok(Self { writer: BufWriter::new(file), names: None });
            }
        }
        remove_abandoned(&target);
        let (aside, file) = create_locked(&target)?;
        let whole = Self { writer: BufWriter::with_capacity(1 << 20, file), names: Some((aside, target)) };
        if let Some(old) = old {
            whole.writer.get_ref().set_permissions(old.permissions())?;
        }
        Ok(whole)
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        let Some((aside, target)) = self.names.clone() else { return Ok(()) };
        self.writer.get_ref().sync_all()?;
        fs::rename(aside, &target)?;
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.names = None;
        // The rename has happened; a folder that cannot be synced (some network file systems) makes it no less whole.
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some((aside, _)) = &self.names {
            let _ = fs::remove_file(aside);
        }
    }
}

/// A folder being written aside; dropped before it is finished, it disappears.
#[cfg(feature = "zarr")]
#[derive(Debug)]
pub(crate) struct WholeFolder {
    aside: PathBuf,
    target: PathBuf,
}

#[cfg(feature = "zarr")]
impl WholeFolder {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if target.exists() && !target.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "is a file, no folder"));
        }
        check_replaceable(&target)?;
        let aside = name_aside(&target)?;
        fs::create_dir(&aside)?;
        Ok(Self { aside, target })
    }

    pub(crate) fn aside(&self) -> &Path {
        &self.aside
    }

    /// Flushes every file and puts the folder in the place of an old one, which is moved out of the way first.
    pub(crate) fn finish(self) -> io::Result<()> {
        sync_all(&self.aside)?;
        let old = name_aside(&self.target)?;
        let replaces = self.target.exists();
        if replaces {
            check_replaceable(&self.target)?;
        }
        if replaces {
            fs::rename(&self.target, &old)?;
        }
        if let Err(error) = fs::rename(&self.aside, &self.target) {
            if replaces {
                fs::rename(&old, &self.target)?;
            }
            return Err(error);
        }
        if replaces { fs::remove_dir_all(old) } else { Ok(()) }
    }
}

#[cfg(feature = "zarr")]
impl Drop for WholeFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// Refuses a folder that is neither empty nor a Zarr's: what else it holds is not ours to delete.
#[cfg(feature = "zarr")]
fn check_replaceable(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() || is_volume(folder) {
        return Ok(());
    }
    let Some(entry) = fs::read_dir(folder)?.next() else { return Ok(()) };
    let name = entry?.file_name();
    let message = format!("a folder stands there that is neither empty nor an OME-Zarr alone: it holds {:?}", name.to_string_lossy());
    Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, message))
}

/// Whether a folder is a Zarr array or an OME-Zarr's levels, and nothing else lies beside them.
#[cfg(feature = "zarr")]
fn is_volume(folder: &Path) -> bool {
    let json = |name: &str| -> Option<serde_json::Value> { serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok() };
    let described = folder.join(".zarray").is_file()
        || json(".zattrs").is_some_and(|attributes| attributes.get("multiscales").is_some())
        || json("zarr.json").is_some_and(|node| {
            node["node_type"] == "array"
                || node["attributes"]["ome"].get("multiscales").is_some()
                || node["attributes"].get("multiscales").is_some()
        });
    // Chunks of an array lie under names of numbers; levels and groups of labels have metadata of their own.
    let known = |entry: fs::DirEntry| {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        let metadata = [".zgroup", ".zarray", "zarr.json"];
        name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            || if path.is_dir() {
                ["c", "OME"].contains(&&*name) || metadata.iter().any(|name| path.join(name).is_file())
            } else {
                metadata.contains(&&*name) || [".zattrs", ".zmetadata", ".DS_Store"].contains(&&*name)
            }
    };
    described && fs::read_dir(folder).is_ok_and(|entries| entries.flatten().all(known))
}

#[cfg(feature = "zarr")]
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_all(&path)?;
        } else {
            File::open(path)?.sync_all()?;
        }
    }
    Ok(())
}

/// A new file aside, locked as long as it is open, so that nobody takes it for one that was left.
fn create_locked(target: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let aside = name_aside(target)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&aside)?;
        // Without locks nothing is removed; with them, another writer may have come between creating and locking.
        if file.lock().is_err() || aside.exists() {
            return Ok((aside, file));
        }
    }
}

/// Removes files that writers of the same target left when they were killed: the system took their locks away with them.
fn remove_abandoned(target: &Path) {
    let Some(name) = target.file_name() else { return };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let start = [b".", name.as_encoded_bytes(), b"."].concat();
    let is_ours = |file: &OsStr| {
        let number = file.as_encoded_bytes().strip_prefix(start.as_slice()).and_then(|rest| rest.strip_suffix(b".part"));
        number.is_some_and(|number| !number.is_empty() && number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-'))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| is_ours(&entry.file_name())) {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let file = if is_file { OpenOptions::new().write(true).open(entry.path()).ok() } else { None };
        // The lock is held until the file is gone. One that cannot be had is a writer's, or there are none here.
        if file.as_ref().is_some_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn name_aside(target: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "names no file"))?;
    let mut aside = OsString::from(".");
    aside.push(name);
    aside.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    Ok(target.with_file_name(aside))
}

#[cfg(test)]
mod tests;
