use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use cryoet::io::{VolumeFormat, inspect_volume, read_volume, write_labels};
use cryoet::ndarray::Array3;
use cryoet::targets::{Overlap, TargetParams, ignore_outside, shape_targets, sphere_targets};
use cryoet::{ClassLabel, ClassTable, Region, Score, Volume};
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::numbers;
use crate::options::{ListOptions, check_per_class, class_order, labels_of};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::record::Record;

/// Particle list to training label volume
///
/// Spheres with --radii (voxels or Angstrom, in class order) or with the radii of the class table; turned shapes with
/// --masks. Uncertain particles become label 255, which training leaves out.
///
/// Examples:
///   cryoet targets picks.csv --like tomogram.mrc --radii 6,6,3 -o labels.mrc
///   cryoet targets picks.csv --like tomogram.mrc --classes classes.toml -o labels.mrc
///   cryoet targets picks.xml --like tomogram.mrc --masks masks/ -o labels.mrc
///   cryoet targets p.csv --like t.mrc --radii 12 --uncertain-classes 2 --within :,0:420,0:326 -o labels.mrc
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
#[command(group(ArgGroup::new("form").args(["radii", "radii_angstrom", "masks"])))]
pub(crate) struct Targets {
    /// The particle list
    #[serde(serialize_with = "crate::paths::shown")]
    particles: PathBuf,
    /// The volume whose shape and voxel size the labels take
    #[arg(long, value_name = "TOMOGRAM")]
    #[serde(serialize_with = "crate::paths::shown")]
    like: PathBuf,
    /// Radii in voxels, in class order; one number for all classes
    #[arg(long, value_name = "R[,R..]", value_parser = radii, allow_hyphen_values = true)]
    radii: Option<Radii>,
    /// The same in Angstrom
    #[arg(long, value_name = "R[,R..]", value_parser = radii, allow_hyphen_values = true)]
    radii_angstrom: Option<Radii>,
    /// Folder of binary masks: sorted by name they are classes 1, 2, ..., or named as the class table names them
    #[arg(long, value_name = "DIR")]
    #[serde(serialize_with = "crate::paths::shown")]
    masks: Option<PathBuf>,
    /// Which particle owns a voxel that several cover
    #[arg(long, value_enum, default_value_t = Owner::Last)]
    overlap: Owner,
    /// Classes whose particles become label 255, by label or name
    #[arg(long, value_name = "CLASS[,CLASS..]", value_delimiter = ',')]
    uncertain_classes: Vec<String>,
    /// Particles of a smaller score become label 255
    #[arg(long, value_name = "SCORE", value_parser = numbers::finite, allow_negative_numbers = true)]
    uncertain_below: Option<f64>,
    /// How many voxels label 255 reaches beyond those particles, at most 100
    #[arg(long, value_name = "VOXELS", default_value_t = 0.0, value_parser = numbers::not_negative, allow_negative_numbers = true)]
    uncertain_margin: f64,
    /// Classes whose particles are not drawn, by label or name
    #[arg(long, value_name = "CLASS[,CLASS..]", value_delimiter = ',')]
    without_classes: Vec<String>,
    /// Voxels outside z0:z1,y0:y1,x0:x1 become label 255; an empty end is the volume's
    #[arg(long, value_name = "RANGES", value_parser = |text: &str| numbers::ranges(text).map(Box))]
    within: Option<Box>,
    #[command(flatten)]
    lists: ListOptions,
    /// The label volume to write
    #[arg(short, long, value_name = "LABELS")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
}

#[derive(Debug, Clone, Serialize)]
struct Radii(Vec<f64>);

fn radii(text: &str) -> Result<Radii, String> {
    Ok(Radii(text.split(',').map(numbers::positive).collect::<Result<_, _>>()?))
}

#[derive(Debug, Clone, Serialize)]
struct Box([(usize, Option<usize>); 3]);

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Owner {
    /// The last in the list
    Last,
    /// The first in the list
    First,
    /// The one whose centre is nearest
    Nearest,
    /// The largest
    Largest,
}

