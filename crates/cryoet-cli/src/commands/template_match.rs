use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use cryoet::VoxelSize;
use cryoet::io::{open_volume, read_class_table, read_volume, write_volume};
use cryoet::matching::{
    Candidates, Contrast, LowPass, MatchParams, PeakParams, PrepareParams, RotationGrid, Search, Template, TemplateMask, Wedge, find_peaks,
    prepare_template, top_per_class, top_without_overlap,
};
use serde::Serialize;
use serde_json::json;

use crate::bar::Bar;
use crate::failure::Failure;
use crate::geometry::{Group, Tilts, symmetry, tilts};
use crate::numbers;
use crate::options::{check_list_outputs, check_per_class, class_order};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::picks::{Origin, write_picks};
use crate::record::Record;

/// Tomogram and templates to particles with poses
///
/// Local normalised cross-correlation over all orientations. A template is a density map, bright on a ground of about 0, at
/// any voxel size; the first is class 1, the next class 2, and so on, or the classes of the table in order.
///
/// Examples:
///   cryoet match tomogram.mrc --template ribosome.mrc --step 15 --tilts -60,60 -o picks.csv
///   cryoet match tomogram.mrc --template a.mrc --template b.mrc --step 20 --most 200 --select without-overlap -o picks.csv
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct TemplateMatch {
    /// The tomogram
    #[serde(serialize_with = "crate::paths::shown")]
    tomogram: PathBuf,
    /// A density map to look for; may be given several times
    #[arg(long, required = true, value_name = "MAP")]
    #[serde(serialize_with = "crate::paths::shown")]
    template: Vec<PathBuf>,
    /// Largest angle in degrees between any orientation and the nearest one tried, about
    #[arg(long, value_name = "DEGREES", default_value_t = 15.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    step: f64,
    /// Symmetry of the templates: C1, C2 .., D2 .., T, O or I; one, or one per template
    #[arg(long, value_name = "GROUP", value_parser = symmetry, value_delimiter = ',', default_value = "C1")]
    symmetry: Vec<Group>,
    /// First and last tilt in degrees: the turned templates lose what the tilt series did not measure
    #[arg(long, value_name = "FROM,TO", value_parser = tilts, allow_hyphen_values = true)]
    tilts: Option<Tilts>,
    /// Low-pass on the turned templates, in Angstrom
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    low_pass: Option<f64>,
    /// Particles are brighter than their surroundings; by default darker
    #[arg(long)]
    bright: bool,
    /// Radius of the mask in voxels of the tomogram; by default what the map fills
    #[arg(long, value_name = "VOXELS", value_parser = numbers::positive, allow_negative_numbers = true)]
    radius: Option<f64>,
    /// Least distance between two particles of a class in voxels; by default the mask's radius
    #[arg(long, value_name = "VOXELS", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    distance: Option<f64>,
    /// Smallest score kept; by default what noise alone would pass --false-positives times
    #[arg(long, value_name = "SCORE", value_parser = numbers::finite, allow_negative_numbers = true, conflicts_with = "false_positives")]
    min_score: Option<f64>,
    /// False positives expected of noise alone in the whole search of a template
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    false_positives: f64,
    /// Voxels whose surroundings vary more than this many times as much as the tomogram are not searched: gold, carbon
    #[arg(long, value_name = "TIMES", value_parser = numbers::positive, allow_negative_numbers = true)]
    variance_limit: Option<f64>,
    /// Most particles per class, the best
    #[arg(long, value_name = "N", value_parser = numbers::at_least_one)]
    most: Option<usize>,
    /// How the particles of several templates are merged
    #[arg(long, value_enum, default_value_t = Selection::PerClass)]
    select: Selection,
    /// Edge in voxels of the tiles that are searched at a time: memory grows with its cube
    #[arg(long, value_name = "VOXELS", value_parser = numbers::at_least_one)]
    tile: Option<usize>,
    /// Also write the best score of each voxel (one template only)
    #[arg(long, value_name = "SCORES")]
    #[serde(serialize_with = "crate::paths::shown")]
    scores: Option<PathBuf>,
    /// Table of classes (TOML): names for the list
    #[arg(long, value_name = "TABLE.toml")]
    #[serde(serialize_with = "crate::paths::shown")]
    classes: Option<PathBuf>,
    /// Name of the tomogram in the lists; by default its file's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The list to write; may be given several times
    #[arg(short, long, required = true, value_name = "PICKS")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Vec<PathBuf>,
}

