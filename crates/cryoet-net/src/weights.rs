use std::collections::BTreeMap;

use cryoet_core::{Class, ClassLabel, ClassTable, ClassTableError, VoxelSize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::architecture::Architecture;
use crate::calibration::{Calibration, ClassCalibration};
use crate::initialisation::uniform_by_fan_in;
use crate::normalisation::Normalisation;
use crate::safetensors_file;
use crate::tensor_map::TensorMap;

/// What a weights file says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightsDescription {
    /// The network's shape.
    pub architecture: Architecture,
    /// What the outputs mean: output 0 is background, output i the i-th class of the table.
    pub classes: ClassTable,
    /// The voxel size of the tomograms it was trained on, where known.
    pub voxel_size: Option<VoxelSize>,
    /// How grey values are scaled.
    pub normalisation: Normalisation,
    /// Standard deviation in voxels of the Gaussian low-pass that follows; 0 is none.
    #[serde(default)]
    pub smoothing: f64,
    /// From scores of picks to the probability that a pick is right, by class; none where nothing was calibrated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calibration: BTreeMap<ClassLabel, Calibration>,
    /// How the weights came to be: free text by key.
    #[serde(default)]
    pub provenance: BTreeMap<String, String>,
}

/// What files say beside the description; those of other programs need not.
#[derive(Deserialize)]
struct Hashed {
    #[serde(default)]
    sha256: Option<String>,
}

/// Why bytes are no weights.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The bytes are no safetensors file of f32 tensors.
    #[error("not a usable safetensors file: {reason}")]
    Format {
        /// What the parser found.
        reason: String,
    },
    /// The file has no description.
    #[error(
        "the file has no \"cryoet\" entry in its metadata: it must hold a JSON object with architecture, classes, voxel_size and normalisation"
    )]
    NoDescription,
    /// The description cannot be read.
    #[error("the description of the weights cannot be read: {reason}")]
    Description {
        /// What the parser found.
        reason: String,
    },
    /// The low-pass is out of range.
    #[error("the description's smoothing is {smoothing} voxels: expected 0 to 16")]
    Smoothing {
        /// The standard deviation found.
        smoothing: f64,
    },
    /// Outputs and classes disagree.
    #[error("the network has {outputs} outputs, but background and the class table's {classes} classes make {}", classes + 1)]
    Classes {
        /// Outputs of the architecture.
        outputs: usize,
        /// Classes in the table.
        classes: usize,
    },
    /// A tensor is absent or of another shape.
    #[error("tensor {name:?} has shape {found:?}: the architecture needs {expected:?}")]
    Tensor {
        /// Its name.
        name: String,
        /// The shape needed.
        expected: Vec<usize>,
        /// The shape found; empty when absent.
        found: Vec<usize>,
    },
    /// A weight is NaN or infinite.
    #[error("tensor {name:?} holds {value} at element {index}")]
    NonFinite {
        /// The tensor's name.
        name: String,
        /// The element, in C order.
        index: usize,
        /// Its value.
        value: f32,
    },
    /// The tensors are not those that were described.
    #[error("the tensors have the SHA-256 {found}, the description says {expected}: the file was damaged or changed")]
    Hash {
        /// What the description says.
        expected: String,
        /// That of the tensors, as [`Weights::sha256`].
        found: String,
    },
    /// The bytes could not be made.
    #[error("cannot serialise the weights: {reason}")]
    Serialise {
        /// What went wrong.
        reason: String,
    },
}

/// A network's weights and what they mean; the contents of a weights file.
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable, VoxelSize};
/// use cryoet_net::Weights;
///
/// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?;
/// let weights = Weights::random(classes, Some(VoxelSize::isotropic(10.0)?), 42);
/// let bytes = weights.to_bytes()?;
/// assert_eq!(Weights::from_bytes(&bytes)?, weights);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    description: WeightsDescription,
    tensors: TensorMap,
}

impl Weights {
    /// Random weights of DeepFinder's network for a table of classes: where training starts.
    pub fn random(classes: ClassTable, voxel_size: Option<VoxelSize>, seed: u64) -> Self {
        Self::untrained(Architecture::DeepFinder { outputs: 2 }, classes, voxel_size, seed)
    }

