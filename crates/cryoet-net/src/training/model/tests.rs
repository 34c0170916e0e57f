use super::*;
use crate::initialisation::uniform_by_fan_in;
use crate::network::to_vec;

const ARCHITECTURE: Architecture = Architecture::DeepFinder { outputs: 3 };

fn random() -> TensorMap {
    uniform_by_fan_in(&ARCHITECTURE, 4)
}

fn model(tensors: &TensorMap) -> Model {
    Model::new(ARCHITECTURE, tensors, Device::Cpu, Precision::F32).unwrap()
}

fn batch(phase: f64) -> Tensor {
    let values: Vec<f32> = (0..2 * 32 * 32 * 32).map(|i| (3.0 * (0.37 * f64::from(i) + phase).sin()) as f32).collect();
    Tensor::from_slice(&values).view([2, 1, 32, 32, 32])
}

fn once(phase: f64) -> impl Iterator<Item = Result<Tensor, TorchError>> {
    std::iter::once(Ok(batch(phase)))
}

/// The largest difference, relative to the largest value.
fn difference(a: &Tensor, b: &Tensor) -> f32 {
    let (a, b) = (to_vec(a).unwrap(), to_vec(b).unwrap());
    let largest = a.iter().fold(0f32, |m, v| m.max(v.abs()));
    a.iter().zip(&b).fold(0f32, |m, (a, b)| m.max((a - b).abs())) / largest
}

#[test]
fn a_folded_model_answers_as_it_did_in_training() {
    let trained = model(&random()).normalised().unwrap();
    let folded = model(&trained.folded(once(0.2)).unwrap());
    assert!(folded.layers.iter().all(|layer| layer.scale.is_none()));
    // The measured variance is over n - 1, that of the batch over n; at the bottom of the network n is 1024.
    let apart = difference(&trained.answers(&batch(0.2)).unwrap(), &folded.answers(&batch(0.2)).unwrap());
    assert!(apart < 0.02, "{apart}");
    let other = difference(&trained.answers(&batch(0.2)).unwrap(), &model(&random()).answers(&batch(0.2)).unwrap());
    assert!(other > 0.1, "{other}");
}

#[test]
fn normalising_trained_weights_keeps_their_answer() {
    let plain = model(&random());
    let normalised = model(&random()).normalised_alike(once(0.2)).unwrap();
    assert_eq!(normalised.layers.iter().filter(|layer| layer.scale.is_some()).count(), ARCHITECTURE.layers().len() - 1);
    let apart = difference(&plain.answers(&batch(0.2)).unwrap(), &normalised.answers(&batch(0.2)).unwrap());
    assert!(apart < 0.02, "{apart}");
}

#[test]
fn parameters_survive_plain_arrays() {
    let normalised = model(&random()).normalised_alike(once(0.7)).unwrap();
    let tensors = normalised.to_tensors().unwrap();
    assert_eq!(normalised.parameter_names().len(), 14 * 3 + 2);
    assert_eq!(model(&tensors).to_tensors().unwrap(), tensors);
}
