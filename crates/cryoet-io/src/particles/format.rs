use std::{fmt, path::Path};

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
    /// RELION 5's particle STAR, positions in Angstrom from the tomogram's centre: `.star`. Written only.
    Relion5,
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
            _ => None,
        }
    }

    /// The format that a text's beginning shows, where it shows one.
    pub(super) fn of_content(text: &str) -> Option<Self> {
        text.trim_start_matches('\u{feff}').trim_start().starts_with("<objlist").then_some(Self::DeepFinderXml)
    }
}

impl fmt::Display for ParticleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::DeepFinderXml => "DeepFinder XML",
            Self::Shrec => "SHREC text",
            Self::Relion5 => "RELION 5 STAR",
        })
    }
}
