use super::*;

fn weights() -> Weights {
    Weights::random(ClassTable::new(vec![Class::new(ClassLabel::new(4), "a")]).unwrap(), None, 1)
}

#[test]
fn refuses_what_is_no_weights_file() {
    assert!(matches!(Weights::from_bytes(b"hello"), Err(WeightsError::Format { .. })));
    let bytes = weights().to_bytes().unwrap();
    assert!(matches!(Weights::from_bytes(&bytes[..bytes.len() - 5]), Err(WeightsError::Format { .. })));
    let plain = safetensors_file::to_bytes(weights().tensors(), "{}").unwrap();
    assert!(matches!(Weights::from_bytes(&plain), Err(WeightsError::Description { .. })));
}

#[test]
fn refuses_tensors_and_fields_that_it_does_not_know() {
    let mut tensors = weights().tensors().clone();
    tensors.insert("encoder1.conv1.scale".to_owned(), vec![32], vec![1.0; 32]);
    let description = serde_json::to_value(weights().description()).unwrap();
    let bytes = safetensors_file::to_bytes(&tensors, &description.to_string()).unwrap();
    assert!(matches!(Weights::from_bytes(&bytes), Err(WeightsError::Unknown { name }) if name == "encoder1.conv1.scale"));
    let with = |field: &str| {
        let mut description = description.clone();
        description.as_object_mut().unwrap().insert(field.to_owned(), true.into());
        safetensors_file::to_bytes(weights().tensors(), &description.to_string()).unwrap()
    };
    let error = Weights::from_bytes(&with("whitening")).unwrap_err();
    assert!(matches!(&error, WeightsError::Description { reason } if reason.contains("whitening")), "{error}");
}

/// The weights as earlier versions wrote them: a hash over the tensors, or none, and nothing over the description.
fn old_file(hashed: bool) -> Vec<u8> {
    let bytes = weights().to_bytes().unwrap();
    safetensors_file::with_description_edited(&bytes, |text| {
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let entries = value.as_object_mut().unwrap();
        entries.remove("seal").unwrap();
        if !hashed {
            entries.remove("sha256").unwrap();
        }
        value.to_string()
    })
}

fn one_bit_off(mut bytes: Vec<u8>) -> Vec<u8> {
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    bytes
}

#[test]
fn refuses_tensors_that_were_changed() {
    let error = Weights::from_bytes(&one_bit_off(weights().to_bytes().unwrap())).unwrap_err();
    assert!(matches!(error, WeightsError::Seal { .. }), "{error}");
    let error = Weights::from_bytes(&one_bit_off(old_file(true))).unwrap_err();
    assert!(matches!(error, WeightsError::Hash { .. }), "{error}");
}

#[test]
fn refuses_a_description_that_was_changed() {
    for (from, to) in
        [("\"smoothing\":0.0", "\"smoothing\":2.0"), ("\"voxel_size\":null", "\"voxel_size\":[10.0,10.0,10.0]"), ("\"a\"", "\"b\"")]
    {
        let edited = safetensors_file::with_description_edited(&weights().to_bytes().unwrap(), |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        });
        let error = Weights::from_bytes(&edited).unwrap_err();
        assert!(matches!(error, WeightsError::Seal { .. }), "{error}");
    }
}

#[test]
fn files_of_earlier_versions_are_read_and_told_apart() {
    let cover = |bytes: &[u8]| Weights::with_cover_from_bytes(bytes).unwrap();
    assert_eq!(cover(&old_file(true)), (weights(), HashCover::Tensors));
    assert_eq!(cover(&old_file(false)), (weights(), HashCover::Nothing));
    assert_eq!(cover(&weights().to_bytes().unwrap()), (weights(), HashCover::Everything));
}

#[test]
fn a_new_head_is_not_calibrated() {
    let fitted = weights().with_provenance("calibration", "by hand");
    assert!(fitted.description().was_calibrated());
    assert!(!fitted.with_new_head(ClassTable::default(), None, 1).description().was_calibrated());
}

#[test]
fn refuses_tensors_that_do_not_fit() {
    let mut description = weights().description().clone();
    description.architecture = Architecture::DeepFinder { outputs: 5 };
    assert!(matches!(Weights::from_parts(description, weights().tensors.clone()), Err(WeightsError::Classes { outputs: 5, classes: 1 })));
    let mut tensors = weights().tensors.clone();
    tensors.insert("head.bias".to_owned(), vec![3], vec![0.0; 3]);
    assert!(matches!(Weights::from_parts(weights().description.clone(), tensors), Err(WeightsError::Tensor { .. })));
    let mut tensors = weights().tensors.clone();
    tensors.insert("head.bias".to_owned(), vec![2], vec![0.0, f32::NAN]);
    assert!(matches!(Weights::from_parts(weights().description.clone(), tensors), Err(WeightsError::NonFinite { index: 1, .. })));
}

#[test]
fn clustering_stays_until_labels_change() {
    let clustering = Some(serde_json::json!({"radius": 7.5}));
    let with = weights().with_clustering(clustering.clone());
    let read = Weights::from_bytes(&with.to_bytes().unwrap()).unwrap();
    assert_eq!(read.description().clustering, clustering);
    let table = |label| ClassTable::new(vec![Class::new(ClassLabel::new(label), "b")]).unwrap();
    assert_eq!(read.clone().with_class_table(table(4)).unwrap().description().clustering, clustering);
    assert_eq!(read.clone().with_class_table(table(5)).unwrap().description().clustering, None);
    assert_eq!(read.with_new_head(table(4), None, 1).description().clustering, None);
}
