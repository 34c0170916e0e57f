use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

use cryoet_core::{Particle, VoxelSize};

use super::{
    super::{Dropped, ParticleFormat, ParticleList, WriteParticles, WriteParticlesError, dropped::Drops, star::quoted, write::finite},
    OPTICS, SCORES,
};

/// Columns that are made here, whatever an extra of that name says.
const MADE: [&str; 17] = [
    "rlnTomoName",
    "rlnMicrographName",
    "rlnCoordinateX",
    "rlnCoordinateY",
    "rlnCoordinateZ",
    "rlnCenteredCoordinateXAngst",
    "rlnCenteredCoordinateYAngst",
    "rlnCenteredCoordinateZAngst",
    "rlnClassNumber",
    "rlnAngleRot",
    "rlnAngleTilt",
    "rlnAnglePsi",
    SCORES[0],
    "rlnOpticsGroup",
    "rlnMagnification",
    "rlnDetectorPixelSize",
    "cryoetClassName",
];

/// Columns that move or turn what a reader finds beside them, and the one that tells STOPGAP's lists: none of them may come along from a file
/// of another format.
const APPLIED: [&str; 10] = [
    "rlnOriginX",
    "rlnOriginY",
    "rlnOriginZ",
    "rlnOriginXAngst",
    "rlnOriginYAngst",
    "rlnOriginZAngst",
    "rlnTomoSubtomogramRot",
    "rlnTomoSubtomogramTilt",
    "rlnTomoSubtomogramPsi",
    "motl_idx",
];

/// Tells in a list's optics that it counts in pixels of the tilt series: RELION 4.
const SERIES: &str = "rlnTomoTiltSeriesPixelSize";

/// Columns of a row's own pixel size.
const PIXEL_SIZES: [&str; 2] = ["rlnPixelSize", "rlnImagePixelSize"];

/// Writes the particles of RELION 3, 3.1, 4 or 5.
pub(in super::super) fn write(
    path: &Path,
    list: &ParticleList,
    format: ParticleFormat,
    options: &WriteParticles,
) -> Result<(String, Vec<Dropped>), WriteParticlesError> {
    let mut drops = Drops::of(list);
    let writer = Writer::new(path, list, format, options, &mut drops);
    let text = writer.text()?;
    Ok((text, drops.done()))
}

struct Writer<'a> {
    path: &'a Path,
    list: &'a ParticleList,
    format: ParticleFormat,
    options: &'a WriteParticles,
    oriented: bool,
    scored: bool,
    extras: Vec<&'a str>,
    optics: Vec<&'a str>,
}

impl<'a> Writer<'a> {
    fn new(path: &'a Path, list: &'a ParticleList, format: ParticleFormat, options: &'a WriteParticles, drops: &mut Drops<'_>) -> Self {
        let count = |has: &dyn Fn(&Particle) -> bool| list.particles.iter().filter(|particle| has(particle)).count();
        drops.each("size", |particle| particle.size.is_some());
        let (oriented, scored) = (count(&|particle| particle.orientation.is_some()), count(&|particle| particle.score.is_some()));
        let unknown = |known: usize| if known > 0 { list.particles.len() - known } else { 0 };
        drops.count("unknown orientation (written as 0 0 0)", unknown(oriented));
        drops.count("unknown score (written as 0)", unknown(scored));
        if format == ParticleFormat::Relion3 || format == ParticleFormat::Relion31 {
            drops.of_list("tomogram shape", list.shape.is_some());
            let anisotropic = |size: VoxelSize| size.zyx().iter().any(|&s| s != size.zyx()[0]);
            drops.of_list("voxel size along each axis (their mean is written)", list.voxel_size.is_some_and(anisotropic));
        } else {
            drops.frame();
        }
        let names: BTreeSet<&str> = list.particles.iter().flat_map(|particle| particle.extra.keys().map(String::as_str)).collect();
        let (mut extras, mut optics) = (Vec::new(), Vec::new());
        for name in names {
            let column = name.strip_prefix(OPTICS);
            let fits = |column: &str| !column.is_empty() && !column.contains(|c: char| c.is_whitespace() || c.is_control());
            match column {
                Some(column)
                    if format == ParticleFormat::Relion3
                        || format == ParticleFormat::Relion31 && column == SERIES
                        || !fits(column)
                        || column == "rlnOpticsGroup" =>
                {
                    drops.each(name, |particle| particle.extra.contains_key(name));
                }
                None if MADE.contains(&name) || APPLIED.contains(&name) || !fits(name) => {
                    drops.each(name, |particle| particle.extra.contains_key(name));
                }
                _ => {
                    drops.each(name, |particle| particle.extra.get(name).is_some_and(|value| quoted(value).is_none()));
                    if column.is_some() { optics.push(name) } else { extras.push(name) }
                }
            }
        }
        Self { path, list, format, options, oriented: oriented > 0, scored: scored > 0, extras, optics }
    }

