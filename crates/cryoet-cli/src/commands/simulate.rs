use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use cryoet::io::{ParticleList, WriteParticles, write_class_table, write_ids, write_labels, write_particles, write_volume};
use cryoet::sim::{Complex, Crowding, Simulation, SimulationParams, TiltScheme, simulate};
use cryoet::{Volume, VoxelSize};
use serde_json::json;

use crate::bar::Bar;
use crate::dataset::{Dataset, Entry, Split};
use crate::failure::Failure;
use crate::numbers;
use crate::output;
use crate::paths::Shown;
use crate::record::Record;

/// Tomograms with known truth, as a data set for training
///
/// DIR gets dataset.toml, classes.toml, masks/ and a folder per tomogram: tomogram.mrc, classes.mrc, occupancy.mrc,
/// hitboxes.mrc, particles.csv. Particle i of the list (from 0) has id i + 1 in occupancy and hitboxes. The same
/// parameters and seed give the same files.
///
/// Examples:
///   cryoet simulate --seed 7 -o tomogram
///   cryoet simulate --count 8 --seed 1 -o training
///   cryoet simulate --shape 48,128,128 --complexes 1bxn,4d8q --particles 20 --snr 0.2 --seed 3 -o small
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Simulate {
    /// The folder to write
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// How many tomograms
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..1 << 20))]
    count: u64,
    /// How many of them, the last ones, are for validation [default: 1 of 2 or more]
    #[arg(long, value_name = "N")]
    validation: Option<u64>,
    /// Decides everything that is random
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..1 << 40))]
    seed: u64,
    /// Parameters to start from
    #[arg(long, value_enum, default_value_t = Preset::Demo)]
    preset: Preset,
    /// Parameters of the simulation (TOML), instead of a preset
    #[arg(long, value_name = "PARAMS.toml", conflicts_with = "preset")]
    params: Option<PathBuf>,
    /// Extent z,y,x in voxels
    #[arg(long, value_name = "Z,Y,X", value_parser = numbers::triple::<usize>)]
    shape: Option<[usize; 3]>,
    /// Voxel size
    #[arg(long, value_name = "ANGSTROM", value_parser = numbers::positive, allow_negative_numbers = true)]
    voxel_size: Option<f64>,
    /// Complexes by PDB code: the first is class 1
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
}

impl Preset {
    fn params(self) -> Result<SimulationParams, Failure> {
        let demo = SimulationParams::default();
        Ok(match self {
            Self::Demo => demo,
            Self::Small => SimulationParams {
                shape: [40, 96, 96],
                complexes: vec![Complex::builtin("1bxn")?, Complex::builtin("4d8q")?],
                crowding: Crowding::Count(14),
                tilts: TiltScheme { step: 3.0, ..TiltScheme::default() },
                snr: Some(1.0),
                ..demo
            },
        })
    }
}

