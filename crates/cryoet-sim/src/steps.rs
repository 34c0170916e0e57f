//! Counting steps done by many threads.

use std::sync::atomic::{AtomicU64, Ordering};

use cryoet_core::{Cancelled, Progress};

/// Steps of one task, reported as they are done.
pub(crate) struct Steps<'a> {
    progress: &'a dyn Progress,
    done: AtomicU64,
    total: u64,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(progress: &'a dyn Progress, total: usize) -> Self {
        Self { progress, done: AtomicU64::new(0), total: total as u64 }
    }

    pub(crate) fn step(&self) -> Result<(), Cancelled> {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.progress.report(done, self.total)
    }
}

/// One stage of a longer task; its reports count as its part of the whole.
pub(crate) struct Stage<'a> {
    pub(crate) progress: &'a dyn Progress,
    /// Which stage, from 0.
    pub(crate) stage: u64,
    /// How many stages there are.
    pub(crate) stages: u64,
}

/// The units that a stage counts.
const UNITS: u64 = 250;

impl Progress for Stage<'_> {
    fn report(&self, done: u64, total: u64) -> Result<(), Cancelled> {
        let share = (UNITS * done.min(total)).checked_div(total).unwrap_or(UNITS);
        self.progress.report(self.stage * UNITS + share, self.stages * UNITS)
    }
}
