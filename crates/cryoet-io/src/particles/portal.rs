use std::{collections::BTreeMap, path::Path};

use cryoet_core::{Orientation, Particle};
use serde::{Deserialize, Serialize};

use super::{Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError, dropped::Drops, read::Place};

/// A line of a point file of the cryoET Data Portal: voxels of the annotated tomogram, counted from 0.
#[derive(Debug, Serialize, Deserialize)]
struct Point {
    r#type: String,
    location: Location,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xyz_rotation_matrix: Option<[[f64; 3]; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance_id: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Location {
    x: f64,
    y: f64,
    z: f64,
}

const INSTANCE: &str = "instance_id";

pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let mut list = ParticleList { voxel_size: options.voxel_size, shape: options.shape, ..ParticleList::default() };
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
        let position = place.position(line, [point.location.z, point.location.y, point.location.x])?;
        let mut particle = Particle::new(options.class, position);
        // Points without an orientation carry an identity matrix in some files.
        if let Some(rows) = point.xyz_rotation_matrix.filter(|_| oriented) {
            particle.orientation = Some(place.orientation(line, Orientation::from_matrix(rows))?);
        }
        if let Some(id) = point.instance_id {
            particle.extra.insert(INSTANCE.into(), id.to_string());
        }
        list.particles.push(particle);
    }
    Ok(list)
}

pub(super) fn write(path: &Path, list: &ParticleList, _options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let mut drops = Drops::default();
    drops.of_list("voxel size", list.voxel_size.is_some());
    drops.of_list("tomogram shape", list.shape.is_some());
    drops.of_list("class", !list.particles.is_empty());
    let count = |has: &dyn Fn(&Particle) -> bool| list.particles.iter().filter(|particle| has(particle)).count();
    drops.count("tomogram", count(&|particle| list.tomogram_of(particle).is_some()));
    drops.count("score", count(&|particle| particle.score.is_some()));
    drops.count("size", count(&|particle| particle.size.is_some()));
    let instance = |particle: &Particle| particle.extra.get(INSTANCE).and_then(|text| text.parse::<i64>().ok());
    let mut lost = BTreeMap::<&str, usize>::new();
    for particle in &list.particles {
        for name in particle.extra.keys().filter(|name| *name != INSTANCE || instance(particle).is_none()) {
            *lost.entry(name).or_default() += 1;
        }
    }
    for (name, particles) in lost {
        drops.count(name, particles);
    }
    let mut text = String::new();
    for particle in &list.particles {
        let [z, y, x] = particle.position.zyx();
        let (instance_id, matrix) = (instance(particle), particle.orientation.map(|orientation| orientation.matrix()));
        let kind = if matrix.is_some() {
            "orientedPoint"
        } else if instance_id.is_some() {
            "instancePoint"
        } else {
            "point"
        };
        let point = Point { r#type: kind.into(), location: Location { x, y, z }, xyz_rotation_matrix: matrix, instance_id };
        let line = serde_json::to_string(&point)
            .map_err(|error| crate::WriteWholeError { path: path.to_path_buf(), source: std::io::Error::other(error) })?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok((text, drops.done()))
}
