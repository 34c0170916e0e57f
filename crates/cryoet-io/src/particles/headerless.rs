use std::{collections::BTreeMap, fmt::Write, path::Path};

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError,
    csv_row::{self, Row},
    csv_table::COLUMNS,
    dropped::Drops,
    read::Place,
    unit::NEED_SIZE,
    write::finite,
};

const NEED_COLUMNS: &str = "text without a header needs its columns in order, x y z or class z y x say, by the names of CSV";
/// A column that is passed over, and what is written into it.
const SKIPPED: (&str, &str) = ("-", "0");
/// What stands where a value is not known.
const UNKNOWN: &str = "nan";

/// Words between blanks or commas, whose order the options give by CSV's names.
pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    if options.columns.is_empty() {
        return Err(place.needs(NEED_COLUMNS));
    }
    let unit = options.unit.unwrap_or_default().of_a_voxel(options.voxel_size).ok_or_else(|| place.needs(NEED_SIZE))?;
    // Skipped columns get names that no file can ask for.
    let names: Vec<String> =
        options.columns.iter().enumerate().map(|(n, name)| if name == SKIPPED.0 { format!("-{n}") } else { name.clone() }).collect();
    let columns: BTreeMap<String, usize> = csv_row::columns(names.iter().map(String::as_str)).map_err(|message| place.columns(message))?;
    let mut list = ParticleList::default();
    let mut record = csv::StringRecord::new();
    for (line, words) in (1..).zip(text.lines()) {
        let words = words.trim_start();
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        record.clear();
        for word in words.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
            record.push_field(if word.eq_ignore_ascii_case(UNKNOWN) { "" } else { word });
        }
        if record.len() != names.len() {
            return Err(place.syntax(line, format!("{} words, expected one for each of the {} columns", record.len(), names.len())));
        }
        let mut particle = Row { place, columns: &columns, record: &record, line }.particle(options)?;
        let zyx = particle.position.zyx();
        particle.position = place.position(line, options.counted_from_zero(std::array::from_fn(|axis| zyx[axis] / unit[axis])))?;
        particle.extra.retain(|name, _| !name.starts_with(SKIPPED.0));
        list.particles.push(particle);
    }
    Ok(list)
}

pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let needs = |need: &'static str| WriteParticlesError::Needs { path: path.to_path_buf(), need };
    let has = |column: &str| options.columns.iter().any(|name| name == column);
    if !["z", "y", "x"].iter().all(|axis| has(axis)) {
        return Err(needs(NEED_COLUMNS));
    }
    let unit = options.unit.unwrap_or_default().of_a_voxel(list.voxel_size).ok_or_else(|| needs(NEED_SIZE))?;
    let mut drops = Drops::of(list);
    drops.frame();
    drops.of_list("class", !has("class") && !list.particles.is_empty());
    drops.each("orientation", |p| p.orientation.is_some() && !["rot", "tilt", "psi"].iter().all(|angle| has(angle)));
    drops.each("score", |p| p.score.is_some() && !has("score"));
    drops.each("size", |p| p.size.is_some() && !has("size"));
    drops.each("tomogram", |p| list.tomogram_of(p).is_some() && !has("tomogram"));
    drops.each("further columns", |p| p.extra.keys().any(|name| COLUMNS.contains(&name.as_str()) || !has(name)));

    let mut text = String::new();
    for (index, particle) in list.particles.iter().enumerate() {
        let at = options.to_zero(particle.position.zyx());
        let [z, y, x] = finite(path, index, std::array::from_fn(|axis| at[axis] * unit[axis]))?;
        let angles = particle.orientation.map(|turn| turn.to_relion());
        for (n, column) in options.columns.iter().enumerate() {
            let word = match column.as_str() {
                "tomogram" => list.tomogram_of(particle).map(str::to_string),
                "class" => Some(options.class_word(particle.class)),
                "z" => Some(z.to_string()),
                "y" => Some(y.to_string()),
                "x" => Some(x.to_string()),
                "score" => particle.score.map(|score| score.get().to_string()),
                "size" => particle.size.map(|size| size.to_string()),
                "rot" => angles.map(|(rot, _, _)| rot.to_string()),
                "tilt" => angles.map(|(_, tilt, _)| tilt.to_string()),
                "psi" => angles.map(|(_, _, psi)| psi.to_string()),
                name if name == SKIPPED.0 => Some(SKIPPED.1.to_string()),
                name => particle.extra.get(name).cloned(),
            };
            let word = word.unwrap_or_else(|| UNKNOWN.into());
            if word.is_empty() || n == 0 && word.starts_with('#') || word.contains(|c: char| c.is_whitespace() || c == ',') {
                return Err(WriteParticlesError::Text { path: path.to_path_buf(), particle: index, field: column.clone(), value: word });
            }
            // Writing to a String cannot fail.
            let _ = write!(text, "{}{word}", if n == 0 { "" } else { " " });
        }
        text.push('\n');
    }
    Ok((text, drops.done()))
}
