//! [`TensorMap`] to and from the bytes of a safetensors file, with one text of metadata.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use thiserror::Error;

use crate::tensor_map::TensorMap;

/// The metadata key under which the description lies.
const KEY: &str = "cryoet";

pub(crate) fn to_bytes(tensors: &TensorMap, description: String) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let raw: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, array)| (name.clone(), array.shape.clone(), array.values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = raw
        .iter()
        .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), description)])))
}

/// Why bytes give no tensors.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Format(#[from] safetensors::SafeTensorError),
    #[error("tensor {name:?} holds {found:?}: expected F32")]
    Element { name: String, found: Dtype },
}

/// The tensors and the description, which is absent in files of other programs.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<(TensorMap, Option<String>), ReadError> {
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
    Ok((tensors, description))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_refused_by_name() {
        let view = TensorView::new(Dtype::F16, vec![2], &[0; 4]).unwrap();
        let bytes = safetensors::serialize(vec![("head.bias", view)], None).unwrap();
        let error = from_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains("head.bias") && error.contains("F16"), "{error}");
    }
}
