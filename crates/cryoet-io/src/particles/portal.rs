use std::path::Path;

use cryoet_core::{Orientation, Particle, Score};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError, dropped::Drops, read::Place,
    unit::NEED_SIZE, write::finite,
};

/// A line of a point file of the cryoET Data Portal. The Portal's own files count voxels of the annotated tomogram from 0: copick
/// multiplies them by the voxel spacing.
#[derive(Debug, Serialize, Deserialize)]
struct Point {
    r#type: String,
    location: Location,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xyz_rotation_matrix: Option<[[f64; 3]; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance_id: Option<i64>,
    #[serde(flatten)]
    further: serde_json::Map<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Location {
    x: f64,
    y: f64,
    z: f64,
}

const SCORE: &str = "score";
const INSTANCE: &str = "instance_id";

pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let unit = options.unit.unwrap_or_default().of_a_voxel(options.voxel_size).ok_or_else(|| place.needs(NEED_SIZE))?;
    let mut list = ParticleList::default();
    for (line, row) in (1..).zip(text.lines()) {
        if row.trim().is_empty() {
            continue;
        }
        let point: Point = serde_json::from_str(row)
            .map_err(|error| place.syntax(line, format!("column {}: no point of the Data Portal: {error}", error.column())))?;
        let oriented = match point.r#type.as_str() {
            "orientedPoint" => true,
            "point" | "instancePoint" => false,
            other => return Err(place.field(line, "type", other, "point, orientedPoint or instancePoint")),
        };
        let zyx = [point.location.z, point.location.y, point.location.x];
        let position = place.position(line, options.counted_from_zero(std::array::from_fn(|axis| zyx[axis] / unit[axis])))?;
        let mut particle = Particle::new(options.class, position);
        // Points without an orientation carry an identity matrix in some files.
        if let Some(rows) = point.xyz_rotation_matrix.filter(|_| oriented) {
            particle.orientation = Some(place.orientation(line, Orientation::from_matrix(rows))?);
        }
        if let Some(id) = point.instance_id {
            particle.extra.insert(INSTANCE.into(), id.to_string());
        }
        for (name, value) in point.further {
            // A score that is no number stays a further entry.
            if let Some(score) = value.as_f64().filter(|_| name == SCORE).and_then(|score| Score::new(score).ok()) {
                particle.score = Some(score);
                continue;
            }
            particle.extra.insert(name, value.as_str().map_or_else(|| value.to_string(), str::to_string));
        }
        list.particles.push(particle);
    }
    Ok(list)
}

pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let unit = options.unit.unwrap_or_default().of_a_voxel(list.voxel_size);
    let unit = unit.ok_or_else(|| WriteParticlesError::Needs { path: path.to_path_buf(), need: NEED_SIZE })?;
    let mut drops = Drops::of(list);
    drops.frame();
    drops.of_list("class", !list.particles.is_empty());
    drops.each("tomogram", |particle| list.tomogram_of(particle).is_some());
    drops.each("score", |particle| particle.score.is_some());
    drops.each("size", |particle| particle.size.is_some());
    let instance = |particle: &Particle| particle.extra.get(INSTANCE).and_then(|text| text.parse::<i64>().ok());
    drops.extras(|name, value| name != INSTANCE || value.parse::<i64>().is_err());
    let mut text = String::new();
    for (index, particle) in list.particles.iter().enumerate() {
        let zyx = options.to_zero(particle.position.zyx());
        let [z, y, x] = finite(path, index, std::array::from_fn(|axis| zyx[axis] * unit[axis]))?;
        let (instance_id, matrix) = (instance(particle), particle.orientation.map(|orientation| orientation.matrix()));
        let kind = if matrix.is_some() {
            "orientedPoint"
        } else if instance_id.is_some() {
            "instancePoint"
        } else {
            "point"
        };
        let point = Point {
            r#type: kind.into(),
            location: Location { x, y, z },
            xyz_rotation_matrix: matrix,
            instance_id,
            further: serde_json::Map::new(),
        };
        let line = serde_json::to_string(&point)
            .map_err(|error| crate::WriteWholeError { path: path.to_path_buf(), source: std::io::Error::other(error) })?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok((text, drops.done()))
}