    fn needs(&self, need: &'static str) -> WriteParticlesError {
        WriteParticlesError::Needs { path: self.path.to_path_buf(), need }
    }

    fn word(&self, particle: usize, field: &str, value: &str) -> Result<String, WriteParticlesError> {
        let text = || WriteParticlesError::Text { path: self.path.to_path_buf(), particle, field: field.into(), value: value.into() };
        quoted(value).ok_or_else(text)
    }

    fn voxel_size(&self, particle: &Particle) -> Option<VoxelSize> {
        let frame = self.list.tomogram_of(particle).and_then(|name| self.options.tomograms.get(name));
        frame.map(|frame| frame.voxel_size).or(self.list.voxel_size)
    }

    /// Whether coordinates are written in voxels of the tomogram, whose size a row's own column may say.
    fn counts_voxels(&self) -> bool {
        matches!(self.format, ParticleFormat::Relion3 | ParticleFormat::Relion31)
    }

    /// Pixel size of the tilt series: said, else what the list was read with.
    fn series(&self, particle: &Particle) -> Option<f64> {
        let kept = particle.extra.get("optics.rlnTomoTiltSeriesPixelSize").and_then(|text| text.parse().ok());
        self.options.tilt_series_pixel_size.or(kept)
    }

    /// The coordinates x, y, z as the format counts them.
    fn coordinates(&self, index: usize, particle: &Particle) -> Result<[f64; 3], WriteParticlesError> {
        let zyx = particle.position.zyx();
        let counted = match self.format {
            ParticleFormat::Relion3 | ParticleFormat::Relion31 => self.options.to_zero(zyx),
            ParticleFormat::Relion4 => {
                let series = self.series(particle).ok_or_else(|| {
                    self.needs("RELION 4 STAR needs tilt_series_pixel_size: its coordinates are in pixels of the tilt series")
                })?;
                let size = self.voxel_size(particle).ok_or_else(|| self.needs("RELION 4 STAR needs the voxel size"))?;
                std::array::from_fn(|axis| zyx[axis] * size.zyx()[axis] / series)
            }
            _ => {
                let frame = self.list.tomogram_of(particle).and_then(|name| self.options.tomograms.get(name));
                let need = "RELION 5 STAR needs the voxel size: its coordinates are in Angstrom";
                let size = self.voxel_size(particle).ok_or_else(|| self.needs(need))?;
                let need = "RELION 5 STAR needs the tomogram's shape: its coordinates count from the centre";
                let star_centre = self.options.star_centre;
                let whole = || self.list.shape.map(|shape| shape.map(|n| star_centre.of(n)));
                let centre = frame.map(|frame| frame.centre(star_centre)).or_else(whole).ok_or_else(|| self.needs(need))?;
                std::array::from_fn(|axis| (zyx[axis] - centre[axis]) * size.zyx()[axis])
            }
        };
        let [z, y, x] = finite(self.path, index, counted)?;
        Ok([x, y, z])
    }

    /// The optics groups in order of first appearance, and the group of each particle.
    fn groups(&self) -> (Vec<BTreeMap<String, String>>, Vec<usize>) {
        let mut groups = Vec::new();
        let mut numbers = BTreeMap::new();
        let of = self.list.particles.iter().map(|particle| {
            let mut group: BTreeMap<String, String> = self
                .optics
                .iter()
                .map(|&name| (name[OPTICS.len()..].to_string(), particle.extra.get(name).cloned().unwrap_or_default()))
                .collect();
            let size = self.voxel_size(particle).map(|size| size.mean());
            match self.format {
                ParticleFormat::Relion31 => {
                    group.extend(size.map(|size| ("rlnImagePixelSize".into(), size.to_string())));
                }
                ParticleFormat::Relion4 => {
                    group.extend(self.series(particle).map(|pixel| (SERIES.into(), pixel.to_string())));
                }
                _ => {}
            }
            *numbers.entry(group.clone()).or_insert_with(|| {
                groups.push(group);
                groups.len()
            })
        });
        let of = of.collect();
        (groups, of)
    }

