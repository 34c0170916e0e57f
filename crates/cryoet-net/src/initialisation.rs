use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::architecture::Architecture;
use crate::tensor_map::TensorMap;

/// Random weights and biases, uniform within 1 / sqrt(fan-in) of zero; the same for the same seed everywhere.
///
/// The signal shrinks from layer to layer, so that the untrained network answers almost the same everywhere. He's larger weights
/// keep the signal's variance, and with it the noise of the tomogram: on noisy data they start to learn later (docs/ablations.md).
pub(crate) fn uniform_by_fan_in(architecture: &Architecture, seed: u64) -> TensorMap {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = TensorMap::new();
    for layer in architecture.layers() {
        let fan_in: usize = layer.kernel[1..].iter().product();
        let bound = 1.0 / (fan_in as f32).sqrt();
        let mut draw = |count: usize| (0..count).map(|_| rng.random_range(-bound..bound)).collect();
        let weights = draw(layer.kernel.iter().product());
        let biases = draw(layer.kernel[0]);
        tensors.insert(format!("{}.weight", layer.name), layer.kernel.to_vec(), weights);
        tensors.insert(format!("{}.bias", layer.name), vec![layer.kernel[0]], biases);
    }
    tensors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_decide_everything() {
        let architecture = Architecture::DeepFinder { outputs: 3 };
        assert_eq!(uniform_by_fan_in(&architecture, 1), uniform_by_fan_in(&architecture, 1));
        assert_ne!(uniform_by_fan_in(&architecture, 1), uniform_by_fan_in(&architecture, 2));
    }
}
