//! Networks saved by Keras 2 (the original package) and Keras 3: `oracles/keras_files.py` wrote the files and the outputs.

use cryoet_core::ndarray::Array3;
use cryoet_core::{Class, ClassLabel, ClassTable, Volume};
use cryoet_net::{Device, KerasError, Network, Precision, SegmentParams, Weights, segment};

const EDGE: usize = 12;

fn classes(count: u8) -> ClassTable {
    ClassTable::new((1..=count).map(|label| Class::new(ClassLabel::new(label), label.to_string())).collect()).unwrap()
}

fn volume() -> Volume<f32> {
    let values = (0..EDGE.pow(3)).map(|i| (((i * 7919 + 5) % 211) as f64 / 105.0 - 1.0) as f32).collect();
    Volume::new(Array3::from_shape_vec((EDGE, EDGE, EDGE), values).unwrap())
}

fn agrees(bytes: &[u8], golden: &str) {
    let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
    let weights = Weights::from_keras(bytes, classes(2), None).unwrap();
    let network = Network::new(&weights, Device::Cpu, Precision::F32).unwrap();
    let answer = segment(&[network], &volume(), &SegmentParams::default(), &()).unwrap();
    let expected = golden["score"].as_array().unwrap();
    assert_eq!(expected.len(), answer.scores.data().len());
    let differences = answer.scores.data().iter().zip(expected).map(|(a, b)| (f64::from(*a) - b.as_f64().unwrap()).abs());
    let largest = differences.fold(0.0, f64::max);
    assert!(largest < 1e-4, "probabilities differ by {largest}");
    let channels = golden["channel"].as_array().unwrap().iter().map(|channel| channel.as_u64().unwrap());
    assert!(answer.labels.data().iter().map(|&label| u64::from(label)).eq(channels));
}

#[test]
fn a_model_of_keras_2() {
    agrees(include_bytes!("oracles/keras2.model.h5"), include_str!("oracles/keras2.json"));
}

#[test]
fn a_model_of_keras_3() {
    agrees(include_bytes!("oracles/keras3.model.h5"), include_str!("oracles/keras3.json"));
}

#[test]
fn weights_alone_of_keras_3() {
    agrees(include_bytes!("oracles/keras3.model.weights.h5"), include_str!("oracles/keras3.json"));
}

#[test]
fn what_does_not_fit_is_named() {
    let file = include_bytes!("oracles/keras2.model.h5");
    assert!(matches!(Weights::from_keras(b"no file", classes(2), None), Err(KerasError::Hdf5(_))));
    assert!(Weights::from_keras(&file[..file.len() / 2], classes(2), None).is_err());
    assert!(matches!(Weights::from_keras(file, classes(3), None), Err(KerasError::Classes { outputs: 3, classes: 3 })));
}
