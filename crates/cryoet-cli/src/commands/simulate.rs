mod data_set_folder;
mod description;
mod layout;
mod preset;
mod shapes;
mod splits;
mod tomogram_folder;
mod work;

use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use cryoet::sim::{Crowding, Quantity, Recipe, TiltScheme};
use serde_json::json;

use crate::dataset::Dataset;
use crate::failure::Failure;
use crate::interrupt;
use crate::numbers;
use crate::output;
use crate::paths::Shown;
use crate::record::Record;
use data_set_folder::DATA_SET;
use description::Description;
use layout::{Layout, RECORD};
use preset::Preset;
use shapes::Shapes;
use splits::Splits;
use work::{Work, first_seed};

/// Tomograms with known truth, as a data set for training
///
/// DIR gets dataset.toml, classes.toml, masks/ and a folder per tomogram: tomogram.mrc, classes.mrc, occupancy.mrc,
/// hitboxes.mrc, particles.csv. Particle i of the list (from 0) has id i + 1 in occupancy and hitboxes. The same
/// parameters and seed give the same files. record.json holds every parameter and draw. The same command again goes on where it was stopped:
/// tomograms that are there with the same parameters, seed and inputs are kept. Tomograms and masks of another data set that was simulated
/// into DIR are removed.
///
/// The presets shrec19, shrec20 and shrec21 follow those tracks and name their files as they do: model_0/grandmodel.mrc,
/// class_mask.mrc, occupancy_mask.mrc, class_bbox.mrc, occupancy_bbox.mrc, particle_locations.txt, projections.mrc,
/// noisefree_projections.mrc, reconstruction.mrc.
///
/// Examples:
///   cryoet simulate --seed 7 -o tomogram
///   cryoet simulate --count 8 --seed 1 -o training
///   cryoet simulate --preset shrec20 --count 10 --maps densities -o shrec20
///   cryoet simulate --recipe data-set.toml -o training
///   cryoet simulate --shape 48,128,128 --complexes 1bxn,4d8q --particles 20 --snr 0.2 --seed 3 -o small
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Simulate {
    /// The folder to write
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// How many tomograms [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..1 << 20))]
    count: Option<u64>,
    /// How many of them, the last ones before those for testing, are for validation [default: 1 of 2 or more]
    #[arg(long, value_name = "N")]
    validation: Option<u64>,
    /// How many of them, the very last ones, training leaves alone [default: 0]
    #[arg(long, value_name = "N")]
    test: Option<u64>,
    /// Simulate the N-th of them alone, from 1, as it is in the whole data set
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    only: Option<u64>,
    /// Decides everything that is random [default: 0]
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..1 << 40))]
    seed: Option<u64>,
    /// Parameters to start from
    #[arg(long, value_enum, default_value_t = Preset::Demo)]
    preset: Preset,
    /// Parameters of the simulation (TOML), instead of a preset
    #[arg(long, value_name = "PARAMS.toml", conflicts_with = "preset")]
    params: Option<PathBuf>,
    /// Description of a data set (TOML), instead of arguments: preset, tomograms, validation, test, seed, maps, layout, tables params and
    /// draws
    #[arg(long, value_name = "DATASET.toml", conflicts_with_all = ["preset", "params"])]
    recipe: Option<PathBuf>,
    /// Folder of densities or atoms, NAME.mrc, NAME.cif or NAME.pdb, to take instead of built-in shapes
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    /// How files are named [default: shrec with a preset of that name, else cryoet]
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    /// Z extent of a further, taller reconstruction: the SHREC tracks' cubes have 512
    #[arg(long, value_name = "VOXELS", value_parser = numbers::at_least_one)]
    depth: Option<usize>,
    /// Extent z,y,x in voxels
    #[arg(long, value_name = "Z,Y,X", value_parser = numbers::triple::<usize>)]
    shape: Option<[usize; 3]>,
    /// Voxel size
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    voxel_size: Option<f64>,
    /// Complexes by PDB code, or by their names among the maps: the first is class 1
    #[arg(long, value_name = "CODE[,CODE..]", value_delimiter = ',')]
    complexes: Vec<String>,
    /// How many particles in each tomogram
    #[arg(long, value_name = "N")]
    particles: Option<u32>,
    /// Signal to noise: variance of the images over variance of the noise; 0 for no noise
    #[arg(long, value_parser = numbers::not_negative, allow_negative_numbers = true)]
    snr: Option<f64>,
    /// Tilt angles FROM,TO,STEP in degrees
    #[arg(long, value_name = "FROM,TO,STEP", value_parser = numbers::triple::<f64>, allow_hyphen_values = true)]
    tilts: Option<[f64; 3]>,
    /// Underfocus in micrometre
    #[arg(long, value_name = "MICROMETRE", value_parser = numbers::finite, allow_negative_numbers = true)]
    defocus: Option<f64>,
    /// Also write the noise-free density, density.mrc: a network can learn to denoise by it
    #[arg(long)]
    density: bool,
}

