//! Options that several commands share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use cryoet::io::{
    AxisOrder, CoordinateUnit, ParticleFormat, ParticleList, ReadParticles, StarCentre, TomogramFrame, VolumeFormat, VolumeInfo,
    WriteParticles, inspect_volume, particle_format, read_class_table, read_particles, read_relion_tomograms, write_particles,
};
use cryoet::{ClassLabel, ClassTable, Particle, VoxelSize};
use serde::Serialize;

use crate::failure::Failure;
use crate::needed_option::{unread, unwritten};
use crate::{numbers, output};

/// Which way round a file gives three coordinates.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// x first
    Xyz,
    /// z first
    Zyx,
}

impl From<Order> for AxisOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::Xyz => Self::Xyz,
            Order::Zyx => Self::Zyx,
        }
    }
}

/// What coordinates count in.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    /// Voxels of the tomogram
    Voxels,
    /// Angstrom
    Angstrom,
}

impl From<Unit> for CoordinateUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Voxels => Self::Voxels,
            Unit::Angstrom => Self::Angstrom,
        }
    }
}

/// The centre that RELION 5's coordinates count from.
#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Centre {
    /// n / 2, RELION's own
    Half,
    /// floor(n / 2)
    FlooredHalf,
    /// n / 2 - 1, the napari picker's and PyTom's
    HalfLessOne,
}

impl From<Centre> for StarCentre {
    fn from(centre: Centre) -> Self {
        match centre {
            Centre::Half => Self::Half,
            Centre::FlooredHalf => Self::FlooredHalf,
            Centre::HalfLessOne => Self::HalfLessOne,
        }
    }
}

/// The tomogram that a list's positions are wanted in, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frame {
    pub(crate) voxel_size: Option<VoxelSize>,
    /// Goes in the place of the voxel size that a list states.
    pub(crate) stated_voxel_size: Option<VoxelSize>,
    pub(crate) shape: Option<[usize; 3]>,
}

impl From<&VolumeInfo> for Frame {
    fn from(info: &VolumeInfo) -> Self {
        Self { voxel_size: info.voxel_size, shape: Some(info.shape), ..Self::default() }
    }
}

/// How particle lists are read.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct ListOptions {
    /// Table of classes (TOML): names, radii in Angstrom, colours
    #[arg(long, value_name = "TABLE.toml")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(crate) classes: Option<PathBuf>,
    /// Order of coordinates in SHREC text, and in DeepFinder XML whose attribute x is the array's first axis (zyx)
    #[arg(long, value_enum, value_name = "ORDER")]
    axis_order: Option<Order>,
    /// Columns, in order, of text without a header: x,y,z or class,z,y,x,rot,tilt,psi say; - passes one over
    #[arg(long, value_name = "NAME[,NAME..]", value_delimiter = ',', allow_hyphen_values = true)]
    columns: Vec<String>,
    /// What coordinates count in, in text without a header and in the Data Portal's points [default: voxels]
    #[arg(long, value_enum, value_name = "UNIT")]
    unit: Option<Unit>,
    /// What the file calls the centre of the first voxel, in voxels [default: the format's own]; not for RELION 4 and 5 and copick,
    /// which count no voxels of the tomogram
    #[arg(long, value_name = "NUMBER", value_parser = numbers::finite, allow_negative_numbers = true)]
    first_voxel: Option<f64>,
    /// The centre that RELION 5's coordinates count from, in the list that is read
    #[arg(long, value_enum, value_name = "CENTRE", default_value_t = Centre::Half)]
    star_centre: Centre,
    /// Pixel size of the tilt series in Angstrom, which RELION 4's coordinates count in [default: what the file's optics say]
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    tilt_series_pixel_size: Option<f64>,
    /// RELION 5's tomogram set (tomograms.star): shape and voxel size of each tomogram of a STAR file
    #[arg(long, value_name = "TOMOGRAMS.star")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(crate) tomogram_set: Option<PathBuf>,
    /// Column of a CSV that holds the class, as a label or as a name of the table
    #[arg(long, value_name = "NAME")]
    class_column: Option<String>,
    /// Keep only particles of this tomogram
    #[arg(long, value_name = "NAME")]
    pub(crate) tomogram: Option<String>,
}

/// Where the reader keeps the object that copick's picks are of.
const COPICK_OBJECT: &str = "pickable_object_name";

