//! Weights of DeepFinder's own network, as Keras saves them.

use cryoet_core::{ClassTable, VoxelSize};
use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Datatype, Hdf5File};
use thiserror::Error;

use crate::architecture::{Architecture, LayerShape};
use crate::normalisation::Normalisation;
use crate::tensor_map::TensorMap;
use crate::weights::{Weights, WeightsError};

/// How deep a layer's data sets may lie below its group: Keras repeats the layer's name at times.
const DEPTH: usize = 4;

/// Why a Keras file gives no weights.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KerasError {
    /// The bytes cannot be read as HDF5.
    #[error("cannot read the HDF5 file")]
    Hdf5(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file holds no layers.
    #[error("the file has no group \"model_weights\" or \"layers\", and no attribute \"layer_names\": found {found:?}")]
    NoLayers {
        /// The groups at the root.
        found: Vec<String>,
    },
    /// The number of convolutions is not DeepFinder's.
    #[error("the file has {found} layers with a kernel ({names:?}): DeepFinder's network has {expected}")]
    LayerCount {
        /// DeepFinder's count.
        expected: usize,
        /// The count found.
        found: usize,
        /// The layers found, in the file's order.
        names: Vec<String>,
    },
    /// A data set has another shape.
    #[error("{name} has shape {found:?}: {layer} of DeepFinder's network has {expected:?}")]
    Shape {
        /// The data set's layer in the file.
        name: String,
        /// The layer's name in our weights.
        layer: String,
        /// The shape it must have, in Keras' order of axes.
        expected: Vec<u64>,
        /// The shape found.
        found: Vec<u64>,
    },
    /// A data set does not hold f32 numbers.
    #[error("{name} holds {found}: expected 32-bit floats")]
    Element {
        /// The layer in the file.
        name: String,
        /// The type found.
        found: String,
    },
    /// The network has another number of outputs than the class table and background.
    #[error("the network has {outputs} outputs, but background and the class table's {classes} classes make {}", classes + 1)]
    Classes {
        /// The network's outputs.
        outputs: u64,
        /// Classes in the table.
        classes: usize,
    },
    /// The weights cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// A layer with weights: its name, kernel and bias.
struct KerasLayer {
    name: String,
    kernel: Dataset,
    bias: Dataset,
}

impl Weights {
    /// Weights of DeepFinder's network from the bytes of a Keras HDF5 file: a whole model or weights alone, saved by Keras 2 or 3.
    ///
    /// Keras files know neither classes nor voxel size: output `i` is taken for the `i`-th class of the table by rising label.
    /// Layers are matched in the order in which the network applies them, whatever their names. Needs the feature `keras`.
    ///
    /// # Errors
    /// Bytes that are no HDF5, layers that are not DeepFinder's, or a class table of another size.
    ///
    /// ```no_run
    /// use cryoet_core::{Class, ClassLabel, ClassTable, VoxelSize};
    /// use cryoet_net::Weights;
    ///
    /// let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")])?;
    /// let weights = Weights::from_keras(&std::fs::read("net_weights_FINAL.h5")?, classes, Some(VoxelSize::isotropic(10.0)?))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_keras(bytes: &[u8], classes: ClassTable, voxel_size: Option<VoxelSize>) -> Result<Self, KerasError> {
        let found = layers_of(bytes)?;
        let architecture = Architecture::DeepFinder { outputs: classes.len() + 1 };
        let expected = architecture.layers();
        if found.len() != expected.len() {
            let names = found.iter().map(|layer| layer.name.clone()).collect();
            return Err(KerasError::LayerCount { expected: expected.len(), found: found.len(), names });
        }
        if let Some(&outputs) = found.last().and_then(|head| head.bias.shape().first())
            && outputs != classes.len() as u64 + 1
        {
            return Err(KerasError::Classes { outputs, classes: classes.len() });
        }
        let mut tensors = TensorMap::new();
        for (layer, shape) in found.iter().zip(&expected) {
            let [out, input, z, y, x] = shape.kernel;
            let kernel = values(&layer.name, &layer.kernel, shape, &[z, y, x, input, out])?;
            tensors.insert(format!("{}.weight", shape.name), shape.kernel.to_vec(), outputs_first(&kernel, z * y * x, input, out));
            tensors.insert(format!("{}.bias", shape.name), vec![out], values(&layer.name, &layer.bias, shape, &[out])?);
        }
        let mut description = Self::random(classes, voxel_size, 0).description().clone();
        description.normalisation = Normalisation::DeepFinder;
        description.provenance = [("import".to_owned(), "from a Keras HDF5 file".to_owned())].into();
        Ok(Self::from_parts(description, tensors)?)
    }
}