    /// Random weights of any network; it gets as many outputs as the table's classes and background need.
    ///
    /// ```
    /// use cryoet_core::{Class, ClassLabel, ClassTable};
    /// use cryoet_net::{Architecture, Weights};
    ///
    /// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "particle")])?;
    /// let weights = Weights::untrained(Architecture::Msd { outputs: 2, depth: 49, dilations: 7 }, classes, None, 1);
    /// assert_eq!(weights.description().architecture.parameters(), 129_952);
    /// # Ok::<(), cryoet_core::ClassTableError>(())
    /// ```
    pub fn untrained(architecture: Architecture, classes: ClassTable, voxel_size: Option<VoxelSize>, seed: u64) -> Self {
        let architecture = architecture.with_outputs(classes.len() + 1);
        let provenance = BTreeMap::from([("initialisation".to_owned(), format!("uniform by fan-in, seed {seed}"))]);
        let description = WeightsDescription {
            architecture,
            classes,
            voxel_size,
            normalisation: Normalisation::default(),
            smoothing: 0.0,
            calibration: BTreeMap::new(),
            provenance,
        };
        Self { tensors: uniform_by_fan_in(&architecture, seed), description }
    }

    /// The same network for other classes or another voxel size, to fine-tune: every layer but the head keeps its weights, the head starts
    /// at random.
    ///
    /// ```
    /// use cryoet_core::{Class, ClassLabel, ClassTable};
    /// use cryoet_net::Weights;
    ///
    /// let class = |label, name| Class::new(ClassLabel::new(label), name);
    /// let simulated = Weights::random(ClassTable::new(vec![class(1, "1bxn"), class(2, "4d8q")])?, None, 1);
    /// let start = simulated.with_new_head(ClassTable::new(vec![class(1, "ribosome")])?, None, 2);
    /// assert_eq!(start.description().architecture.outputs(), 2);
    /// # Ok::<(), cryoet_core::ClassTableError>(())
    /// ```
    #[must_use]
    pub fn with_new_head(&self, classes: ClassTable, voxel_size: Option<VoxelSize>, seed: u64) -> Self {
        let mut fresh = Self::untrained(self.description.architecture, classes, voxel_size, seed);
        let hidden: Vec<String> = self.description.architecture.layers().into_iter().filter(|l| l.hidden).map(|l| l.name + ".").collect();
        for (name, array) in self.tensors.iter().filter(|(name, _)| hidden.iter().any(|layer| name.starts_with(layer))) {
            fresh.tensors.insert(name.clone(), array.shape.clone(), array.values.clone());
        }
        fresh.description.normalisation = self.description.normalisation;
        fresh.description.smoothing = self.description.smoothing;
        fresh.description.provenance = self.description.provenance.clone();
        fresh
            .description
            .provenance
            .insert("head".to_owned(), format!("replaced, seed {seed}; the other layers from weights {}", self.sha256()));
        fresh
    }

    pub(crate) fn from_parts(description: WeightsDescription, tensors: TensorMap) -> Result<Self, WeightsError> {
        description.architecture.check().map_err(|reason| WeightsError::Description { reason })?;
        let (outputs, classes) = (description.architecture.outputs(), description.classes.len());
        if outputs != classes + 1 {
            return Err(WeightsError::Classes { outputs, classes });
        }
        if !(0.0..=16.0).contains(&description.smoothing) {
            return Err(WeightsError::Smoothing { smoothing: description.smoothing });
        }
        for layer in description.architecture.layers() {
            for (part, expected) in [("weight", layer.kernel.to_vec()), ("bias", vec![layer.kernel[0]])] {
                let name = format!("{}.{part}", layer.name);
                let found = tensors.get(&name).map(|array| array.shape.clone()).unwrap_or_default();
                if found != expected {
                    return Err(WeightsError::Tensor { name, expected, found });
                }
            }
        }
        for (name, array) in tensors.iter() {
            if let Some(index) = array.values.iter().position(|v| !v.is_finite()) {
                return Err(WeightsError::NonFinite { name: name.clone(), index, value: array.values[index] });
            }
        }
        Ok(Self { description, tensors })
    }