impl ListOptions {
    /// The class table, empty when none was given.
    pub(crate) fn class_table(&self) -> Result<ClassTable, Failure> {
        self.classes.as_ref().map_or_else(|| Ok(ClassTable::default()), |path| Ok(read_class_table(path)?))
    }

    /// The frames of the tomogram set, by name.
    pub(crate) fn frames(&self) -> Result<BTreeMap<String, TomogramFrame>, Failure> {
        self.tomogram_set.as_ref().map_or_else(|| Ok(BTreeMap::new()), |path| Ok(read_relion_tomograms(path)?))
    }

    /// Whether a file is read as a particle list: by its extension, or because its columns are given. An `.em` file is one where it has
    /// a motive list's 20 numbers a row.
    pub(crate) fn is_list(&self, path: &Path) -> bool {
        match ParticleFormat::of_extension(path) {
            _ if !self.columns.is_empty() => true,
            Some(ParticleFormat::EmMotl) => inspect_volume(path).is_ok_and(|info| matches!(info.shape, [1, _, 20])),
            format => format.is_some(),
        }
    }

    /// Reads a particle list that says itself what it counts in.
    pub(crate) fn read(&self, path: &Path) -> Result<ParticleList, Failure> {
        self.read_in(path, Frame::default())
    }

    /// How the library reads a list in a frame.
    fn reading(&self, frame: Frame) -> Result<ReadParticles, Failure> {
        Ok(ReadParticles {
            axis_order: self.axis_order.map(AxisOrder::from),
            columns: self.columns.clone(),
            unit: self.unit.map(CoordinateUnit::from),
            first_voxel: self.first_voxel,
            voxel_size: frame.voxel_size,
            stated_voxel_size: frame.stated_voxel_size,
            shape: frame.shape,
            star_centre: self.star_centre.into(),
            tilt_series_pixel_size: self.tilt_series_pixel_size,
            tomograms: self.frames()?,
            classes: self.class_table()?,
            ..ReadParticles::default()
        })
    }

    /// The format of a particle list; of a STAR file, which program's and version's it is.
    pub(crate) fn format(&self, path: &Path) -> Result<ParticleFormat, Failure> {
        Ok(particle_format(path, &self.reading(Frame::default())?)?)
    }

    /// Reads a particle list; its positions count in the frame's voxels.
    pub(crate) fn read_in(&self, path: &Path, frame: Frame) -> Result<ParticleList, Failure> {
        Ok(self.read_rows(path, frame)?.0)
    }

    /// Reads a particle list likewise; for each particle also its row among the file's, from 0.
    pub(crate) fn read_rows(&self, path: &Path, frame: Frame) -> Result<(ParticleList, Vec<usize>), Failure> {
        let mut list = self.read_whole(path, frame)?;
        let mut rows: Vec<usize> = (0..list.particles.len()).collect();
        if let Some(name) = &self.tomogram {
            let there = names_of(&list);
            if !list.particles.is_empty() && !there.contains(name) {
                return Err(Failure::new(format!("{}: no particle of tomogram {name:?}: {}", path.display(), said(&there))));
            }
            let of_list = list.tomogram.clone();
            keep(&mut list.particles, &mut rows, |particle| particle.tomogram.as_deref().or(of_list.as_deref()) == Some(name));
        }
        if frame.shape.is_some() && self.tomogram_set.is_none() && self.format(path)? == ParticleFormat::Relion5 {
            check_one_frame(path, &list)?;
        }
        Ok((list, rows))
    }

    /// Reads the particles of all tomograms of a list, each as if the frame were its own.
    pub(crate) fn read_whole(&self, path: &Path, frame: Frame) -> Result<ParticleList, Failure> {
        let options = self.reading(frame)?;
        let mut list = read_particles(path, &options).map_err(unread)?;
        if options.classes.is_empty() && !list.particles.is_empty() {
            let objects: BTreeSet<&str> = list.particles.iter().filter_map(|p| Some(p.extra.get(COPICK_OBJECT)?.as_str())).collect();
            if let Some(first) = objects.first() {
                let class = options.class;
                output::warn(format!("{}: {first} is read as class {class}: --classes gives objects their labels", path.display()));
            }
        }
        if let Some(column) = &self.class_column {
            name_classes(&mut list, column, &options.classes).map_err(Failure::about(path))?;
        }
        Ok(list)
    }

