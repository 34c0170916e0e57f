use std::{fmt::Write, path::Path};

use cryoet_core::{Orientation, Particle};

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError,
    dropped::Drops,
    matlab::{FIRST_VOXEL, whole_and_shift},
    read::Place,
    star::{Block, quoted},
    tomogram_numbers::{TomogramNumbers, name_of_number},
};

/// Columns that are fields of a particle; the others are kept as extras.
const FIELDS: [&str; 13] =
    ["motl_idx", "tomo_num", "orig_x", "orig_y", "orig_z", "score", "x_shift", "y_shift", "z_shift", "phi", "psi", "the", "class"];

/// STOPGAP's motive list: position = orig + shift, angles of TOM's ZXZ convention.
pub(super) fn read(place: Place, block: &Block, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let first = options.first_voxel.unwrap_or(FIRST_VOXEL);
    let must = |name: &str| block.column(name).ok_or_else(|| place.syntax(1, format!("no column {name} in STOPGAP's motive list")));
    let origs = [must("orig_z")?, must("orig_y")?, must("orig_x")?];
    let shifts = ["z_shift", "y_shift", "x_shift"].map(|name| block.column(name));
    let angles = [must("phi")?, must("psi")?, must("the")?];
    let (class, tomogram, score) = (block.column("class"), block.column("tomo_num"), block.column("score"));
    let mut list = ParticleList::default();
    block.each_row(place, |line, cells| {
        let number = |column: usize| place.number(line, block.columns[column], cells[column]);
        let mut zyx = [0.0; 3];
        for axis in 0..3 {
            zyx[axis] = number(origs[axis])? + shifts[axis].map_or(Ok(0.0), number)? - first;
        }
        let label = class.map_or(Ok(options.class), |column| place.class_number(line, "class", cells[column], options))?;
        let mut particle = Particle::new(label, place.position(line, zyx)?);
        let made = Orientation::from_zxz(number(angles[0])?, number(angles[1])?, number(angles[2])?);
        particle.orientation = Some(place.orientation(line, made)?);
        particle.score = match score {
            Some(column) => place.known_score(line, "score", cells[column])?,
            None => None,
        };
        particle.tomogram = tomogram.and_then(|column| name_of_number(cells[column]));
        for (column, cell) in block.columns.iter().zip(cells) {
            if !FIELDS.contains(column) && !cell.is_empty() {
                particle.extra.insert((*column).to_string(), (*cell).to_string());
            }
        }
        list.particles.push(particle);
        Ok(())
    })?;
    Ok(list)
}

pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let mut drops = Drops::of(list);
    drops.frame();
    drops.each("size", |particle| particle.size.is_some());
    drops.unknown_as_zero();
    let tomograms = TomogramNumbers::of_list(list);
    // What STOPGAP wants in every list.
    let kept = ["object", "subtomo_num", "halfset"];
    drops.extras(|name, _| !kept.contains(&name));

    let first = options.first_voxel.unwrap_or(FIRST_VOXEL);
    let columns = [
        "motl_idx",
        "tomo_num",
        "object",
        "subtomo_num",
        "halfset",
        "orig_x",
        "orig_y",
        "orig_z",
        "score",
        "x_shift",
        "y_shift",
        "z_shift",
        "phi",
        "psi",
        "the",
        "class",
    ];
    let mut text = String::from("\ndata_stopgap_motivelist\n\nloop_\n");
    for (number, column) in (1..).zip(columns) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "_{column} #{number}");
    }
    for (index, particle) in list.particles.iter().enumerate() {
        let serial = (index + 1).to_string();
        let extra = |name: &str, default: &str| {
            let value = particle.extra.get(name).map_or(default, String::as_str);
            let fail = || WriteParticlesError::Text { path: path.to_path_buf(), particle: index, field: name.into(), value: value.into() };
            quoted(value).ok_or_else(fail)
        };
        let tomogram = tomograms.of(list.tomogram_of(particle));
        let _ = write!(text, "{serial} {tomogram} {}", extra("object", "1")?);
        let _ = write!(text, " {} {}", extra("subtomo_num", &serial)?, extra("halfset", "A")?);
        let [(z, sz), (y, sy), (x, sx)] = particle.position.zyx().map(|at| whole_and_shift(at + first));
        let (phi, psi, the) = particle.orientation.unwrap_or_default().to_zxz();
        let score = particle.score.map_or(0.0, |score| score.get());
        let _ = writeln!(text, " {x} {y} {z} {score} {sx:.6} {sy:.6} {sz:.6} {phi:.6} {psi:.6} {the:.6} {}", particle.class);
    }
    text.push('\n');
    drops.of_list("tomogram names (written as numbers)", tomograms.renamed());
    Ok((text, drops.done()))
}
