use std::io::IsTerminal;

use cryoet::{Cancelled, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt;

/// A progress bar on a terminal, silent otherwise; it tells work to stop when the user asks for it.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that says what is done.
    pub(crate) fn new(what: &'static str) -> Self {
        let bar = ProgressBar::no_length();
        bar.set_draw_target(if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let style = ProgressStyle::with_template("{msg:>12} {wide_bar} {pos}/{len} {elapsed} (left {eta})");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self(bar)
    }

    /// Replaces the word that says what is done.
    #[cfg(feature = "net")]
    pub(crate) fn say(&self, what: String) {
        self.0.set_message(what);
    }

    /// A line above the bar, on a terminal.
    #[cfg(feature = "net")]
    pub(crate) fn line(&self, text: &str) {
        self.0.println(text);
    }
}

impl Progress for Bar {
    fn report(&self, done: u64, total: u64) -> Result<(), Cancelled> {
        if total > 0 {
            self.0.set_length(total);
        }
        self.0.set_position(done);
        if interrupt::asked() { Err(Cancelled) } else { Ok(()) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
