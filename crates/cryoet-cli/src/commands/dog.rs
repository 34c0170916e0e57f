use std::path::PathBuf;

use clap::Args;
use cryoet::io::{read_class_table, read_volume};
use cryoet::matching::{Contrast, DogParams, dog_candidates};
use serde::Serialize;
use serde_json::json;

use crate::bar::Bar;
use crate::class_labels::particles_class;
use crate::failure::Failure;
use crate::list_outputs::{check_found_outputs, check_outputs_in};
use crate::numbers;
use crate::options::voxels;
use crate::output;
use crate::paths::{Shown, check_files};
use crate::picks::{Origin, write_picks};
use crate::record::Record;

/// Tomogram to candidates, without template: difference of Gaussians
///
/// Finds particles of about one size, of radius sqrt(3) sigma, without telling their kinds or orientations apart. The defaults are those of
/// SHREC'19's baseline, for particles of about 10 nm in voxels of 1 nm.
///
/// Examples:
///   cryoet dog tomogram.mrc -o candidates.csv
///   cryoet dog tomogram.mrc --sigma 5 --distance 16 --most 500 -o candidates.csv
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Dog {
    /// The tomogram, held in memory three times over
    #[serde(serialize_with = "crate::paths::shown")]
    tomogram: PathBuf,
    /// The narrower Gaussian's standard deviation in voxels [default: 3]
    #[arg(long, value_name = "VOXELS", conflicts_with = "sigma_angstrom", value_parser = numbers::positive, allow_negative_numbers = true)]
    sigma: Option<f64>,
    /// The same in Angstrom
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    sigma_angstrom: Option<f64>,
    /// The wider Gaussian's standard deviation over the narrower's
    #[arg(long, value_name = "TIMES", default_value_t = DogParams::default().ratio, value_parser = numbers::positive, allow_negative_numbers = true)]
    ratio: f64,
    /// Least distance between two candidates in voxels [default: 10]
    #[arg(long, value_name = "VOXELS", conflicts_with = "distance_angstrom", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    distance: Option<f64>,
    /// The same in Angstrom
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    distance_angstrom: Option<f64>,
    /// Candidates respond more than this, in the tomogram's units
    #[arg(long, value_name = "VALUE", default_value_t = 0.0, value_parser = numbers::finite, allow_negative_numbers = true)]
    min_score: f64,
    /// Most candidates, the best
    #[arg(long, value_name = "N", value_parser = numbers::at_least_one)]
    most: Option<usize>,
    /// Particles are brighter than their surroundings; by default darker
    #[arg(long)]
    bright: bool,
    /// The class that candidates get, by label or name
    #[arg(long, value_name = "CLASS", default_value = "1")]
    class: String,
    /// Table of classes (TOML): names for the list
    #[arg(long, value_name = "TABLE.toml")]
    #[serde(serialize_with = "crate::paths::shown")]
    classes: Option<PathBuf>,
    /// Name of the tomogram in the lists; by default its file's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The list to write; may be given several times
    #[arg(short, long, required = true, value_name = "CANDIDATES")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Vec<PathBuf>,
}

impl Dog {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        check_found_outputs(&self.output, 1)?;
        let inputs: Vec<_> = [&self.tomogram].into_iter().chain(&self.classes).collect();
        check_files(inputs.iter().copied(), &self.output)?;
        let classes = self.classes.as_ref().map(read_class_table).transpose()?.unwrap_or_default();
        let class = particles_class(&self.class, &classes)?;
        let record = Record::new("dog", &self)?.with_inputs(inputs)?;
        let tomogram = read_volume(&self.tomogram)?;
        let (voxel_size, shape) = (tomogram.voxel_size(), tomogram.shape());
        check_outputs_in(&self.output, voxel_size)?;
        let defaults = DogParams::default();
        let params = DogParams {
            sigma: voxels(self.sigma, self.sigma_angstrom, voxel_size)?.unwrap_or(defaults.sigma),
            ratio: self.ratio,
            distance: voxels(self.distance, self.distance_angstrom, voxel_size)?.unwrap_or(defaults.distance),
            threshold: self.min_score,
            most: self.most,
            contrast: if self.bright { Contrast::Bright } else { Contrast::Dark },
        };
        let particles = dog_candidates(tomogram.view(), class, &params, &Bar::new("filtering"))
            .map_err(Failure::from)
            .map_err(Failure::about(&self.tomogram))?;
        let origin = Origin { volume: &self.tomogram, name: self.name.as_ref(), voxel_size, shape };
        let count = write_picks(&self.output, particles, &origin, &classes, &record)?;
        output::print(json, &json!({"particles": count, "outputs": self.output.shown()}), || format!("{count} candidates"))
    }
}
