use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::cryoet;

/// A small data set of two simulated tomograms: the second is for validation.
#[derive(Debug)]
pub struct Simulated {
    folder: TempDir,
}

impl Simulated {
    /// The folder that `cryoet simulate` wrote.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the first tomogram.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join("tomogram-1").join(name)
    }
}

/// The data set, simulated once for each test program.
///
/// # Panics
/// When the simulation fails.
pub fn simulated() -> &'static Simulated {
    static DATA: OnceLock<Simulated> = OnceLock::new();
    DATA.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let _ = cryoet(folder.path(), &["simulate", "--preset", "small", "--count", "2", "--seed", "5", "-o", "."]).done();
        Simulated { folder }
    })
}
