//! The network against PyTorch: `oracles/unet.py` wrote `oracles/unet.json`.

use std::collections::HashMap;

use cryoet_core::ndarray::Array3;
use cryoet_core::{Class, ClassLabel, ClassTable, Volume};
use cryoet_net::{Device, Network, Precision, SegmentParams, Weights, segment};
use safetensors::tensor::{Dtype, TensorView};

fn wave(count: usize, scale: f64, phase: f64) -> Vec<f32> {
    (0..count).map(|i| (scale * (0.7 * i as f64 + phase).sin()) as f32).collect()
}

/// The oracle's weights as a weights file.
fn weights() -> Weights {
    let classes = ClassTable::new((1..3).map(|label| Class::new(ClassLabel::new(label), label.to_string())).collect()).unwrap();
    let description = Weights::random(classes, None, 0).description().clone();
    let mut tensors = Vec::new();
    for (index, layer) in description.architecture.layers().iter().enumerate() {
        let fan_in: usize = layer.kernel[1..].iter().product();
        let scale = (3.0 / fan_in as f64).sqrt() * if layer.name == "head" { 0.1 } else { 1.0 };
        let values = wave(layer.kernel[0] * fan_in, scale, index as f64);
        tensors.push((format!("{}.weight", layer.name), layer.kernel.to_vec(), values));
        tensors.push((format!("{}.bias", layer.name), vec![layer.kernel[0]], wave(layer.kernel[0], 0.1, index as f64 + 0.5)));
    }
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|(_, _, values)| values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), raw)| (name, TensorView::new(Dtype::F32, shape.clone(), raw).unwrap()));
    let metadata = HashMap::from([("cryoet".to_owned(), serde_json::to_string(&description).unwrap())]);
    Weights::from_bytes(&safetensors::serialize(views, Some(metadata)).unwrap()).unwrap()
}

/// The largest difference of probabilities and the number of differing labels.
fn compare() -> (f64, usize) {
    let golden: serde_json::Value = serde_json::from_str(include_str!("oracles/unet.json")).unwrap();
    let weights = weights();
    let network = Network::new(&weights, Device::Cpu, Precision::F32).unwrap();
    let tomogram = Volume::new(Array3::from_shape_vec((8, 12, 16), wave(8 * 12 * 16, 1.0, 0.25)).unwrap());
    let answer = segment(&[network], &tomogram, &SegmentParams::default(), &()).unwrap();
    let probabilities = golden["probability"].as_array().unwrap();
    let channels = golden["channel"].as_array().unwrap();
    assert_eq!(probabilities.len(), answer.scores.data().len());
    let difference = answer.scores.data().iter().zip(probabilities).map(|(a, b)| (f64::from(*a) - b.as_f64().unwrap()).abs());
    let labels = answer.labels.data().iter().zip(channels).filter(|(a, b)| u64::from(**a) != b.as_u64().unwrap());
    (difference.fold(0.0, f64::max), labels.count())
}

#[test]
fn agrees_with_pytorch() {
    let (difference, labels) = compare();
    assert!(difference < 1e-4, "probabilities differ by {difference}");
    assert_eq!(labels, 0);
}
