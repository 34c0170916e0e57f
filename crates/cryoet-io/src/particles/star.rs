use std::{fmt::Write, path::Path};

use cryoet_core::Particle;

use super::{Dropped, ParticleList, WriteParticles, WriteParticlesError, dropped::Drops};

/// RELION 5's particles: positions in Angstrom from the tomogram's centre, x, y, z.
pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let needs = |need: &'static str| WriteParticlesError::Needs { path: path.to_path_buf(), need };
    let size = list.voxel_size.ok_or_else(|| needs("RELION 5 STAR needs the voxel size: its coordinates are in Angstrom"))?;
    let shape = list.shape.ok_or_else(|| needs("RELION 5 STAR needs the tomogram's shape: its coordinates count from the centre"))?;
    let mut drops = Drops::default();
    let count = |has: &dyn Fn(&Particle) -> bool| list.particles.iter().filter(|particle| has(particle)).count();
    drops.count("size", count(&|particle| particle.size.is_some()));
    drops.count("further columns", count(&|particle| !particle.extra.is_empty()));

    let (oriented, scored) = (count(&|particle| particle.orientation.is_some()), count(&|particle| particle.score.is_some()));
    let unknown = |known: usize| if known > 0 { list.particles.len() - known } else { 0 };
    drops.count("unknown orientation (written as 0 0 0)", unknown(oriented));
    drops.count("unknown score (written as 0)", unknown(scored));
    let named = !options.classes.is_empty();
    let mut columns =
        vec!["rlnTomoName", "rlnCenteredCoordinateXAngst", "rlnCenteredCoordinateYAngst", "rlnCenteredCoordinateZAngst", "rlnClassNumber"];
    if oriented > 0 {
        columns.extend(["rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"]);
    }
    if scored > 0 {
        columns.push("rlnAutopickFigureOfMerit");
    }
    if named {
        columns.push("cryoetClassName");
    }
    let mut text = String::from("\ndata_particles\n\nloop_\n");
    for (number, column) in (1..).zip(columns) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "_{column} #{number}");
    }
    for (index, particle) in list.particles.iter().enumerate() {
        let tomogram = list.tomogram_of(particle).ok_or_else(|| needs("RELION 5 STAR needs the tomogram's name"))?;
        let word = |field: &str, value: &str| {
            quoted(value).ok_or_else(|| WriteParticlesError::Text {
                path: path.to_path_buf(),
                particle: index,
                field: field.into(),
                value: value.into(),
            })
        };
        let at = particle.position.zyx();
        let [z, y, x] = std::array::from_fn(|axis| (at[axis] - options.star_centre.of(shape[axis])) * size.zyx()[axis]);
        let _ = write!(text, "{} {x:.6} {y:.6} {z:.6} {}", word("tomogram", tomogram)?, particle.class);
        if oriented > 0 {
            let (rot, tilt, psi) = particle.orientation.unwrap_or_default().to_relion();
            let _ = write!(text, " {rot:.6} {tilt:.6} {psi:.6}");
        }
        if scored > 0 {
            let _ = write!(text, " {}", particle.score.map_or(0.0, |score| score.get()));
        }
        if named {
            let _ = write!(text, " {}", word("class name", &options.classes.name(particle.class))?);
        }
        text.push('\n');
    }
    text.push('\n');
    Ok((text, drops.done()))
}

/// A word as STAR holds it: quoted where it has blanks; none where no quotes can hold it.
fn quoted(word: &str) -> Option<String> {
    let plain = !word.is_empty()
        && !word.contains(|c: char| c.is_whitespace() || c.is_control())
        && !word.starts_with(['"', '\'', '_', '#', '$', ';', '[', ']'])
        && !["data_", "loop_", "save_", "stop_", "global_"].iter().any(|reserved| word.to_ascii_lowercase().starts_with(reserved));
    if plain {
        Some(word.into())
    } else if word.contains(char::is_control) {
        None
    } else {
        ['"', '\''].into_iter().find(|&quote| !word.contains(quote)).map(|quote| format!("{quote}{word}{quote}"))
    }
}