    fn text(&self) -> Result<String, WriteParticlesError> {
        let mut text = String::new();
        let (groups, group_of) = self.groups();
        // A list without any optics is what RELION 5's own picker writes; 3.1 and 4 always have them.
        let grouped = match self.format {
            ParticleFormat::Relion3 => false,
            ParticleFormat::Relion5 => !self.optics.is_empty(),
            _ => !groups.is_empty(),
        };
        if grouped {
            put_optics(&mut text, &groups);
        }
        text.push_str(if self.format == ParticleFormat::Relion3 { "\ndata_\n\nloop_\n" } else { "\ndata_particles\n\nloop_\n" });
        let centred = ["rlnCenteredCoordinateXAngst", "rlnCenteredCoordinateYAngst", "rlnCenteredCoordinateZAngst"];
        let corner = ["rlnCoordinateX", "rlnCoordinateY", "rlnCoordinateZ"];
        let (name, coordinates) = match self.format {
            ParticleFormat::Relion5 => ("rlnTomoName", centred),
            ParticleFormat::Relion4 => ("rlnTomoName", corner),
            _ => ("rlnMicrographName", corner),
        };
        let mut columns = vec![name];
        columns.extend(coordinates);
        columns.push("rlnClassNumber");
        columns.extend(self.oriented.then_some(["rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"]).into_iter().flatten());
        columns.extend(self.scored.then_some(SCORES[0]));
        columns.extend((!self.options.classes.is_empty()).then_some("cryoetClassName"));
        columns.extend(grouped.then_some("rlnOpticsGroup"));
        let detector = self.format == ParticleFormat::Relion3 && self.list.voxel_size.is_some();
        columns.extend(detector.then_some(["rlnMagnification", "rlnDetectorPixelSize"]).into_iter().flatten());
        columns.extend(&self.extras);
        put_columns(&mut text, &columns);
        for (index, particle) in self.list.particles.iter().enumerate() {
            let group = grouped.then_some(group_of[index]);
            self.put_row(&mut text, index, particle, group, detector)?;
        }
        text.push('\n');
        Ok(text)
    }

    fn put_row(
        &self,
        text: &mut String,
        index: usize,
        particle: &Particle,
        group: Option<usize>,
        detector: bool,
    ) -> Result<(), WriteParticlesError> {
        let tomogram = self.list.tomogram_of(particle).ok_or_else(|| self.needs("RELION STAR needs the tomogram's name"))?;
        let [x, y, z] = self.coordinates(index, particle)?;
        // Writing to a String cannot fail.
        let _ = write!(text, "{} {x:.6} {y:.6} {z:.6} {}", self.word(index, "tomogram", tomogram)?, particle.class);
        if self.oriented {
            let (rot, tilt, psi) = particle.orientation.unwrap_or_default().to_relion();
            let _ = write!(text, " {rot:.6} {tilt:.6} {psi:.6}");
        }
        if self.scored {
            let _ = write!(text, " {}", particle.score.map_or(0.0, |score| score.get()));
        }
        if !self.options.classes.is_empty() {
            let _ = write!(text, " {}", self.word(index, "class name", &self.options.classes.name(particle.class))?);
        }
        if let Some(group) = group {
            let _ = write!(text, " {group}");
        }
        if detector {
            let size = self.voxel_size(particle).map_or(0.0, |size| size.mean());
            let _ = write!(text, " 10000 {size}");
        }
        for &name in &self.extras {
            // A pixel size that a row was read with may be that of other voxels.
            let size = self.voxel_size(particle).filter(|_| self.counts_voxels() && PIXEL_SIZES.contains(&name));
            let value = size.map(|size| size.mean().to_string());
            let _ = write!(text, " {}", cell(value.as_ref().or(particle.extra.get(name))));
        }
        text.push('\n');
        Ok(())
    }
}

fn put_optics(text: &mut String, groups: &[BTreeMap<String, String>]) {
    let names: BTreeSet<&str> = groups.iter().flat_map(|group| group.keys().map(String::as_str)).collect();
    let named = names.contains("rlnOpticsGroupName");
    text.push_str("\ndata_optics\n\nloop_\n");
    let mut columns = vec!["rlnOpticsGroup"];
    columns.extend((!named).then_some("rlnOpticsGroupName"));
    columns.extend(&names);
    put_columns(text, &columns);
    for (number, group) in (1..).zip(groups) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{number}");
        if !named {
            let _ = write!(text, " opticsGroup{number}");
        }
        for &name in &names {
            let _ = write!(text, " {}", cell(group.get(name)));
        }
        text.push('\n');
    }
    text.push('\n');
}

/// An extra's cell: empty where there is none, or none that STAR can hold.
fn cell(value: Option<&String>) -> String {
    value.and_then(|value| quoted(value)).unwrap_or_else(|| "\"\"".into())
}

fn put_columns(text: &mut String, columns: &[&str]) {
    for (number, column) in (1..).zip(columns) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "_{column} #{number}");
    }
}