impl Simulate {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        let description = self.description()?;
        let Description { recipe, layout, .. } = &description;
        let (count, seed) = (self.count.or(description.tomograms).unwrap_or(1), self.seed.or(description.seed).unwrap_or(0));
        let splits = Splits::new(count, self.validation.or(description.validation), self.test.or(description.test))?;
        recipe.check().map_err(Failure::of_arguments)?;
        let places = self.places(count)?;
        let classes = recipe.draw(first_seed(seed))?.0.class_table()?;
        // A tomogram's own parameters say all that files of parameters said.
        let record = Record::new("simulate", &json!({}))?.with_inputs(&description.shapes)?;
        let parameters = if recipe.draws.is_empty() { json!(recipe.params) } else { json!(recipe) };
        let work = |place| Work::new(&self, &description, &record, place, first_seed(seed) + place);

        let wanted: Vec<String> = (0..count).map(|place| layout.folder(place)).collect();
        data_set_folder::prepare(&self.output, &wanted, &recipe.params, &classes)?;
        let finished = places.clone().map(|place| work(place)?.finished()).collect::<Result<Vec<_>, _>>()?;
        let (all, kept) = (finished.len(), finished.iter().flatten().count());
        if kept > 0 {
            output::warn(format!("{}: {kept} of {all} tomograms are there with these parameters and are kept", self.output.display()));
        }
        let mut entries = Vec::new();
        let mut rows = vec![["tomogram", "split", "particles", "SNR"].map(str::to_owned).to_vec()];
        for (place, finished) in places.zip(finished) {
            let work = work(place)?;
            let finished = match finished {
                Some(finished) => finished,
                None => work.run(*layout, self.density).map_err(|failure| stopped(failure, entries.len(), all))?,
            };
            let split = splits.of(place);
            entries.push(work.entry(*layout, self.density, split));
            let snr = finished.snr.map_or("none".into(), |snr| format!("{snr:.4}"));
            rows.push(vec![layout.folder(place), format!("{split:?}").to_lowercase(), finished.particles.to_string(), snr]);
        }
        let mut record = record.with_inputs(&description.files)?.with_parameters(&parameters)?.with_seed(seed);
        let [validation, test] = splits.counts(count);
        let said = [("tomograms", json!(count)), ("validation", json!(validation)), ("test", json!(test)), ("only", json!(self.only))];
        said.into_iter()
            .chain([("layout", json!(layout)), ("density", json!(self.density))])
            .for_each(|(name, value)| record.add(name, value));
        record.write(&self.output.join(RECORD))?;
        let dataset = self.output.join(DATA_SET);
        Dataset { classes: "classes.toml".into(), tomograms: entries }.write(&dataset)?;
        let value = json!({"dataset": dataset.shown(), "tomograms": all, "kept": kept, "seed": seed});
        output::print(json, &value, || output::table(&rows))
    }

    /// The tomograms to simulate, counted from 0.
    fn places(&self, count: u64) -> Result<Range<u64>, Failure> {
        let Some(only) = self.only else { return Ok(0..count) };
        if only > count {
            return Err(Failure::usage(format!("--only {only} of --count {count}: there are no more")));
        }
        if self.output.join(DATA_SET).exists() {
            return Err(Failure::usage(format!("{}: --only needs a folder that is no data set", self.output.display())));
        }
        Ok(only - 1..only)
    }

    /// What the file or the preset says, and then the arguments.
    fn description(&self) -> Result<Description, Failure> {
        let mut description = match (&self.recipe, &self.params) {
            (Some(path), _) => Description::read(path)?,
            (None, Some(path)) => Description::of(Recipe::fixed(description::read_params(path)?), Layout::Cryoet),
            (None, None) => Description::of(self.preset.recipe()?, self.preset.layout()),
        };
        description.files.extend(self.recipe.iter().chain(&self.params).cloned());
        description.layout = self.layout.unwrap_or(description.layout);
        let recipe = &mut description.recipe;
        let params = &mut recipe.params;
        params.shape = self.shape.unwrap_or(params.shape);
        params.voxel_size = self.voxel_size.unwrap_or(params.voxel_size);
        params.depth = self.depth.or(params.depth);
        let maps = self.maps.as_deref().or(description.maps.as_deref());
        let mut shapes = Shapes::new(maps, params.voxel_size)?;
        if !self.complexes.is_empty() {
            params.complexes = self.complexes.iter().map(|name| shapes.named(name)).collect::<Result<_, _>>()?;
        } else if maps.is_some() {
            params.complexes = params.complexes.iter().map(|complex| shapes.shaped(complex)).collect::<Result<_, _>>()?;
        }
        description.shapes = shapes.into_files();
        if let Some([from, to, step]) = self.tilts {
            params.tilts = TiltScheme { from, to, step };
        }
        // What is given is not drawn.
        if let Some(count) = self.particles {
            params.crowding = Crowding::Count(count);
            recipe.draws.remove(&Quantity::Particles);
        }
        if let Some(defocus) = self.defocus {
            params.ctf.get_or_insert_default().defocus_um = defocus;
            recipe.draws.remove(&Quantity::DefocusUm);
        }
        if let Some(snr) = self.snr {
            params.snr = (snr != 0.0).then_some(snr);
            recipe.draws.remove(&Quantity::Snr);
        }
        Ok(description)
    }
}

/// How it goes on, where the user asked to stop.
fn stopped(failure: Failure, done: usize, all: usize) -> Failure {
    if interrupt::asked() { Failure::new(format!("stopped after {done} of {all} tomograms: the same command goes on")) } else { failure }
}
