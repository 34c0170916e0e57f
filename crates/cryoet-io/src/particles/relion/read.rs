use std::collections::HashMap;

use cryoet_core::{Orientation, Particle, VoxelSize};

use super::{
    super::{
        ParticleList, ReadParticles, ReadParticlesError,
        read::Place,
        star::{Block, parse},
    },
    OPTICS, SCORES,
};

/// What a list counts its coordinates in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Frame {
    /// RELION 5: Angstrom from the tomogram's centre.
    Centred,
    /// RELION 4: unbinned pixels of the tilt series, from the corner.
    Unbinned,
    /// RELION 3 and 3.1, Warp, pytom-match-pick: voxels of the tomogram, from the corner.
    Voxels,
}

/// Reads the particles of RELION 3, 3.1, 4 or 5, told apart by their columns.
pub(in super::super) fn read(place: Place, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let blocks = parse(place, text)?;
    if let Some(block) = blocks.iter().find(|block| block.column("motl_idx").is_some()) {
        return super::super::stopgap::read(place, block, options);
    }
    // Optics are no particles, whatever columns they have.
    let is_list =
        |block: &&Block| block.name != "optics" && block.column("rlnCenteredCoordinateXAngst").or(block.column("rlnCoordinateX")).is_some();
    let Some(block) = blocks.iter().find(is_list) else {
        let found: Vec<&str> = blocks.iter().flat_map(|block| block.columns.iter().copied()).take(12).collect();
        return Err(
            place.syntax(1, format!("no column rlnCoordinateX or rlnCenteredCoordinateXAngst: this is no particle list; found {found:?}"))
        );
    };
    let optics = match blocks.iter().find(|block| block.name == "optics") {
        Some(block) => Optics::read(place, block)?,
        None => Optics::default(),
    };
    let table = Table::new(place, block, options, &optics)?;
    let mut list = ParticleList { voxel_size: table.voxel_size, ..ParticleList::default() };
    match (&options.tomogram, table.tomogram) {
        (Some(wanted), Some(column)) => block.each_row(place, |line, cells| {
            if cells[column] == wanted {
                list.particles.push(table.particle(line, cells)?);
            }
            Ok(())
        })?,
        _ => {
            let spare = Particle::new(options.class, place.position(1, [0.0; 3])?);
            list.particles = block.map_rows(place, &spare, |line, cells| table.particle(line, cells))?;
        }
    }
    Ok(list)
}

/// The optics groups: number to column and value.
#[derive(Debug, Default)]
struct Optics {
    groups: HashMap<String, Vec<(String, String)>>,
}

impl Optics {
    fn read(place: Place, block: &Block) -> Result<Self, ReadParticlesError> {
        let mut optics = Self::default();
        let Some(number) = block.column("rlnOpticsGroup") else { return Ok(optics) };
        block.each_row(place, |_, cells| {
            let pairs = block.columns.iter().zip(cells).enumerate().filter(|(index, _)| *index != number);
            let group = pairs.map(|(_, (column, cell))| ((*column).to_string(), (*cell).to_string())).collect();
            optics.groups.insert(cells[number].to_string(), group);
            Ok(())
        })?;
        Ok(optics)
    }

    /// A number that every group gives alike; none where they differ or are silent.
    fn common(&self, column: &str) -> Option<f64> {
        let mut values = self.groups.values().map(|group| {
            let cell = group.iter().find(|(name, _)| name == column)?;
            cell.1.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0)
        });
        let first = values.next()??;
        values.all(|value| value == Some(first)).then_some(first)
    }

    fn of(&self, group: &str, column: &str) -> Option<f64> {
        let cell = self.groups.get(group)?.iter().find(|(name, _)| name == column)?;
        cell.1.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0)
    }
}

/// The particle table with its columns found.
struct Table<'a> {
    place: Place<'a>,
    options: &'a ReadParticles,
    optics: &'a Optics,
    frame: Frame,
    columns: &'a [&'a str],
    /// x, y, z.
    coordinates: [usize; 3],
    angles: Option<[usize; 3]>,
    subtomogram: Option<[usize; 3]>,
    origin_angstrom: Option<[usize; 3]>,
    origin_pixels: Option<[usize; 3]>,
    pixel_size: Option<usize>,
    tomogram: Option<usize>,
    class: Option<usize>,
    score: Option<usize>,
    group: Option<usize>,
    extras: Vec<usize>,
    /// Pixel size of the tilt series, Angstrom.
    series: Option<f64>,
    voxel_size: Option<VoxelSize>,
}

