use std::path::PathBuf;

use clap::{ArgGroup, Args};
use cryoet::Volume;
use cryoet::io::{read_volume, write_labels};
use cryoet::targets::{DensityMaskParams, DensityThreshold, density_mask, equivalent_radius};
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::numbers;
use crate::output;
use crate::paths::{Shown, check_files};
use crate::record::Record;

/// Density map to the binary mask of a class, for `targets --masks`
///
/// The map is bright (protein high). Without --value or --mass Otsu's threshold is taken.
///
/// Examples:
///   cryoet mask ribosome.mrc -o masks/ribosome.mrc
///   cryoet mask 1bxn.mrc --mass 560 -o masks/1bxn.mrc
///   cryoet mask map.mrc --value 0.3 --smoothing 0 --all-pieces -o mask.npy
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
#[command(group(ArgGroup::new("threshold").args(["value", "mass"])))]
pub(crate) struct Mask {
    /// The density map
    #[serde(serialize_with = "crate::paths::shown")]
    density: PathBuf,
    /// Voxels at or above this value are set
    #[arg(long, value_name = "VALUE", value_parser = numbers::finite, allow_negative_numbers = true)]
    value: Option<f64>,
    /// The densest voxels that together weigh so much are set, at 0.81 Da per cubic Angstrom
    #[arg(long, value_name = "KDA", value_parser = numbers::positive, allow_negative_numbers = true)]
    mass: Option<f64>,
    /// How often the mask is smoothed, which keeps its number of voxels
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u16).range(..=100))]
    smoothing: u16,
    /// Keep every piece, not the largest alone
    #[arg(long)]
    all_pieces: bool,
    /// The mask to write
    #[arg(short, long, value_name = "MASK")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
}

impl Mask {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        check_files([&self.density], [&self.output])?;
        let record = Record::new("mask", &self)?.with_input(&self.density)?;
        let density = read_volume(&self.density)?;
        let threshold = match (self.value, self.mass) {
            (Some(value), _) => DensityThreshold::Value(value as f32),
            (_, Some(kilodalton)) => DensityThreshold::Mass(kilodalton),
            _ => DensityThreshold::Otsu,
        };
        let params = DensityMaskParams { threshold, smoothing: self.smoothing.into(), largest_component: !self.all_pieces };
        let mask = density_mask(&density, &params)?;
        let voxels = mask.iter().filter(|&&set| set).count();
        let radius = equivalent_radius(mask.view());
        let angstrom = density.voxel_size().map(|size| radius * size.mean());
        let volume = Volume::new(mask.mapv(u8::from)).with_voxel_size(density.voxel_size()).with_origin(density.origin());
        write_labels(&self.output, &volume)?;
        record.write_beside(&self.output)?;
        let value = json!({"voxels": voxels, "radius": radius, "radius_angstrom": angstrom, "output": self.output.shown()});
        output::print(json, &value, || {
            let angstrom = angstrom.map(|angstrom| format!(", {angstrom:.1} Angstrom")).unwrap_or_default();
            format!("{voxels} voxels, as many as a ball of radius {radius:.2}{angstrom}")
        })
    }
}
