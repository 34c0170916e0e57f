//! What the command says when it refuses.

use std::path::Path;

use crate::command::run;

/// The standard error of a line that must fail with the code.
pub(crate) fn refused(folder: &Path, line: &str, code: i32) -> String {
    let output = run(folder, line);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{line}: {text}");
    text
}
