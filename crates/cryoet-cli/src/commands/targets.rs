mod heat;
mod within;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use cryoet::io::{VolumeInfo, inspect_volume, read_labels, write_labels};
use cryoet::ndarray::Array3;
use cryoet::targets::{
    Overlap, TargetParams, deepfinder_shape_targets, deepfinder_sphere_targets, draw_shapes, draw_spheres, ignore_outside, point_targets,
    scaled_radii, shape_targets, sphere_targets,
};
use cryoet::{ClassLabel, ClassTable, Particle, Score, Volume};
use serde::Serialize;
use serde_json::json;

use crate::class_labels::labels_of;
use crate::failure::Failure;
use crate::masks::{mask_files, read_masks};
use crate::numbers;
use crate::options::{Frame, ListOptions, check_volume_output, keep};
use crate::output;
use crate::paths::{Shown, check_files};
use crate::per_class::{occurring, per_class, warn_absent};
use crate::record::Record;
use crate::voxel_sizes::check_voxel_sizes;
use within::Within;

/// Particle list to training label volume
///
/// Spheres with --radii (voxels or Angstrom, in class order) or with the radii of the class table; turned shapes with
/// --masks. Uncertain particles become label 255, which training leaves out. --points marks centres; --gaussian writes a heat map of
/// each class, OUTPUT-1.mrc and so on.
///
/// Examples:
///   cryoet targets picks.csv --like tomogram.mrc --radii 6,6,3 -o labels.mrc
///   cryoet targets picks.csv --like tomogram.mrc --classes classes.toml -o labels.mrc
///   cryoet targets picks.xml --like tomogram.mrc --masks masks/ -o labels.mrc
///   cryoet targets picks.csv --like tomogram.mrc --radii 6,3 --over membranes.mrc --overlap nearest -o labels.mrc
///   cryoet targets picks.csv --like tomogram.mrc --gaussian 3 -o heat.mrc
///   cryoet targets p.csv --like t.mrc --radii 12 --uncertain-classes 2 --within :,0:420,0:326 -o labels.mrc
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
#[command(group(ArgGroup::new("uncertain").args(["uncertain_classes", "uncertain_below"]).multiple(true)))]
#[command(group(ArgGroup::new("form").args(["radii", "radii_angstrom", "masks", "points", "gaussian"])))]
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
    /// Every particle is the one voxel that holds its centre
    #[arg(long, conflicts_with_all = ["overlap", "uncertain_classes", "uncertain_below", "uncertain_margin", "over", "deepfinder"])]
    points: bool,
    /// Standard deviations in voxels of Gaussians, in class order; one number for all classes
    #[arg(long, value_name = "S[,S..]", value_parser = radii, allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["overlap", "uncertain_classes", "uncertain_below", "uncertain_margin", "over", "within", "deepfinder"])]
    gaussian: Option<Radii>,
    /// Balls of this share of each radius: crowded neighbours stay apart
    #[arg(long, value_name = "SHARE", value_parser = numbers::positive, allow_negative_numbers = true)]
    #[arg(conflicts_with_all = ["masks", "points", "gaussian"])]
    radius_share: Option<f64>,
    /// Draw as DeepFinder 0.2.1 does, quirks included
    #[arg(long, conflicts_with_all = ["overlap", "uncertain_classes", "uncertain_below", "uncertain_margin", "over"])]
    deepfinder: bool,
    /// Labels kept underneath, where no particle lies: membranes, say
    #[arg(long, value_name = "LABELS")]
    #[serde(serialize_with = "crate::paths::shown")]
    over: Option<PathBuf>,
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
    #[arg(long, value_name = "VOXELS", default_value_t = 0.0, value_parser = |text: &str| numbers::up_to(text, 100.0), allow_negative_numbers = true, requires = "uncertain")]
    uncertain_margin: f64,
    /// Classes whose particles are not drawn, by label or name
    #[arg(long, value_name = "CLASS[,CLASS..]", value_delimiter = ',')]
    without_classes: Vec<String>,
    /// Voxels outside z0:z1,y0:y1,x0:x1 become label 255; an empty end is the volume's
    #[arg(long, value_name = "RANGES", value_parser = within::within)]
    within: Option<Within>,
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
        check_volume_output(&self.output)?;
        let masks = self.masks.as_ref().map(|folder| mask_files(folder)).transpose()?.unwrap_or_default();
        let inputs = [&self.particles, &self.like].into_iter().chain(&masks).chain(&self.over).chain(&self.lists.classes);
        check_files(inputs.clone(), [&self.output])?;
        let record = Record::new("targets", &self)?.with_inputs(inputs.clone())?;
        let classes = self.lists.class_table()?;
        let like = inspect_volume(&self.like)?;
        let within = self.within.as_ref().map(|within| within.of(like.shape)).transpose()?;
        let (mut list, mut rows) = self.lists.read_rows_of_one_tomogram(&self.particles, Frame::from(&like))?;
        if let Some(name) = self.lists.tomogram.as_ref().filter(|_| list.particles.is_empty()) {
            return Err(Failure::new(format!("{} lists no particle of tomogram {name:?}", self.particles.display())));
        }
        let mut sizes = vec![(&*self.particles, self.lists.own_voxel_size(&self.particles, &list)), (&*self.like, like.voxel_size)];
        for path in masks.iter().chain(&self.over) {
            sizes.push((path, inspect_volume(path)?.voxel_size));
        }
        check_voxel_sizes(sizes)?;
        let of_list = occurring(&list.particles);
        warn_absent("--without-classes", &self.without_classes, &classes, &of_list);
        warn_absent("--uncertain-classes", &self.uncertain_classes, &classes, &of_list);
        let without = labels_of(&self.without_classes, &classes)?;
        keep(&mut list.particles, &mut rows, |particle| !without.contains(&particle.class));
        if let Some(sigmas) = &self.gaussian {
            let inputs: Vec<_> = inputs.collect();
            let sigmas = per_class("--gaussian", &sigmas.0, &classes, &occurring(&list.particles))?;
            let outside = |particle: &Particle| particle.position.voxel(like.shape).is_none();
            let outside: Vec<usize> = (0..rows.len()).filter(|&index| outside(&list.particles[index])).collect();
            warn_of(&outside, "lie outside the volume", &list.particles, &rows);
            let outputs = heat::write(&self.output, &inputs, &like, &list.particles, sigmas, &record)?;
            let value = json!({"particles": list.particles.len(), "outputs": outputs.shown()});
            return output::print(json, &value, || format!("{} particles in {} heat maps", list.particles.len(), outputs.len()));
        }
        let (mut labels, skipped) = self.draw(&list.particles, &rows, &masks, &like, &classes)?;
        if let Some(within) = within {
            ignore_outside(&mut labels, &[within]);
        }
        warn_of(&skipped, "cover no voxel", &list.particles, &rows);
        let skipped: Vec<usize> = skipped.into_iter().map(|index| rows[index]).collect();
        let labels = Volume::new(labels).with_voxel_size(like.voxel_size).with_origin(like.origin);
        write_labels(&self.output, &labels)?;
        record.write_beside(&self.output)?;
        let drawn = list.particles.len() - skipped.len();
        let labelled = labels.data().iter().filter(|&&label| label != 0 && label != ClassLabel::IGNORE.get()).count();
        let value = json!({"particles": drawn, "skipped": skipped, "labelled_voxels": labelled, "output": self.output.shown()});
        output::print(json, &value, || format!("{drawn} particles drawn, {labelled} voxels labelled"))
    }

    /// The labels, and the particles that cover no voxel.
    fn draw(
        &self,
        particles: &[Particle],
        rows: &[usize],
        masks: &[PathBuf],
        like: &VolumeInfo,
        classes: &ClassTable,
    ) -> Result<(Array3<u8>, Vec<usize>), Failure> {
        let whole = |targets: cryoet::targets::Targets| (targets.labels, targets.skipped);
        if self.points {
            return Ok(whole(point_targets(like.shape, particles)?));
        }
        let params = self.params(classes)?;
        let base = self.over.as_ref().map(|path| base(path, like)).transpose()?;
        if self.masks.is_some() {
            let masks = read_masks(masks, classes)?;
            check_known("mask", |class| masks.contains_key(&class), particles, rows)?;
            return Ok(match base {
                Some(mut labels) => {
                    let skipped = draw_shapes(&mut labels, particles, &masks, &params)?;
                    (labels, skipped)
                }
                None if self.deepfinder => whole(deepfinder_shape_targets(like.shape, particles, &masks)?),
                None => whole(shape_targets(like.shape, particles, &masks, &params)?),
            });
        }
        let mut radii = self.radii(classes, &occurring(particles), like.voxel_size.map(|size| size.mean()))?;
        check_known("radius", |class| radii.contains_key(&class), particles, rows)?;
        if let Some(share) = self.radius_share {
            radii = scaled_radii(&radii, share);
        }
        Ok(match base {
            Some(mut labels) => {
                let skipped = draw_spheres(&mut labels, particles, &radii, &params)?;
                (labels, skipped)
            }
            None if self.deepfinder => whole(deepfinder_sphere_targets(like.shape, particles, &radii)?),
            None => whole(sphere_targets(like.shape, particles, &radii, &params)?),
        })
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
    fn radii(
        &self,
        classes: &ClassTable,
        occurring: &BTreeSet<ClassLabel>,
        voxel_size: Option<f64>,
    ) -> Result<BTreeMap<ClassLabel, f64>, Failure> {
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
        Ok(per_class(option, &radii.0, classes, occurring)?.into_iter().map(|(label, radius)| (label, radius / scale)).collect())
    }
}

