use std::{io, path::PathBuf};

use thiserror::Error;

use crate::WriteWholeError;

/// Why a particle list was not read.
///
/// ```
/// use cryoet_io::{ReadParticles, ReadParticlesError, read_particles};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("picks.csv");
/// std::fs::write(&path, "z,y,x\n1,2,3\n4,five,6\n")?;
/// let error = read_particles(&path, &ReadParticles::default()).unwrap_err();
/// assert!(error.to_string().ends_with("line 3, column 2 (y): found \"five\", expected a finite number"));
/// assert!(matches!(error, ReadParticlesError::Field { line: 3, .. }));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadParticlesError {
    /// The system refused.
    #[error("{}: cannot read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds nothing.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Neither content nor extension is of a particle list.
    #[error("{}: neither content nor extension is of a known particle list ({})", path.display(), super::format::KNOWN)]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be understood without something that it does not say itself.
    #[error("{}: {need}", path.display())]
    Needs {
        /// The file.
        path: PathBuf,
        /// What must be said.
        need: &'static str,
    },
    /// The columns that the options give to text without a header cannot be those of a list.
    #[error("{}: the columns that were said for it: {message}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        message: String,
    },
    /// Numbers stand where a CSV file has the names of its columns.
    #[error("{}: line {line}: numbers and no header: the names of the columns must be said", path.display())]
    NoHeader {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// A number of the first voxel was given for a format that counts no voxels of the tomogram.
    #[error("{}: {format} counts no voxels of the tomogram: first_voxel has no meaning for it", path.display())]
    FirstVoxel {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: super::ParticleFormat,
    },
    /// The text is not of the format.
    #[error("{}: line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong there.
        message: String,
    },
    /// The bytes are not of the format.
    #[error("{}: byte {byte}: {message}", path.display())]
    Bytes {
        /// The file.
        path: PathBuf,
        /// The byte, counted from 0.
        byte: usize,
        /// What is wrong there.
        message: String,
    },
    /// A field does not hold what it must.
    #[error("{}: line {line}, {field}: found {found:?}, expected {expected}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column or attribute.
        field: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: String,
    },
}

/// Why a particle list was not written. What stood under its name before still stands there.
///
/// ```
/// use cryoet_io::{ParticleList, WriteParticles, WriteParticlesError, write_particles};
/// let error = write_particles("picks.docx", &ParticleList::default(), &WriteParticles::default()).unwrap_err();
/// assert!(matches!(error, WriteParticlesError::Extension { extension, .. } if extension == "docx"));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteParticlesError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteWholeError),
    /// The extension is of no format that particle lists are written in.
    #[error("{}: extension {extension:?}: expected one of .csv .xml .txt .star .json .ndjson .tbl .mod .em", path.display())]
    Extension {
        /// The file.
        path: PathBuf,
        /// Its extension, without the dot.
        extension: String,
    },
    /// The format needs something that neither the list nor the options hold.
    #[error("{}: {need}", path.display())]
    Needs {
        /// The file.
        path: PathBuf,
        /// What must be said.
        need: &'static str,
    },
    /// A number of the first voxel was given for a format that counts no voxels of the tomogram.
    #[error("{}: {format} counts no voxels of the tomogram: first_voxel has no meaning for it", path.display())]
    FirstVoxel {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: super::ParticleFormat,
    },
    /// A text that the format cannot hold.
    #[error("{}: particle {particle}, {field}: {value:?} cannot stand in this format", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// The particle, counted from 0.
        particle: usize,
        /// The field.
        field: String,
        /// Its text.
        value: String,
    },
}
