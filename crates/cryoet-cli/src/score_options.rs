use clap::Args;
use cryoet::{ClassTable, Particle};
use serde::Serialize;

use crate::numbers;

/// How sure a particle must be to be kept.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct ScoreOptions {
    /// Smallest score kept; by default the threshold of the class in the table, where it has one
    #[arg(long, value_name = "SCORE", value_parser = numbers::finite, allow_negative_numbers = true)]
    min_score: Option<f64>,
}

impl ScoreOptions {
    /// Drops particles below the smallest score, or below their class's threshold where none was said.
    pub(crate) fn drop_unsure(&self, particles: &mut Vec<Particle>, classes: &ClassTable) {
        particles.retain(|particle| {
            let threshold = self.min_score.or_else(|| classes.get(particle.class)?.threshold);
            threshold.is_none_or(|least| particle.score.is_none_or(|score| score.get() >= least))
        });
    }
}