impl<'a> Table<'a> {
    fn new(place: Place<'a>, block: &'a Block<'a>, options: &'a ReadParticles, optics: &'a Optics) -> Result<Self, ReadParticlesError> {
        let triple = |names: [&str; 3]| -> Option<[usize; 3]> {
            let [first, second, third] = names.map(|name| block.column(name));
            Some([first?, second?, third?])
        };
        let centred = triple(["rlnCenteredCoordinateXAngst", "rlnCenteredCoordinateYAngst", "rlnCenteredCoordinateZAngst"]);
        let corner = triple(["rlnCoordinateX", "rlnCoordinateY", "rlnCoordinateZ"]);
        let series = options.tilt_series_pixel_size.or_else(|| optics.common("rlnTomoTiltSeriesPixelSize"));
        let relion_4 = options.tilt_series_pixel_size.is_some()
            || optics.groups.values().any(|group| group.iter().any(|(name, _)| name == "rlnTomoTiltSeriesPixelSize"))
            || block.column("rlnTomoName").is_some() && block.column("rlnMicrographName").is_none();
        let (frame, coordinates) = match (centred, corner) {
            (Some(centred), _) => (Frame::Centred, centred),
            (None, Some(corner)) if relion_4 => (Frame::Unbinned, corner),
            (None, Some(corner)) => (Frame::Voxels, corner),
            (None, None) => return Err(place.syntax(1, "coordinates of one or two axes, expected x, y and z")),
        };
        let score = SCORES.iter().find_map(|&name| block.column(name));
        let mut table = Self {
            place,
            options,
            optics,
            frame,
            columns: &block.columns,
            coordinates,
            angles: triple(["rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"]),
            subtomogram: triple(["rlnTomoSubtomogramRot", "rlnTomoSubtomogramTilt", "rlnTomoSubtomogramPsi"]),
            origin_angstrom: triple(["rlnOriginXAngst", "rlnOriginYAngst", "rlnOriginZAngst"]),
            origin_pixels: triple(["rlnOriginX", "rlnOriginY", "rlnOriginZ"]),
            pixel_size: ["rlnPixelSize", "rlnImagePixelSize"].iter().find_map(|name| block.column(name)),
            tomogram: ["rlnTomoName", "rlnMicrographName"].iter().find_map(|name| block.column(name)),
            class: block.column("rlnClassNumber"),
            score,
            group: block.column("rlnOpticsGroup"),
            extras: Vec::new(),
            series,
            voxel_size: options.voxel_size,
        };
        if table.voxel_size.is_none() && frame != Frame::Centred {
            let angstrom = match frame {
                Frame::Unbinned => series,
                _ => optics.common("rlnImagePixelSize").or_else(|| table.common_pixel_size(place, block)),
            };
            table.voxel_size = angstrom.and_then(|angstrom| VoxelSize::isotropic(angstrom).ok());
        }
        let used: Vec<usize> = [Some(table.coordinates), table.angles, table.subtomogram, table.origin_angstrom, table.origin_pixels]
            .into_iter()
            .flatten()
            .flatten()
            .chain([table.tomogram, table.class, table.score, table.group].into_iter().flatten())
            .collect();
        table.extras = (0..block.columns.len()).filter(|index| !used.contains(index)).collect();
        Ok(table)
    }

    /// The pixel size that every row gives alike, from its own column or from RELION 3's detector and magnification.
    fn common_pixel_size(&self, place: Place, block: &Block) -> Option<f64> {
        let detector = block.column("rlnDetectorPixelSize");
        let magnification = block.column("rlnMagnification");
        self.pixel_size.or(detector)?;
        let mut common = None;
        let mut alike = true;
        let number = |cells: &[&str], column: usize| cells[column].parse::<f64>().ok().filter(|v| v.is_finite() && *v > 0.0);
        let checked = block.each_row(place, |_, cells| {
            let size = match (self.pixel_size, detector, magnification) {
                (Some(column), _, _) => number(cells, column),
                // The detector's pixel is in micrometres; programs that mean Angstrom write a magnification of 10000 or none.
                (None, Some(detector), Some(magnification)) => number(cells, detector)
                    .zip(number(cells, magnification))
                    .map(|(detector, magnification)| detector * 1e4 / magnification),
                (None, Some(detector), None) => number(cells, detector),
                _ => None,
            };
            alike &= size.is_some() && *common.get_or_insert(size) == size;
            Ok(())
        });
        if alike && checked.is_ok() { common.flatten() } else { None }
    }