    /// Weights from the bytes of a safetensors file.
    ///
    /// # Errors
    /// Anything that is not a complete weights file with its description.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let (tensors, description) =
            safetensors_file::from_bytes(bytes).map_err(|error| WeightsError::Format { reason: error.to_string() })?;
        let description = description.ok_or(WeightsError::NoDescription)?;
        let unreadable = |error: serde_json::Error| WeightsError::Description { reason: error.to_string() };
        let Hashed { sha256 } = serde_json::from_str(&description).map_err(unreadable)?;
        let weights = Self::from_parts(serde_json::from_str(&description).map_err(unreadable)?, tensors)?;
        match sha256 {
            Some(expected) if expected != weights.sha256() => Err(WeightsError::Hash { expected, found: weights.sha256() }),
            _ => Ok(weights),
        }
    }

    /// The bytes of a safetensors file, the description and the tensors' SHA-256 in its metadata under `cryoet`.
    ///
    /// # Errors
    /// A description that cannot be serialised.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        let unwritable = |error: serde_json::Error| WeightsError::Serialise { reason: error.to_string() };
        let mut description = serde_json::to_value(&self.description).map_err(unwritable)?;
        if let Some(entries) = description.as_object_mut() {
            entries.insert("sha256".to_owned(), self.sha256().into());
        }
        safetensors_file::to_bytes(&self.tensors, description.to_string())
            .map_err(|error| WeightsError::Serialise { reason: error.to_string() })
    }

    /// What the weights say about themselves.
    pub fn description(&self) -> &WeightsDescription {
        &self.description
    }

    /// The same weights with what was fitted on held-out picks: curves, and in the class table the thresholds. What classes had before is
    /// replaced; classes that are not in the table are passed over.
    ///
    /// ```
    /// use cryoet_core::{Class, ClassLabel, ClassTable};
    /// use cryoet_net::{Calibration, ClassCalibration, Weights};
    ///
    /// let label = ClassLabel::new(1);
    /// let weights = Weights::random(ClassTable::new(vec![Class::new(label, "ribosome")])?, None, 1);
    /// let curve = Calibration::fit(&[(0.3, false), (0.6, true)]);
    /// let weights = weights.with_calibration(&[ClassCalibration { label, curve, threshold: Some(0.4) }])?;
    /// assert_eq!(weights.description().classes.get(label).unwrap().threshold, Some(0.4));
    /// assert!(weights.description().calibration.contains_key(&label));
    /// # Ok::<(), cryoet_core::ClassTableError>(())
    /// ```
    ///
    /// # Errors
    /// A threshold that is not finite.
    pub fn with_calibration(mut self, classes: &[ClassCalibration]) -> Result<Self, ClassTableError> {
        let mut table: Vec<Class> = self.description.classes.into();
        self.description.calibration.clear();
        for class in &mut table {
            let fitted = classes.iter().find(|fitted| fitted.label == class.label);
            class.threshold = fitted.and_then(|fitted| fitted.threshold);
            if let Some(curve) = fitted.and_then(|fitted| fitted.curve.clone()) {
                self.description.calibration.insert(class.label, curve);
            }
        }
        self.description.classes = ClassTable::new(table)?;
        Ok(self)
    }

    /// Adds a note on how the weights came to be.
    #[must_use]
    pub fn with_provenance(mut self, key: impl Into<String>, text: impl Into<String>) -> Self {
        self.description.provenance.insert(key.into(), text.into());
        self
    }

    /// SHA-256 over the tensors' names and values, in hexadecimal: equal weights have equal hashes.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (name, array) in self.tensors.iter() {
            hash.update(name.as_bytes());
            for value in &array.values {
                hash.update(value.to_le_bytes());
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn tensors(&self) -> &TensorMap {
        &self.tensors
    }
}

/// The label of each output channel: background, then the table's classes by rising label.
pub(crate) fn channel_labels(classes: &ClassTable) -> Vec<ClassLabel> {
    std::iter::once(ClassLabel::BACKGROUND).chain(classes.iter().map(|class| class.label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Weights {
        Weights::random(ClassTable::new(vec![Class::new(ClassLabel::new(4), "a")]).unwrap(), None, 1)
    }

    #[test]
    fn refuses_what_is_no_weights_file() {
        assert!(matches!(Weights::from_bytes(b"hello"), Err(WeightsError::Format { .. })));
        let bytes = weights().to_bytes().unwrap();
        assert!(matches!(Weights::from_bytes(&bytes[..bytes.len() - 5]), Err(WeightsError::Format { .. })));
        let plain = safetensors_file::to_bytes(weights().tensors(), "{}".to_owned()).unwrap();
        assert!(matches!(Weights::from_bytes(&plain), Err(WeightsError::Description { .. })));
    }

    #[test]
    fn refuses_tensors_that_were_changed() {
        let mut bytes = weights().to_bytes().unwrap();
        let last = bytes.len() - 3;
        bytes[last] ^= 1;
        let error = Weights::from_bytes(&bytes).unwrap_err();
        assert!(matches!(error, WeightsError::Hash { .. }), "{error}");
    }

    #[test]
    fn refuses_tensors_that_do_not_fit() {
        let mut description = weights().description().clone();
        description.architecture = Architecture::DeepFinder { outputs: 5 };
        assert!(matches!(
            Weights::from_parts(description, weights().tensors.clone()),
            Err(WeightsError::Classes { outputs: 5, classes: 1 })
        ));
        let mut tensors = weights().tensors.clone();
        tensors.insert("head.bias".to_owned(), vec![3], vec![0.0; 3]);
        assert!(matches!(Weights::from_parts(weights().description.clone(), tensors), Err(WeightsError::Tensor { .. })));
        let mut tensors = weights().tensors.clone();
        tensors.insert("head.bias".to_owned(), vec![2], vec![0.0, f32::NAN]);
        assert!(matches!(Weights::from_parts(weights().description.clone(), tensors), Err(WeightsError::NonFinite { index: 1, .. })));
    }
}
