use std::{collections::BTreeSet, path::Path};

use cryoet_core::{Orientation, Particle, VoxelSize};

use super::{
    Dropped, ParticleList, ReadParticles, ReadParticlesError, WriteParticles, WriteParticlesError,
    csv_row::{Row, each_row},
    dropped::Drops,
    read::Place,
    rescale::rescale,
};

/// The columns every list is written with.
pub(super) const COLUMNS: [&str; 10] = ["tomogram", "class", "z", "y", "x", "score", "size", "rot", "tilt", "psi"];
/// Columns with a meaning that are written where there is something to say.
const FURTHER: [&str; 5] = ["class_name", "voxel_size", "voxel_size_z", "voxel_size_y", "voxel_size_x"];

impl Row<'_> {
    fn orientation(&self) -> Result<Option<Orientation>, ReadParticlesError> {
        if ["rot", "tilt", "psi"].iter().all(|column| self.cell(column).is_none()) {
            return Ok(None);
        }
        let made = Orientation::from_relion(self.number("rot")?, self.number("tilt")?, self.number("psi")?);
        self.place.orientation(self.line, made).map(Some)
    }

    fn voxel_size(&self) -> Result<Option<VoxelSize>, ReadParticlesError> {
        let angstrom = if self.cell("voxel_size").is_some() {
            [self.number("voxel_size")?; 3]
        } else if ["voxel_size_z", "voxel_size_y", "voxel_size_x"].iter().any(|column| self.cell(column).is_some()) {
            [self.number("voxel_size_z")?, self.number("voxel_size_y")?, self.number("voxel_size_x")?]
        } else {
            return Ok(None);
        };
        let made = VoxelSize::try_from(angstrom).map_err(|error| self.place.syntax(self.line, error.to_string()));
        made.map(Some)
    }

    /// The particle, its position as the row has it.
    pub(super) fn particle(&self, options: &ReadParticles) -> Result<Particle, ReadParticlesError> {
        let class = match (self.cell("class"), self.cell("class_name")) {
            (Some(class), _) => self.place.class(self.line, &self.name("class"), class, options)?,
            (None, Some(name)) if !options.classes.is_empty() => {
                self.place.named_class(self.line, &self.name("class_name"), name, options)?
            }
            _ if self.columns.contains_key("class") => self.place.label(self.line, &self.name("class"), "")?,
            _ => options.class,
        };
        let position = self.place.position(self.line, [self.number("z")?, self.number("y")?, self.number("x")?])?;
        let mut particle = Particle::new(class, position);
        particle.orientation = self.orientation()?;
        particle.score = match self.cell("score") {
            Some(text) => self.place.known_score(self.line, &self.name("score"), text)?,
            None => None,
        };
        particle.size = self.cell("size").map(|text| self.place.size(self.line, &self.name("size"), text)).transpose()?;
        particle.tomogram = self.cell("tomogram").map(Into::into);
        particle.extra = self.extras(|column| COLUMNS.contains(&column) || FURTHER[1..].contains(&column));
        Ok(particle)
    }
}

pub(super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let mut list = ParticleList::default();
    each_row(place, text, |row| {
        if let Some(size) = row.voxel_size()?
            && *list.voxel_size.get_or_insert(size) != size
        {
            let [found, earlier] = [Some(size), list.voxel_size].map(|size| size.map_or([0.0; 3], |size| size.zyx()));
            let message = format!("voxel size {found:?} (z, y, x), but {earlier:?} in an earlier line");
            return Err(place.syntax(row.line, message));
        }
        let mut particle = row.particle(options)?;
        particle.position = place.position(row.line, options.counted_from_zero(particle.position.zyx()))?;
        list.particles.push(particle);
        Ok(())
    })?;
    rescale(place, &mut list, options)?;
    Ok(list)
}

pub(super) fn write(path: &Path, list: &ParticleList, options: &WriteParticles) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let mut drops = Drops::of(list);
    drops.of_list("tomogram shape", list.shape.is_some());
    drops.of_list("voxel size (there is no row to hold it)", list.voxel_size.is_some() && list.particles.is_empty());
    let named = !options.classes.is_empty();
    let size = list.voxel_size.map(|size| size.zyx());
    let sizes: Vec<(&str, f64)> = match size {
        None => Vec::new(),
        Some([z, y, x]) if z == y && y == x => vec![("voxel_size", z)],
        Some([z, y, x]) => vec![("voxel_size_z", z), ("voxel_size_y", y), ("voxel_size_x", x)],
    };
    let mut extras = BTreeSet::new();
    for name in list.particles.iter().flat_map(|particle| particle.extra.keys()) {
        extras.insert(name.as_str());
    }
    let taken = |name: &str| {
        COLUMNS.contains(&name) || FURTHER[1..].contains(&name) || named && name == FURTHER[0] || name.trim() != name || name.is_empty()
    };
    for &name in extras.iter().filter(|name| taken(name)) {
        drops.count(name, list.particles.iter().filter(|particle| particle.extra.contains_key(name)).count());
    }
    extras.retain(|name| !taken(name));

    let mut writer = csv::Writer::from_writer(Vec::new());
    let fail = |error: csv::Error| crate::WriteWholeError { path: path.to_path_buf(), source: error.into() };
    let mut header: Vec<&str> = COLUMNS.to_vec();
    header.extend(named.then_some("class_name"));
    header.extend(sizes.iter().map(|(name, _)| *name));
    header.extend(&extras);
    writer.write_record(&header).map_err(fail)?;
    for (index, particle) in list.particles.iter().enumerate() {
        let [z, y, x] = options.to_zero(particle.position.zyx()).map(|v| v.to_string());
        let text = |value: Option<String>| value.unwrap_or_default();
        let angles = particle.orientation.map(|orientation| orientation.to_relion());
        let mut row = vec![
            text(list.tomogram_of(particle).map(str::to_string)),
            particle.class.to_string(),
            z,
            y,
            x,
            text(particle.score.map(|score| score.get().to_string())),
            text(particle.size.map(|size| size.to_string())),
            text(angles.map(|(rot, _, _)| rot.to_string())),
            text(angles.map(|(_, tilt, _)| tilt.to_string())),
            text(angles.map(|(_, _, psi)| psi.to_string())),
        ];
        row.extend(named.then(|| options.classes.name(particle.class)));
        row.extend(sizes.iter().map(|(_, angstrom)| angstrom.to_string()));
        row.extend(extras.iter().map(|&name| particle.extra.get(name).cloned().unwrap_or_default()));
        // A line that starts with # would be read as a comment.
        if row[0].starts_with('#') {
            let (field, value) = ("tomogram".into(), row[0].clone());
            return Err(WriteParticlesError::Text { path: path.to_path_buf(), particle: index, field, value });
        }
        writer.write_record(&row).map_err(fail)?;
    }
    let bytes = writer.into_inner().map_err(|error| crate::WriteWholeError { path: path.to_path_buf(), source: error.into_error() })?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), drops.done()))
}
