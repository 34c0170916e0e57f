mod volume;

#[cfg(feature = "net")]
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cryoet::VoxelSize;
#[cfg(feature = "net")]
use cryoet::io::write_whole;
use cryoet::io::{AxisOrder, CoordinateUnit, ParticleFormat, VolumeFormat, WriteParticles, inspect_volume};
#[cfg(feature = "net")]
use cryoet::net::Weights;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::numbers;
use crate::options::{Centre, Frame, ListOptions, Order, Unit, check_one_frame, tomogram_name, write_lists};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::record::Record;

/// Any volume or particle list to any other format; DeepFinder's own weights to ours
///
/// Voxel size and origin are kept. What a format cannot carry is said.
///
/// Examples:
///   cryoet convert labels.h5 labels.mrc
///   cryoet convert tomogram.mrc half.mrc --bin 2
///   cryoet convert picks.csv picks.star --like tomogram.mrc
///   cryoet convert picks.csv binned.csv --bin 2
///   cryoet convert picks.star picks.csv --like tomogram.mrc
///   cryoet convert picks.csv picks.star --like tomogram.mrc --output-star relion4 --output-tilt-series-pixel-size 2.5
///   cryoet convert points.txt picks.csv --columns x,y,z --unit angstrom --voxel-size 10
///   cryoet convert picks.csv picks.coords --output-columns x,y,z
///   cryoet convert net_weights_FINAL.h5 weights.safetensors --classes classes.toml --voxel-size 10
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Convert {
    /// The file to read
    #[serde(serialize_with = "crate::paths::shown")]
    input: PathBuf,
    /// The file to write
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
    /// Mean over N^3 voxels of grey values; positions of particles follow. Integers of 0 or more need --kind grey
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = numbers::at_least_one, allow_negative_numbers = true)]
    bin: usize,
    /// Voxel size in Angstrom that replaces the file's: one number, or z,y,x. Voxels stay as they are, and so do positions in voxels
    #[arg(long, value_name = "ANGSTROM", value_parser = size, allow_hyphen_values = true)]
    voxel_size: Option<Size>,
    /// One of several volumes in the file, read as grey values: a data set, an array, a level, a volume of a stack
    #[arg(long, value_name = "NAME", conflicts_with = "kind")]
    volume: Option<String>,
    /// What the voxels of a volume are
    #[arg(long, value_enum, default_value_t = Kind::Auto)]
    kind: Kind,
    /// The tomogram of a particle list: gives voxel size, shape and name; positions become those in its voxels, places in Angstrom
    /// stay
    #[arg(long, value_name = "TOMOGRAM")]
    #[serde(serialize_with = "crate::paths::shown")]
    like: Option<PathBuf>,
    #[command(flatten)]
    lists: ListOptions,
    /// Order of coordinates to write in SHREC text and DeepFinder XML
    #[arg(long, value_enum, value_name = "ORDER")]
    output_axis_order: Option<Order>,
    /// Columns to write, in order, as text without a header: x,y,z say
    #[arg(long, value_name = "NAME[,NAME..]", value_delimiter = ',', allow_hyphen_values = true)]
    output_columns: Vec<String>,
    /// What coordinates are to count in, in text without a header and in the Data Portal's points [default: voxels]
    #[arg(long, value_enum, value_name = "UNIT")]
    output_unit: Option<Unit>,
    /// The program and version that a STAR file is written for [default: relion5]
    #[arg(long, value_enum, value_name = "PROGRAM")]
    output_star: Option<Star>,
    /// Pixel size of the tilt series in Angstrom, which RELION 4's coordinates are to count in [default: what the list was read with]
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    output_tilt_series_pixel_size: Option<f64>,
    /// The centre that RELION 5's coordinates are to count from, in the list that is written
    #[arg(long, value_enum, value_name = "CENTRE", default_value_t = Centre::Half)]
    output_star_centre: Centre,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Size([f64; 3]);

fn size(text: &str) -> Result<Size, String> {
    let [z, y, x] = numbers::triple_or_one(text)?;
    VoxelSize::new(z, y, x).map(|_| Size([z, y, x])).map_err(|error| error.to_string())
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Labels or ids where the file holds integers of 0 or more, grey values otherwise
    Auto,
    /// Grey values
    Grey,
    /// Class labels, 0 to 255
    Labels,
    /// Particle ids
    Ids,
}

/// Programs whose particle lists are STAR files.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Star {
    /// Angstrom from the tomogram's centre
    Relion5,
    /// Pixels of the tilt series
    Relion4,
    /// Voxels, with optics
    Relion31,
    /// Voxels
    Relion3,
    /// Voxels from 1
    Stopgap,
}

impl From<Star> for ParticleFormat {
    fn from(star: Star) -> Self {
        match star {
            Star::Relion5 => Self::Relion5,
            Star::Relion4 => Self::Relion4,
            Star::Relion31 => Self::Relion31,
            Star::Relion3 => Self::Relion3,
            Star::Stopgap => Self::Stopgap,
        }
    }
}

