use super::params::{Schedule, TrainParams};

/// The learning rate of a step, counted from 0.
pub(super) fn learning_rate(params: &TrainParams, step: u64) -> f64 {
    if step < params.warm_up {
        return params.learning_rate * (step + 1) as f64 / params.warm_up as f64;
    }
    match params.schedule {
        Schedule::Constant => params.learning_rate,
        Schedule::Cosine => {
            let span = params.steps.saturating_sub(params.warm_up).max(1);
            let done = (step - params.warm_up) as f64 / span as f64;
            params.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn rises_then_falls_to_zero() {
        let params = TrainParams { steps: 110, warm_up: 10, learning_rate: 2.0, ..TrainParams::default() };
        assert_relative_eq!(learning_rate(&params, 0), 0.2);
        assert_relative_eq!(learning_rate(&params, 9), 2.0);
        assert_relative_eq!(learning_rate(&params, 60), 1.0, epsilon = 1e-12);
        assert_relative_eq!(learning_rate(&params, 110), 0.0, epsilon = 1e-12);
    }
}
