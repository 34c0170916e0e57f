mod inputs;
mod near_earlier;
mod results;

use std::path::{Path, PathBuf};

use clap::Args;
use cryoet::average::{AverageError, RefineParams, TomogramParticles, random_particles, refine};
use cryoet::io::read_volume;
use cryoet::matching::{Contrast, PrepareParams, prepare_template};
use cryoet::ndarray::Array3;
use cryoet::pipeline::{AveragedClass, averaged_mask};
use cryoet::targets::{DensityMaskParams, DensityThreshold};
use cryoet::{Particle, Volume, VoxelSize, Wedge};
use serde::Serialize;

use crate::bar::Bar;
use crate::density_file::read_density;
use crate::failure::Failure;
use crate::geometry::{Group, Tilts, symmetry, tilts};
use crate::made_folder::MadeFolder;
use crate::numbers;
use crate::options::ListOptions;
use crate::output;
use crate::paths::check_files;
use crate::record::Record;
use crate::voxel_sizes::{check_voxel_sizes, voxel_sizes_of};

use inputs::Inputs;
use near_earlier::near_earlier;
use results::Results;

/// Tomograms and particles to their average, its resolution and refined poses
///
/// Particles are aligned and averaged in turn, two halves kept apart. A reference is a density map, bright on a ground of about
/// 0, at any voxel size, or a file of atoms; without one the particles' own average is the start. Written into the folder: average.mrc,
/// half-1.mrc, half-2.mrc, fsc.csv, fsc.png, particles.csv with the refined poses, and record.json; with --targets also
/// mask.mrc and for each tomogram a label volume: the paper's way from positions to shapes.
///
/// Examples:
///   cryoet average tomogram.mrc --particles picks.csv --box 32 --tilts -60,60 --reference ribosome.mrc -o ribosome
///   cryoet average data/dataset.toml --class 2 --box 40 --tilts -60,60 --targets --mass 800 -o class-2
///   cryoet average a.mrc b.mrc --particles both.star --box 32 --symmetry D2 --control -o averaged
#[derive(Args, Serialize)]
#[command(verbatim_doc_comment)]
pub(crate) struct Average {
    /// Tomograms, or one dataset.toml as `cryoet simulate` writes it
    #[arg(required = true, value_name = "TOMOGRAM")]
    #[serde(serialize_with = "crate::paths::shown")]
    tomograms: Vec<PathBuf>,
    /// The particle list; of several tomograms each takes the particles that name it
    #[arg(long, value_name = "PARTICLES")]
    #[serde(serialize_with = "crate::paths::shown")]
    particles: Option<PathBuf>,
    /// Which class is averaged, by label or name; needed where there are several
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Edge of the box in voxels
    #[arg(long = "box", value_name = "VOXELS", value_parser = numbers::at_least_one)]
    size: usize,
    /// A density map to start from, or atoms (.cif, .pdb)
    #[arg(long, value_name = "MAP")]
    #[serde(serialize_with = "crate::paths::shown")]
    reference: Option<PathBuf>,
    /// A mask of the box's size, weights from 0 to 1; by default a soft ball
    #[arg(long, value_name = "MASK")]
    #[serde(serialize_with = "crate::paths::shown")]
    mask: Option<PathBuf>,
    /// Radius of the soft ball in voxels, whose edge takes another tenth of the box where there is room; by default a third of the box
    #[arg(long, value_name = "VOXELS", value_parser = numbers::positive, allow_negative_numbers = true, conflicts_with = "mask")]
    radius: Option<f64>,
    /// How often particles are aligned and averaged; 0 averages the poses given
    #[arg(long, value_name = "N", default_value_t = 4)]
    iterations: u32,
    /// In how many of the first iterations particles without orientation are tried in all of them [default: 2]
    #[arg(long, value_name = "N")]
    everywhere: Option<u32>,
    /// Start without the list's orientations
    #[arg(long)]
    forget_orientations: bool,
    /// Symmetry of the particle: C1, C2 .., D2 .., T, O or I
    #[arg(long, value_name = "GROUP", value_parser = symmetry, default_value = "C1")]
    symmetry: Group,
    /// First and last tilt in degrees: what the tilt series did not measure counts nowhere
    #[arg(long, alias = "wedge", value_name = "FROM,TO", value_parser = tilts, allow_hyphen_values = true)]
    tilts: Option<Tilts>,
    /// How far a particle may move, in voxels [default: 4, or half the box]
    #[arg(long, value_name = "VOXELS", value_parser = numbers::not_negative, allow_negative_numbers = true)]
    shift: Option<f64>,
    /// Angular step in degrees of the search of all orientations
    #[arg(long, value_name = "DEGREES", default_value_t = 15.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    coarse_step: f64,
    /// First angular step in degrees around a pose; it is halved three times
    #[arg(long, value_name = "DEGREES", default_value_t = 8.0, value_parser = numbers::positive, allow_negative_numbers = true)]
    step: f64,
    /// Low-pass on the first reference, in Angstrom, beyond which it fades over two bins of the box's spectrum; by default 8 voxels
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    low_pass: Option<f64>,
    /// Particles are brighter than their surroundings; by default darker
    #[arg(long)]
    bright: bool,
    /// Also refine as many random places: what the reference alone brings
    #[arg(long)]
    control: bool,
    /// Seed of the random places, and of the random phases that correct the correlation
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Also make the average's mask, and label volumes of the turned mask at every particle
    #[arg(long)]
    targets: bool,
    /// The mask's mass in kDa
    #[arg(long, value_name = "KDA", requires = "targets", conflicts_with = "threshold", value_parser = numbers::positive, allow_negative_numbers = true)]
    mass: Option<f64>,
    /// The mask's threshold in the average made bright; by default Otsu's
    #[arg(long, value_name = "VALUE", requires = "targets", value_parser = numbers::finite, allow_negative_numbers = true)]
    threshold: Option<f64>,
    #[command(flatten)]
    lists: ListOptions,
    /// The folder to write
    #[arg(short, long, value_name = "DIR")]
    #[serde(serialize_with = "crate::paths::shown")]
    output: PathBuf,
}