/// Warns of some particles, by their rows in the file.
fn warn_of(indices: &[usize], what: &str, particles: &[Particle], rows: &[usize]) {
    let Some(&first) = indices.first() else { return };
    let at = particles[first].position.zyx().map(numbers::short).join(",");
    let (count, row) = (indices.len(), rows[first]);
    output::warn(format!("{count} of {} particles {what}; the first is row {row} (from 0) of the list, at z,y,x = {at}", particles.len()));
}

/// Refuses a particle whose class has nothing to be drawn by, and names its row in the file.
fn check_known(what: &str, known: impl Fn(ClassLabel) -> bool, particles: &[Particle], rows: &[usize]) -> Result<(), Failure> {
    match particles.iter().zip(rows).find(|(particle, _)| !known(particle.class)) {
        Some((particle, row)) => {
            Err(Failure::new(format!("the particle in row {row} (from 0) of the list is of class {}, which has no {what}", particle.class)))
        }
        None => Ok(()),
    }
}

/// Labels to draw over, of the volume's shape.
fn base(path: &Path, like: &VolumeInfo) -> Result<Array3<u8>, Failure> {
    let labels = read_labels(path)?;
    if labels.shape() != like.shape {
        return Err(Failure::new(format!("{}: shape {:?} (z, y, x), expected {:?}", path.display(), labels.shape(), like.shape)));
    }
    Ok(labels.into_data())
}