fn hdf5(error: hdf5_reader::error::Error) -> KerasError {
    KerasError::Hdf5(Box::new(error))
}

/// The layers with weights, in the order in which they are applied.
fn layers_of(bytes: &[u8]) -> Result<Vec<KerasLayer>, KerasError> {
    let root = Hdf5File::from_bytes(bytes).and_then(|file| file.root_group()).map_err(hdf5)?;
    let groups = root.groups().map_err(hdf5)?;
    let names: Vec<_> = groups.iter().map(|group| stem(group.name()).to_owned()).collect();
    let has_order = |group: &Group| group.attribute("layer_names").is_ok();
    let holder = match groups.into_iter().zip(&names).find(|(_, name)| *name == "model_weights" || *name == "layers") {
        Some((group, _)) => group,
        None if has_order(&root) => root,
        None => return Err(KerasError::NoLayers { found: names }),
    };
    let mut layers = Vec::new();
    for group in holder.groups().map_err(hdf5)? {
        let name = stem(group.name()).to_owned();
        if let Some((kernel, bias)) = kernel_and_bias(&group, DEPTH)? {
            layers.push(KerasLayer { name, kernel, bias });
        }
    }
    match holder.attribute("layer_names").and_then(|order| order.read_strings()) {
        Ok(order) => {
            let order: Vec<_> = order.iter().map(|name| name.trim_end_matches('\0')).collect();
            layers.sort_by_key(|layer| order.iter().position(|name| *name == layer.name).unwrap_or(usize::MAX));
        }
        // Files of weights alone, from Keras 3, name layers by the order of their making: conv3d, conv3d_1, conv3d_2, ...
        Err(_) => layers.sort_by_key(|layer| made(&layer.name)),
    }
    Ok(layers)
}

/// The last part of an HDF5 path.
fn stem(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The number at the end of a layer's name; the first has none.
fn made(name: &str) -> u64 {
    name.rsplit_once('_').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

/// A group's kernel and bias, named (`kernel:0`, `kernel`) or numbered (`0`, `1`), possibly in groups inside.
fn kernel_and_bias(group: &Group, depth: usize) -> Result<Option<(Dataset, Dataset)>, KerasError> {
    let (inside, datasets) = group.members().map_err(hdf5)?;
    let (mut kernel, mut bias) = (None, None);
    for dataset in datasets {
        match stem(dataset.name()) {
            "kernel:0" | "kernel" | "0" => kernel = Some(dataset),
            "bias:0" | "bias" | "1" => bias = Some(dataset),
            _ => {}
        }
    }
    if let (Some(kernel), Some(bias)) = (kernel, bias) {
        return Ok(Some((kernel, bias)));
    }
    if depth > 0 {
        for group in inside {
            if let Some(found) = kernel_and_bias(&group, depth - 1)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// The numbers of a data set of a known shape.
fn values(name: &str, dataset: &Dataset, layer: &LayerShape, expected: &[usize]) -> Result<Vec<f32>, KerasError> {
    let expected: Vec<u64> = expected.iter().map(|&n| n as u64).collect();
    if dataset.shape() != expected {
        return Err(KerasError::Shape { name: name.to_owned(), layer: layer.name.clone(), expected, found: dataset.shape().to_vec() });
    }
    if !matches!(dataset.dtype(), Datatype::FloatingPoint { size: 4, .. }) {
        return Err(KerasError::Element { name: name.to_owned(), found: format!("{:?}", dataset.dtype()) });
    }
    Ok(dataset.read_array::<f32>().map_err(hdf5)?.into_iter().collect())
}

/// Keras keeps kernels as (z, y, x, in, out), libtorch as (out, in, z, y, x).
fn outputs_first(kernel: &[f32], taps: usize, input: usize, out: usize) -> Vec<f32> {
    let place = |o: usize, i: usize, tap: usize| kernel[(tap * input + i) * out + o];
    (0..out).flat_map(|o| (0..input).flat_map(move |i| (0..taps).map(move |tap| place(o, i, tap)))).collect()
}