impl Average {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        let inputs = Inputs::read(&self)?;
        let voxel_size = inputs.tomograms.iter().find_map(|tomogram| tomogram.source.voxel_size());
        let of_class = self.params(voxel_size)?;
        warn_of_repeated(
            "particles within a voxel of an earlier one",
            inputs.tomograms.iter().map(|tomogram| tomogram.particles.as_slice()),
        );
        let folder = MadeFolder::make(&self.output)?;
        let outcome = self.write_into_folder(&inputs, &of_class, json);
        if outcome.is_err() {
            folder.remove_if_empty();
        }
        outcome
    }

    fn write_into_folder(&self, inputs: &Inputs, of_class: &AveragedClass, json: bool) -> Result<(), Failure> {
        let files: Vec<&PathBuf> = inputs.files.iter().chain(&self.reference).chain(&self.mask).collect();
        let results = Results::new(self, inputs);
        check_files(files.iter().copied(), &results.files())?;
        let record = Record::new("average", self)?.with_seed(self.seed).with_inputs(files)?;
        let sets: Vec<TomogramParticles<'_>> = inputs.tomograms.iter().map(|tomogram| self.set(tomogram, &tomogram.particles)).collect();
        // Made first: a control that cannot be is refused before the work.
        let random = self.control.then(|| self.random_places(inputs)).transpose()?;
        let bar = Bar::new("averaging");
        let refinement = refine(&sets, of_class.reference.as_ref(), &of_class.refine, &bar).map_err(|error| inputs.failure(error))?;
        drop(bar);
        if self.iterations > 0 {
            warn_of_repeated(
                "after refinement, particles within a voxel of an earlier one",
                refinement.particles.iter().map(Vec::as_slice),
            );
        }
        let control = random.map(|lists| self.control_of(inputs, &lists, of_class)).transpose()?;
        results.write(&refinement, control.as_ref(), &record)?;
        results.print(&refinement, control.as_ref(), json)?;
        if self.targets {
            // The refinement took long, and stays where it has no shape.
            let mask = averaged_mask(&refinement.average, inputs.class, of_class)?;
            results.write_targets(&refinement, &mask)?;
        }
        Ok(())
    }

    fn set<'a>(&self, tomogram: &'a inputs::Tomogram, particles: &'a [Particle]) -> TomogramParticles<'a> {
        let wedge = self.tilts.map(|Tilts(from, to)| Wedge::new(from, to));
        TomogramParticles { tomogram: tomogram.source.as_ref(), particles, wedge }
    }

    /// As many random places as there are particles in each tomogram, with orientations where those have one.
    fn random_places(&self, inputs: &Inputs) -> Result<Vec<Vec<Particle>>, Failure> {
        let places = |(i, tomogram): (usize, &inputs::Tomogram)| {
            let seed = self.seed.wrapping_add(i as u64);
            let mut random = random_particles(tomogram.source.shape(), tomogram.particles.len(), self.size, seed)
                .map_err(Failure::from)
                .map_err(Failure::about(&tomogram.path))?;
            for (random, particle) in random.iter_mut().zip(&tomogram.particles) {
                random.orientation = random.orientation.filter(|_| particle.orientation.is_some());
            }
            Ok(random)
        };
        inputs.tomograms.iter().enumerate().map(places).collect()
    }

    /// The halves' correlation at random places, refined in the same way.
    fn control_of(&self, inputs: &Inputs, lists: &[Vec<Particle>], of_class: &AveragedClass) -> Result<cryoet::average::FscCurve, Failure> {
        let sets: Vec<_> = inputs.tomograms.iter().zip(lists).map(|(tomogram, list)| self.set(tomogram, list)).collect();
        let bar = Bar::new("control");
        Ok(refine(&sets, of_class.reference.as_ref(), &of_class.refine, &bar).map_err(|error| inputs.failure(error))?.fsc)
    }

    fn params(&self, voxel_size: Option<VoxelSize>) -> Result<AveragedClass, Failure> {
        let defaults = RefineParams::new(self.size);
        let low_pass = match (self.low_pass, voxel_size) {
            (Some(angstrom), Some(size)) if angstrom < 2.0 * size.mean() => {
                let least = 2.0 * size.mean();
                return Err(Failure::usage(format!("--low-pass {angstrom}: expected {least} Angstrom, two voxels, or more")));
            }
            (Some(angstrom), Some(size)) => size.mean() / angstrom,
            (Some(_), None) => return Err(Failure::usage("--low-pass is in Angstrom, and no tomogram knows its voxel size")),
            (None, _) => defaults.low_pass,
        };
        if self.mass.is_some() && voxel_size.is_none() {
            return Err(Failure::usage("--mass needs a voxel size, and no tomogram knows its own"));
        }
        if self.iterations == 0 {
            let unused = [
                ("--reference", self.reference.is_some()),
                ("--everywhere", self.everywhere.is_some()),
                ("--low-pass", self.low_pass.is_some()),
                ("--shift", self.shift.is_some()),
            ];
            if let Some((option, _)) = unused.iter().find(|(_, given)| *given) {
                return Err(Failure::usage(format!("{option} does nothing with --iterations 0, which averages the poses given")));
            }
        }
        let mask = self.mask.as_ref().map(|path| mask(path, voxel_size)).transpose()?;
        let radius = self.radius.unwrap_or(defaults.radius);
        let mut refine = RefineParams {
            iterations: self.iterations,
            everywhere: self.everywhere.unwrap_or(defaults.everywhere),
            coarse_step: self.coarse_step,
            step: self.step,
            shift: self.shift.unwrap_or(defaults.shift),
            radius,
            edge: defaults.edge.min((self.size as f64 / 2.0 - radius).max(0.0)),
            mask,
            low_pass,
            seed: self.seed,
            ..defaults
        };
        refine.average.symmetry = self.symmetry.0;
        refine.check().map_err(|error| self.of_params(error))?;
        let reference = match &self.reference {
            Some(path) => Some(self.map(path, voxel_size, &refine).map_err(Failure::about(path))?),
            None => None,
        };
        let threshold = match (self.mass, self.threshold) {
            (Some(mass), _) => DensityThreshold::Mass(mass),
            (None, Some(value)) => DensityThreshold::Value(value as f32),
            (None, None) => DensityThreshold::Otsu,
        };
        let mask = DensityMaskParams { threshold, ..DensityMaskParams::default() };
        Ok(AveragedClass { refine, reference, mask, bright: self.bright })
    }

    /// Parameters that are refused; of a mask, by its file.
    fn of_params(&self, error: AverageError) -> Failure {
        let of_mask = matches!(error, AverageError::Shape { what: "mask", .. } | AverageError::MaskValue { .. } | AverageError::MaskEmpty);
        match &self.mask {
            Some(path) if of_mask => Failure::about(path)(error.into()),
            _ => Failure::of_arguments(error),
        }
    }

    /// The reference at the tomograms' voxel size, in their contrast and in the box.
    fn map(&self, path: &Path, voxel_size: Option<VoxelSize>, refine: &RefineParams) -> Result<Volume<f32>, Failure> {
        let map = read_density(path, voxel_size)?;
        let [voxel_size, of_map] = voxel_sizes_of(path, map.voxel_size(), voxel_size)?;
        let contrast = if self.bright { Contrast::Bright } else { Contrast::Dark };
        // The ball is only checked to fit: references are masked anew when they are compared.
        let radius = Some(refine.radius.min(self.size as f64 / 2.0 - 1.0));
        let params = PrepareParams { contrast, radius, edge: 0.0, size: Some(self.size), ..PrepareParams::new(voxel_size) };
        Ok(prepare_template(&map.with_voxel_size(Some(of_map)), &params)?.density().clone())
    }
}

/// Warns of particles that are there twice, in both halves perhaps.
fn warn_of_repeated<'a>(what: &str, tomograms: impl Iterator<Item = &'a [Particle]>) {
    match near_earlier(tomograms) {
        0 => {}
        count => output::warn(format!("{what}: {count}; halves that share them are alike without any signal")),
    }
}

/// The mask's weights, on the tomograms' grid.
fn mask(path: &Path, voxel_size: Option<VoxelSize>) -> Result<Array3<f32>, Failure> {
    let mask = read_volume(path)?;
    check_voxel_sizes([(Path::new("the tomogram"), voxel_size), (path, mask.voxel_size())])?;
    Ok(mask.into_data())
}
