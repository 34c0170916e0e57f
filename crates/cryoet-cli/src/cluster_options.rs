use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use cryoet::cluster::{self, ClusterParams, Connectivity, SizeFilter, Watershed};
use cryoet::{ClassTable, VoxelSize};
use serde::Serialize;

use crate::failure::Failure;
use crate::numbers;
use crate::options::{check_per_class, class_order, voxels};

/// How labelled voxels become particles.
#[derive(Debug, Clone, Args, Serialize)]
pub(crate) struct ClusterOptions {
    /// Radius of mean-shift in voxels, about a particle's radius [default: what weights carry, else 5]
    #[arg(long, value_name = "VOXELS", conflicts_with = "radius_angstrom", value_parser = numbers::positive, allow_negative_numbers = true)]
    radius: Option<f64>,
    /// The same in Angstrom
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    radius_angstrom: Option<f64>,
    /// How voxels become clusters [default: what weights carry, else mean-shift]
    #[arg(long, value_enum)]
    method: Option<Method>,
    /// Cluster each class alone; =false where weights carry that and it is not wanted
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    per_class: Option<bool>,
    /// Mean-shift weighs voxels by their scores; =false likewise
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    weighted: Option<bool>,
    /// Radius in voxels of a morphological opening that comes first, so that thin bridges and specks go; 0 for none
    #[arg(long, value_name = "VOXELS", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    opening: Option<f64>,
    /// Smallest cluster kept in voxels: one number, or one per class in the order of labels [default: what weights carry, else 0]
    #[arg(long, value_name = "N[,N..]", value_parser = |text: &str| Ok::<_, String>(Sizes(numbers::list(text)?)))]
    min_size: Option<Sizes>,
    /// Of particles nearer than this many voxels only the best is kept; 0 for all
    #[arg(long, value_name = "VOXELS", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    min_distance: Option<f64>,
}

/// Ways of clustering.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    /// Mean-shift with the semantics of scikit-learn
    MeanShift,
    /// Connected components (26 neighbours), position = centroid
    Components,
    /// Mean-shift seeded by the centroids of components
    Seeded,
    /// Watershed by distance to background, position = centroid: parts touching particles
    Watershed,
    /// Maxima of the scores, the radius apart (needs scores)
    Peaks,
}

impl Method {
    fn with_defaults(self) -> cluster::Method {
        match self {
            Self::MeanShift => cluster::Method::MeanShift,
            Self::Components => cluster::Method::Components(Connectivity::Corners),
            Self::Seeded => cluster::Method::Seeded(Connectivity::Corners),
            Self::Watershed => cluster::Method::Watershed(Watershed::default()),
            Self::Peaks => cluster::Method::Peaks,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct Sizes(Vec<u64>);

impl ClusterOptions {
    /// The parameters of clustering, which default to those given; the class table tells in which order sizes per class stand.
    pub(crate) fn params(
        &self,
        defaults: ClusterParams,
        voxel_size: Option<VoxelSize>,
        classes: &ClassTable,
    ) -> Result<ClusterParams, Failure> {
        let radius = voxels(self.radius, self.radius_angstrom, voxel_size)?;
        let params = ClusterParams {
            radius: radius.unwrap_or(defaults.radius),
            radius_per_class: if radius.is_some() { BTreeMap::new() } else { defaults.radius_per_class },
            method: self.method.map_or(defaults.method, Method::with_defaults),
            per_class: self.per_class.unwrap_or(defaults.per_class),
            weighted: self.weighted(defaults.weighted),
            opening: self.opening.or(defaults.opening),
            size_filter: self.size_filter(classes)?.unwrap_or(defaults.size_filter),
            min_distance: self.min_distance.or(defaults.min_distance),
            ..defaults
        };
        params.check().map_err(Failure::of_arguments)?;
        Ok(params)
    }

    /// Whether voxels are weighed by their scores.
    pub(crate) fn weighted(&self, default: bool) -> bool {
        self.weighted.unwrap_or(default)
    }

    fn size_filter(&self, classes: &ClassTable) -> Result<Option<SizeFilter>, Failure> {
        Ok(match self.min_size.as_ref().map(|sizes| sizes.0.as_slice()) {
            None => None,
            Some([all]) => Some(SizeFilter { all: *all, ..SizeFilter::default() }),
            Some(sizes) => {
                check_per_class("--min-size", sizes.len(), classes)?;
                Some(SizeFilter { per_class: class_order(classes).zip(sizes.iter().copied()).collect(), ..SizeFilter::default() })
            }
        })
    }
}