/// Ways of merging.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Selection {
    /// The best of each class, whatever they overlap: TM-T of SHREC'20
    PerClass,
    /// From the largest class down, none that overlaps one taken: TM-F of SHREC'20
    WithoutOverlap,
}

impl TemplateMatch {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        check_list_outputs(&self.output)?;
        if self.scores.is_some() && self.template.len() > 1 {
            return Err(Failure::usage("--scores is for a single --template"));
        }
        if self.symmetry.len() != 1 && self.symmetry.len() != self.template.len() {
            let (groups, templates) = (self.symmetry.len(), self.template.len());
            return Err(Failure::usage(format!("--symmetry: {groups} groups for {templates} templates")));
        }
        let inputs: Vec<_> = [&self.tomogram].into_iter().chain(&self.template).chain(&self.classes).collect();
        check_files(inputs.iter().copied(), self.output.iter().chain(&self.scores))?;
        let classes = self.classes.as_ref().map(read_class_table).transpose()?.unwrap_or_default();
        check_per_class("--template", self.template.len(), &classes)?;
        let record = Record::new("match", &self)?.with_inputs(inputs)?;
        let tomogram = open_volume(&self.tomogram)?;
        let mut found = Vec::new();
        for (place, (path, label)) in self.template.iter().zip(class_order(&classes)).enumerate() {
            let template = self.prepare(path, tomogram.voxel_size()).map_err(Failure::about(path))?;
            let group = &self.symmetry[place.min(self.symmetry.len() - 1)];
            let grid = RotationGrid::covering(self.step, group.symmetry).map_err(Failure::of_arguments)?;
            let bar = Bar::new("matching");
            let matches = Search::new(tomogram.as_ref(), &template, &grid, self.params(tomogram.voxel_size())?)?.run(&bar)?;
            drop(bar);
            let radius = match template.mask() {
                TemplateMask::Sphere { radius, .. } => *radius,
                TemplateMask::Shape(_) => template.size() as f64 / 2.0,
            };
            let noise = matches.statistics.threshold(self.false_positives).unwrap_or(0.0);
            let params = PeakParams { threshold: self.min_score.unwrap_or(noise), ..PeakParams::new(self.distance.unwrap_or(radius)) };
            found.push(Candidates { particles: find_peaks(&matches, &grid, label, &params)?, radius });
            if let Some(path) = &self.scores {
                write_volume(path, &matches.scores)?;
                record.write_beside(path)?;
            }
        }
        let most = self.most.unwrap_or(usize::MAX);
        let particles = match self.select {
            Selection::PerClass => top_per_class(&found, most)?,
            Selection::WithoutOverlap => top_without_overlap(&found, most)?,
        };
        let (voxel_size, shape) = (tomogram.voxel_size(), tomogram.shape());
        let origin = Origin { volume: &self.tomogram, name: self.name.as_ref(), voxel_size, shape };
        let count = write_picks(&self.output, particles, &origin, &classes, &record)?;
        output::print(json, &json!({"particles": count, "outputs": self.output.shown()}), || format!("{count} particles"))
    }

    /// The template of a map, at the tomogram's voxel size and contrast.
    fn prepare(&self, path: &Path, tomogram: Option<VoxelSize>) -> Result<Template, Failure> {
        let map = read_volume(path)?;
        let voxel_size = tomogram.or(map.voxel_size());
        let voxel_size = voxel_size.ok_or_else(|| Failure::new("neither the map nor the tomogram knows its voxel size"))?;
        let known = map.voxel_size().unwrap_or(voxel_size);
        let contrast = if self.bright { Contrast::Bright } else { Contrast::Dark };
        let params = PrepareParams { contrast, radius: self.radius, ..PrepareParams::new(voxel_size) };
        Ok(prepare_template(&map.with_voxel_size(Some(known)), &params)?)
    }

    fn params(&self, voxel_size: Option<VoxelSize>) -> Result<MatchParams, Failure> {
        let low_pass = match (self.low_pass, voxel_size) {
            (Some(angstrom), Some(size)) => Some(LowPass::at_resolution(angstrom, size)),
            (Some(_), None) => return Err(Failure::usage("--low-pass is in Angstrom, and the tomogram's voxel size is unknown")),
            (None, _) => None,
        };
        let defaults = MatchParams::default();
        let params = MatchParams {
            wedge: self.tilts.map(|Tilts(from, to)| Wedge::new(from, to)),
            low_pass,
            variance_limit: self.variance_limit,
            tile: self.tile.unwrap_or(defaults.tile),
            ..defaults
        };
        params.check().map_err(Failure::of_arguments)?;
        Ok(params)
    }
}
