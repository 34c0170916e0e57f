use std::{fs, path::Path};

use cryoet_core::VoxelSize;
use serde::Deserialize;
use serde_json::Value;

use super::super::{ReadVolumeError, choose};

/// What an OME-Zarr says of its levels, from version 0.4 (`.zattrs`) or 0.5 (`zarr.json`).
#[derive(Debug)]
pub(super) struct Multiscale {
    pub(super) levels: Vec<Level>,
    /// Which axes of the arrays are z, y, x.
    pub(super) axes: [usize; 3],
    /// Angstrom in the unit of z, y, x; none where it is not said.
    units: [Option<f64>; 3],
    common: Vec<Transformation>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Level {
    pub(super) path: String,
    #[serde(default, rename = "coordinateTransformations")]
    transformations: Vec<Transformation>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Transformation {
    Identity,
    Scale { scale: Vec<f64> },
    Translation { translation: Vec<f64> },
}

#[derive(Deserialize)]
struct Document {
    axes: Vec<Axis>,
    datasets: Vec<Level>,
    #[serde(default, rename = "coordinateTransformations")]
    transformations: Vec<Transformation>,
}

#[derive(Deserialize)]
struct Axis {
    name: String,
    #[serde(default)]
    unit: Option<String>,
}

/// Voxel size and origin (Angstrom; z, y, x) of a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) voxel_size: Option<VoxelSize>,
    pub(super) origin: [f64; 3],
}

/// The names of the levels, the finest first; none for a bare array.
pub(in super::super) fn names(path: &Path) -> Result<Vec<String>, ReadVolumeError> {
    Ok(Multiscale::read(path)?.map_or_else(Vec::new, |multiscale| multiscale.names()))
}

impl Multiscale {
    /// Reads a folder's metadata; none where the folder is an array itself.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, ReadVolumeError> {
        let json = |name: &str| -> Result<Option<Value>, ReadVolumeError> {
            match fs::read(path.join(name)) {
                Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| zarr(path, format!("{name}: {error}"))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(ReadVolumeError::Io { path: path.join(name), source }),
            }
        };
        let root = json("zarr.json")?;
        if root.as_ref().is_some_and(|root| root["node_type"] == "array") || path.join(".zarray").is_file() {
            return Ok(None);
        }
        let (attributes, name) = match root {
            Some(root) => (root["attributes"]["ome"].clone(), "zarr.json"),
            None => (json(".zattrs")?.unwrap_or_default(), ".zattrs"),
        };
        let Some(document) = attributes["multiscales"].get(0) else {
            return Err(zarr(path, format!("{name} has no multiscales: this is no OME-Zarr image")));
        };
        let document: Document =
            serde_json::from_value(document.clone()).map_err(|error| zarr(path, format!("{name}, multiscales: {error}")))?;
        let place = |axis: &str| document.axes.iter().position(|a| a.name.eq_ignore_ascii_case(axis));
        let (Some(z), Some(y), Some(x)) = (place("z"), place("y"), place("x")) else {
            let found: Vec<&str> = document.axes.iter().map(|axis| axis.name.as_str()).collect();
            return Err(zarr(path, format!("{name}: axes {found:?}, expected z, y and x among them")));
        };
        if document.datasets.is_empty() {
            return Err(zarr(path, format!("{name}: multiscales without datasets")));
        }
        let axes = [z, y, x];
        let units = axes.map(|axis| document.axes[axis].unit.as_deref().and_then(angstrom));
        Ok(Some(Self { levels: document.datasets, axes, units, common: document.transformations }))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.levels.iter().map(|level| level.path.clone()).collect()
    }

    /// The place of the level of a name, by default the finest.
    pub(super) fn level(&self, path: &Path, name: Option<&str>) -> Result<usize, ReadVolumeError> {
        name.map_or(Ok(0), |name| choose(path, &self.names(), Some(name)))
    }

    /// The transformations of a level, then those of all, applied to voxel 0 and to the step to the next.
    pub(super) fn frame(&self, level: usize) -> Frame {
        let (mut scale, mut origin) = ([1.0; 3], [0.0; 3]);
        for transformation in self.levels[level].transformations.iter().chain(&self.common) {
            let along = |values: &Vec<f64>, unknown: f64| self.axes.map(|axis| values.get(axis).copied().unwrap_or(unknown));
            match transformation {
                Transformation::Identity => {}
                Transformation::Scale { scale: values } => {
                    for (axis, factor) in along(values, 1.0).into_iter().enumerate() {
                        scale[axis] *= factor;
                        origin[axis] *= factor;
                    }
                }
                Transformation::Translation { translation } => {
                    for (axis, shift) in along(translation, 0.0).into_iter().enumerate() {
                        origin[axis] += shift;
                    }
                }
            }
        }
        let [Some(z), Some(y), Some(x)] = self.units else { return Frame { voxel_size: None, origin: [0.0; 3] } };
        let unit = [z, y, x];
        let [z, y, x] = std::array::from_fn(|axis| scale[axis] * unit[axis]);
        let origin: [f64; 3] = std::array::from_fn(|axis| origin[axis] * unit[axis]);
        Frame { voxel_size: VoxelSize::new(z, y, x).ok(), origin: if origin.iter().all(|o| o.is_finite()) { origin } else { [0.0; 3] } }
    }
}

/// Angstrom in a unit of OME-NGFF's list.
fn angstrom(unit: &str) -> Option<f64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "angstrom" => 1.0,
        "picometer" => 1e-2,
        "nanometer" => 1e1,
        "micrometer" => 1e4,
        "millimeter" => 1e7,
        "meter" => 1e10,
        _ => return None,
    })
}

pub(super) fn zarr(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadVolumeError {
    ReadVolumeError::Zarr { path: path.to_path_buf(), source: source.into() }
}