    /// The voxel size that a list read in a frame says itself that its positions count in; none where reading brought them to the frame's.
    pub(crate) fn own_voxel_size(&self, path: &Path, framed: &ParticleList) -> Option<VoxelSize> {
        let own = self.read(path).ok()?;
        let positions = |list: &ParticleList| list.particles.iter().map(|particle| particle.position).collect::<Vec<_>>();
        own.voxel_size.filter(|_| positions(&own) == positions(framed))
    }

    /// Whether nothing is said of lists, only of classes.
    pub(crate) fn is_plain(&self) -> bool {
        let texts = [&self.class_column, &self.tomogram].into_iter().all(Option::is_none);
        texts
            && self.axis_order.is_none()
            && self.columns.is_empty()
            && self.unit.is_none()
            && self.first_voxel.is_none()
            && self.tilt_series_pixel_size.is_none()
            && self.tomogram_set.is_none()
    }

    /// Like [`read`](Self::read), for commands that work on one tomogram: a list of several is refused.
    pub(crate) fn read_of_one_tomogram(&self, path: &Path) -> Result<ParticleList, Failure> {
        self.read_of_one_tomogram_in(path, Frame::default())
    }

    /// Like [`read_in`](Self::read_in), for commands that work on one tomogram: a list of several is refused.
    pub(crate) fn read_of_one_tomogram_in(&self, path: &Path, frame: Frame) -> Result<ParticleList, Failure> {
        Ok(self.read_rows_of_one_tomogram(path, frame)?.0)
    }

    /// Like [`read_rows`](Self::read_rows), for such commands.
    pub(crate) fn read_rows_of_one_tomogram(&self, path: &Path, frame: Frame) -> Result<(ParticleList, Vec<usize>), Failure> {
        let (list, rows) = self.read_rows(path, frame)?;
        let names = names_of(&list);
        if names.len() > 1 {
            let message = format!("{} lists particles of {} tomograms: choose one with --tomogram", path.display(), names.len());
            return Err(Failure::usage(format!("{message} ({})", said(&names))));
        }
        Ok((list, rows))
    }
}

/// Keeps some of the particles, and their rows.
pub(crate) fn keep(particles: &mut Vec<Particle>, rows: &mut Vec<usize>, keeps: impl Fn(&Particle) -> bool) {
    *rows = particles.iter().zip(rows.iter()).filter(|(particle, _)| keeps(particle)).map(|(_, &row)| row).collect();
    particles.retain(keeps);
}

/// The names of a list's tomograms.
fn names_of(list: &ParticleList) -> BTreeSet<String> {
    let names: BTreeSet<&str> = list.particles.iter().filter_map(|particle| list.tomogram_of(particle)).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Names for a message, ten at most.
fn said(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "the list names no tomograms".into();
    }
    let first: Vec<&str> = names.iter().take(10).map(String::as_str).collect();
    format!("{}{}", first.join(", "), if names.len() > 10 { ", ..." } else { "" })
}

/// Refuses several tomograms in a list that counts from the centre of the one that --like names.
pub(crate) fn check_one_frame(path: &Path, list: &ParticleList) -> Result<(), Failure> {
    let names = names_of(list);
    if names.len() < 2 {
        return Ok(());
    }
    let message =
        "RELION 5 counts from each tomogram's centre, and --like is one tomogram: choose it with --tomogram, or give --tomogram-set";
    Err(Failure::usage(format!("{}: {message} ({})", path.display(), said(&names))))
}

fn name_classes(list: &mut ParticleList, column: &str, classes: &ClassTable) -> Result<(), Failure> {
    for (index, particle) in list.particles.iter_mut().enumerate() {
        let text = particle.extra.remove(column).ok_or_else(|| Failure::new(format!("particle {index} has no column {column:?}")))?;
        let by_name = classes.by_name(text.trim()).map(|class| class.label);
        let by_label = || text.trim().parse::<u8>().ok().map(cryoet::ClassLabel::new);
        particle.class = by_label().or(by_name).ok_or_else(|| {
            Failure::new(format!("particle {index}: {column} {text:?} is neither a label nor a name of the class table (--classes)"))
        })?;
    }
    Ok(())
}

