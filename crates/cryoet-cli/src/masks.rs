//! Folders of binary masks, one volume per class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cryoet::io::{VolumeFormat, read_volume};
use cryoet::ndarray::Array3;
use cryoet::{ClassLabel, ClassTable};

use crate::failure::Failure;
use crate::output;

/// The volumes of a folder, sorted by name.
pub(crate) fn mask_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::new(format!("cannot read {}: {error}", folder.display())))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| VolumeFormat::of_extension(path).is_some()).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::new(format!("{}: no volume in this folder", folder.display())));
    }
    Ok(paths)
}

/// Masks by class, voxels above one half set: sorted by name they are classes 1, 2, ..., or, with a table, those it names. Files that are no
/// class's are named in a warning.
pub(crate) fn read_masks(paths: &[PathBuf], classes: &ClassTable) -> Result<BTreeMap<ClassLabel, Array3<bool>>, Failure> {
    let (of_class, strangers) = assigned(paths, classes);
    if of_class.is_empty() {
        return Err(Failure::new(format!("no mask is named like a class of the table; the files are {}", listed(&strangers))));
    }
    if !strangers.is_empty() {
        output::warn(format!("masks that belong to no class are left out: {}", listed(&strangers)));
    }
    let read = |(label, path): (ClassLabel, &PathBuf)| Ok((label, read_volume(path)?.into_data().mapv(|value| value > 0.5)));
    of_class.into_iter().map(read).collect()
}

/// Which file is which class's mask, and the files that are none's.
fn assigned<'a>(paths: &'a [PathBuf], classes: &ClassTable) -> (BTreeMap<ClassLabel, &'a PathBuf>, Vec<&'a PathBuf>) {
    let (mut of_class, mut strangers) = (BTreeMap::new(), Vec::new());
    for (place, path) in paths.iter().enumerate() {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let label = if classes.is_empty() {
            u8::try_from(place + 1).ok().map(ClassLabel::new).filter(|&label| label != ClassLabel::IGNORE)
        } else {
            classes.by_name(&stem).map(|class| class.label)
        };
        match label {
            // Of 1abc.mrc and 1abc.npy the first is the class's.
            Some(label) if !of_class.contains_key(&label) => {
                of_class.insert(label, path);
            }
            _ => strangers.push(path),
        }
    }
    (of_class, strangers)
}

fn listed(paths: &[&PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::Class;

    #[test]
    fn files_of_unknown_names_are_told() {
        let paths = ["m/a.mrc", "m/b.mrc", "m/b.npy", "m/z.mrc"].map(PathBuf::from);
        let (of_class, strangers) = assigned(&paths, &ClassTable::default());
        assert_eq!((of_class.len(), strangers.len()), (4, 0));
        let table = ClassTable::new(vec![Class::new(ClassLabel::new(7), "b")]).unwrap();
        let (of_class, strangers) = assigned(&paths, &table);
        assert_eq!(of_class, BTreeMap::from([(ClassLabel::new(7), &paths[1])]));
        assert_eq!(strangers, [&paths[0], &paths[2], &paths[3]]);
    }
}
