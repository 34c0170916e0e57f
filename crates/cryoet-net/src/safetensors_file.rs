//! [`TensorMap`] to and from the bytes of a safetensors file, with one text of metadata and a hash over both.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::tensor_map::TensorMap;

/// The metadata key under which the description lies.
const KEY: &str = "cryoet";

/// How the seal begins: the last entry of the description, a JSON object. The number is that of what is hashed, and how.
const SEAL: &str = "\"seal\":\"1:";

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// A file of tensors and a description, a JSON object, which gets the seal as its last entry.
///
/// The seal hashes the text before it, so that no number of the description need be read and written the same way again.
pub(crate) fn to_bytes(tensors: &TensorMap, description: &str) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let open = description.strip_suffix('}').unwrap_or(description);
    let comma = if open.ends_with('{') { "" } else { "," };
    let described = format!("{open}{comma}");
    let sealed = format!("{described}{SEAL}{}\"}}", seal(&described, tensors));
    let raw: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, array)| (name.clone(), array.shape.clone(), array.values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = raw
        .iter()
        .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), sealed)])))
}

/// Why bytes give no tensors.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Format(#[from] safetensors::SafeTensorError),
    #[error("tensor {name:?} holds {found:?}: expected F32")]
    Element { name: String, found: Dtype },
    #[error("tensors and description have the SHA-256 {found}, the file says {expected}")]
    Hash { expected: String, found: String },
    #[error("the description's hash {seal} does not stand where this version writes it")]
    Seal { seal: String },
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) tensors: TensorMap,
    /// The JSON text; absent in files of other programs.
    pub(crate) description: Option<String>,
    /// Whether a hash over tensors and description was found, and agreed.
    pub(crate) sealed: bool,
}

/// Tensors and description, of which a seal must be true where there is one.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Contents, ReadError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let description = header.metadata().as_ref().and_then(|texts| texts.get(KEY).cloned());
    let file = SafeTensors::deserialize(bytes)?;
    let mut tensors = TensorMap::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(ReadError::Element { name: name.to_owned(), found: view.dtype() });
        }
        let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        tensors.insert(name.to_owned(), view.shape().to_vec(), values);
    }
    let sealed = description.as_deref().is_some_and(has_seal);
    if let Some(text) = description.as_deref().filter(|_| sealed) {
        check_seal(text, &tensors)?;
    }
    Ok(Contents { tensors, description, sealed })
}

/// Whether a description says that it is sealed, in whatever form.
fn has_seal(description: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(description).map_or_else(|_| description.contains(SEAL), |value| value.get("seal").is_some())
}

fn check_seal(description: &str, tensors: &TensorMap) -> Result<(), ReadError> {
    let parts = description.strip_suffix("\"}").and_then(|text| {
        let (before, expected) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
        Some((before.strip_suffix(SEAL)?, expected))
    });
    let Some((described, expected)) = parts else {
        let value: Option<serde_json::Value> = serde_json::from_str(description).ok();
        return Err(ReadError::Seal { seal: value.map_or_else(String::new, |value| value["seal"].to_string()) });
    };
    let found = seal(described, tensors);
    if found == expected { Ok(()) } else { Err(ReadError::Hash { expected: expected.to_owned(), found }) }
}

/// SHA-256 of a text and of the tensors' names, shapes and values, each with its length, in the names' order.
fn seal(described: &str, tensors: &TensorMap) -> String {
    let mut hash = Sha256::new();
    let add = |hash: &mut Sha256, bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&mut hash, described.as_bytes());
    for (name, array) in tensors.iter() {
        add(&mut hash, name.as_bytes());
        add(&mut hash, &array.shape.iter().flat_map(|&n| (n as u64).to_le_bytes()).collect::<Vec<_>>());
        add(&mut hash, &array.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a file whose description was replaced, as an editor of headers does it: nothing is sealed anew.
#[cfg(test)]
pub(crate) fn with_description_edited(bytes: &[u8], edit: impl FnOnce(String) -> String) -> Vec<u8> {
    let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
    let mut metadata = header.metadata().clone().unwrap();
    let edited = edit(metadata.remove(KEY).unwrap());
    metadata.insert(KEY.to_owned(), edited);
    let file = SafeTensors::deserialize(bytes).unwrap();
    safetensors::serialize(file.tensors(), Some(metadata)).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> TensorMap {
        let mut tensors = TensorMap::new();
        tensors.insert("a".to_owned(), vec![2, 1], vec![1.0, 2.0]);
        tensors
    }

    #[test]
    fn halves_are_refused_by_name() {
        let view = TensorView::new(Dtype::F16, vec![2], &[0; 4]).unwrap();
        let bytes = safetensors::serialize(vec![("head.bias", view)], None).unwrap();
        let error = from_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains("head.bias") && error.contains("F16"), "{error}");
    }

    #[test]
    fn a_seal_holds_the_text_and_the_shapes() {
        for description in ["{}", r#"{"a":0.30000000000000004}"#] {
            let bytes = to_bytes(&tensors(), description).unwrap();
            let contents = from_bytes(&bytes).unwrap();
            assert!(contents.sealed && contents.tensors == tensors());
            let edited = with_description_edited(&bytes, |text| text.replacen('{', r#"{"b":1,"#, 1));
            assert!(matches!(from_bytes(&edited), Err(ReadError::Hash { .. })));
        }
        let sealed = seal("{}", &tensors());
        let mut turned = TensorMap::new();
        turned.insert("a".to_owned(), vec![1, 2], vec![1.0, 2.0]);
        assert_ne!(sealed, seal("{}", &turned));
    }

    #[test]
    fn a_seal_of_another_form_is_refused_and_none_is_told() {
        let bytes = to_bytes(&tensors(), r#"{"a":1}"#).unwrap();
        for (from, to) in [("\"1:", "\"2:"), (",\"seal\":", ", \"seal\": ")] {
            let other = with_description_edited(&bytes, |text| text.replace(from, to));
            assert!(matches!(from_bytes(&other), Err(ReadError::Seal { .. })), "{to}");
        }
        let without = with_description_edited(&bytes, |_| r#"{"a":1}"#.to_owned());
        assert!(!from_bytes(&without).unwrap().sealed);
    }
}
