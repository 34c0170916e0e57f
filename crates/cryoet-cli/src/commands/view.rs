use std::path::PathBuf;

use clap::Args;
use cryoet::VolumeSource;
use cryoet::io::{open_volume, read_labels, write_whole};
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::numbers;
use crate::options::{Frame, ListOptions};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::picture::{Grey, Overlay, sections};
use crate::record::Record;

/// Picture of a volume: central sections across and along the beam
///
/// Labels are laid over in class colours, particles drawn as balls cut by the section.
///
/// Examples:
///   cryoet view tomogram.mrc -o tomogram.png
///   cryoet view tomogram.mrc --labels labels.mrc --particles picks.csv --classes classes.toml -o picks.png
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct View {
    /// The volume
    #[serde(serialize_with = "crate::paths::shown")]
    volume: PathBuf,
    /// Label volume to lay over it
    #[arg(long)]
    #[serde(serialize_with = "crate::paths::shown")]
    labels: Option<PathBuf>,
    /// Particles to draw
    #[arg(long, value_name = "LIST")]
    #[serde(serialize_with = "crate::paths::shown")]
    particles: Option<PathBuf>,
    #[command(flatten)]
    lists: ListOptions,
    /// Radius in voxels of particles whose class has none in the table
    #[arg(long, value_name = "VOXELS", default_value_t = 8.0, value_parser = numbers::not_negative, allow_negative_numbers = true)]
    radius: f64,
    /// Section across the beam; the middle by default
    #[arg(long)]
    z: Option<usize>,
    /// Section along the beam; the middle by default
    #[arg(long)]
    y: Option<usize>,
    /// Voxels that a section is thick; their mean is shown
    #[arg(long, value_name = "VOXELS", default_value_t = 3, value_parser = numbers::at_least_one)]
    thickness: usize,
    /// Percentiles of the grey values that become black and white
    #[arg(long, value_name = "LOW,HIGH", default_value = "0.5,99.5", value_parser = percentiles)]
    percentiles: Percentiles,
    /// Pixels per voxel
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(1..=16))]
    zoom: Option<u32>,
    /// The picture to write
    #[arg(short, long, value_name = "PICTURE.png")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Percentiles([f64; 2]);

fn percentiles(text: &str) -> Result<Percentiles, String> {
    match numbers::list::<f64>(text)?.as_slice() {
        &[low, high] if (0.0..=100.0).contains(&low) && low < high && high <= 100.0 => Ok(Percentiles([low, high])),
        _ => Err("expected LOW,HIGH with 0 <= LOW < HIGH <= 100".into()),
    }
}

impl View {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        if self.output.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("png")) {
            return Err(Failure::usage(format!("{}: pictures are written as .png", self.output.display())));
        }
        let inputs = [Some(&self.volume), self.labels.as_ref(), self.particles.as_ref(), self.lists.classes.as_ref()];
        check_files(inputs.into_iter().flatten(), [&self.output])?;
        let record = Record::new("view", &self)?.with_inputs(inputs.into_iter().flatten())?;
        let volume = open_volume(&self.volume)?;
        let [nz, ny, nx] = volume.shape();
        if nz * ny * nx == 0 {
            return Err(Failure::new(format!("{}: a volume of shape {nz},{ny},{nx} has no section", self.volume.display())));
        }
        let (z, y) = (self.z.unwrap_or(nz / 2), self.y.unwrap_or(ny / 2));
        if z >= nz || y >= ny {
            return Err(Failure::usage(format!("section z = {z}, y = {y} lies outside a volume of shape {nz},{ny},{nx}")));
        }
        let labels = self.labels.as_ref().map(read_labels).transpose()?;
        if let Some(labels) = labels.as_ref().filter(|labels| labels.shape() != [nz, ny, nx]) {
            return Err(Failure::new(format!("the labels have shape {:?} (z, y, x), the volume {:?}", labels.shape(), [nz, ny, nx])));
        }
        let frame = Frame { voxel_size: volume.voxel_size(), shape: Some([nz, ny, nx]), ..Frame::default() };
        let particles = self.particles.as_ref().map(|path| self.lists.read_of_one_tomogram_in(path, frame)).transpose()?;
        let overlay = Overlay {
            labels: labels.as_ref().map(|labels| labels as &dyn VolumeSource<u8>),
            particles: particles.as_ref().map_or(&[], |list| &list.particles),
            classes: &self.lists.class_table()?,
            radius: self.radius,
            voxel_size: volume.voxel_size().map(|size| size.mean()),
        };
        // About 1,000 pixels wide.
        let zoom = self.zoom.unwrap_or_else(|| (1000 / nx.max(1) as u32).clamp(1, 4));
        let grey = Grey { z, y, thickness: self.thickness, percentiles: self.percentiles.0, zoom };
        let picture = sections(volume.as_ref(), &grey, &overlay)?;
        write_whole(&self.output, |file| picture.write_png(file))?;
        record.write_beside(&self.output)?;
        let value = json!({"output": self.output.shown(), "width": picture.width(), "height": picture.height()});
        output::print(json, &value, || format!("{} x {} pixels", picture.width(), picture.height()))
    }
}
