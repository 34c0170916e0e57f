use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run of the command left.
#[derive(Debug)]
pub struct Run {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl Run {
    /// The same run, which must have succeeded.
    ///
    /// # Panics
    /// When it failed.
    #[must_use]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The one line with which the command failed.
    ///
    /// # Panics
    /// When it did not fail with exit code 1 and one line.
    pub fn failure(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("cryoet: ") && self.stdout.is_empty(), "{self:?}");
        self.stderr
    }

    /// The standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs the command in a folder.
///
/// # Panics
/// When it cannot be started.
pub fn cryoet(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(command_path()).args(arguments).current_dir(folder).output().expect("the command starts");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The built command, beside the tests in the target folder. `cargo test --workspace` builds it first.
///
/// # Panics
/// When it was not built.
pub fn command_path() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let path = test.ancestors().nth(2).expect("tests lie in deps/").join(format!("cryoet{}", std::env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is not built: run the tests of the whole workspace, or build cryoet-cli in this profile", path.display());
    path
}
