use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cryoet::eval::{Agreement, DistanceParams, consensus};
use cryoet::io::{ParticleList, WriteParticles};
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::numbers;
use crate::options::{ListOptions, check_list_outputs, voxels, write_lists};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::record::Record;
use crate::voxel_sizes::check_voxel_sizes;

/// What two particle lists have in common
///
/// Particles are paired one to one within the distance, whatever their classes. Neither list counts as the truth. Lists written have a
/// column `agreement`: both, first or second.
///
/// Examples:
///   cryoet consensus expert.csv picks.csv --distance 8
///   cryoet consensus expert.csv picks.csv --distance 8 --keep both -o sure.csv
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Consensus {
    /// The first list
    #[serde(serialize_with = "crate::paths::shown")]
    first: PathBuf,
    /// The second list
    #[serde(serialize_with = "crate::paths::shown")]
    second: PathBuf,
    /// Largest distance in voxels between two that are one
    #[arg(long, value_name = "VOXELS", required_unless_present = "distance_angstrom", value_parser = numbers::positive, allow_negative_numbers = true)]
    distance: Option<f64>,
    /// The same in Angstrom, where a list knows its voxel size
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    distance_angstrom: Option<f64>,
    /// What is written: particles of both lists stand as the first list has them
    #[arg(long, value_enum, default_value_t = Keep::All, requires = "output")]
    keep: Keep,
    #[command(flatten)]
    lists: ListOptions,
    /// The list to write; may be given several times
    #[arg(short, long, value_name = "LIST")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Keep {
    /// Every particle of either list once
    All,
    /// What both lists have
    Both,
    /// What only the first has
    First,
    /// What only the second has
    Second,
}

impl Keep {
    const fn keeps(self, agreement: Agreement) -> bool {
        matches!(
            (self, agreement),
            (Self::All, _) | (Self::Both, Agreement::Both) | (Self::First, Agreement::FirstOnly) | (Self::Second, Agreement::SecondOnly)
        )
    }
}

const fn word(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Both => "both",
        Agreement::FirstOnly => "first",
        Agreement::SecondOnly => "second",
    }
}

impl Consensus {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        check_list_outputs(&self.output)?;
        let inputs = [&self.first, &self.second].into_iter().chain(&self.lists.classes);
        check_files(inputs.clone(), &self.output)?;
        let record = Record::new("consensus", &self)?.with_inputs(inputs)?;
        let classes = self.lists.class_table()?;
        let [first, second] = [&self.first, &self.second].map(|path| self.lists.read_of_one_tomogram(path));
        let (first, second) = (first?, second?);
        check_voxel_sizes([(&*self.first, first.voxel_size), (&*self.second, second.voxel_size)])?;
        let voxel_size = first.voxel_size.or(second.voxel_size);
        let radius = voxels(self.distance, self.distance_angstrom, voxel_size)?.ok_or_else(|| Failure::usage("give --distance"))?;
        let shared = consensus(&first.particles, &second.particles, &DistanceParams::new(radius))?;
        let same_class = shared.both.iter().filter(|&&(a, b)| first.particles[a].class == second.particles[b].class).count();
        let mut kept = Vec::new();
        for (particle, agreement) in shared.union(&first.particles, &second.particles) {
            if self.keep.keeps(agreement) {
                let mut particle = particle.clone();
                particle.extra.insert("agreement".to_owned(), word(agreement).to_owned());
                kept.push(particle);
            }
        }
        let count = kept.len();
        let list =
            ParticleList { particles: kept, voxel_size, shape: first.shape.or(second.shape), tomogram: first.tomogram.or(second.tomogram) };
        write_lists(&self.output, &list, &WriteParticles { classes, ..WriteParticles::default() })?;
        for output in &self.output {
            record.write_beside(output)?;
        }
        let (both, first_only, second_only) = (shared.both.len(), shared.first_only.len(), shared.second_only.len());
        let value = json!({
            "both": both, "same_class": same_class, "first_only": first_only, "second_only": second_only,
            "written": if self.output.is_empty() { 0 } else { count }, "outputs": self.output.shown(),
        });
        output::print(json, &value, || {
            format!(
                "{both} in both, {same_class} of them under the same class; {first_only} in the first only, {second_only} in the second only"
            )
        })
    }
}
