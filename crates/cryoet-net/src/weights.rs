use std::collections::{BTreeMap, BTreeSet};

use cryoet_core::{Class, ClassLabel, ClassTable, ClassTableError, VoxelSize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::architecture::{Answer, Architecture};
use crate::calibration::{Calibration, ClassCalibration};
use crate::initialisation::uniform_by_fan_in;
use crate::normalisation::Normalisation;
use crate::safetensors_file::{self, Contents, ReadError};
use crate::tensor_map::TensorMap;

/// What a weights file says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Whether the head for the density without noise, where the network has one, has learnt from any, in this training or in one that it
    /// started from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub learnt_density: bool,
    /// From scores of picks to the probability that a pick is right, by class; none where nothing was calibrated.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calibration: BTreeMap<ClassLabel, Calibration>,
    /// The parameters of clustering that suit this network's labels, which this crate keeps and does not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clustering: Option<serde_json::Value>,
    /// How the weights came to be: free text by key.
    #[serde(default)]
    pub provenance: BTreeMap<String, String>,
}

/// The key of provenance under which a calibration is noted.
const CALIBRATION: &str = "calibration";

impl WeightsDescription {
    /// Whether curves and thresholds were fitted once, even where training has taken the curves away since.
    ///
    /// ```
    /// use cryoet_core::ClassTable;
    /// use cryoet_net::Weights;
    /// assert!(!Weights::random(ClassTable::default(), None, 1).description().was_calibrated());
    /// ```
    pub fn was_calibrated(&self) -> bool {
        !self.calibration.is_empty() || self.provenance.contains_key(CALIBRATION)
    }
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
    /// A tensor that the architecture has not.
    #[error("tensor {name:?} belongs to no layer of the architecture")]
    Unknown {
        /// Its name.
        name: String,
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
    /// Tensors or description are not those that were written.
    #[error("{reason}: the file was damaged or changed")]
    Seal {
        /// The hash over both, and what the file says.
        reason: String,
    },
    /// The bytes could not be made.
    #[error("cannot serialise the weights: {reason}")]
    Serialise {
        /// What went wrong.
        reason: String,
    },
}

impl From<ReadError> for WeightsError {
    fn from(error: ReadError) -> Self {
        let reason = error.to_string();
        match error {
            ReadError::Hash { .. } | ReadError::Seal { .. } => Self::Seal { reason },
            ReadError::Format(_) | ReadError::Element { .. } => Self::Format { reason },
        }
    }
}

/// What the hashes in a weights file vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashCover {
    /// Nothing: the file, perhaps of another program, has no hash.
    Nothing,
    /// The tensors, not what is said about them, as earlier versions wrote files.
    Tensors,
    /// Tensors and description.
    Everything,
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
            learnt_density: false,
            calibration: BTreeMap::new(),
            clustering: None,
            provenance,
        };
        Self { tensors: uniform_by_fan_in(&architecture, seed), description }
    }

    /// The same network for other classes or another voxel size, to fine-tune: every layer but the head for classes keeps its weights, that
    /// head starts at random.
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
        let heads = self.description.architecture.heads().into_iter().filter(|head| head.answer == Answer::Classes);
        let replaced: Vec<String> = heads.map(|head| head.layer + ".").collect();
        for (name, array) in self.tensors.iter().filter(|(name, _)| !replaced.iter().any(|layer| name.starts_with(layer))) {
            fresh.tensors.insert(name.clone(), array.shape.clone(), array.values.clone());
        }
        fresh.description.normalisation = self.description.normalisation;
        fresh.description.smoothing = self.description.smoothing;
        fresh.description.learnt_density = self.description.learnt_density;
        fresh.description.provenance = self.description.provenance.clone();
        fresh.description.provenance.remove(CALIBRATION);
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
    /// Anything that is not a complete weights file with its description, holds tensors or says things that this version does not know, or does
    /// not agree with the hashes it holds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        Self::with_cover_from_bytes(bytes).map(|(weights, _)| weights)
    }

    /// The same, and what the file's hashes vouch for.
    ///
    /// ```
    /// use cryoet_core::{Class, ClassLabel, ClassTable};
    /// use cryoet_net::{HashCover, Weights};
    ///
    /// let weights = Weights::random(ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?, None, 1);
    /// assert_eq!(Weights::with_cover_from_bytes(&weights.to_bytes()?)?, (weights, HashCover::Everything));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Weights::from_bytes`].
    pub fn with_cover_from_bytes(bytes: &[u8]) -> Result<(Self, HashCover), WeightsError> {
        let Contents { tensors, description, sealed } = safetensors_file::from_bytes(bytes)?;
        let description = description.ok_or(WeightsError::NoDescription)?;
        let unreadable = |error: serde_json::Error| WeightsError::Description { reason: error.to_string() };
        let Hashed { sha256 } = serde_json::from_str(&description).map_err(unreadable)?;
        let mut description: serde_json::Value = serde_json::from_str(&description).map_err(unreadable)?;
        if let Some(fields) = description.as_object_mut() {
            // Hashes, which are checked by themselves.
            fields.retain(|name, _| name != "sha256" && name != "seal");
        }
        let description: WeightsDescription = serde_json::from_value(description).map_err(unreadable)?;
        let weights = Self::from_parts(description, tensors)?;
        // An unknown tensor may change what the others mean.
        let layers = weights.description.architecture.layers();
        let known: BTreeSet<String> =
            layers.iter().flat_map(|layer| ["weight", "bias"].map(|part| format!("{}.{part}", layer.name))).collect();
        if let Some((name, _)) = weights.tensors.iter().find(|(name, _)| !known.contains(*name)) {
            return Err(WeightsError::Unknown { name: name.clone() });
        }
        match sha256 {
            Some(expected) if expected != weights.sha256() => Err(WeightsError::Hash { expected, found: weights.sha256() }),
            _ if sealed => Ok((weights, HashCover::Everything)),
            Some(_) => Ok((weights, HashCover::Tensors)),
            None => Ok((weights, HashCover::Nothing)),
        }
    }

    /// The bytes of a safetensors file, in its metadata under `cryoet` the description, the tensors' SHA-256 and one over all of it.
    ///
    /// # Errors
    /// A description that cannot be serialised.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        let unwritable = |error: serde_json::Error| WeightsError::Serialise { reason: error.to_string() };
        let mut description = serde_json::to_value(&self.description).map_err(unwritable)?;
        if let Some(entries) = description.as_object_mut() {
            entries.insert("sha256".to_owned(), self.sha256().into());
        }
        safetensors_file::to_bytes(&self.tensors, &description.to_string())
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

    /// The same weights without what was fitted on held-out picks: curves, thresholds and the note on the calibration. Weights that were never
    /// calibrated keep the thresholds of their class table.
    ///
    /// ```
    /// use cryoet_core::{Class, ClassLabel, ClassTable};
    /// use cryoet_net::{Calibration, ClassCalibration, Weights};
    ///
    /// let label = ClassLabel::new(1);
    /// let weights = Weights::random(ClassTable::new(vec![Class::new(label, "ribosome")])?, None, 1);
    /// let fitted = ClassCalibration { label, curve: Calibration::fit(&[(0.3, false), (0.6, true)]), threshold: Some(0.5) };
    /// assert_eq!(weights.clone().with_calibration(&[fitted])?.without_calibration(), weights);
    /// # Ok::<(), cryoet_core::ClassTableError>(())
    /// ```
    #[must_use]
    pub fn without_calibration(mut self) -> Self {
        if self.description.was_calibrated() {
            self.description.calibration.clear();
            self.description.provenance.remove(CALIBRATION);
            let plain = self.description.classes.iter().map(|class| Class { threshold: None, ..class.clone() }).collect();
            self.description.classes = ClassTable::new(plain).unwrap_or(self.description.classes);
        }
        self
    }

    /// The same weights under another table of as many classes: other names, radii, colours or thresholds. Outputs keep their order, that of
    /// rising labels; where labels change, the parameters of clustering, which may name them, go.
    ///
    /// # Errors
    /// A table of more or fewer classes than the network answers for.
    ///
    /// ```
    /// use cryoet_core::{Class, ClassLabel, ClassTable};
    /// use cryoet_net::Weights;
    ///
    /// let table = |radius| ClassTable::new(vec![Class { radius, ..Class::new(ClassLabel::new(1), "ribosome") }]);
    /// let weights = Weights::random(table(None)?, None, 1).with_class_table(table(Some(120.0))?)?;
    /// assert_eq!(weights.description().classes, table(Some(120.0))?);
    /// assert!(weights.with_class_table(ClassTable::default()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_class_table(mut self, classes: ClassTable) -> Result<Self, WeightsError> {
        let labels = |table: &ClassTable| table.iter().map(|class| class.label).collect::<Vec<_>>();
        if labels(&self.description.classes) != labels(&classes) {
            // It may speak of classes by their labels.
            self.description.clustering = None;
        }
        self.description.classes = classes;
        Self::from_parts(self.description, self.tensors)
    }

    /// The same weights with parameters of clustering, or without. Training further drops them.
    ///
    /// ```
    /// use cryoet_core::ClassTable;
    /// use cryoet_net::Weights;
    /// let weights = Weights::random(ClassTable::default(), None, 1).with_clustering(Some(serde_json::json!({"radius": 7.5})));
    /// assert_eq!(weights.description().clustering.as_ref().unwrap()["radius"], 7.5);
    /// ```
    #[must_use]
    pub fn with_clustering(mut self, clustering: Option<serde_json::Value>) -> Self {
        self.description.clustering = clustering;
        self
    }

    /// Adds a note on how the weights came to be.
    ///
    /// ```
    /// use cryoet_core::ClassTable;
    /// use cryoet_net::Weights;
    /// let weights = Weights::random(ClassTable::default(), None, 1);
    /// let noted = weights.clone().with_provenance("trained on", "EMPIAR-10499");
    /// assert_eq!(noted.description().provenance["trained on"], "EMPIAR-10499");
    /// assert_eq!(noted.sha256(), weights.sha256()); // the hash is of the tensors
    /// ```
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

/// A table's labels and names as one text, `1 ribosome, 2 proteasome`: equal for tables of the same classes, whatever else they say of them.
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable};
/// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(2), "proteasome"), Class::new(ClassLabel::new(1), "ribosome")])?;
/// assert_eq!(cryoet_net::class_list(&classes), "1 ribosome, 2 proteasome");
/// # Ok::<(), cryoet_core::ClassTableError>(())
/// ```
pub fn class_list(classes: &ClassTable) -> String {
    classes.iter().map(|class| format!("{} {}", class.label, class.name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
