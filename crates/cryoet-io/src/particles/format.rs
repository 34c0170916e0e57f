use std::{fmt, path::Path};

/// What [`ReadParticlesError::UnknownFormat`](super::ReadParticlesError::UnknownFormat) lists.
pub(super) const KNOWN: &str = "CSV, DeepFinder XML, SHREC text, STAR of RELION and STOPGAP, copick JSON and CSV, Data Portal ndjson, Dynamo table, IMOD model, EM motive list";

/// A file format of particle lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParticleFormat {
    /// Comma-separated, with a header: `tomogram,class,z,y,x,score,size,rot,tilt,psi` and further columns.
    Csv,
    /// DeepFinder's object list: `.xml`.
    DeepFinderXml,
    /// SHREC's text, one line a particle: class, three coordinates, three angles: `.txt`.
    Shrec,
    /// RELION 3's particles, in one block: voxels of the tomogram, origins in voxels.
    Relion3,
    /// RELION 3.1's particles, with optics: voxels of the tomogram, origins in Angstrom.
    Relion31,
    /// RELION 4's particles, with optics: pixels of the tilt series, from the corner.
    Relion4,
    /// RELION 5's particles: Angstrom from the tomogram's centre. What `.star` is written as; a STAR file that is read is
    /// told by its columns, whichever of RELION's versions or STOPGAP's it is.
    Relion5,
    /// STOPGAP's motive list, a STAR file: voxels counted from 1.
    Stopgap,
    /// copick's picks, one object of one run: `.json`; Angstrom.
    Copick,
    /// copick's table of picks, a CSV file told by its columns `run_name` and `transform_00`; Angstrom.
    CopickCsv,
    /// The cryoET Data Portal's points, one JSON object a line: `.ndjson`; voxels, unless the options say Angstrom.
    PortalNdjson,
    /// Dynamo's table: `.tbl`; voxels counted from the first one's corner.
    Dynamo,
    /// IMOD's binary model: `.mod`; every point of every contour.
    ImodModel,
    /// The motive list of TOM and Artiatomi: `.em`; voxels counted from 1.
    EmMotl,
    /// Text without a header, its columns given by [`ReadParticles::columns`](crate::ReadParticles::columns): `.coords`, `.xyz`, or
    /// any file that is read or written with columns.
    Text,
}

impl ParticleFormat {
    /// The format that a file's extension promises, where it promises one.
    ///
    /// ```
    /// use cryoet_io::ParticleFormat;
    /// assert_eq!(ParticleFormat::of_extension("picks.star"), Some(ParticleFormat::Relion5));
    /// assert_eq!(ParticleFormat::of_extension("tomogram.mrc"), None);
    /// ```
    pub fn of_extension(path: impl AsRef<Path>) -> Option<Self> {
        match path.as_ref().extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xml" => Some(Self::DeepFinderXml),
            "txt" => Some(Self::Shrec),
            "star" => Some(Self::Relion5),
            "json" => Some(Self::Copick),
            "ndjson" | "jsonl" => Some(Self::PortalNdjson),
            "tbl" => Some(Self::Dynamo),
            "mod" => Some(Self::ImodModel),
            "em" => Some(Self::EmMotl),
            "coords" | "xyz" => Some(Self::Text),
            _ => None,
        }
    }

    /// Whether it is one of the formats that are STAR files.
    pub(super) fn is_star(self) -> bool {
        matches!(self, Self::Relion3 | Self::Relion31 | Self::Relion4 | Self::Relion5 | Self::Stopgap)
    }

    /// The format that a file's beginning shows, where it shows one.
    pub(super) fn of_content(bytes: &[u8]) -> Option<Self> {
        let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        if head.starts_with(super::imod::MAGIC) {
            Some(Self::ImodModel)
        } else if super::em_motl::is_list(bytes) {
            Some(Self::EmMotl)
        } else if head.starts_with(b"<objlist") || head.starts_with(b"<?xml") {
            Some(Self::DeepFinderXml)
        } else if first_line(head).starts_with(b"data_") {
            Some(Self::Relion5)
        } else if head.starts_with(b"{") && has(head, b"\"pickable_object_name\"") {
            Some(Self::Copick)
        } else if head.starts_with(b"{") && [b"\"type\"".as_slice(), b"\"location\""].iter().all(|key| has(first_line(head), key)) {
            Some(Self::PortalNdjson)
        } else if super::copick_csv::is_header(head) {
            Some(Self::CopickCsv)
        } else if super::csv_row::is_header(first_line(head)) {
            Some(Self::Csv)
        } else {
            None
        }
    }
}

/// The first line that is neither empty nor a comment.
fn first_line(text: &[u8]) -> &[u8] {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines.into_iter().find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default()
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

impl fmt::Display for ParticleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::DeepFinderXml => "DeepFinder XML",
            Self::Shrec => "SHREC text",
            Self::Relion3 => "RELION 3 STAR",
            Self::Relion31 => "RELION 3.1 STAR",
            Self::Relion4 => "RELION 4 STAR",
            Self::Relion5 => "RELION 5 STAR",
            Self::Stopgap => "STOPGAP STAR",
            Self::Copick => "copick JSON",
            Self::CopickCsv => "copick CSV",
            Self::PortalNdjson => "Data Portal ndjson",
            Self::Dynamo => "Dynamo table",
            Self::ImodModel => "IMOD model",
            Self::EmMotl => "EM motive list",
            Self::Text => "text without a header",
        })
    }
}
