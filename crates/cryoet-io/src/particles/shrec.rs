use std::{fmt::Write, path::Path};

use cryoet_core::{Orientation, Particle};

use super::{Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError, dropped::Drops, read::Place};

const NEED_ORDER: &str = "SHREC text needs the axis order: z y x in SHREC'19, x y z in '20 and '21";

/// Lines `class c1 c2 c3 [a1 a2 a3]`; the angles are those of R = Rz(a1) Rx(a2) Rz(a3), degrees.
pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let order = options.axis_order.ok_or_else(|| place.needs(NEED_ORDER))?;
    let mut particles = Vec::new();
    for (line, words) in (1..).zip(text.lines()) {
        let words: Vec<&str> = words.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect();
        if words.is_empty() || words[0].starts_with('#') {
            continue;
        }
        if words.len() != 4 && words.len() != 7 {
            return Err(place.syntax(line, format!("{} words, expected 4 (class and coordinates) or 7 (angles besides)", words.len())));
        }
        let class = place.class(line, "word 1", words[0], options)?;
        let number = |index: usize| place.number(line, &format!("word {}", index + 1), words[index]);
        let position = place.position(line, options.counted_from_zero(order.zyx([number(1)?, number(2)?, number(3)?])))?;
        let mut particle = Particle::new(class, position);
        // SHREC'21 gives NaN angles to vesicles and gold, which have no orientation.
        let unknown = words.len() == 7 && words[4..].iter().all(|word| word.eq_ignore_ascii_case("nan"));
        if words.len() == 7 && !unknown {
            let made = Orientation::from_zxz(number(6)?, number(4)?, number(5)?);
            particle.orientation = Some(place.orientation(line, made)?);
        }
        particles.push(particle);
    }
    Ok(ParticleList::new(particles))
}

pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let order = options.axis_order.ok_or_else(|| WriteParticlesError::Needs { path: path.to_path_buf(), need: NEED_ORDER })?;
    let mut drops = Drops::of(list);
    drops.frame();
    drops.each("tomogram", |particle| list.tomogram_of(particle).is_some());
    drops.each("score", |particle| particle.score.is_some());
    drops.each("size", |particle| particle.size.is_some());
    drops.each("further columns", |particle| !particle.extra.is_empty());

    let angles = list.particles.iter().any(|particle| particle.orientation.is_some());
    let mut text = String::new();
    for (index, particle) in list.particles.iter().enumerate() {
        let class = options.class_word(particle.class);
        if class.is_empty() || class.starts_with('#') || class.contains(|c: char| c.is_whitespace() || c == ',') {
            return Err(WriteParticlesError::Text { path: path.to_path_buf(), particle: index, field: "class name".into(), value: class });
        }
        let [first, second, third] = order.zyx(options.to_zero(particle.position.zyx()));
        // Writing to a String cannot fail.
        let _ = write!(text, "{class} {first} {second} {third}");
        let _ = match particle.orientation.map(|orientation| orientation.to_zxz()) {
            Some((phi, psi, the)) => writeln!(text, " {psi} {the} {phi}"),
            None if angles => writeln!(text, " nan nan nan"),
            None => writeln!(text),
        };
    }
    Ok((text, drops.done()))
}
