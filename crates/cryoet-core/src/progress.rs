use thiserror::Error;

/// The user asked long work to stop.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("cancelled")]
pub struct Cancelled;

/// How long work tells where it is, and learns whether to go on.
///
/// `()` reports nothing and never cancels; any `Fn(u64, u64) -> Result<(), Cancelled>` that is `Sync` serves:
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use cryoet_core::{Cancelled, Progress};
///
/// let stop = AtomicBool::new(false);
/// let watch = |done: u64, total: u64| {
///     eprintln!("{done} of {total}");
///     if stop.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
/// };
/// assert!(watch.report(1, 10).is_ok());
/// stop.store(true, Ordering::Relaxed);
/// assert_eq!(watch.report(2, 10), Err(Cancelled));
/// ```
pub trait Progress: Sync {
    /// Called from any thread after a unit of work; `total` is 0 where it is not known.
    ///
    /// # Errors
    /// [`Cancelled`] makes the work stop as soon as it can and return an error that says so.
    fn report(&self, done: u64, total: u64) -> Result<(), Cancelled>;
}

impl Progress for () {
    fn report(&self, _done: u64, _total: u64) -> Result<(), Cancelled> {
        Ok(())
    }
}

impl<F: Fn(u64, u64) -> Result<(), Cancelled> + Sync> Progress for F {
    fn report(&self, done: u64, total: u64) -> Result<(), Cancelled> {
        self(done, total)
    }
}
