//! Files that commands name: how they are shown, and what they may be.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::failure::Failure;

/// Paths as text; bytes that are no text are replaced, where serde would fail or panic.
pub(crate) trait Shown {
    /// The text, in the same container.
    type Text: Serialize;
    /// The paths as text.
    fn shown(&self) -> Self::Text;
}

impl Shown for PathBuf {
    type Text = String;
    fn shown(&self) -> String {
        self.display().to_string()
    }
}

impl Shown for Option<PathBuf> {
    type Text = Option<String>;
    fn shown(&self) -> Option<String> {
        self.as_ref().map(Shown::shown)
    }
}

impl Shown for Vec<PathBuf> {
    type Text = Vec<String>;
    fn shown(&self) -> Vec<String> {
        self.iter().map(Shown::shown).collect()
    }
}

/// Serialises paths as text: for `serialize_with`.
pub(crate) fn shown<S: Serializer>(paths: &impl Shown, serializer: S) -> Result<S::Ok, S::Error> {
    paths.shown().serialize(serializer)
}

/// The record that is written beside an output.
pub(crate) fn record_of(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".record.json");
    name.into()
}

/// Refuses, before the work starts, outputs whose folder is not there, and outputs that are inputs or each other.
pub(crate) fn check_files<'a>(
    inputs: impl IntoIterator<Item = &'a PathBuf>,
    outputs: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), Failure> {
    let inputs: Vec<(&PathBuf, PathBuf)> = inputs.into_iter().filter_map(|path| Some((path, path.canonicalize().ok()?))).collect();
    let mut taken: Vec<PathBuf> = Vec::new();
    for output in outputs {
        for (path, what) in [(output.clone(), "output"), (record_of(output), "record")] {
            let place = place_of(&path)?;
            if let Some((input, _)) = inputs.iter().find(|(_, of_input)| *of_input == place) {
                return Err(Failure::usage(format!("{}: this {what} would replace the input {}", path.display(), input.display())));
            }
            if taken.contains(&place) {
                return Err(Failure::usage(format!("{}: this {what} would replace another output", path.display())));
            }
            taken.push(place);
        }
    }
    Ok(())
}

/// Where an output lies, links followed.
fn place_of(path: &Path) -> Result<PathBuf, Failure> {
    // An OME-Zarr is a folder, and takes the place of another.
    let is_zarr = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zarr"));
    if path.is_dir() && !is_zarr {
        return Err(Failure::usage(format!("{}: a folder cannot be an output file", path.display())));
    }
    if let Ok(place) = path.canonicalize() {
        return Ok(place);
    }
    let name = path.file_name().ok_or_else(|| Failure::usage(format!("{:?} names no file to write", path.display().to_string())))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(|error| Failure::new(format!("cannot write {}: its folder: {error}", path.display())))?;
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_neither_inputs_nor_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.mrc"), "").unwrap();
        std::fs::create_dir(at("sub")).unwrap();
        let check = |input: &str, outputs: &[&str]| {
            let outputs: Vec<_> = outputs.iter().map(|name| at(name)).collect();
            check_files([&at(input)], &outputs).map_err(|failure| failure.code())
        };
        assert_eq!(check("a.mrc", &["b.mrc", "c.mrc"]), Ok(()));
        assert_eq!(check("a.mrc", &["sub/../a.mrc"]), Err(2));
        assert_eq!(check("a.mrc", &["b.csv", "sub/../b.csv"]), Err(2));
        assert_eq!(check("a.mrc", &["b.csv", "b.csv.record.json"]), Err(2));
        assert_eq!(check("a.mrc", &["sub"]), Err(2));
        assert_eq!(check("a.mrc", &["none/b.mrc"]), Err(1));
    }
}
