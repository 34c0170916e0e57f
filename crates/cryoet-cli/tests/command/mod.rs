//! The command, run in a folder.

use std::path::Path;
use std::process::{Command, Output};

/// What a line of arguments gives.
pub(crate) fn run(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cryoet")).current_dir(folder).args(line.split_whitespace()).output().unwrap()
}

/// The standard output of a line that must succeed.
pub(crate) fn succeed(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
