use cryoet_core::Statistics;
use serde::{Deserialize, Serialize};

/// How grey values are scaled before they enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Normalisation {
    /// Mean 0, standard deviation 1 over each tomogram, the same in training and inference.
    #[default]
    Tomogram,
    /// As DeepFinder does: over each patch in training, over the tomogram in inference.
    DeepFinder,
}

/// Subtracts the mean and divides by the standard deviation; a constant volume becomes zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ZScore {
    mean: f64,
    scale: f64,
}

impl ZScore {
    pub(crate) fn new(statistics: &Statistics) -> Self {
        Self { mean: statistics.mean, scale: if statistics.std > 0.0 { 1.0 / statistics.std } else { 0.0 } }
    }

    /// Of values, in their own order.
    pub(crate) fn of(values: &[f32]) -> Self {
        let n = values.len().max(1) as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
        Self { mean, scale: if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 } }
    }

    pub(crate) fn apply(&self, value: f32) -> f32 {
        ((f64::from(value) - self.mean) * self.scale) as f32
    }
}
