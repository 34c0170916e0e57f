use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::checkout;

/// A cargo call in the checkout, which finds libtorch at build and at run time, doctests and foreign target folders
/// included.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(checkout::root());
    with_libtorch(&mut command);
    command
}

/// Lets a program find libtorch at run time.
pub(crate) fn with_libtorch(command: &mut Command) {
    let link = checkout::libtorch_link();
    let mut paths = vec![link.join("lib"), link.join("cuda")];
    if let Some(inherited) = std::env::var_os("LD_LIBRARY_PATH") {
        paths.extend(std::env::split_paths(&inherited).filter(|path| !path.as_os_str().is_empty()));
    }
    if let Ok(joined) = std::env::join_paths(paths) {
        command.env("LD_LIBRARY_PATH", joined);
    }
}

/// Runs a command, its line shown before and its time after.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let line = line_of(command);
    eprintln!("\n$ {line}");
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("cannot start `{line}`: {error}"))?;
    if !status.success() {
        return Err(format!("`{line}` failed ({status})"));
    }
    eprintln!("  done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// What a command prints, or what it complains of.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let line = line_of(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot start `{line}`: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{line}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
    }
}

fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Like [`run`], and returns what the command printed on its standard output, which passes through.
pub(crate) fn run_through(command: &mut Command) -> Result<String, String> {
    let line = line_of(command);
    eprintln!("\n$ {line}");
    let failed = |error| format!("cannot run `{line}`: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut text = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(failed)?;
            println!("{line}");
            text.push_str(&line);
            text.push('\n');
        }
    }
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(text) } else { Err(format!("`{line}` failed ({status})")) }
}
