use std::collections::{BTreeMap, HashMap};

use cryoet_core::{Orientation, Particle, VoxelSize};

use super::{
    super::{
        ParticleFormat, ParticleList, ReadParticles, ReadParticlesError,
        names::Names,
        read::Place,
        rescale::rescaled,
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
    let Some(block) = blocks.iter().find(|block| is_list(block)) else {
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
    match table.frame {
        Frame::Centred => place.counts_voxels(ParticleFormat::Relion5, options)?,
        Frame::Unbinned => place.counts_voxels(ParticleFormat::Relion4, options)?,
        Frame::Voxels => {}
    }
    let mut list = ParticleList { voxel_size: table.voxel_size, ..ParticleList::default() };
    match (&options.tomogram, table.tomogram) {
        (Some(wanted), Some(column)) => {
            let mut names = Names::default();
            block.each_row(place, |line, cells| {
                if cells[column] == wanted {
                    list.particles.push(table.particle(line, cells, &mut names)?);
                }
                Ok(())
            })?;
        }
        _ => {
            let spare = Particle::new(options.class, place.position(1, [0.0; 3])?);
            list.particles = block.map_rows(place, &spare, |line, cells, names| table.particle(line, cells, names))?;
        }
    }
    Ok(list)
}

/// Which of RELION's versions a STAR file's columns are of, or STOPGAP's; none where it holds no particles.
pub(in super::super) fn dialect(place: Place, text: &str, options: &ReadParticles) -> Result<Option<ParticleFormat>, ReadParticlesError> {
    let blocks = parse(place, text)?;
    if blocks.iter().any(|block| block.column("motl_idx").is_some()) {
        return Ok(Some(ParticleFormat::Stopgap));
    }
    let Some(block) = blocks.iter().find(|block| is_list(block)) else { return Ok(None) };
    let optics = blocks.iter().find(|block| block.name == "optics");
    let groups = optics.map_or_else(|| Ok(Optics::default()), |block| Optics::read(place, block))?;
    Ok(Some(match Frame::of(block, &groups, options) {
        Frame::Centred => ParticleFormat::Relion5,
        Frame::Unbinned => ParticleFormat::Relion4,
        Frame::Voxels if optics.is_some() => ParticleFormat::Relion31,
        Frame::Voxels => ParticleFormat::Relion3,
    }))
}

/// Optics are no particles, whatever columns they have.
fn is_list(block: &Block) -> bool {
    block.name != "optics" && block.column("rlnCenteredCoordinateXAngst").or(block.column("rlnCoordinateX")).is_some()
}

impl Frame {
    fn of(block: &Block, optics: &Optics, options: &ReadParticles) -> Self {
        let series = optics.groups.values().any(|group| group.columns.iter().any(|(name, _)| name == "rlnTomoTiltSeriesPixelSize"));
        let named = block.column("rlnTomoName").is_some() && block.column("rlnMicrographName").is_none();
        if block.column("rlnCenteredCoordinateXAngst").is_some() {
            Self::Centred
        } else if options.tilt_series_pixel_size.is_some() || series || named {
            Self::Unbinned
        } else {
            Self::Voxels
        }
    }
}

/// The optics groups by their number.
#[derive(Debug, Default)]
struct Optics {
    groups: HashMap<String, Group>,
}

/// An optics group: columns with their values, and the pixel sizes among them.
#[derive(Debug)]
struct Group {
    columns: Vec<(String, String)>,
    image: Option<VoxelSize>,
    series: Option<VoxelSize>,
}

impl Optics {
    fn read(place: Place, block: &Block) -> Result<Self, ReadParticlesError> {
        let mut optics = Self::default();
        let Some(number) = block.column("rlnOpticsGroup") else { return Ok(optics) };
        let [image, series] = ["rlnImagePixelSize", "rlnTomoTiltSeriesPixelSize"].map(|name| block.column(name));
        block.each_row(place, |_, cells| {
            let pairs = block.columns.iter().zip(cells).enumerate().filter(|(index, _)| *index != number);
            let columns = pairs.map(|(_, (column, cell))| ((*column).to_string(), (*cell).to_string())).collect();
            let [image, series] = [image, series].map(|column| positive(cells[column?]));
            optics.groups.insert(cells[number].to_string(), Group { columns, image, series });
            Ok(())
        })?;
        Ok(optics)
    }

    /// A pixel size that every group gives alike; none where they differ or are silent.
    fn common(&self, of: impl Fn(&Group) -> Option<VoxelSize>) -> Option<VoxelSize> {
        common(self.groups.values().map(of))
    }
}

/// A pixel size, where a cell holds one.
fn positive(cell: &str) -> Option<VoxelSize> {
    VoxelSize::isotropic(cell.parse().ok()?).ok()
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
    origin_angstrom: Option<[Option<usize>; 3]>,
    origin_pixels: Option<[Option<usize>; 3]>,
    pixel_size: Option<usize>,
    detector: Option<usize>,
    magnification: Option<usize>,
    tomogram: Option<usize>,
    class: Option<usize>,
    score: Option<usize>,
    group: Option<usize>,
    extras: Vec<usize>,
    /// Pixel size of the tilt series.
    series: Option<VoxelSize>,
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
        let said = options.tilt_series_pixel_size.and_then(|pixel| VoxelSize::isotropic(pixel).ok());
        let series = said.or_else(|| optics.common(|group| group.series));
        let frame = Frame::of(block, optics, options);
        let coordinates = if frame == Frame::Centred { centred } else { corner };
        let coordinates = coordinates.ok_or_else(|| place.syntax(1, "coordinates of one or two axes, expected x, y and z"))?;
        let partial = |names: [&str; 3]| place.syntax(1, format!("some of the columns {} and not all", names.join(", ")));
        let angles = |names: [&str; 3]| match triple(names) {
            None if names.iter().any(|name| block.column(name).is_some()) => Err(partial(names)),
            angles => Ok(angles),
        };
        // Lists of images have origins in x and y only.
        let origins = |names: [&str; 3]| match names.map(|name| block.column(name)) {
            [None, None, None] => Ok(None),
            [Some(x), Some(y), z] => Ok(Some([Some(x), Some(y), z])),
            _ => Err(partial(names)),
        };
        let score = SCORES.iter().find_map(|&name| block.column(name));
        let mut table = Self {
            place,
            options,
            optics,
            frame,
            columns: &block.columns,
            coordinates,
            angles: angles(["rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"])?,
            subtomogram: angles(["rlnTomoSubtomogramRot", "rlnTomoSubtomogramTilt", "rlnTomoSubtomogramPsi"])?,
            origin_angstrom: origins(["rlnOriginXAngst", "rlnOriginYAngst", "rlnOriginZAngst"])?,
            origin_pixels: origins(["rlnOriginX", "rlnOriginY", "rlnOriginZ"])?,
            pixel_size: ["rlnPixelSize", "rlnImagePixelSize"].iter().find_map(|name| block.column(name)),
            detector: block.column("rlnDetectorPixelSize"),
            magnification: block.column("rlnMagnification"),
            tomogram: ["rlnTomoName", "rlnMicrographName"].iter().find_map(|name| block.column(name)),
            class: block.column("rlnClassNumber"),
            score,
            group: block.column("rlnOpticsGroup"),
            extras: Vec::new(),
            series,
            voxel_size: options.voxel_size,
        };
        if table.voxel_size.is_none() && frame != Frame::Centred {
            table.voxel_size = if !options.tomograms.is_empty() {
                common(options.tomograms.values().map(|frame| Some(frame.voxel_size)))
            } else if frame == Frame::Unbinned {
                series
            } else if optics.groups.values().any(|group| group.image.is_some()) {
                optics.common(|group| group.image)
            } else {
                table.common_pixel_size(place, block)
            };
        }
        let used: Vec<usize> = [Some(table.coordinates), table.angles, table.subtomogram]
            .into_iter()
            .flatten()
            .flatten()
            .chain([table.origin_angstrom, table.origin_pixels].into_iter().flatten().flatten().flatten())
            .chain([table.tomogram, table.class, table.score, table.group].into_iter().flatten())
            .collect();
        table.extras = (0..block.columns.len()).filter(|index| !used.contains(index)).collect();
        Ok(table)
    }

    /// The pixel size of a row, from its own column or from RELION 3's detector and magnification.
    fn row_pixel_size(&self, cells: &[&str]) -> Option<VoxelSize> {
        match (self.pixel_size, self.detector, self.magnification) {
            (Some(column), _, _) => positive(cells[column]),
            // The detector's pixel is in micrometres; programs that mean Angstrom write a magnification of 10000 or none.
            (None, Some(detector), Some(magnification)) => {
                let [detector, magnification] = [cells[detector], cells[magnification]].map(|cell| cell.parse::<f64>().ok());
                VoxelSize::isotropic(detector? * 1e4 / magnification?).ok()
            }
            (None, Some(detector), None) => positive(cells[detector]),
            (None, None, _) => None,
        }
    }

    /// The pixel size that every row gives alike.
    fn common_pixel_size(&self, place: Place, block: &Block) -> Option<VoxelSize> {
        self.pixel_size.or(self.detector)?;
        let mut sizes = Vec::new();
        let checked = block.each_row(place, |_, cells| {
            let size = self.row_pixel_size(cells);
            if sizes.last() != Some(&size) {
                sizes.push(size);
            }
            Ok(())
        });
        if checked.is_ok() { common(sizes.into_iter()) } else { None }
    }

    /// The size of the voxels that a row's coordinates count in: its optics group's, else its own, else what was said of the tilt series.
    fn own_voxel_size(&self, group: Option<&Group>, cells: &[&str]) -> Option<VoxelSize> {
        match self.frame {
            Frame::Centred => None,
            Frame::Unbinned => group.and_then(|group| group.series).or(self.series),
            Frame::Voxels => group.and_then(|group| group.image).or_else(|| self.row_pixel_size(cells)),
        }
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

    /// A row's origin x, y, z; a missing one of z is 0.
    fn origin_of(&self, line: u64, cells: &[&str], columns: [Option<usize>; 3]) -> Result<[f64; 3], ReadParticlesError> {
        let mut origin = [0.0; 3];
        for (value, column) in origin.iter_mut().zip(columns) {
            if let Some(column) = column {
                *value = self.place.number(line, self.columns[column], cells[column])?;
            }
        }
        Ok(origin)
    }

    /// A row's origin z, y, x in voxels of the size given.
    fn origin(
        &self,
        line: u64,
        cells: &[&str],
        subtomogram: Option<Orientation>,
        size: Option<VoxelSize>,
    ) -> Result<[f64; 3], ReadParticlesError> {
        let turned = |[x, y, z]: [f64; 3]| subtomogram.map_or([z, y, x], |turn| turn.rotate_zyx([z, y, x]));
        if let Some(columns) = self.origin_angstrom {
            let origin = turned(self.origin_of(line, cells, columns)?);
            if origin == [0.0; 3] {
                return Ok(origin);
            }
            let need = "the list has origins in Angstrom (rlnOriginXAngst): say voxel_size";
            let size = size.ok_or_else(|| self.place.needs(need))?.zyx();
            return Ok(std::array::from_fn(|axis| origin[axis] / size[axis]));
        }
        self.origin_pixels.map_or(Ok([0.0; 3]), |columns| Ok(turned(self.origin_of(line, cells, columns)?)))
    }

    fn particle(&self, line: u64, cells: &[&str], names: &mut Names) -> Result<Particle, ReadParticlesError> {
        let (place, options) = (self.place, self.options);
        let name = self.tomogram.map(|column| cells[column]).filter(|name| !name.is_empty());
        let [x, y, z] = self.triple(line, cells, self.coordinates)?;
        let group = self.optics.groups.get(self.group.map_or("1", |column| cells[column]));
        let frame = name.and_then(|name| options.tomograms.get(name));
        let wanted = frame.map(|frame| frame.voxel_size).or(options.voxel_size);
        let own = self.own_voxel_size(group, cells);
        let subtomogram = self.turn(line, cells, self.subtomogram)?;
        let origin = self.origin(line, cells, subtomogram, own.or(wanted))?;
        let shifted: [f64; 3] = std::array::from_fn(|axis| [z, y, x][axis] - origin[axis]);
        let zyx = match self.frame {
            Frame::Voxels => rescaled(options.counted_from_zero(shifted), own.map(|own| options.stated_voxel_size.unwrap_or(own)), wanted),
            Frame::Unbinned => match (wanted, own) {
                (None, _) => shifted,
                (Some(size), Some(pixel)) => std::array::from_fn(|axis| shifted[axis] * (pixel.zyx()[axis] / size.zyx()[axis])),
                (Some(_), None) => {
                    return Err(place
                        .needs("RELION 4 coordinates are in pixels of the tilt series: say tilt_series_pixel_size as well as voxel_size"));
                }
            },
            Frame::Centred => {
                let need = "RELION 5 coordinates are in Angstrom: say voxel_size, or the tomograms";
                let size = wanted.ok_or_else(|| place.needs(need))?.zyx();
                let need = "RELION 5 coordinates count from the tomogram's centre: say shape, or the tomograms";
                let whole = || options.shape.map(|shape| shape.map(|n| options.star_centre.of(n)));
                let centre = frame.map(|frame| frame.centre(options.star_centre)).or_else(whole).ok_or_else(|| place.needs(need))?;
                std::array::from_fn(|axis| [z, y, x][axis] / size[axis] + centre[axis] - origin[axis])
            }
        };

        let class = match self.class {
            Some(column) => place.class_number(line, self.columns[column], cells[column], options)?,
            None => options.class,
        };
        let position = place.position(line, zyx)?;
        let angles = self.turn(line, cells, self.angles)?;
        let orientation = match (angles, subtomogram) {
            (Some(particle), Some(subtomogram)) => Some(particle.then(&subtomogram)),
            (particle, subtomogram) => particle.or(subtomogram),
        };
        let score = match self.score.filter(|&column| !cells[column].is_empty()) {
            Some(column) => place.known_score(line, self.columns[column], cells[column])?,
            None => None,
        };
        let mut extra = BTreeMap::new();
        for &column in &self.extras {
            if !cells[column].is_empty() {
                extra.insert(self.columns[column].to_string(), cells[column].to_string());
            }
        }
        for (column, value) in group.into_iter().flat_map(|group| &group.columns) {
            extra.insert(format!("{OPTICS}{column}"), value.clone());
        }
        // Made in one piece, where the caller wants it: a million rows are moved no further.
        Ok(Particle { class, position, orientation, score, size: None, tomogram: name.map(|name| names.shared(name)), extra })
    }
}

/// What all values are; none where they differ, or where one or all are missing.
fn common(mut values: impl Iterator<Item = Option<VoxelSize>>) -> Option<VoxelSize> {
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}
