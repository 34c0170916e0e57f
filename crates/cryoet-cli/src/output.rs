//! Results on the standard output.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Prints a result as JSON, or as text for people.
pub(crate) fn print(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
    let mut out = if json { serde_json::to_string_pretty(value)? } else { text() };
    if !out.ends_with('\n') {
        out.push('\n');
    }
    match std::io::stdout().lock().write_all(out.as_bytes()) {
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::from(error)),
        _ => Ok(()),
    }
}

/// A warning on the standard error.
pub(crate) fn warn(message: impl std::fmt::Display) {
    // A warning that cannot be given stops no work.
    let _ = writeln!(std::io::stderr(), "cryoet: warning: {message}");
}

/// Rows of cells as columns that line up: the first to the left, the others to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cell.replace(char::is_control, " ")).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            line += &if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
