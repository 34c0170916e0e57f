mod description;
mod files;
mod shapes;
mod splits;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cryoet::io::write_class_table;
use cryoet::sim::{Complex, Crowding, Quantity, Recipe, SimulationParams, TiltScheme, simulate};
use serde_json::json;

use crate::bar::Bar;
use crate::dataset::Dataset;
use crate::failure::Failure;
use crate::numbers;
use crate::output;
use crate::paths::Shown;
use crate::record::Record;
use description::Description;
use files::Layout;
use shapes::Shapes;
use splits::Splits;

/// Tomograms with known truth, as a data set for training
///
/// DIR gets dataset.toml, classes.toml, masks/ and a folder per tomogram: tomogram.mrc, classes.mrc, occupancy.mrc,
/// hitboxes.mrc, particles.csv. Particle i of the list (from 0) has id i + 1 in occupancy and hitboxes. The same
/// parameters and seed give the same files. record.json holds every parameter and draw.
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
    /// Decides everything that is random [default: 0]
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..1 << 40))]
    seed: Option<u64>,
    /// Parameters to start from
    #[arg(long, value_enum, default_value_t = Preset::Demo)]
    preset: Preset,
    /// Parameters of the simulation (TOML), instead of a preset
    #[arg(long, value_name = "PARAMS.toml", conflicts_with = "preset")]
    params: Option<PathBuf>,
    /// Description of a data set (TOML), instead of a preset: preset, tomograms, validation, test, seed, maps, layout, tables params and
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
    /// Also write the noise-free density, density.mrc
    #[arg(long)]
    density: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Preset {
    /// Six complexes, 64 x 256 x 256 voxels of 10 Angstrom, SNR 0.1: the conditions of the demo
    Demo,
    /// Two large complexes, 40 x 96 x 96 voxels, 41 tilts, SNR 1: seconds
    Small,
    /// SHREC'19: 12 complexes, 2,500 particles in 200 x 512 x 512 voxels of 10 Angstrom, 39 tilts
    Shrec19,
    /// SHREC'20: 12 complexes, 2,400 to 2,799 particles in 200 x 512 x 512 voxels of 10 Angstrom, 41 tilts
    Shrec20,
    /// SHREC'21: 13 complexes, vesicles and gold, 1,000 to 3,000 particles in 180 x 512 x 512 voxels of 10 Angstrom, 61 tilts
    Shrec21,
}

impl Preset {
    fn recipe(self) -> Result<Recipe, Failure> {
        let demo = SimulationParams::default();
        Ok(match self {
            Self::Demo => Recipe::fixed(demo),
            Self::Small => Recipe::fixed(SimulationParams {
                shape: [40, 96, 96],
                complexes: vec![Complex::builtin("1bxn")?, Complex::builtin("4d8q")?],
                crowding: Crowding::Count(14),
                tilts: TiltScheme { step: 3.0, ..TiltScheme::default() },
                snr: Some(1.0),
                ..demo
            }),
            Self::Shrec19 => Recipe::shrec19(),
            Self::Shrec20 => Recipe::shrec20(),
            Self::Shrec21 => Recipe::shrec21(),
        })
    }

    fn layout(self) -> Layout {
        match self {
            Self::Demo | Self::Small => Layout::Cryoet,
            Self::Shrec19 => Layout::Shrec19,
            Self::Shrec20 | Self::Shrec21 => Layout::Shrec,
        }
    }
}

impl Simulate {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        let description = self.description()?;
        let Description { recipe, layout, .. } = &description;
        let (count, seed) = (self.count.or(description.tomograms).unwrap_or(1), self.seed.or(description.seed).unwrap_or(0));
        let splits = Splits::new(count, self.validation.or(description.validation), self.test.or(description.test))?;
        recipe.draw(seed << 20).map_err(Failure::of_arguments)?.0.check().map_err(Failure::of_arguments)?;
        files::create(&self.output)?;
        let classes = self.output.join("classes.toml");
        let mut entries = Vec::new();
        let mut rows = vec![["tomogram", "split", "particles", "SNR"].map(str::to_owned).to_vec()];
        for place in 0..count {
            let split = splits.of(place);
            // Seeds of one call never meet those of another.
            let seed = (seed << 20) + place;
            let (params, drawn) = recipe.draw(seed)?;
            let bar = Bar::new("simulating");
            let simulation = simulate(&params, seed, &bar)?;
            drop(bar);
            write_class_table(&classes, &simulation.class_table)?;
            let record = Record::new("simulate", &params)?.with_seed(seed);
            let name = layout.folder(place);
            entries.push(layout.write(&self.output, &name, split, &simulation, &drawn, record, self.density)?);
            let snr = simulation.noise.as_ref().map_or("none".into(), |noise| format!("{:.4}", noise.snr_realised));
            rows.push(vec![name, format!("{split:?}").to_lowercase(), simulation.particles.len().to_string(), snr]);
        }
        files::write_masks(&self.output, &recipe.params)?;
        let record = if recipe.draws.is_empty() { Record::new("simulate", &recipe.params)? } else { Record::new("simulate", recipe)? };
        record.with_seed(seed).write(&self.output.join("record.json"))?;
        Dataset { classes: "classes.toml".into(), tomograms: entries }.write(&self.output.join("dataset.toml"))?;
        let value = json!({"dataset": self.output.join("dataset.toml").shown(), "tomograms": count, "seed": seed});
        output::print(json, &value, || output::table(&rows))
    }

    /// What the file or the preset says, and then the arguments.
    fn description(&self) -> Result<Description, Failure> {
        let mut description = match (&self.recipe, &self.params) {
            (Some(path), _) => Description::read(path)?,
            (None, Some(path)) => Description::of(Recipe::fixed(description::read_params(path)?), Layout::Cryoet),
            (None, None) => Description::of(self.preset.recipe()?, self.preset.layout()),
        };
        description.layout = self.layout.unwrap_or(description.layout);
        let recipe = &mut description.recipe;
        let params = &mut recipe.params;
        params.shape = self.shape.unwrap_or(params.shape);
        params.voxel_size = self.voxel_size.unwrap_or(params.voxel_size);
        params.depth = self.depth.or(params.depth);
        let shapes = Shapes { folder: self.maps.as_deref().or(description.maps.as_deref()), voxel_size: params.voxel_size };
        if !self.complexes.is_empty() {
            params.complexes = self.complexes.iter().map(|name| shapes.named(name)).collect::<Result<_, _>>()?;
        } else if shapes.folder.is_some() {
            params.complexes = params.complexes.iter().map(|complex| shapes.shaped(complex)).collect::<Result<_, _>>()?;
        }
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
