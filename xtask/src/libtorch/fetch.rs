use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Kind, cache, found::Found, python};
use crate::shell;

/// The wheels with their SHA-256, in pip's own form: pip refuses a file whose sum differs.
const CPU_WHEELS: &str = include_str!("wheels-cpu-linux-x86_64.txt");
const CUDA_WHEELS: &str = include_str!("wheels-cuda-linux-x86_64.txt");
/// The tags under which the pinned wheels are published.
const PLATFORMS: [&str; 8] = [
    "manylinux_2_28_x86_64",
    "manylinux_2_27_x86_64",
    "manylinux_2_25_x86_64",
    "manylinux_2_18_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
];
/// Lays out `include/`, `lib/` and `cuda/` from the wheels.
const LAYOUT: &str = include_str!("layout.py");

/// Fetches the wheels and lays a libtorch out in the cache: all of it or nothing.
pub(crate) fn into_cache(kind: Kind) -> Result<PathBuf, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("wheels are pinned for Linux on x86_64 only. Elsewhere set LIBTORCH to a libtorch 2.11.0 \
                    (https://pytorch.org/get-started/locally), or put a Python with torch 2.11.0 on the PATH"
            .into());
    }
    let python = python::with_pip()?;
    let _lock = cache::lock()?;
    if let Some(path) = cache::usable(kind)? {
        return Ok(path);
    }
    let aside = cache::folder()?.join(".partial");
    remove(&aside)?;
    let outcome = fetch(kind, python, &aside);
    remove(&aside)?;
    outcome
}

fn fetch(kind: Kind, python: &str, aside: &Path) -> Result<PathBuf, String> {
    let (wheels, libtorch, list) = (aside.join("wheels"), aside.join("libtorch"), aside.join("wheels.txt"));
    let pins = match kind {
        Kind::Cpu => CPU_WHEELS.to_owned(),
        Kind::Cuda => format!("{CPU_WHEELS}{CUDA_WHEELS}"),
    };
    std::fs::create_dir_all(&wheels)
        .and_then(|()| std::fs::write(&list, pins))
        .map_err(|error| format!("cannot write {}: {error}", aside.display()))?;
    // The pinned wheel is the one of CPython 3.11, whatever Python runs pip: only its C++ part is used.
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--no-deps", "--require-hashes", "--no-cache-dir", "--disable-pip-version-check"]).args([
        "--only-binary=:all:",
        "--implementation=cp",
        "--python-version=3.11",
        "--abi=cp311",
    ]);
    for platform in PLATFORMS {
        pip.arg(format!("--platform={platform}"));
    }
    shell::run(pip.arg("--dest").arg(&wheels).arg("--requirement").arg(&list))?;
    eprintln!("laying out libtorch ...");
    shell::output(Command::new(python).args(["-c", LAYOUT]).arg(&wheels).arg(&libtorch))?;
    Found::at(&libtorch).and_then(|found| found.check(kind)).map_err(|reason| format!("the wheels gave {reason}"))?;
    let place = cache::place(kind)?;
    remove(&place)?;
    std::fs::rename(&libtorch, &place).map_err(|error| format!("cannot move libtorch to {}: {error}", place.display()))?;
    Ok(place)
}

fn remove(path: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("cannot remove {}: {error}", path.display())),
        _ => Ok(()),
    }
}
