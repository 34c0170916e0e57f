//! Bringing libtorch: one that is there, else the wheels of PyPI laid out in a cache outside the checkout.

mod cache;
mod fetch;
mod found;
mod link;
mod python;

use std::path::{Path, PathBuf};

use crate::checkout;
use found::Found;

/// The release that tch 0.24 binds.
const VERSION: &str = "2.11.0";

/// What the libtorch must be able to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Run on the CPU.
    Cpu,
    /// Run on NVIDIA GPUs too.
    Cuda,
}

/// Makes `.libtorch` in the checkout a link to a usable libtorch; does nothing where it is one already.
pub(crate) fn set_up(kind: Kind) -> Result<(), String> {
    let link = checkout::libtorch_link();
    let wanted = named_by_environment(&link);
    if let Some(path) = wanted {
        let found = Found::at(&path).map_err(|reason| format!("LIBTORCH={}: {reason}", path.display()))?;
        found.check(kind).map_err(|reason| format!("LIBTORCH={}: {reason}", path.display()))?;
        return link_to(&link, &path, "LIBTORCH");
    }
    if Found::at(&link).is_ok_and(|found| found.check(kind).is_ok()) {
        let target = std::fs::canonicalize(&link).unwrap_or(link);
        eprintln!("libtorch {VERSION} is set up: .libtorch -> {}", target.display());
        return Ok(());
    }
    if let Some(path) = cache::usable(kind)? {
        return link_to(&link, &path, "the cache");
    }
    if let Some(path) = python::torch(kind) {
        return link_to(&link, &path, "Python's torch");
    }
    let path = fetch::into_cache(kind)?;
    link_to(&link, &path, "PyPI's wheels")
}

/// The user's `LIBTORCH`. Cargo itself sets the variable to our link, which says nothing.
fn named_by_environment(link: &Path) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("LIBTORCH").filter(|value| !value.is_empty())?);
    (path != link).then_some(path)
}

fn link_to(link: &Path, path: &Path, source: &str) -> Result<(), String> {
    link::replace(link, path)?;
    eprintln!("libtorch {VERSION} from {source}: .libtorch -> {}", path.display());
    Ok(())
}
