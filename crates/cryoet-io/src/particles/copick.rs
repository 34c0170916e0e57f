use std::path::Path;

use cryoet_core::{Particle, VoxelSize};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError,
    copick_transformation::{Transformation, moved, orientation, turning},
    dropped::Drops,
    read::Place,
    write::finite,
};

/// A file of copick's picks: one object of one run, Angstrom from the first voxel's centre.
#[derive(Debug, Serialize, Deserialize)]
struct Picks {
    pickable_object_name: String,
    #[serde(default)]
    user_id: Value,
    #[serde(default)]
    session_id: Value,
    #[serde(default)]
    run_name: Option<String>,
    #[serde(default)]
    voxel_spacing: Option<f64>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default = "trusted")]
    trust_orientation: bool,
    #[serde(default)]
    points: Vec<Point>,
}

fn trusted() -> bool {
    true
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    location: Location,
    #[serde(default, rename = "transformation_", skip_serializing_if = "Option::is_none")]
    transformation: Option<Transformation>,
    #[serde(default)]
    instance_id: Option<i64>,
    #[serde(default)]
    score: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Location {
    x: f64,
    y: f64,
    z: f64,
}

/// Columns of the whole file, kept as extras of each particle.
const USER: &str = "user_id";
const SESSION: &str = "session_id";
const OBJECT: &str = "pickable_object_name";
const INSTANCE: &str = "instance_id";

pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let picks: Picks =
        serde_json::from_str(text).map_err(|error| place.syntax(error.line() as u64, format!("no copick picks: {error}")))?;
    if let Some(unit) = picks.unit.as_deref().filter(|unit| !unit.eq_ignore_ascii_case("angstrom")) {
        return Err(place.field(1, "unit", unit, "angstrom"));
    }
    let spacing = picks.voxel_spacing.filter(|spacing| *spacing != 0.0).map(VoxelSize::isotropic);
    let spacing = spacing.transpose().map_err(|error| place.syntax(1, error.to_string()))?;
    let size = options
        .voxel_size
        .or(spacing)
        .ok_or_else(|| place.needs("copick's picks are in Angstrom and this file has no voxel_spacing: say voxel_size"))?;
    let class = options.classes.by_name(&picks.pickable_object_name).map_or(options.class, |class| class.label);
    let text_of = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let mut list = ParticleList { voxel_size: Some(size), tomogram: picks.run_name.clone(), ..ParticleList::default() };
    let tomogram: Option<std::sync::Arc<str>> = picks.run_name.as_deref().map(Into::into);
    for (index, point) in picks.points.iter().enumerate() {
        let fail = |message: String| place.syntax(1, format!("point {index}: {message}"));
        let matrix = point.transformation.as_ref();
        let angstrom = moved([point.location.z, point.location.y, point.location.x], matrix);
        let position = cryoet_core::Position::from_angstrom(angstrom, size).map_err(|error| fail(error.to_string()))?;
        let mut particle = Particle::new(class, position);
        if let Some(m) = matrix.filter(|_| picks.trust_orientation) {
            particle.orientation = Some(orientation(m).map_err(|error| fail(error.to_string()))?);
        }
        particle.score = point.score.map(cryoet_core::Score::new).transpose().map_err(|error| fail(error.to_string()))?;
        particle.tomogram = tomogram.clone();
        particle.extra.insert(OBJECT.into(), picks.pickable_object_name.clone());
        for (name, value) in [(USER, &picks.user_id), (SESSION, &picks.session_id)] {
            if !value.is_null() {
                particle.extra.insert(name.into(), text_of(value));
            }
        }
        if let Some(id) = point.instance_id {
            particle.extra.insert(INSTANCE.into(), id.to_string());
        }
        list.particles.push(particle);
    }
    Ok(list)
}

pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let needs = |need: &'static str| WriteParticlesError::Needs { path: path.to_path_buf(), need };
    let size = list.voxel_size.ok_or_else(|| needs("copick's picks are in Angstrom: the list needs its voxel size"))?;
    if list.particles.iter().any(|particle| particle.class != list.particles[0].class) {
        return Err(needs("a file of copick holds the picks of one class: write a file for each class"));
    }
    if list.particles.iter().any(|particle| list.tomogram_of(particle) != list.tomogram_of(&list.particles[0])) {
        return Err(needs("a file of copick holds the picks of one tomogram: write a file for each tomogram"));
    }
    let mut drops = Drops::of(list);
    drops.of_list("tomogram shape", list.shape.is_some());
    let [sz, sy, sx] = size.zyx();
    drops.of_list("voxel size along each axis (their mean is written)", sz != sy || sy != sx);
    let count = |has: &dyn Fn(&Particle) -> bool| list.particles.iter().filter(|particle| has(particle)).count();
    let oriented = count(&|particle| particle.orientation.is_some());
    if oriented > 0 {
        drops.count("unknown orientation (written as none)", list.particles.len() - oriented);
    }
    drops.each("size", |particle| particle.size.is_some());
    let common = |name: &str| {
        let first = list.particles.first()?.extra.get(name)?;
        list.particles.iter().all(|particle| particle.extra.get(name) == Some(first)).then(|| first.clone())
    };
    let mut names: Vec<&str> = list.particles.iter().flat_map(|particle| particle.extra.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let kept = match name {
            USER | SESSION | OBJECT => common(name).is_some(),
            INSTANCE => list.particles.iter().all(|p| p.extra.get(INSTANCE).is_none_or(|text| text.parse::<i64>().is_ok())),
            _ => false,
        };
        if !kept {
            drops.each(name, |particle| particle.extra.contains_key(name));
        }
    }
    let class = list.particles.first().map(|particle| particle.class);
    let named = class.and_then(|class| options.classes.get(class)).map(|class| class.name.clone());
    let object = named.or_else(|| common(OBJECT)).or_else(|| class.map(|class| class.to_string())).unwrap_or_default();
    let point = |(index, particle): (usize, &Particle)| {
        let [z, y, x] = finite(path, index, particle.position.to_angstrom(size))?;
        let transformation = particle.orientation.map(turning);
        let instance_id = particle.extra.get(INSTANCE).and_then(|text| text.parse().ok());
        Ok(Point { location: Location { x, y, z }, transformation, instance_id, score: particle.score.map(|score| score.get()) })
    };
    let points: Result<Vec<Point>, WriteParticlesError> = list.particles.iter().enumerate().map(point).collect();
    let picks = Picks {
        pickable_object_name: object,
        user_id: Value::String(common(USER).unwrap_or_else(|| "cryoet".into())),
        session_id: Value::String(common(SESSION).unwrap_or_else(|| "0".into())),
        run_name: list.particles.first().map_or(list.tomogram.as_deref(), |particle| list.tomogram_of(particle)).map(str::to_string),
        voxel_spacing: Some(if sz == sy && sy == sx { sz } else { size.mean() }),
        unit: Some("angstrom".into()),
        trust_orientation: oriented > 0,
        points: points?,
    };
    let mut text = serde_json::to_string_pretty(&picks)
        .map_err(|error| crate::WriteWholeError { path: path.to_path_buf(), source: std::io::Error::other(error) })?;
    text.push('\n');
    Ok((text, drops.done()))
}
