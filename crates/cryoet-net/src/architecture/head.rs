/// A network's last layer and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The layer's name, as in [`Architecture::layers`](super::Architecture::layers).
    pub layer: String,
    /// What its channels mean.
    pub answer: Answer,
    /// How many channels it has.
    pub channels: usize,
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

/// What a head answers for each voxel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Logits of background and of each class by rising label. Every network has one such head.
    Classes,
    /// The density without noise, in standard deviations from its mean.
    Density,
}
