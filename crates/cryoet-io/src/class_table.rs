use std::{
    io::Write,
    path::{Path, PathBuf},
};

use cryoet_core::{Class, ClassTable};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{WriteWholeError, write_whole};

/// Why a file is no class table.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadClassTableError {
    /// The file cannot be read.
    #[error("{}: cannot read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no TOML, or not of a class table; the message carries line and column.
    #[error("{}: no class table: {source}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The text is no project configuration of copick, or a class of it has no place in a table.
    #[error("{}: no configuration of copick: {message}", path.display())]
    Copick {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A class without a name.
    #[error("{}: the class of label {label} has an empty name", path.display())]
    Unnamed {
        /// The file.
        path: PathBuf,
        /// Its label.
        label: u8,
    },
    /// The classes contradict one another.
    #[error("{}: {source}", path.display())]
    Classes {
        /// The file.
        path: PathBuf,
        /// How.
        source: cryoet_core::ClassTableError,
    },
}

/// Why a class table was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteClassTableError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteWholeError),
    /// The table cannot be said in TOML.
    #[error("{}: class table cannot be said in TOML: {message}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    class: Vec<Class>,
}

/// Reads a class table: a TOML file of `[[class]]` entries with `label`, `name` and, where known, `radius` (Angstrom),
/// `colour` (`[r, g, b]`), `threshold`.
///
/// A file that ends in `.json` is read as copick's project configuration: the `name`, `label`, `radius` and `color` of its
/// `pickable_objects`. Its `map_threshold` is that of a density, not of a score, and is left.
///
/// # Errors
/// A file that cannot be read, text that is no class table (with line and column), classes that contradict one another.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("classes.toml");
/// std::fs::write(&path, "[[class]]\nlabel = 1\nname = \"ribosome\"\nradius = 120.0\n")?;
/// let table = cryoet_io::read_class_table(&path)?;
/// assert_eq!(table.by_name("ribosome").unwrap().radius, Some(120.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_class_table(path: impl AsRef<Path>) -> Result<ClassTable, ReadClassTableError> {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).map_err(|source| ReadClassTableError::Io { path: path.to_path_buf(), source })?;
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        return named(path, crate::copick_config::read(path, &text)?);
    }
    let document: Document =
        toml::from_str(&text).map_err(|source| ReadClassTableError::Toml { path: path.to_path_buf(), source: Box::new(source) })?;
    let table = ClassTable::new(document.class).map_err(|source| ReadClassTableError::Classes { path: path.to_path_buf(), source })?;
    named(path, table)
}

/// Refuses classes without a name.
fn named(path: &Path, table: ClassTable) -> Result<ClassTable, ReadClassTableError> {
    let unnamed = table.iter().find(|class| class.name.trim().is_empty()).map(|class| class.label.get());
    match unnamed {
        Some(label) => Err(ReadClassTableError::Unnamed { path: path.to_path_buf(), label }),
        None => Ok(table),
    }
}

/// Writes a class table as TOML, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable};
/// let folder = tempfile::tempdir()?;
/// let table = ClassTable::new(vec![Class::new(ClassLabel::new(2), "3qm1").with_radius(45.0)])?;
/// cryoet_io::write_class_table(folder.path().join("classes.toml"), &table)?;
/// assert_eq!(cryoet_io::read_class_table(folder.path().join("classes.toml"))?, table);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_class_table(path: impl AsRef<Path>, table: &ClassTable) -> Result<(), WriteClassTableError> {
    let path = path.as_ref();
    let document = Document { class: table.iter().cloned().collect() };
    let text =
        toml::to_string(&document).map_err(|error| WriteClassTableError::Toml { path: path.to_path_buf(), message: error.to_string() })?;
    Ok(write_whole(path, |file| file.write_all(text.as_bytes()))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::ClassLabel;

    #[test]
    fn round_trip_with_every_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.toml");
        let mut ribosome = Class::new(ClassLabel::new(3), "80S \"ribosome\"").with_radius(150.25);
        ribosome.colour = Some([255, 0, 7]);
        ribosome.threshold = Some(0.25);
        let table = ClassTable::new(vec![ribosome, Class::new(ClassLabel::new(1), "a")]).unwrap();
        write_class_table(&path, &table).unwrap();
        assert_eq!(read_class_table(&path).unwrap(), table);
        write_class_table(&path, &ClassTable::default()).unwrap();
        assert!(read_class_table(&path).unwrap().is_empty());
    }

    #[test]
    fn errors_name_file_and_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.toml");
        for (text, parts) in [
            ("[[class]]\nlabel = 300\nname = \"a\"\n", &["t.toml", "line 2"][..]),
            ("[[class]]\nlabel = 1\nname = \"a\"\nradios = 3\n", &["t.toml", "line 4", "radios"]),
            ("[[class]]\nlabel = 0\nname = \"a\"\n", &["t.toml", "label 0"]),
            ("[[class]]\nlabel = 1\nname = \"a\"\n[[class]]\nlabel = 1\nname = \"b\"\n", &["t.toml", "share label 1"]),
            ("[[class]]\nlabel = 7\nname = \" \"\n", &["t.toml", "label 7 has an empty name"]),
            ("<objlist/>", &["t.toml", "line 1"]),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = read_class_table(&path).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
        assert!(matches!(read_class_table(folder.path().join("none")), Err(ReadClassTableError::Io { .. })));
    }
}
