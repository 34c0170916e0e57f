use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::data::{DataError, PreparedTomogram};
use super::densities::Densities;
use super::params::TrainParams;
use super::patches::Patches;
use super::sampler::Sampler;

/// Threads that prepare patches at most; each holds two batches ready.
const MOST_WORKERS: usize = 4;

/// Everything from which the patches of any step follow.
#[derive(Debug)]
pub(super) struct PatchSource {
    pub(super) tomograms: Vec<PreparedTomogram>,
    pub(super) sampler: Sampler,
    pub(super) params: TrainParams,
    /// Whether the network learns densities without noise.
    pub(super) denoises: bool,
}

impl PatchSource {
    /// The patches of a step, which depend on data, seed and step alone.
    pub(super) fn cut(&self, step: u64) -> Result<Patches, DataError> {
        let plans = self.sampler.draw(&self.tomograms, &self.params, step);
        let mut patches = Patches::cut(&self.tomograms, &plans, self.params.normalisation)?;
        if self.denoises {
            patches.densities = Some(Densities::cut(&self.tomograms, &plans)?);
        }
        Ok(patches)
    }
}

/// Patches prepared ahead of use by threads of their own, in the order of steps.
///
/// Worker w of n prepares the steps that leave the same remainder by n, so that no two talk to each other and the order is fixed. Threads
/// end when this is dropped.
#[derive(Debug)]
pub(super) struct Prefetch {
    source: Arc<PatchSource>,
    next: u64,
    /// The worker of the next step comes first.
    workers: VecDeque<Worker>,
}

#[derive(Debug)]
struct Worker {
    patches: Option<Receiver<Result<Patches, DataError>>>,
    thread: Option<JoinHandle<()>>,
}

impl Prefetch {
    pub(super) fn new(source: PatchSource) -> Self {
        Self { source: Arc::new(source), next: 0, workers: VecDeque::new() }
    }

    /// The patches of a step: prepared already where steps are asked for one after another.
    pub(super) fn take(&mut self, step: u64) -> Result<Patches, DataError> {
        if self.workers.is_empty() || step != self.next {
            self.start(step);
        }
        self.next = step + 1;
        let Some(worker) = self.workers.pop_front() else {
            // No thread could be had.
            return self.source.cut(step);
        };
        let patches = worker.patches.as_ref().and_then(|patches| patches.recv().ok());
        self.workers.push_back(worker);
        // A worker is gone when its last step was taken.
        patches.unwrap_or_else(|| self.source.cut(step))
    }

    /// What patches are cut from.
    pub(super) fn source(&self) -> &PatchSource {
        &self.source
    }

    fn start(&mut self, first: u64) {
        self.workers.clear();
        let count = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
        let steps = self.source.params.steps;
        for offset in 0..count as u64 {
            let (sender, receiver) = sync_channel(1);
            let source = Arc::clone(&self.source);
            let work = move || prepare(&source, (first + offset..steps).step_by(count), &sender);
            match Builder::new().name("patches".into()).spawn(work) {
                Ok(thread) => self.workers.push_back(Worker { patches: Some(receiver), thread: Some(thread) }),
                // Fewer threads than asked for would mix up whose turn it is.
                Err(_) => return self.workers.clear(),
            }
        }
    }
}

fn prepare(source: &PatchSource, steps: impl Iterator<Item = u64>, sender: &SyncSender<Result<Patches, DataError>>) {
    for step in steps {
        // Nobody listens any more: the training was dropped, or went back to an earlier step.
        if sender.send(source.cut(step)).is_err() {
            return;
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The thread ends at its next attempt to hand something over.
        self.patches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