impl Simulate {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        let params = self.params()?;
        params.check().map_err(Failure::of_arguments)?;
        let validation = self.validation.unwrap_or(u64::from(self.count > 1));
        if validation >= self.count && validation > 0 {
            return Err(Failure::usage(format!("--validation {validation} of --count {}: none is left for training", self.count)));
        }
        create(&self.output)?;
        let classes = self.output.join("classes.toml");
        let mut entries = Vec::new();
        let mut rows = vec![["tomogram", "split", "particles", "SNR"].map(str::to_owned).to_vec()];
        for place in 0..self.count {
            let name = format!("tomogram-{}", place + 1);
            let split = if place >= self.count - validation { Split::Validation } else { Split::Train };
            // Seeds of one call never meet those of another.
            let seed = (self.seed << 20) + place;
            let bar = Bar::new("simulating");
            let simulation = simulate(&params, seed, &bar)?;
            drop(bar);
            write_class_table(&classes, &simulation.class_table)?;
            self.write(&name, &simulation, &Record::new("simulate", &params)?.with_seed(seed))?;
            let snr = simulation.noise.as_ref().map_or("none".into(), |noise| format!("{:.4}", noise.snr_realised));
            rows.push(vec![name.clone(), format!("{split:?}").to_lowercase(), simulation.particles.len().to_string(), snr]);
            let file = |file: &str| Path::new(&name).join(file);
            let (volume, labels, particles) = (file("tomogram.mrc"), file("classes.mrc"), Some(file("particles.csv")));
            entries.push(Entry { name, volume, labels, particles, split });
        }
        self.write_masks(&params)?;
        Record::new("simulate", &params)?.with_seed(self.seed).write(&self.output.join("record.json"))?;
        Dataset { classes: "classes.toml".into(), tomograms: entries }.write(&self.output.join("dataset.toml"))?;
        let value = json!({"dataset": self.output.join("dataset.toml").shown(), "tomograms": self.count, "seed": self.seed});
        output::print(json, &value, || output::table(&rows))
    }

    fn params(&self) -> Result<SimulationParams, Failure> {
        let mut params = match &self.params {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
                toml::from_str(&text).map_err(Failure::from).map_err(Failure::about(path))?
            }
            None => self.preset.params()?,
        };
        params.shape = self.shape.unwrap_or(params.shape);
        params.voxel_size = self.voxel_size.unwrap_or(params.voxel_size);
        if !self.complexes.is_empty() {
            params.complexes =
                self.complexes.iter().map(|name| Complex::builtin(name)).collect::<Result<_, _>>().map_err(Failure::of_arguments)?;
        }
        params.crowding = self.particles.map_or(params.crowding, Crowding::Count);
        if let Some([from, to, step]) = self.tilts {
            params.tilts = TiltScheme { from, to, step };
        }
        if let Some(defocus) = self.defocus {
            params.ctf.get_or_insert_default().defocus_um = defocus;
        }
        if let Some(snr) = self.snr {
            params.snr = (snr != 0.0).then_some(snr);
        }
        Ok(params)
    }

    /// Writes the files of one tomogram.
    fn write(&self, name: &str, simulation: &Simulation, record: &Record) -> Result<(), Failure> {
        let folder = self.output.join(name);
        create(&folder)?;
        write_volume(folder.join("tomogram.mrc"), &simulation.tomogram)?;
        write_labels(folder.join("classes.mrc"), &simulation.classes)?;
        write_ids(folder.join("occupancy.mrc"), &simulation.occupancy)?;
        write_ids(folder.join("hitboxes.mrc"), &simulation.hitboxes)?;
        if self.density {
            write_volume(folder.join("density.mrc"), &simulation.density)?;
        }
        let list = ParticleList {
            particles: simulation.particles.clone(),
            voxel_size: simulation.tomogram.voxel_size(),
            shape: Some(simulation.tomogram.shape()),
            tomogram: Some(name.to_owned()),
        };
        let options = WriteParticles { classes: simulation.class_table.clone(), ..WriteParticles::default() };
        write_particles(folder.join("particles.csv"), &list, &options)?;
        let noise = simulation.noise.as_ref();
        let measured = json!({
            "particles": list.particles.len(),
            "tilts": simulation.tilts,
            "snr_nominal": noise.map(|noise| noise.snr_nominal),
            "snr_realised": noise.map(|noise| noise.snr_realised),
        });
        record.clone().with_result(measured).write(&folder.join("record.json"))
    }

    /// The complexes' masks in reference pose: for shape targets.
    fn write_masks(&self, params: &SimulationParams) -> Result<(), Failure> {
        let folder = self.output.join("masks");
        create(&folder)?;
        let size = VoxelSize::isotropic(params.voxel_size)?;
        for complex in &params.complexes {
            let mask = Volume::new(complex.mask(params.voxel_size)).with_voxel_size(size);
            write_labels(folder.join(format!("{}.mrc", complex.name())), &mask)?;
        }
        Ok(())
    }
}

fn create(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::new(format!("cannot create {}: {error}", folder.display())))
}
