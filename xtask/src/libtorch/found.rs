use std::path::{Path, PathBuf};

use super::{Kind, VERSION};

/// A folder that holds a libtorch of the right release.
pub(crate) struct Found {
    path: PathBuf,
}

impl Found {
    /// Looks at a folder; the message says what is missing.
    pub(crate) fn at(path: &Path) -> Result<Self, String> {
        for part in ["include/torch/csrc/api/include/torch/torch.h", "include/ATen/ATen.h"] {
            if !path.join(part).is_file() {
                return Err(format!("no libtorch: {part} is missing"));
            }
        }
        let name = if cfg!(target_os = "macos") { "lib/libtorch_cpu.dylib" } else { "lib/libtorch_cpu.so" };
        if !path.join(name).is_file() {
            return Err(format!("no libtorch: {name} is missing"));
        }
        let version = version(path).ok_or("neither build-version nor version.py tells the release")?;
        if !(version == VERSION || version.starts_with(&format!("{VERSION}+"))) {
            return Err(format!("libtorch {version} found, {VERSION} expected"));
        }
        Ok(Self { path: path.to_path_buf() })
    }

    /// Whether it can do what is asked.
    pub(crate) fn check(&self, kind: Kind) -> Result<(), String> {
        let cuda = ["cuda/libtorch_cuda.so", "lib/libtorch_cuda.so"];
        if kind == Kind::Cuda && !cuda.iter().any(|name| self.path.join(name).is_file()) {
            return Err("a CPU-only libtorch: libtorch_cuda.so is missing".into());
        }
        Ok(())
    }
}

/// The release: `build-version` of a libtorch archive, `version.py` of a Python package.
fn version(path: &Path) -> Option<String> {
    if let Ok(text) = std::fs::read_to_string(path.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let text = std::fs::read_to_string(path.join("version.py")).ok()?;
    let line = text.lines().find(|line| line.starts_with("__version__"))?;
    Some(line.split(['\'', '"']).nth(1)?.to_owned())
}
