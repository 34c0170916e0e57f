use std::path::Path;

use cryoet_core::{ClassLabel, Orientation, OrientationError, Position, Score};
use rayon::prelude::*;

use super::{
    ParticleFormat, ParticleList, ReadParticles, ReadParticlesError, copick, copick_csv, csv_table, decimal::decimal, deepfinder_xml,
    dynamo, em_motl, headerless, imod, portal, relion, shrec, whole_file::read_file,
};

/// Bytes of text that a thread looks through at once.
const TEXT_PIECE: usize = 1 << 20;

/// Reads a particle list of any [`ParticleFormat`], told by content, then by extension.
///
/// Positions come back as voxel indices z, y, x. Columns and attributes that [`Particle`](cryoet_core::Particle) has no
/// field for are kept in its `extra`.
///
/// # Errors
/// A file that cannot be read or is of no known format, and the first thing in it that is not as it must be, with its
/// line and column.
///
/// ```
/// use cryoet_io::{AxisOrder, ReadParticles, read_particles};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("picks.xml");
/// std::fs::write(&path, r#"<objlist><object class_label="2" x="30" y="20" z="10"/></objlist>"#)?;
/// assert_eq!(read_particles(&path, &ReadParticles::default())?.particles[0].position.zyx(), [10.0, 20.0, 30.0]);
/// let old = ReadParticles { axis_order: Some(AxisOrder::Zyx), ..ReadParticles::default() };
/// assert_eq!(read_particles(&path, &old)?.particles[0].position.zyx(), [30.0, 20.0, 10.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_particles(path: impl AsRef<Path>, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let path = path.as_ref();
    let bytes = read_file(path).map_err(|source| ReadParticlesError::Io { path: path.to_path_buf(), source })?;
    let mut list = read(Place { path }, bytes, options)?;
    list.voxel_size = options.voxel_size.or(list.voxel_size);
    list.shape = options.shape.or(list.shape);
    if let Some(wanted) = &options.tomogram {
        let of_list = list.tomogram.clone();
        list.particles.retain(|particle| particle.tomogram.as_deref().or(of_list.as_deref()).is_none_or(|name| name == wanted));
    }
    Ok(list)
}

/// The format that a particle list is read as: as [`read_particles`] tells it, and of a STAR file which program's and version's its
/// columns are.
///
/// # Errors
/// A file that cannot be read or is of no known format, a STAR file without particles.
///
/// ```
/// use cryoet_io::{ParticleFormat, ReadParticles, particle_format};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("picks.star");
/// std::fs::write(&path, "data_\nloop_\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n1 2 3\n")?;
/// assert_eq!(particle_format(&path, &ReadParticles::default())?, ParticleFormat::Relion3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn particle_format(path: impl AsRef<Path>, options: &ReadParticles) -> Result<ParticleFormat, ReadParticlesError> {
    let path = path.as_ref();
    let place = Place { path };
    let bytes = read_file(path).map_err(|source| ReadParticlesError::Io { path: path.to_path_buf(), source })?;
    let format = told(place, &bytes, options)?;
    let format = match format {
        Some(format) if format.is_star() => {
            let text = decoded(place, bytes)?;
            relion::dialect(place, text.strip_prefix('\u{feff}').unwrap_or(&text), options)?
        }
        format => format,
    };
    format.ok_or_else(|| ReadParticlesError::UnknownFormat { path: path.to_path_buf() })
}

/// The format by what was asked for, content or extension; any of STAR's stands for all of them.
fn told(place: Place, bytes: &[u8], options: &ReadParticles) -> Result<Option<ParticleFormat>, ReadParticlesError> {
    if bytes.trim_ascii().is_empty() {
        return Err(ReadParticlesError::Empty { path: place.path.to_path_buf() });
    }
    let as_text = (!options.columns.is_empty()).then_some(ParticleFormat::Text);
    let format = options.format.or(as_text).or_else(|| ParticleFormat::of_content(bytes));
    let lines = || bytes.split(|&byte| byte == b'\n');
    let is_star = || lines().any(|line| line.starts_with(b"data_")) && lines().any(|line| line.trim_ascii_end() == b"loop_");
    let format = format.or_else(|| ParticleFormat::of_extension(place.path));
    Ok(format.or_else(|| is_star().then_some(ParticleFormat::Relion5)))
}

fn decoded(place: Place, bytes: Vec<u8>) -> Result<String, ReadParticlesError> {
    if is_text(&bytes) {
        // SAFETY: each piece was found to be UTF-8 and ends behind a character, so that all of them are.
        return Ok(unsafe { String::from_utf8_unchecked(bytes) });
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count() as u64;
        place.syntax(line, format!("byte {} is no UTF-8 text", valid.len()))
    })
}

