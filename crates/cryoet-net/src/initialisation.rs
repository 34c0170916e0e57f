use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::architecture::Architecture;
use crate::tensor_map::TensorMap;

/// The head starts near zero, so that the first soft-max is close to uniform.
const HEAD_DEVIATION: f64 = 0.01;

/// Random weights after He et al. 2015 (normal, variance 2 / fan-in), biases zero; the same for the same seed everywhere.
///
/// Without normalisation layers the signal's variance must survive fifteen convolutions; with the framework's default
/// (uniform, variance 1 / (3 fan-in)) it shrinks sixfold at each.
pub(crate) fn he_normal(architecture: &Architecture, seed: u64) -> TensorMap {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = TensorMap::new();
    for layer in architecture.layers() {
        let fan_in: usize = layer.kernel[1..].iter().product();
        let deviation = if layer.name == "head" { HEAD_DEVIATION } else { (2.0 / fan_in as f64).sqrt() };
        let count = layer.kernel.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| {
                let normal: f64 = StandardNormal.sample(&mut rng);
                (normal * deviation) as f32
            })
            .collect();
        tensors.insert(format!("{}.weight", layer.name), layer.kernel.to_vec(), values);
        tensors.insert(format!("{}.bias", layer.name), vec![layer.kernel[0]], vec![0.0; layer.kernel[0]]);
    }
    tensors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_decide_everything() {
        let architecture = Architecture::DeepFinder { outputs: 3 };
        assert_eq!(he_normal(&architecture, 1), he_normal(&architecture, 1));
        assert_ne!(he_normal(&architecture, 1), he_normal(&architecture, 2));
    }
}
