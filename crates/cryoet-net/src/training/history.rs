use serde::{Deserialize, Serialize};

use super::confusion::ValidationMetrics;

/// One training step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Counted from 1.
    pub step: u64,
    /// The loss of its batch.
    pub loss: f64,
    /// Of networks that learn to denoise, the mean squared difference to the density without noise, in its variance, over the patches of which it
    /// is known; none where it is known of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density_loss: Option<f64>,
    /// The learning rate used.
    pub learning_rate: f64,
    /// The gradient's norm before clipping.
    pub gradient_norm: f64,
    /// Wall-clock seconds of the whole step.
    pub seconds: f64,
    /// Of these, seconds spent waiting for patches and bringing them to the device.
    pub data_seconds: f64,
}

/// One validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationRecord {
    /// After this many steps.
    pub step: u64,
    /// The metrics.
    pub metrics: ValidationMetrics,
    /// Whether its mean F1 is larger than that of every earlier validation, and any class had a voxel to be judged by.
    pub best: bool,
}

/// Everything that was measured while training, kept in checkpoints.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// Every step so far.
    pub steps: Vec<StepRecord>,
    /// Every validation so far.
    pub validations: Vec<ValidationRecord>,
}

impl History {
    /// The share of the time of the last `count` steps that was spent waiting for data; 0 where there are none.
    pub fn waiting_share(&self, count: usize) -> f64 {
        let last = &self.steps[self.steps.len().saturating_sub(count)..];
        let (waited, all) = last.iter().fold((0.0, 0.0), |(waited, all), step| (waited + step.data_seconds, all + step.seconds));
        if all > 0.0 { waited / all } else { 0.0 }
    }

    /// The largest mean F1 of any validation.
    pub fn best_f1(&self) -> Option<f64> {
        self.validations.iter().map(|record| record.metrics.mean_f1).reduce(f64::max)
    }
}
