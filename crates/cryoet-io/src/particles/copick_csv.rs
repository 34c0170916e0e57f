use std::{collections::BTreeSet, path::Path};

use cryoet_core::{Particle, Position};

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError,
    copick_transformation::{Transformation, moved, orientation, turning},
    csv_row::{Row, each_row},
    dropped::Drops,
    read::Place,
    write::finite,
};

const NEED_SIZE: &str = "copick's table is in Angstrom and says no voxel size: say voxel_size";
/// Columns that are fields of a particle.
const FIELDS: [&str; 5] = ["run_name", "x", "y", "z", "score"];

fn element(row: usize, column: usize) -> String {
    format!("transform_{row}{column}")
}

/// Whether a file begins as copick's table does: by its header.
pub(super) fn is_header(text: &[u8]) -> bool {
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let has = |name: &[u8]| first.split(|&byte| byte == b',').any(|cell| cell.trim_ascii() == name);
    has(b"run_name") && has(b"x") && has(b"transform_00")
}

/// copick's table of picks: `run_name,x,y,z,transform_00 .. transform_33,score,instance_id`, Angstrom from the first voxel's centre.
pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let size = options.voxel_size.ok_or_else(|| place.needs(NEED_SIZE))?;
    let mut list = ParticleList::default();
    each_row(place, text, |row| {
        let transformation = transformation(row)?;
        let angstrom = moved([row.number("z")?, row.number("y")?, row.number("x")?], transformation.as_ref());
        let position = Position::from_angstrom(angstrom, size).map_err(|error| place.syntax(row.line, error.to_string()))?;
        let mut particle = Particle::new(options.class, position);
        particle.orientation = transformation.map(|m| place.orientation(row.line, orientation(&m))).transpose()?;
        particle.score = match row.cell("score") {
            Some(text) => place.known_score(row.line, &row.name("score"), text)?,
            None => None,
        };
        particle.tomogram = row.cell("run_name").map(Into::into);
        particle.extra = row.extras(|column| FIELDS.contains(&column) || column.starts_with("transform_"));
        list.particles.push(particle);
        Ok(())
    })?;
    Ok(list)
}

/// The matrix of a row; none where the row has none of its elements. A single missing one is as in the unit matrix, as copick reads it.
fn transformation(row: &Row) -> Result<Option<Transformation>, ReadParticlesError> {
    let mut matrix: Transformation = std::array::from_fn(|r| std::array::from_fn(|c| f64::from(u8::from(r == c))));
    let mut any = false;
    for (r, elements) in matrix.iter_mut().enumerate() {
        for (c, value) in elements.iter_mut().enumerate() {
            let column = element(r, c);
            if row.cell(&column).is_some() {
                (*value, any) = (row.number(&column)?, true);
            }
        }
    }
    Ok(any.then_some(matrix))
}

pub(super) fn write(path: &Path, list: &ParticleList, _options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let size = list.voxel_size.ok_or(WriteParticlesError::Needs { path: path.to_path_buf(), need: NEED_SIZE })?;
    if list.particles.iter().any(|particle| list.tomogram_of(particle).is_none()) {
        return Err(WriteParticlesError::Needs {
            path: path.to_path_buf(),
            need: "copick's table names the run of each particle: give each its tomogram",
        });
    }
    let mut drops = Drops::of(list);
    drops.of_list("voxel size", true);
    drops.of_list("tomogram shape", list.shape.is_some());
    drops.of_list("class", !list.particles.is_empty());
    drops.each("size", |particle| particle.size.is_some());
    drops.each("unknown orientation (written as the identity)", |particle| particle.orientation.is_none());
    let reserved = |name: &str| FIELDS.contains(&name) || name.starts_with("transform_") || name.is_empty() || name.trim() != name;
    let names: BTreeSet<&str> = list.particles.iter().flat_map(|particle| particle.extra.keys().map(String::as_str)).collect();
    let (lost, extras): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| reserved(name));
    for name in lost {
        drops.each(name, |particle| particle.extra.contains_key(name));
    }

    let mut header: Vec<String> = ["run_name", "x", "y", "z"].map(str::to_string).to_vec();
    header.extend((0..16).map(|n| element(n / 4, n % 4)));
    header.push("score".into());
    header.extend(extras.iter().map(|name| (*name).to_string()));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fail = |error: csv::Error| crate::WriteWholeError { path: path.to_path_buf(), source: error.into() };
    writer.write_record(&header).map_err(fail)?;
    for (index, particle) in list.particles.iter().enumerate() {
        let [z, y, x] = finite(path, index, particle.position.to_angstrom(size))?.map(|angstrom| angstrom.to_string());
        let mut row = vec![list.tomogram_of(particle).unwrap_or_default().to_string(), x, y, z];
        row.extend(turning(particle.orientation.unwrap_or_default()).as_flattened().iter().map(f64::to_string));
        row.push(particle.score.map_or_else(String::new, |score| score.get().to_string()));
        row.extend(extras.iter().map(|&name| particle.extra.get(name).cloned().unwrap_or_default()));
        // A line that starts with # would be read as a comment.
        if row[0].starts_with('#') {
            let (field, value) = ("tomogram".into(), row.swap_remove(0));
            return Err(WriteParticlesError::Text { path: path.to_path_buf(), particle: index, field, value });
        }
        writer.write_record(&row).map_err(fail)?;
    }
    let bytes = writer.into_inner().map_err(|error| crate::WriteWholeError { path: path.to_path_buf(), source: error.into_error() })?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), drops.done()))
}