/// Whether bytes are UTF-8, looked through on all threads: in pieces behind line ends, which are no part of another character.
fn is_text(mut bytes: &[u8]) -> bool {
    let mut pieces = Vec::new();
    while let Some(end) = memchr::memchr(b'\n', bytes.get(TEXT_PIECE..).unwrap_or_default()) {
        let (piece, rest) = bytes.split_at(TEXT_PIECE + end + 1);
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces.into_par_iter().all(|piece| std::str::from_utf8(piece).is_ok())
}

/// What the file itself says; voxel size and shape of the options are added by the caller.
fn read(place: Place, bytes: Vec<u8>, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let path = place.path;
    let format = told(place, &bytes, options)?;
    if let Some(format @ (ParticleFormat::Copick | ParticleFormat::CopickCsv)) = format {
        place.counts_voxels(format, options)?;
    }
    match format {
        Some(ParticleFormat::ImodModel) => return imod::read(place, &bytes, options),
        Some(ParticleFormat::EmMotl) => return em_motl::read(place, &bytes, options),
        _ => {}
    }
    let text = decoded(place, bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match format {
        Some(ParticleFormat::Csv) => csv_table::read(place, text, options),
        Some(ParticleFormat::DeepFinderXml) => deepfinder_xml::read(place, text, options),
        Some(ParticleFormat::Shrec) => shrec::read(place, text, options),
        Some(ParticleFormat::Copick) => copick::read(place, text, options),
        Some(ParticleFormat::CopickCsv) => copick_csv::read(place, text, options),
        Some(ParticleFormat::Text) => headerless::read(place, text, options),
        Some(ParticleFormat::PortalNdjson) => portal::read(place, text, options),
        Some(ParticleFormat::Dynamo) => dynamo::read(place, text, options),
        Some(
            ParticleFormat::Relion3
            | ParticleFormat::Relion31
            | ParticleFormat::Relion4
            | ParticleFormat::Relion5
            | ParticleFormat::Stopgap,
        ) => relion::read(place, text, options),
        Some(ParticleFormat::ImodModel | ParticleFormat::EmMotl) | None => {
            Err(ReadParticlesError::UnknownFormat { path: path.to_path_buf() })
        }
    }
}

/// The file being read: makes its errors, and numbers of its texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    path: &'a Path,
}

impl<'a> Place<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self { path }
    }
}

