use std::fs::File;
use std::path::PathBuf;

use super::{Kind, VERSION, found::Found};

/// The cache folder: `CRYOET_CACHE`, `$XDG_CACHE_HOME/cryoet` or `~/.cache/cryoet`.
pub(crate) fn folder() -> Result<PathBuf, String> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CRYOET_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|path| path.join("cryoet")))
        .or_else(|| set("HOME").map(|path| path.join(".cache/cryoet")))
        .ok_or_else(|| "no place for the cache: set CRYOET_CACHE".to_owned())
}

/// Where a libtorch of a kind lies once fetched.
pub(crate) fn place(kind: Kind) -> Result<PathBuf, String> {
    let kind = match kind {
        Kind::Cpu => "cpu",
        Kind::Cuda => "cuda",
    };
    Ok(folder()?.join(format!("libtorch-{VERSION}-{kind}")))
}

/// A libtorch in the cache that serves; the CUDA set serves the CPU too.
pub(crate) fn usable(kind: Kind) -> Result<Option<PathBuf>, String> {
    let kinds: &[Kind] = if kind == Kind::Cuda { &[Kind::Cuda] } else { &[Kind::Cpu, Kind::Cuda] };
    for &kind in kinds {
        let path = place(kind)?;
        if Found::at(&path).is_ok_and(|found| found.check(kind).is_ok()) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Creates the cache folder and waits until no other set-up fetches into it; the lock goes with the returned file.
pub(crate) fn lock() -> Result<File, String> {
    let folder = folder()?;
    let path = folder.join(".lock");
    std::fs::create_dir_all(&folder)
        .and_then(|()| File::options().create(true).append(true).open(&path))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| format!("cannot lock {}: {error}", path.display()))
}
