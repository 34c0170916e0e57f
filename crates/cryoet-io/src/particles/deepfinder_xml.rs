use std::{collections::BTreeMap, fmt::Write, path::Path};

use cryoet_core::{Orientation, Particle};
use quick_xml::{
    Reader,
    escape::escape,
    events::{BytesStart, Event},
};

use super::{
    AxisOrder, Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError, dropped::Drops, read::Place,
};

/// Attributes that are fields of a particle; every other is kept as an extra.
const FIELDS: [&str; 10] = ["tomo_idx", "class_label", "x", "y", "z", "psi", "phi", "the", "cluster_size", "score"];

pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut particles = Vec::new();
    // How deep the current element lies: the root is objlist, its children are object.
    let mut depth = 0usize;
    let mut closed = false;
    loop {
        let line = lines.of(reader.buffer_position());
        let (element, empty) = match reader.read_event() {
            Err(error) => return Err(place.syntax(lines.of(reader.error_position()), error.to_string())),
            Ok(Event::Eof) => break,
            Ok(Event::Start(element)) => (element, false),
            Ok(Event::Empty(element)) => (element, true),
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                closed |= depth == 0;
                continue;
            }
            Ok(Event::Text(words)) => {
                let words = words.trim();
                if words.is_empty() {
                    continue;
                }
                let found = words.chars().take(40).collect::<String>();
                return Err(place.syntax(line, format!("text {found:?}, expected <objlist> with <object> elements")));
            }
            Ok(_) => continue,
        };
        let name = element.name().as_ref().to_string();
        match (depth, name.as_str()) {
            (0, "objlist") if !closed => {}
            (1, "object") => particles.push(particle(place, line, &element, options)?),
            _ => {
                let expected = ["<objlist>", "<object>", "no element"][depth.min(2)];
                return Err(place.syntax(line, format!("element <{name}>, expected {expected}: this is no object list")));
            }
        }
        if empty {
            closed |= depth == 0;
        } else {
            depth += 1;
        }
    }
    if !closed {
        return Err(place.syntax(lines.of(text.len() as u64), "the file ends before </objlist>"));
    }
    Ok(ParticleList::new(particles))
}

fn particle(place: Place, line: u64, element: &BytesStart, options: &ReadParticles) -> Result<Particle, ReadParticlesError> {
    let mut attributes = BTreeMap::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| place.syntax(line, error.to_string()))?;
        let name = attribute.key.as_ref().to_string();
        let value =
            attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|error| place.syntax(line, error.to_string()))?;
        attributes.insert(name, value.trim().to_string());
    }
    // napari-deepfinder writes tomo_idx="" where nothing is known.
    let get = |name: &str| attributes.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let must = |name: &str| get(name).ok_or_else(|| place.syntax(line, format!("<object> without the attribute {name}")));
    let number = |name: &str| place.number(line, name, must(name)?);
    let zyx = options.axis_order.unwrap_or(AxisOrder::Xyz).zyx([number("x")?, number("y")?, number("z")?]);
    let mut particle = Particle::new(
        place.class(line, "class_label", must("class_label")?, options)?,
        place.position(line, options.counted_from_zero(zyx))?,
    );
    if ["psi", "phi", "the"].iter().any(|name| get(name).is_some()) {
        let made = Orientation::from_zxz(number("phi")?, number("psi")?, number("the")?);
        particle.orientation = Some(place.orientation(line, made)?);
    }
    particle.score = get("score").map(|text| place.score(line, "score", text)).transpose()?;
    particle.size = get("cluster_size").map(|text| place.size(line, "cluster_size", text)).transpose()?;
    particle.tomogram = get("tomo_idx").map(Into::into);
    particle.extra =
        attributes.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(particle)
}

/// Turns rising byte positions into lines.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: u64) -> u64 {
        let to = (position as usize).min(self.text.len());
        if to > self.at {
            self.line += self.text.as_bytes()[self.at..to].iter().filter(|&&byte| byte == b'\n').count() as u64;
            self.at = to;
        }
        self.line
    }
}

pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let mut drops = Drops::of(list);
    drops.frame();
    let order = options.axis_order.unwrap_or(AxisOrder::Xyz);
    let fits = |name: &str, value: &str| is_name(name) && !FIELDS.contains(&name) && value.trim() == value;
    drops.extras(|name, value| !fits(name, value));
    let mut text = String::from("<objlist>\n");
    for (index, particle) in list.particles.iter().enumerate() {
        let mut attributes = Vec::new();
        if let Some(tomogram) = list.tomogram_of(particle) {
            attributes.push(("tomo_idx", tomogram.to_string()));
        }
        attributes.push(("class_label", particle.class.to_string()));
        // The way from z, y, x to the file's order is its own inverse.
        for (name, value) in ["x", "y", "z"].into_iter().zip(order.zyx(options.to_zero(particle.position.zyx()))) {
            attributes.push((name, value.to_string()));
        }
        if let Some((phi, psi, the)) = particle.orientation.map(|orientation| orientation.to_zxz()) {
            attributes.extend([("psi", psi.to_string()), ("phi", phi.to_string()), ("the", the.to_string())]);
        }
        attributes.extend(particle.size.map(|size| ("cluster_size", size.to_string())));
        attributes.extend(particle.score.map(|score| ("score", score.get().to_string())));
        let extras = particle.extra.iter().filter(|(name, value)| fits(name, value));
        attributes.extend(extras.map(|(name, value)| (name.as_str(), value.clone())));
        text.push_str("  <object");
        for (name, value) in attributes {
            if let Some(bad) = value.chars().find(|&c| c.is_control()) {
                let field = format!("{name} (character {bad:?})");
                return Err(WriteParticlesError::Text { path: path.to_path_buf(), particle: index, field, value });
            }
            // Writing to a String cannot fail.
            let _ = write!(text, " {name}=\"{}\"", escape(value.as_str()));
        }
        text.push_str("/>\n");
    }
    text.push_str("</objlist>\n");
    Ok((text, drops.done()))
}

/// Whether a text is a plain XML attribute name.
fn is_name(text: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(starts) && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}
