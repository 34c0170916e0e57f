//! Weights that come with the program, asked for by name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Names a folder of weights that goes before all others.
const VARIABLE: &str = "CRYOET_WEIGHTS";
/// The extension of a weights file, which its name lacks.
const EXTENSION: &str = "safetensors";

/// Refuses a file that would hold weights under another format's name.
pub(crate) fn check_weights_output(path: &Path) -> Result<(), Failure> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION)) {
        return Ok(());
    }
    Err(Failure::usage(format!("{}: expected a name that ends in .{EXTENSION}", path.display())))
}

/// The file that is meant: a path as it is, a name (no folder, no extension, no such file here) as a file of the folders of weights.
pub(crate) fn find(given: &Path) -> Result<PathBuf, Failure> {
    find_in(given, &folders())
}

fn find_in(given: &Path, folders: &[PathBuf]) -> Result<PathBuf, Failure> {
    if given.is_dir() && given.join("weights").with_extension(EXTENSION).is_file() {
        let inside = given.join("weights").with_extension(EXTENSION);
        return Err(Failure::usage(format!("{} is a folder: its weights are {}", given.display(), inside.display())));
    }
    let is_name = given.components().count() == 1 && given.extension().is_none() && !given.is_file();
    if !is_name {
        return Ok(given.to_owned());
    }
    let file = |folder: &PathBuf| folder.join(given).with_extension(EXTENSION);
    if let Some(found) = folders.iter().map(file).find(|path| path.is_file()) {
        return Ok(found);
    }
    let known = names(folders);
    let known = if known.is_empty() { "none are here".to_owned() } else { format!("there are {}", known.join(", ")) };
    let sought = folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    Err(Failure::usage(format!("no weights are named {:?}: {known} (sought in {sought})", given.display().to_string())))
}

/// The names that the folders know, sorted.
fn names(folders: &[PathBuf]) -> Vec<String> {
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let weights = files.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
    let names: BTreeSet<String> = weights.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.into_iter().collect()
}

/// Where weights lie: the variable's folder, beside the program (`bin/weights`, `share/cryoet/weights`), in the checkout whose `target/`
/// holds the program, and in the checkout it was built from.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os(VARIABLE).map(PathBuf::from).into_iter().collect();
    if let Ok(program) = std::env::current_exe() {
        let at = |levels: usize, name: &str| Some(program.ancestors().nth(levels)?.join(name));
        folders.extend([at(1, "weights"), at(2, "share/cryoet/weights"), at(3, "weights")].into_iter().flatten());
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(|root| root.join("weights"));
    folders.extend(built.filter(|folder| !folders.contains(folder)));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_unknown_ones_list_those_known() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
        for (folder, name) in [(&first, "a.safetensors"), (&second, "a.safetensors"), (&second, "b.safetensors"), (&second, "b.toml")] {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(name), "").unwrap();
        }
        let folders = [first.clone(), second.clone()];
        let found = |name: &str| find_in(Path::new(name), &folders).map_err(|failure| failure.to_string());
        assert_eq!(found("a"), Ok(first.join("a.safetensors")));
        assert_eq!(found("b"), Ok(second.join("b.safetensors")));
        // Paths are left to whoever reads them.
        for path in ["c.safetensors", "./c", "folder/c"] {
            assert_eq!(found(path), Ok(path.into()));
        }
        let message = found("c").unwrap_err();
        assert!(message.starts_with("no weights are named \"c\": there are a, b (sought in "), "{message}");
        let none = find_in(Path::new("c"), &[folder.path().join("none")]).unwrap_err();
        assert!(none.code() == 2 && none.to_string().contains("none are here"));
    }

    /// What the checkout ships is found from wherever a test runs.
    #[test]
    fn the_checkout_has_weights() {
        assert!(names(&folders()).contains(&"shrec-like-six".to_owned()));
    }
}