impl Convert {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        let inputs = [Some(&self.input), self.like.as_ref(), self.lists.classes.as_ref(), self.lists.tomogram_set.as_ref()];
        check_files(inputs.into_iter().flatten(), [&self.output])?;
        let record = Record::new("convert", &self)?.with_inputs(inputs.into_iter().flatten())?;
        #[cfg(feature = "net")]
        if self.output.extension().is_some_and(|extension| extension == "safetensors") {
            let what = self.weights(&record)?;
            return output::print(json, &json!({"output": self.output.shown(), "converted": what}), || what.clone());
        }
        let to_list = ParticleFormat::of_extension(&self.output).is_some() || !self.output_columns.is_empty();
        let to_volume = VolumeFormat::of_extension(&self.output).is_some();
        if !to_list && !to_volume {
            let volumes = if cfg!(feature = "zarr") { ".mrc .npy .npz .h5 .em .zarr" } else { ".mrc .npy .npz .h5 .em" };
            let lists = ".csv .xml .txt .star .json .ndjson .tbl .mod .em .coords";
            return Err(Failure::usage(format!(
                "{}: no format has this extension: volumes are written as one of {volumes}, lists as one of {lists}",
                self.output.display()
            )));
        }
        let what = match self.lists.is_list(&self.input) {
            true if to_list => self.list()?,
            false if to_volume => self.volume()?,
            true => {
                return Err(Failure::usage(format!(
                    "{}: a particle list cannot become a volume (see cryoet targets)",
                    self.output.display()
                )));
            }
            false => {
                return Err(Failure::usage(format!(
                    "{}: a volume cannot become a particle list (see cryoet cluster)",
                    self.output.display()
                )));
            }
        };
        record.write_beside(&self.output)?;
        output::print(json, &json!({"output": self.output.shown(), "converted": what}), || what.clone())
    }

    /// A network that DeepFinder's own package saved.
    #[cfg(feature = "net")]
    fn weights(&self, record: &Record) -> Result<String, Failure> {
        if self.lists.classes.is_none() {
            return Err(Failure::usage("Keras files know no classes: --classes gives the table of them"));
        }
        let classes = self.lists.class_table()?;
        let about = Failure::about(&self.input);
        let bytes = std::fs::read(&self.input).map_err(Failure::from).map_err(&about)?;
        let weights = Weights::from_keras(&bytes, classes, self.voxel_size()?).map_err(Failure::from).map_err(&about)?;
        let bytes = weights.with_provenance("record", record.line()?).to_bytes()?;
        write_whole(&self.output, |file| file.write_all(&bytes))?;
        Ok("weights".into())
    }

    fn voxel_size(&self) -> Result<Option<VoxelSize>, Failure> {
        Ok(self.voxel_size.map(|Size([z, y, x])| VoxelSize::new(z, y, x)).transpose()?)
    }

    /// The format of the list that is written.
    fn list_format(&self) -> Result<Option<ParticleFormat>, Failure> {
        let by_extension = ParticleFormat::of_extension(&self.output).filter(|_| self.output_columns.is_empty());
        let star = by_extension == Some(ParticleFormat::Relion5);
        let format = match self.output_star {
            Some(_) if !star => {
                return Err(Failure::usage(format!("{}: --output-star is for lists written as .star", self.output.display())));
            }
            Some(star) => Some(star.into()),
            None => by_extension,
        };
        if self.output_tilt_series_pixel_size.is_some() && format != Some(ParticleFormat::Relion4) {
            return Err(Failure::usage("--output-tilt-series-pixel-size is for --output-star relion4"));
        }
        Ok(format)
    }

    fn list(&self) -> Result<String, Failure> {
        let format = self.list_format()?;
        let like = self.like.as_ref().map(inspect_volume).transpose()?;
        let frame = like.as_ref().map(Frame::from).unwrap_or_default();
        let said = self.voxel_size()?;
        let frame = Frame { voxel_size: said.or(frame.voxel_size), stated_voxel_size: said, ..frame };
        let mut list = self.lists.read_in(&self.input, frame)?;
        if let Some(like) = &self.like {
            list.tomogram = list.tomogram.or_else(|| Some(tomogram_name(like)));
        }
        list.voxel_size = frame.voxel_size.or(list.voxel_size);
        list.shape = frame.shape.or(list.shape);
        let mut tomograms = self.lists.frames()?;
        if frame.shape.is_some() && tomograms.is_empty() && format == Some(ParticleFormat::Relion5) {
            check_one_frame(&self.input, &list)?;
        }
        if self.bin != 1 {
            for frame in tomograms.values_mut() {
                frame.voxel_size = frame.voxel_size.scaled(self.bin as f64);
                frame.shape = frame.shape.map(|n| n / self.bin);
                frame.unbinned = None;
            }
            for particle in &mut list.particles {
                particle.position = particle.position.binned(self.bin);
                particle.size = particle.size_in_voxels_of((self.bin as f64).powi(3));
            }
            list.voxel_size = list.voxel_size.map(|size| size.scaled(self.bin as f64));
            list.shape = list.shape.map(|shape| shape.map(|n| n / self.bin));
        }
        let options = WriteParticles {
            format,
            tilt_series_pixel_size: self.output_tilt_series_pixel_size,
            axis_order: self.output_axis_order.map(AxisOrder::from),
            columns: self.output_columns.clone(),
            unit: self.output_unit.map(CoordinateUnit::from),
            star_centre: self.output_star_centre.into(),
            tomograms,
            classes: self.lists.class_table()?,
            ..WriteParticles::default()
        };
        write_lists(std::slice::from_ref(&self.output), &list, &options)?;
        Ok(format!("{} particles", list.particles.len()))
    }
}
