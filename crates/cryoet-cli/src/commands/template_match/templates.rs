//! Density maps as templates.

use std::path::{Path, PathBuf};

use clap::Args;
use cryoet::io::read_volume;
use cryoet::matching::{
    Contrast, PrepareParams, Symmetry, Template, TemplateError, TemplateMask, prepare_template, prepare_template_under,
};
use cryoet::{Volume, VoxelSize};
use serde::Serialize;

use crate::density_file::read_density;
use crate::failure::Failure;
use crate::geometry::{Group, symmetry};
use crate::numbers;
use crate::voxel_sizes::voxel_sizes_of;

#[derive(Args, Serialize)]
pub(super) struct Templates {
    /// A density map to look for, or atoms (.cif, .pdb: their first biological assembly); may be given several times
    #[arg(long = "template", required = true, value_name = "MAP")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(super) maps: Vec<PathBuf>,
    /// A mask on the map's grid, weights from 0 to 1, that turns with it: one per template; by default a soft ball, which is faster
    #[arg(long = "mask", value_name = "MASK", conflicts_with = "radius")]
    #[serde(serialize_with = "crate::paths::shown")]
    pub(super) masks: Vec<PathBuf>,
    /// Radius of the soft ball in voxels of the tomogram: one, or one per template; by default what the map fills
    #[arg(long, value_name = "VOXELS", value_delimiter = ',', value_parser = numbers::positive, allow_negative_numbers = true)]
    radius: Vec<f64>,
    /// Symmetry of the templates: C1, C2 .., D2 .., T, O or I; one, or one per template
    #[arg(long, value_name = "GROUP", value_parser = symmetry, value_delimiter = ',', default_value = "C1")]
    symmetry: Vec<Group>,
    /// Particles are brighter than their surroundings; by default darker
    #[arg(long)]
    bright: bool,
    /// Look for the other hand of the maps: their mirror images
    #[arg(long)]
    mirrored: bool,
}

impl Templates {
    /// Refuses numbers of values that do not go with the templates.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let templates = self.maps.len();
        one_or_all("--symmetry", self.symmetry.len(), templates)?;
        if !self.radius.is_empty() {
            one_or_all("--radius", self.radius.len(), templates)?;
        }
        if !self.masks.is_empty() && self.masks.len() != templates {
            return Err(Failure::usage(format!("--mask: {} masks for {templates} templates", self.masks.len())));
        }
        Ok(())
    }

    pub(super) fn symmetry_of(&self, place: usize) -> Symmetry {
        nth_or_only(&self.symmetry, place).map_or(Symmetry::default(), |group| group.0)
    }

    /// The template of a place, at the tomogram's voxel size and contrast.
    pub(super) fn prepare(&self, place: usize, tomogram: Option<VoxelSize>) -> Result<Template, Failure> {
        let path = &self.maps[place];
        let template = self.of_map(path, place, tomogram)?;
        Ok(if self.mirrored { template.mirrored() } else { template })
    }

    /// The radius asked for of the template of a place.
    pub(super) fn radius_of(&self, place: usize) -> Option<f64> {
        nth_or_only(&self.radius, place).copied()
    }

    fn of_map(&self, path: &Path, place: usize, tomogram: Option<VoxelSize>) -> Result<Template, Failure> {
        let map = read_density(path, tomogram)?;
        let [voxel_size, of_map] = voxel_sizes_of(path, map.voxel_size(), tomogram).map_err(Failure::about(path))?;
        let map = map.with_voxel_size(Some(of_map));
        let contrast = if self.bright { Contrast::Bright } else { Contrast::Dark };
        let params = PrepareParams { contrast, radius: self.radius_of(place), ..PrepareParams::new(voxel_size) };
        Ok(match self.masks.get(place) {
            Some(mask) => under(&map, mask, path, &params)?,
            None => prepare_template(&map, &params).map_err(Failure::from).map_err(Failure::about(path))?,
        })
    }
}

/// The template of a map under a mask of its own, which an error of its own names.
fn under(map: &Volume<f32>, mask_path: &Path, map_path: &Path, params: &PrepareParams) -> Result<Template, Failure> {
    let mask = read_volume(mask_path)?;
    prepare_template_under(map, &mask, params).map_err(|error| {
        let of_mask = matches!(
            error,
            TemplateError::MaskShape { .. }
                | TemplateError::MaskVoxelSize { .. }
                | TemplateError::MaskValue { .. }
                | TemplateError::NoVariance
        );
        Failure::about(if of_mask { mask_path } else { map_path })(error.into())
    })
}

/// How far a template reaches from its reference point, in voxels: the radius of its ball, or where its mask has half of its largest weight or more.
pub(super) fn reach(template: &Template) -> f64 {
    match template.mask() {
        TemplateMask::Sphere { radius, .. } => *radius,
        TemplateMask::Shape(weights) => {
            let centre = cryoet::box_centre(template.size()) as f64;
            let half = 0.5 * weights.iter().fold(0.0, |most: f32, &w| most.max(w));
            let square = |(z, y, x): (usize, usize, usize)| [z, y, x].iter().map(|&i| (i as f64 - centre).powi(2)).sum::<f64>();
            weights.indexed_iter().filter(|(_, w)| **w >= half).map(|(at, _)| square(at)).fold(0.0, f64::max).sqrt()
        }
    }
}

/// The value of a place, or the only one.
pub(super) fn nth_or_only<T>(values: &[T], place: usize) -> Option<&T> {
    values.get(if values.len() == 1 { 0 } else { place })
}

/// Refuses a number of values that is neither one nor the templates'.
pub(super) fn one_or_all(option: &str, values: usize, templates: usize) -> Result<(), Failure> {
    if values == 1 || values == templates {
        Ok(())
    } else {
        Err(Failure::usage(format!("{option}: {values} values for {templates} templates")))
    }
}
