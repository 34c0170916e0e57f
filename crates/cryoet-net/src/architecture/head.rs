use std::ops::Range;

use tch::{TchError, Tensor};

use super::Architecture;

/// A network's last layer and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The layer's name, as in [`Architecture::layers`].
    pub layer: String,
    /// What its channels mean.
    pub answer: Answer,
    /// How many channels it has.
    pub channels: usize,
}

/// What a head answers for each voxel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Logits of background and of each class by rising label. Every network has such a head, and it comes first.
    Classes,
    /// The density without noise, in standard deviations from its mean.
    Density,
}

impl Head {
    /// One for background and classes, `outputs` channels together.
    pub(super) fn of_classes(layer: &str, outputs: usize) -> Self {
        Self { layer: layer.into(), answer: Answer::Classes, channels: outputs }
    }

    /// One for the noise-free density.
    pub(super) fn of_density(layer: &str) -> Self {
        Self { layer: layer.into(), answer: Answer::Density, channels: 1 }
    }
}

/// The parts of what a network answers, whose channels lie along an axis of a tensor.
impl Architecture {
    /// Logits of background and classes.
    pub(crate) fn logits(&self, answers: &Tensor, axis: i64) -> Result<Tensor, TchError> {
        answers.f_narrow(axis, 0, self.outputs() as i64)
    }

    /// The density without noise, of networks with a head for it.
    pub(crate) fn density(&self, answers: &Tensor, axis: i64) -> Result<Option<Tensor>, TchError> {
        let range = self.channels(Answer::Density);
        range.map(|range| answers.f_narrow(axis, range.start, range.end - range.start)).transpose()
    }

    /// Where the channels of a head are.
    pub(super) fn channels(&self, answer: Answer) -> Option<Range<i64>> {
        let mut next = 0;
        self.heads().into_iter().find_map(|head| {
            let first = next;
            next += head.channels as i64;
            (head.answer == answer).then_some(first..next)
        })
    }
}
