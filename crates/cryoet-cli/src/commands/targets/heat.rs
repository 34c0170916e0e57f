//! Gaussian heat maps, one volume per class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cryoet::io::{VolumeInfo, write_volume};
use cryoet::ndarray::Axis;
use cryoet::targets::gaussian_targets;
use cryoet::{ClassLabel, Particle, Volume};

use crate::failure::Failure;
use crate::paths::check_files;
use crate::record::Record;

/// Writes the heat map of every class that has a standard deviation, even an empty one, so that all tomograms have as many; the files' names.
pub(super) fn write(
    output: &Path,
    inputs: &[&PathBuf],
    like: &VolumeInfo,
    particles: &[Particle],
    sigmas: BTreeMap<ClassLabel, f64>,
    record: &Record,
) -> Result<Vec<PathBuf>, Failure> {
    let outputs: Vec<PathBuf> = sigmas.keys().map(|&label| of_class(output, label)).collect();
    check_files(inputs.iter().copied(), &outputs)?;
    let maps = gaussian_targets(like.shape, particles, &sigmas)?;
    for (map, path) in maps.axis_iter(Axis(0)).zip(&outputs) {
        write_volume(path, &Volume::new(map.to_owned()).with_voxel_size(like.voxel_size).with_origin(like.origin))?;
        record.write_beside(path)?;
    }
    Ok(outputs)
}

/// `heat.mrc` and class 3 make `heat-3.mrc`.
fn of_class(output: &Path, label: ClassLabel) -> PathBuf {
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{label}"));
    if let Some(extension) = output.extension() {
        name.push(".");
        name.push(extension);
    }
    output.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_in_the_names() {
        assert_eq!(of_class(Path::new("a/heat.mrc"), ClassLabel::new(3)), Path::new("a/heat-3.mrc"));
    }
}
