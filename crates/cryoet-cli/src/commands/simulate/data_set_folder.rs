use std::fs;
use std::path::Path;

use cryoet::io::{read_class_table, write_class_table, write_labels};
use cryoet::sim::SimulationParams;
use cryoet::{ClassTable, Volume, VoxelSize};

use super::layout::{Layout, RECORD};
use super::tomogram_folder::{TomogramFolder, create, remove, simulated_record};
use crate::failure::Failure;
use crate::output;

/// What a whole data set has and one that was stopped has not.
pub(super) const DATA_SET: &str = "dataset.toml";
const CLASSES: &str = "classes.toml";
const MASKS: &str = "masks";

/// Makes a folder ready for tomograms of these names: it is no data set until they are all there, and holds no tomogram or mask of an earlier
/// one.
pub(super) fn prepare(folder: &Path, wanted: &[String], params: &SimulationParams, classes: &ClassTable) -> Result<(), Failure> {
    create(folder)?;
    let tomograms = tomograms(folder)?;
    let was_simulated = simulated_record(&folder.join(RECORD)).is_some() || tomograms.iter().any(TomogramFolder::is_simulated);
    remove(&folder.join(DATA_SET))?;
    remove(&folder.join(RECORD))?;
    if was_simulated {
        remove_tomograms(folder, tomograms.iter().filter(|tomogram| !wanted.iter().any(|name| name == tomogram.name())))?;
        remove_masks(folder, classes)?;
    }
    write_class_table(folder.join(CLASSES), classes)?;
    write_masks(folder, params)
}

/// What may be folders of tomograms by their names; links are none.
fn tomograms(folder: &Path) -> Result<Vec<TomogramFolder>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::new(format!("cannot read {}: {error}", folder.display())))?;
    let named = entries.filter_map(|entry| {
        let entry = entry.ok().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))?;
        entry.file_name().into_string().ok().filter(|name| Layout::is_folder(name))
    });
    let mut names: Vec<String> = named.collect();
    names.sort();
    Ok(names.into_iter().map(|name| TomogramFolder::new(folder, name)).collect())
}

fn remove_tomograms<'a>(folder: &Path, tomograms: impl Iterator<Item = &'a TomogramFolder>) -> Result<(), Failure> {
    let mut removed = Vec::new();
    for tomogram in tomograms.filter(|tomogram| tomogram.is_simulated()) {
        tomogram.remove()?;
        removed.push(tomogram.name());
    }
    if !removed.is_empty() {
        output::warn(format!("{}: tomograms of an earlier data set are removed: {}", folder.display(), removed.join(", ")));
    }
    Ok(())
}

/// Removes the masks of classes that only the earlier data set has.
fn remove_masks(folder: &Path, classes: &ClassTable) -> Result<(), Failure> {
    let Ok(before) = read_class_table(folder.join(CLASSES)) else { return Ok(()) };
    for class in before.iter().filter(|class| classes.by_name(&class.name).is_none()) {
        let file = format!("{}.mrc", class.name);
        // A name that is a way elsewhere is of no mask here.
        if Path::new(&file).file_name().is_some_and(|name| name == file.as_str()) {
            remove(&folder.join(MASKS).join(file))?;
        }
    }
    Ok(())
}

/// The complexes' masks in reference pose, in the tomogram's voxels: for shape targets.
fn write_masks(folder: &Path, params: &SimulationParams) -> Result<(), Failure> {
    let masks = folder.join(MASKS);
    create(&masks)?;
    let angstrom = params.voxel_size * params.binning as f64;
    let size = VoxelSize::isotropic(angstrom)?;
    for complex in &params.complexes {
        let mask = Volume::new(complex.mask(angstrom)).with_voxel_size(size);
        write_labels(masks.join(format!("{}.mrc", complex.name())), &mask)?;
    }
    Ok(())
}