/// Writes a list to several files; what a format cannot carry is said on the standard error.
pub(crate) fn write_lists(outputs: &[PathBuf], list: &ParticleList, options: &WriteParticles) -> Result<(), Failure> {
    for output in outputs {
        let dropped = write_particles(output, list, options).map_err(unwritten)?;
        // That a list does not say how large its tomogram is surprises nobody, nor that an empty list has no voxel size.
        let dull = |field: &str| field == "tomogram shape" || (list.particles.is_empty() && field.starts_with("voxel size"));
        let fields: Vec<String> = dropped.iter().filter(|dropped| !dull(&dropped.field)).map(ToString::to_string).collect();
        if !fields.is_empty() {
            output::warn(format!("{} cannot hold: {}", output.display(), fields.join(", ")));
        }
    }
    Ok(())
}

/// Refuses outputs whose format is not known before the work starts.
pub(crate) fn check_list_outputs(outputs: &[PathBuf]) -> Result<(), Failure> {
    match outputs.iter().find(|path| ParticleFormat::of_extension(path).is_none()) {
        Some(path) => Err(Failure::usage(format!("{}: no format of particle lists has this extension", path.display()))),
        None => Ok(()),
    }
}

/// Refuses an output that no volume is written as, before the work starts.
pub(crate) fn check_volume_output(path: &Path) -> Result<VolumeFormat, Failure> {
    match VolumeFormat::of_extension(path) {
        Some(VolumeFormat::OmeZarr) if !cfg!(feature = "zarr") => {
            Err(Failure::usage(format!("{}: this cryoet was built without OME-Zarr (cargo's feature zarr)", path.display())))
        }
        Some(format) => Ok(format),
        None => {
            let known = if cfg!(feature = "zarr") { ".mrc .npy .npz .h5 .em .zarr" } else { ".mrc .npy .npz .h5 .em" };
            Err(Failure::usage(format!("{}: volumes are written as one of {known}", path.display())))
        }
    }
}

/// A length in voxels, or in Angstrom over the voxel size.
pub(crate) fn voxels(in_voxels: Option<f64>, in_angstrom: Option<f64>, voxel_size: Option<VoxelSize>) -> Result<Option<f64>, Failure> {
    match (in_voxels, in_angstrom, voxel_size) {
        (Some(length), ..) => Ok(Some(length)),
        (None, Some(length), Some(size)) => Ok(Some(length / size.mean())),
        (None, Some(_), None) => Err(Failure::usage("a length in Angstrom needs a voxel size, and no input has one")),
        (None, None, _) => Ok(None),
    }
}

/// The name of a tomogram: its file's name without a volume's extension, and without a compressed file's.
pub(crate) fn tomogram_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain = [".gz", ".bz2"].iter().find_map(|compressed| name.strip_suffix(compressed)).unwrap_or(&name);
    let stem = plain.rsplit_once('.').map_or("", |(stem, _)| stem);
    match VolumeFormat::of_extension(plain) {
        Some(_) if !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}

/// The labels in class order: the table's, or 1, 2, 3 ... without a table.
pub(crate) fn class_order(classes: &ClassTable) -> Box<dyn Iterator<Item = ClassLabel> + '_> {
    if classes.is_empty() { Box::new((1..=254).map(ClassLabel::new)) } else { Box::new(classes.iter().map(|class| class.label)) }
}

/// Refuses more values than there are classes.
pub(crate) fn check_per_class(option: &str, values: usize, classes: &ClassTable) -> Result<(), Failure> {
    let most = class_order(classes).count();
    if values <= most { Ok(()) } else { Err(Failure::usage(format!("{option}: {values} values for {most} classes"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_extensions_of_volumes_only() {
        let name = |path: &str| tomogram_name(Path::new(path));
        assert_eq!(name("data/TS_026.mrc"), "TS_026");
        assert_eq!(name("TS_026.mrc.gz"), "TS_026");
        assert_eq!(name("TS_026_10.00Apx.mrc"), "TS_026_10.00Apx");
        assert_eq!(name("tomo.v1.2"), "tomo.v1.2");
        assert_eq!(name("a.H5"), "a");
        assert_eq!(name(".mrc"), ".mrc");
    }

    #[test]
    fn surplus_values_per_class_are_refused() {
        let two = ClassTable::new(vec![cryoet::Class::new(ClassLabel::new(1), "a"), cryoet::Class::new(ClassLabel::new(2), "b")]);
        let two = two.unwrap();
        assert!(check_per_class("--radii", 2, &two).is_ok());
        assert_eq!(check_per_class("--radii", 3, &two).unwrap_err().code(), 2);
        assert!(check_per_class("--radii", 254, &ClassTable::default()).is_ok());
        assert!(check_per_class("--radii", 255, &ClassTable::default()).is_err());
    }
}
