use std::fmt::Write;

use cryoet_core::{Orientation, Particle, VoxelSize};

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles,
    dropped::Drops,
    read::Place,
    rescale::rescaled,
    tomogram_numbers::{TomogramNumbers, name_of_number},
};

/// Dynamo counts from the corner of the first voxel: its centre lies at one half ("Volume center" in Dynamo's wiki).
const FIRST_VOXEL: f64 = 0.5;

/// Columns that are fields of a particle or of the list, counted from 1.
const FIELDS: [usize; 13] = [4, 5, 6, 7, 8, 9, 10, 20, 22, 24, 25, 26, APIX];
/// The pixel size in Angstrom.
const APIX: usize = 36;
/// The columns that are written, as Dynamo's `dthelp` lists them.
const COLUMNS: usize = 42;

/// How extras from other columns are named: `dynamo.13` is column 13.
const PREFIX: &str = "dynamo.";

/// Dynamo's table: position = (x, y, z) + shift; the angles turn the particle back onto the reference, ZXZ.
pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let first = options.first_voxel.unwrap_or(FIRST_VOXEL);
    let mut list = ParticleList::default();
    let mut sizes = Vec::new();
    for (line, row) in (1..).zip(text.lines()) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        if cells.is_empty() {
            continue;
        }
        if cells.len() < 26 {
            return Err(place.syntax(line, format!("{} columns, expected at least the 26 that hold the position", cells.len())));
        }
        let number = |column: usize| place.number(line, &format!("column {column}"), real_part(cells[column - 1]));
        let zyx = [number(26)? + number(6)? - first, number(25)? + number(5)? - first, number(24)? + number(4)? - first];
        let apix = if cells.len() >= APIX { number(APIX)? } else { 0.0 };
        let own = VoxelSize::isotropic(apix).ok().map(|own| options.stated_voxel_size.unwrap_or(own));
        let zyx = rescaled(zyx, own, options.voxel_size);
        let class = place.class_number(line, "column 22", real_part(cells[21]), options)?;
        let mut particle = Particle::new(class, place.position(line, zyx)?);
        let back = place.orientation(line, Orientation::from_zxz(number(7)?, number(9)?, number(8)?))?;
        particle.orientation = Some(back.inverse());
        particle.score = Some(place.score(line, "column 10", real_part(cells[9]))?);
        particle.tomogram = name_of_number(real_part(cells[19]));
        for (column, cell) in (1..).zip(&cells) {
            if !FIELDS.contains(&column) && *cell != "0" {
                particle.extra.insert(format!("{PREFIX}{column}"), (*cell).to_string());
            }
        }
        sizes.push(apix);
        list.particles.push(particle);
    }
    let common = sizes.first().copied().filter(|first| sizes.iter().all(|size| size == first));
    list.voxel_size = list.voxel_size.or_else(|| common.and_then(|size| VoxelSize::isotropic(size).ok()));
    Ok(list)
}

/// Dynamo lets complex numbers stand in its tables: `0+1.2e-06i`.
fn real_part(text: &str) -> &str {
    let Some(complex) = text.strip_suffix('i') else { return text };
    let bytes = complex.as_bytes();
    let splits = |&at: &usize| matches!(bytes[at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E');
    (1..bytes.len()).rev().find(splits).map_or(text, |at| &text[..at])
}

pub(super) fn write(list: &ParticleList, options: &WriteParticles) -> (String, Vec<Dropped>) {
    let mut drops = Drops::of(list);
    drops.of_list("tomogram shape", list.shape.is_some());
    let anisotropic = |size: VoxelSize| size.zyx().iter().any(|&s| s != size.zyx()[0]);
    drops.of_list("voxel size along each axis (their mean is written)", list.voxel_size.is_some_and(anisotropic));
    drops.each("size", |particle| particle.size.is_some());
    drops.unknown_as_zero();
    let column_of = |name: &str| {
        let column = name.strip_prefix(PREFIX)?.parse::<usize>().ok()?;
        ((1..=COLUMNS).contains(&column) && !FIELDS.contains(&column)).then_some(column)
    };
    let fits = |value: &str| !value.is_empty() && real_part(value).parse::<f64>().is_ok();
    drops.extras(|name, value| column_of(name).is_none() || !fits(value));

    let first = options.first_voxel.unwrap_or(FIRST_VOXEL);
    let tomograms = TomogramNumbers::of_list(list);
    let mut text = String::new();
    for (index, particle) in list.particles.iter().enumerate() {
        let mut row = vec![String::from("0"); COLUMNS];
        let mut put = |column: usize, value: String| row[column - 1] = value;
        put(1, (index + 1).to_string());
        put(2, "1".into());
        put(3, "1".into());
        let (tdrot, narot, tilt) = particle.orientation.unwrap_or_default().inverse().to_zxz();
        for (column, degrees) in [(7, tdrot), (8, tilt), (9, narot)] {
            put(column, format!("{degrees:.6}"));
        }
        put(10, particle.score.map_or(0.0, |score| score.get()).to_string());
        put(20, tomograms.of(list.tomogram_of(particle)).to_string());
        put(22, particle.class.to_string());
        for (column, at) in [26, 25, 24].into_iter().zip(particle.position.zyx()) {
            put(column, format!("{:.6}", at + first));
        }
        if let Some(size) = list.voxel_size {
            put(APIX, size.mean().to_string());
        }
        for (name, value) in &particle.extra {
            if let Some(column) = column_of(name).filter(|_| fits(value)) {
                put(column, value.clone());
            }
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", row.join(" "));
    }
    drops.of_list("tomogram names (written as numbers)", tomograms.renamed());
    (text, drops.done())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_numbers_count_by_their_real_part() {
        for (text, real) in [("0+1.2074e-06i", "0"), ("-1.5e-3-2i", "-1.5e-3"), ("7", "7"), ("2i", "2i"), ("", "")] {
            assert_eq!(real_part(text), real);
        }
    }
}