    fn triple(&self, line: u64, cells: &[&str], columns: [usize; 3]) -> Result<[f64; 3], ReadParticlesError> {
        let number = |column: usize| self.place.number(line, self.columns[column], cells[column]);
        Ok([number(columns[0])?, number(columns[1])?, number(columns[2])?])
    }

    fn turn(&self, line: u64, cells: &[&str], columns: Option<[usize; 3]>) -> Result<Option<Orientation>, ReadParticlesError> {
        let Some(columns) = columns else { return Ok(None) };
        let [rot, tilt, psi] = self.triple(line, cells, columns)?;
        self.place.orientation(line, Orientation::from_relion(rot, tilt, psi)).map(Some)
    }

    fn particle(&self, line: u64, cells: &[&str]) -> Result<Particle, ReadParticlesError> {
        let (place, options) = (self.place, self.options);
        let name = self.tomogram.map(|column| cells[column]).filter(|name| !name.is_empty());
        let [x, y, z] = self.triple(line, cells, self.coordinates)?;
        let group = self.group.map_or("1", |column| cells[column]);
        let voxel_size = || {
            let frame = name.and_then(|name| options.tomograms.get(name));
            frame.map(|frame| frame.voxel_size).or(self.voxel_size)
        };
        let subtomogram = self.turn(line, cells, self.subtomogram)?;
        let turned = |[x, y, z]: [f64; 3]| subtomogram.map_or([z, y, x], |turn| turn.rotate_zyx([z, y, x]));

        let mut zyx = match self.frame {
            Frame::Voxels => [z, y, x],
            Frame::Unbinned => {
                let wanted = name.and_then(|name| options.tomograms.get(name)).map(|frame| frame.voxel_size).or(options.voxel_size);
                match (wanted, self.optics.of(group, "rlnTomoTiltSeriesPixelSize").or(self.series)) {
                    (None, _) => [z, y, x],
                    (Some(size), Some(pixel)) => scale([z, y, x], |axis| pixel / size.zyx()[axis]),
                    (Some(_), None) => {
                        return Err(place.needs(
                            "RELION 4 coordinates are in pixels of the tilt series: say tilt_series_pixel_size as well as voxel_size",
                        ));
                    }
                }
            }
            Frame::Centred => {
                let frame = name.and_then(|name| options.tomograms.get(name)).copied();
                let size =
                    voxel_size().ok_or_else(|| place.needs("RELION 5 coordinates are in Angstrom: say voxel_size, or the tomograms"))?;
                let shape = frame
                    .map(|frame| frame.shape)
                    .or(options.shape)
                    .ok_or_else(|| place.needs("RELION 5 coordinates count from the tomogram's centre: say shape, or the tomograms"))?;
                std::array::from_fn(|axis| [z, y, x][axis] / size.zyx()[axis] + options.star_centre.of(shape[axis]))
            }
        };
        if let Some(columns) = self.origin_angstrom {
            let origin = turned(self.triple(line, cells, columns)?);
            if origin != [0.0; 3] {
                let size = voxel_size().ok_or_else(|| place.needs("the list has origins in Angstrom (rlnOriginXAngst): say voxel_size"))?;
                zyx = std::array::from_fn(|axis| zyx[axis] - origin[axis] / size.zyx()[axis]);
            }
        } else if let Some(columns) = self.origin_pixels {
            let origin = turned(self.triple(line, cells, columns)?);
            zyx = std::array::from_fn(|axis| zyx[axis] - origin[axis]);
        }

        let class = match self.class {
            Some(column) => place.class_number(line, self.columns[column], cells[column], options)?,
            None => options.class,
        };
        let mut particle = Particle::new(class, place.position(line, zyx)?);
        let angles = self.turn(line, cells, self.angles)?;
        particle.orientation = match (angles, subtomogram) {
            (Some(particle), Some(subtomogram)) => Some(particle.then(&subtomogram)),
            (particle, subtomogram) => particle.or(subtomogram),
        };
        if let Some(column) = self.score.filter(|&column| !cells[column].is_empty()) {
            particle.score = Some(place.score(line, self.columns[column], cells[column])?);
        }
        particle.tomogram = name.map(str::to_string);
        for &column in &self.extras {
            if !cells[column].is_empty() {
                particle.extra.insert(self.columns[column].to_string(), cells[column].to_string());
            }
        }
        for (column, value) in self.optics.groups.get(group).into_iter().flatten() {
            particle.extra.insert(format!("{OPTICS}{column}"), value.clone());
        }
        Ok(particle)
    }
}

fn scale(zyx: [f64; 3], factor: impl Fn(usize) -> f64) -> [f64; 3] {
    std::array::from_fn(|axis| zyx[axis] * factor(axis))
}
