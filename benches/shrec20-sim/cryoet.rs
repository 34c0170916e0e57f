use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::Outcome;

/// The built `cryoet` command.
pub(crate) struct Cryoet {
    program: PathBuf,
}

/// What a line gave.
pub(crate) struct Answer {
    /// What it printed.
    pub(crate) json: Value,
    /// The seconds it took, by the clock.
    pub(crate) seconds: f64,
}

impl Cryoet {
    /// The program given, or the one beside this one.
    pub(crate) fn new(given: Option<&Path>) -> Outcome<Self> {
        let beside = std::env::current_exe()?.with_file_name(format!("cryoet{}", std::env::consts::EXE_SUFFIX));
        let program = given.map_or(beside, Path::to_owned);
        if program.is_file() { Ok(Self { program }) } else { Err(format!("{} is not there: build cryoet-cli", program.display()).into()) }
    }

    /// Runs a line, which is shown first; what it prints is JSON.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Outcome<Answer> {
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        let line = format!("cryoet {}", words.join(" "));
        eprintln!("$ {line}");
        let start = Instant::now();
        let output = Command::new(&self.program).arg("--json").args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("`{line}` failed ({}): the same command goes on from here", output.status).into());
        }
        Ok(Answer { json: serde_json::from_slice(&output.stdout)?, seconds: start.elapsed().as_secs_f64() })
    }
}