impl Place<'_> {
    pub(super) fn binary(&self, byte: usize, message: String) -> ReadParticlesError {
        ReadParticlesError::Bytes { path: self.path.to_path_buf(), byte, message }
    }

    /// A class by another program's number, where 0 is none, else by a name of the class table.
    pub(super) fn class_number(
        &self,
        line: u64,
        field: &str,
        text: &str,
        options: &ReadParticles,
    ) -> Result<ClassLabel, ReadParticlesError> {
        let class = decimal(text).and_then(|number| options.class_of(number));
        let class = class.or_else(|| options.classes.by_name(text).map(|class| class.label));
        class.ok_or_else(|| self.field(line, field, text, "a class of 0..=254"))
    }

    pub(super) fn syntax(&self, line: u64, message: impl Into<String>) -> ReadParticlesError {
        ReadParticlesError::Syntax { path: self.path.to_path_buf(), line, message: message.into() }
    }

    pub(super) fn columns(&self, message: String) -> ReadParticlesError {
        ReadParticlesError::Columns { path: self.path.to_path_buf(), message }
    }

    pub(super) fn no_header(&self, line: u64) -> ReadParticlesError {
        ReadParticlesError::NoHeader { path: self.path.to_path_buf(), line }
    }

    pub(super) fn needs(&self, need: &'static str) -> ReadParticlesError {
        ReadParticlesError::Needs { path: self.path.to_path_buf(), need }
    }

    /// Refuses a number of the first voxel for a format that counts none.
    pub(super) fn counts_voxels(&self, format: ParticleFormat, options: &ReadParticles) -> Result<(), ReadParticlesError> {
        match options.first_voxel {
            Some(_) => Err(ReadParticlesError::FirstVoxel { path: self.path.to_path_buf(), format }),
            None => Ok(()),
        }
    }

    pub(super) fn field(&self, line: u64, field: &str, found: &str, expected: &str) -> ReadParticlesError {
        ReadParticlesError::Field {
            path: self.path.to_path_buf(),
            line,
            field: field.into(),
            found: found.into(),
            expected: expected.into(),
        }
    }

    pub(super) fn number(&self, line: u64, field: &str, text: &str) -> Result<f64, ReadParticlesError> {
        let number = decimal(text).filter(|number| number.is_finite());
        number.ok_or_else(|| self.field(line, field, text, "a finite number"))
    }

    pub(super) fn label(&self, line: u64, field: &str, text: &str) -> Result<ClassLabel, ReadParticlesError> {
        // Programs that keep every column as a float write 1.0.
        let whole = text.trim().parse::<f64>().ok().filter(|label| label.fract() == 0.0 && (1.0..=254.0).contains(label));
        let label = whole.map(|label| ClassLabel::new(label as u8));
        label.ok_or_else(|| self.field(line, field, text, "a class label of 1..=254"))
    }

    /// A label, else a name that the class table knows.
    pub(super) fn class(&self, line: u64, field: &str, text: &str, options: &ReadParticles) -> Result<ClassLabel, ReadParticlesError> {
        let named = || options.classes.by_name(text.trim()).map(|class| class.label);
        let class = self.label(line, field, text).ok().or_else(named);
        class.ok_or_else(|| self.field(line, field, text, "a class label of 1..=254 or a name of the class table"))
    }

    /// A name that the class table knows, whatever number it may look like, else a label.
    pub(super) fn named_class(
        &self,
        line: u64,
        field: &str,
        text: &str,
        options: &ReadParticles,
    ) -> Result<ClassLabel, ReadParticlesError> {
        match options.classes.by_name(text.trim()) {
            Some(class) => Ok(class.label),
            None => self.class(line, field, text, options),
        }
    }

    pub(super) fn position(&self, line: u64, [z, y, x]: [f64; 3]) -> Result<Position, ReadParticlesError> {
        Position::new(z, y, x).map_err(|error| self.syntax(line, error.to_string()))
    }

    pub(super) fn score(&self, line: u64, field: &str, text: &str) -> Result<Score, ReadParticlesError> {
        self.score_of(line, self.number(line, field, text)?)
    }

    fn score_of(&self, line: u64, number: f64) -> Result<Score, ReadParticlesError> {
        Score::new(number).map_err(|error| self.syntax(line, error.to_string()))
    }

    /// A score; none where it is NaN.
    pub(super) fn known_score(&self, line: u64, field: &str, text: &str) -> Result<Option<Score>, ReadParticlesError> {
        match decimal(text) {
            Some(number) if number.is_nan() => Ok(None),
            Some(number) if number.is_finite() => self.score_of(line, number).map(Some),
            _ => Err(self.field(line, field, text, "a finite number")),
        }
    }

    pub(super) fn size(&self, line: u64, field: &str, text: &str) -> Result<u64, ReadParticlesError> {
        let size = self.number(line, field, text)?;
        // Programs that keep every column as a float write 27.0.
        if size >= 0.0 && size.fract() == 0.0 && size <= 9_007_199_254_740_992.0 {
            Ok(size as u64)
        } else {
            Err(self.field(line, field, text, "a number of voxels"))
        }
    }

    pub(super) fn orientation(&self, line: u64, made: Result<Orientation, OrientationError>) -> Result<Orientation, ReadParticlesError> {
        made.map_err(|error| self.syntax(line, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_told_from_other_bytes() {
        // Lines of many lengths, so that pieces end here and there within them.
        let mut text: String = (0..400_000).map(|n| format!("{}\u{e9}\u{4e2d}\n", "x".repeat(n % 17))).collect();
        assert!(text.len() > 4 * TEXT_PIECE);
        assert!(is_text(text.as_bytes()));
        text.truncate(text.len() - 1);
        assert!(is_text(text.as_bytes()));
        for at in [0, TEXT_PIECE - 1, TEXT_PIECE, 2 * TEXT_PIECE + 17, text.len() - 1] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = 0xff;
            assert!(!is_text(&bytes), "byte {at}");
        }
        // A character cut by the end, and by a line end.
        assert!(!is_text(&text.as_bytes()[..text.len() - 1]));
        assert!(!is_text(b"\xc3\n\xa9"));
        assert!(is_text(b""));
    }

    #[test]
    fn bytes_far_in_that_are_no_text_are_named() {
        let mut bytes = b"data_\nloop_\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n".to_vec();
        while bytes.len() < 2 * TEXT_PIECE {
            bytes.extend(b"1 2 3\n");
        }
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        bytes.extend(b"1 \xff 3\n");
        let message = decoded(Place::new(Path::new("t.star")), bytes).unwrap_err().to_string();
        assert!(message.contains(&format!("line {}", lines + 1)) && message.contains("no UTF-8"), "{message}");
    }
}
