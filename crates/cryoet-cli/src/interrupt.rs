//! Ctrl-C and the termination signal: work in progress stops at its next report, and nothing half-written stays.

use std::io::Write;
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// The exit code of a command that the user stopped, as shells give it.
pub(crate) const EXIT_CODE: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether the user asked to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Listens from now on. The second signal ends the process at once.
pub(crate) fn listen() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            exit(i32::from(EXIT_CODE));
        }
        // Where nobody can be told, the work stops all the same.
        let _ = writeln!(std::io::stderr(), "cryoet: stopping; once more stops at once");
    })?;
    Ok(())
}