impl Targets {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        if !matches!(VolumeFormat::of_extension(&self.output), Some(VolumeFormat::Mrc | VolumeFormat::Npy)) {
            return Err(Failure::usage(format!("{}: label volumes are written as .mrc or .npy", self.output.display())));
        }
        let masks = self.masks.as_ref().map(|folder| mask_files(folder)).transpose()?.unwrap_or_default();
        let inputs = [&self.particles, &self.like].into_iter().chain(&masks).chain(&self.lists.classes);
        check_files(inputs.clone(), [&self.output])?;
        let record = Record::new("targets", &self)?.with_inputs(inputs)?;
        let classes = self.lists.class_table()?;
        let like = inspect_volume(&self.like)?;
        let within = self.within.as_ref().map(|within| within.of(like.shape)).transpose()?;
        let mut list = self.lists.read_of_one_tomogram(&self.particles)?;
        if let Some(name) = self.lists.tomogram.as_ref().filter(|_| list.particles.is_empty()) {
            return Err(Failure::new(format!("{} lists no particle of tomogram {name:?}", self.particles.display())));
        }
        let without = labels_of(&self.without_classes, &classes)?;
        list.particles.retain(|particle| !without.contains(&particle.class));
        let params = self.params(&classes)?;
        let targets = match &self.masks {
            Some(_) => shape_targets(like.shape, &list.particles, &read_masks(&masks, &classes)?, &params)?,
            None => sphere_targets(like.shape, &list.particles, &self.radii(&classes, like.voxel_size.map(|size| size.mean()))?, &params)?,
        };
        let mut labels = targets.labels;
        if let Some(within) = within {
            ignore_outside(&mut labels, &[within]);
        }
        if !targets.skipped.is_empty() {
            let first = targets.skipped[0];
            let [z, y, x] = list.particles[first].position.zyx();
            let count = targets.skipped.len();
            output::warn(format!(
                "{count} of {} particles cover no voxel; the first is number {first} at z,y,x = {z},{y},{x}",
                list.particles.len()
            ));
        }
        let labels = Volume::new(labels).with_voxel_size(like.voxel_size).with_origin(like.origin);
        write_labels(&self.output, &labels)?;
        record.write_beside(&self.output)?;
        let drawn = list.particles.len() - targets.skipped.len();
        let labelled = labels.data().iter().filter(|&&label| label != 0 && label != ClassLabel::IGNORE.get()).count();
        let value = json!({"particles": drawn, "skipped": targets.skipped, "labelled_voxels": labelled, "output": self.output.shown()});
        output::print(json, &value, || format!("{drawn} particles drawn, {labelled} voxels labelled"))
    }

    fn params(&self, classes: &ClassTable) -> Result<TargetParams, Failure> {
        Ok(TargetParams {
            overlap: match self.overlap {
                Owner::Last => Overlap::Last,
                Owner::First => Overlap::First,
                Owner::Nearest => Overlap::Nearest,
                Owner::Largest => Overlap::Largest,
            },
            uncertain_classes: labels_of(&self.uncertain_classes, classes)?,
            uncertain_below: self.uncertain_below.map(Score::new).transpose()?,
            uncertain_margin: self.uncertain_margin,
            ..TargetParams::default()
        })
    }

    /// Radii in voxels by class: those given, or the class table's.
    fn radii(&self, classes: &ClassTable, voxel_size: Option<f64>) -> Result<BTreeMap<ClassLabel, f64>, Failure> {
        let size = || {
            voxel_size
                .ok_or_else(|| Failure::new(format!("{}: radii in Angstrom need its voxel size, which it has not", self.like.display())))
        };
        let (radii, scale) = match (&self.radii, &self.radii_angstrom) {
            (Some(radii), _) => (radii, 1.0),
            (None, Some(radii)) => (radii, size()?),
            (None, None) => {
                let size = size()?;
                let radii: BTreeMap<_, _> = classes.iter().filter_map(|class| Some((class.label, class.radius? / size))).collect();
                return if radii.is_empty() {
                    Err(Failure::usage("give --radii, --masks, or a class table with radii"))
                } else {
                    Ok(radii)
                };
            }
        };
        let option = if self.radii.is_some() { "--radii" } else { "--radii-angstrom" };
        check_per_class(option, radii.0.len(), classes)?;
        let labels = class_order(classes);
        Ok(match radii.0.as_slice() {
            [one] => labels.map(|label| (label, one / scale)).collect(),
            several => labels.zip(several.iter().map(|radius| radius / scale)).collect(),
        })
    }
}

/// The volumes of a folder, sorted by name.
fn mask_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::new(format!("cannot read {}: {error}", folder.display())))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| VolumeFormat::of_extension(path).is_some()).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::new(format!("{}: no volume in this folder", folder.display())));
    }
    Ok(paths)
}

/// Masks by class: voxels above one half are set.
fn read_masks(paths: &[PathBuf], classes: &ClassTable) -> Result<BTreeMap<ClassLabel, Array3<bool>>, Failure> {
    let mut masks = BTreeMap::new();
    for (place, path) in paths.iter().enumerate() {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let label = if classes.is_empty() {
            u8::try_from(place + 1).ok().map(ClassLabel::new)
        } else {
            classes.by_name(&stem).map(|class| class.label)
        };
        if let Some(label) = label {
            masks.insert(label, read_volume(path)?.into_data().mapv(|value| value > 0.5));
        }
    }
    Ok(masks)
}

impl Box {
    /// The region of a volume, which must hold it.
    fn of(&self, shape: [usize; 3]) -> Result<Region, Failure> {
        let mut region = Region::whole(shape);
        for (axis, ((from, to), n)) in self.0.into_iter().zip(shape).enumerate() {
            let to = to.unwrap_or(n);
            if from >= to || to > n {
                let name = ["z", "y", "x"][axis];
                return Err(Failure::usage(format!("--within: {from}:{to} along {name} is empty or outside 0:{n}")));
            }
            (region.start[axis], region.size[axis]) = (from, to - from);
        }
        Ok(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voxels_outside_are_ignored() {
        let mut labels = Array3::<u8>::ones((4, 4, 4));
        ignore_outside(&mut labels, &[Box([(0, None), (1, Some(3)), (2, Some(4))]).of([4; 3]).unwrap()]);
        assert_eq!(labels.iter().filter(|&&label| label == 1).count(), 4 * 2 * 2);
        assert_eq!((labels[[0, 1, 2]], labels[[0, 0, 2]], labels[[0, 1, 1]]), (1, 255, 255));
    }

    #[test]
    fn ranges_that_are_empty_or_outside_are_refused() {
        let refused = |from, to| Box([(0, None), (from, to), (0, None)]).of([4; 3]).is_err_and(|failure| failure.code() == 2);
        assert!(refused(2, Some(2)) && refused(3, Some(1)) && refused(4, None) && refused(0, Some(5)));
    }
}
