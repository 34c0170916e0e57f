//! The files of simulated tomograms.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use cryoet::io::{AxisOrder, ParticleList, WriteParticles, write_ids, write_labels, write_particles, write_volume};
use cryoet::ndarray::{Array3, s};
use cryoet::sim::{Quantity, Simulation, SimulationParams, class_volume};
use cryoet::{Volume, VoxelSize};
use serde::Deserialize;
use serde_json::json;

use crate::dataset::{Entry, Split};
use crate::failure::Failure;
use crate::record::Record;

/// How the files of a tomogram are named, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    /// tomogram.mrc, classes.mrc, occupancy.mrc, hitboxes.mrc, particles.csv
    Cryoet,
    /// As SHREC'20 and '21 name them; particle_locations.txt has x first
    Shrec,
    /// As SHREC'20 and '21 name them; particle_locations.txt has z first
    Shrec19,
}

impl Layout {
    /// The folder of a tomogram, counted from 0.
    pub(crate) fn folder(self, place: u64) -> String {
        match self {
            Self::Cryoet => format!("tomogram-{}", place + 1),
            Self::Shrec | Self::Shrec19 => format!("model_{place}"),
        }
    }

    /// Writes the files of one tomogram; the answer's paths count from the data set's folder.
    #[expect(clippy::too_many_arguments, reason = "all of a tomogram's circumstances")]
    pub(crate) fn write(
        self,
        output: &Path,
        name: &str,
        split: Split,
        simulation: &Simulation,
        drawn: &BTreeMap<Quantity, f64>,
        record: Record,
        density: bool,
    ) -> Result<Entry, Failure> {
        let folder = output.join(name);
        create(&folder)?;
        let (volume, labels) = match self {
            Self::Cryoet => ours(&folder, simulation, density)?,
            Self::Shrec => shrec(&folder, simulation, AxisOrder::Xyz)?,
            Self::Shrec19 => shrec(&folder, simulation, AxisOrder::Zyx)?,
        };
        let list = ParticleList {
            particles: simulation.particles.clone(),
            voxel_size: simulation.tomogram.voxel_size(),
            shape: Some(simulation.tomogram.shape()),
            tomogram: Some(name.to_owned()),
        };
        let options = WriteParticles { classes: simulation.class_table.clone(), ..WriteParticles::default() };
        write_particles(folder.join("particles.csv"), &list, &options)?;
        record.with_result(manifest(simulation, drawn)).write(&folder.join("record.json"))?;
        let file = |file: &str| Path::new(name).join(file);
        Ok(Entry { name: name.to_owned(), volume: file(volume), labels: file(labels), particles: Some(file("particles.csv")), split })
    }
}

/// What was drawn and what came out.
fn manifest(simulation: &Simulation, drawn: &BTreeMap<Quantity, f64>) -> serde_json::Value {
    let noise = simulation.noise.as_ref();
    json!({
        "particles": simulation.particles.len(),
        "tilts": simulation.tilts,
        "snr_nominal": noise.map(|noise| noise.snr_nominal),
        "snr_realised": noise.map(|noise| noise.snr_realised),
        "drawn": drawn,
        "series": simulation.series,
        "particle_draws": simulation.draws,
        "noise": noise,
    })
}

fn ours(folder: &Path, simulation: &Simulation, density: bool) -> Result<(&'static str, &'static str), Failure> {
    write_volume(folder.join("tomogram.mrc"), &simulation.tomogram)?;
    write_labels(folder.join("classes.mrc"), &simulation.classes)?;
    write_ids(folder.join("occupancy.mrc"), &simulation.occupancy)?;
    write_ids(folder.join("hitboxes.mrc"), &simulation.hitboxes)?;
    if density {
        write_volume(folder.join("density.mrc"), &simulation.density)?;
    }
    if let Some(tall) = &simulation.tall {
        write_volume(folder.join("tall.mrc"), tall)?;
    }
    write_halves(folder, simulation)?;
    Ok(("tomogram.mrc", "classes.mrc"))
}

fn shrec(folder: &Path, simulation: &Simulation, order: AxisOrder) -> Result<(&'static str, &'static str), Failure> {
    write_volume(folder.join("grandmodel.mrc"), &simulation.density)?;
    write_labels(folder.join("class_mask.mrc"), &simulation.classes)?;
    write_ids(folder.join("occupancy_mask.mrc"), &simulation.occupancy)?;
    write_ids(folder.join("occupancy_bbox.mrc"), &simulation.hitboxes)?;
    let boxes = class_volume(simulation.hitboxes.view(), &simulation.particles);
    write_labels(folder.join("class_bbox.mrc"), &simulation.hitboxes.with_data(boxes))?;
    write_volume(folder.join("projections.mrc"), &images(&simulation.images, simulation))?;
    write_volume(folder.join("noisefree_projections.mrc"), &images(&simulation.clean_images, simulation))?;
    let list = ParticleList::new(simulation.particles.clone());
    let options = WriteParticles { classes: simulation.class_table.clone(), axis_order: Some(order), ..WriteParticles::default() };
    write_particles(folder.join("particle_locations.txt"), &list, &options)?;
    write_halves(folder, simulation)?;
    // The track's own reconstruction may be taller than its truth, which a network cannot learn from.
    let volume = match &simulation.tall {
        Some(tall) => {
            write_volume(folder.join("reconstruction.mrc"), tall)?;
            "tomogram.mrc"
        }
        None => "reconstruction.mrc",
    };
    write_volume(folder.join(volume), &simulation.tomogram)?;
    Ok((volume, "class_mask.mrc"))
}

/// Images as wide as the tomogram, about the tilt axis.
fn images(images: &Array3<f32>, simulation: &Simulation) -> Volume<f32> {
    let width = simulation.tomogram.shape()[2].min(images.dim().2);
    let start = images.dim().2 / 2 - width / 2;
    let size = simulation.tomogram.voxel_size();
    Volume::new(images.slice(s![.., .., start..start + width]).to_owned()).with_voxel_size(size)
}

fn write_halves(folder: &Path, simulation: &Simulation) -> Result<(), Failure> {
    if let Some([even, odd]) = &simulation.halves {
        write_volume(folder.join("even.mrc"), even)?;
        write_volume(folder.join("odd.mrc"), odd)?;
    }
    Ok(())
}

/// The complexes' masks in reference pose: for shape targets.
pub(crate) fn write_masks(output: &Path, params: &SimulationParams) -> Result<(), Failure> {
    let folder = output.join("masks");
    create(&folder)?;
    let size = VoxelSize::isotropic(params.voxel_size)?;
    for complex in &params.complexes {
        let mask = Volume::new(complex.mask(params.voxel_size)).with_voxel_size(size);
        write_labels(folder.join(format!("{}.mrc", complex.name())), &mask)?;
    }
    Ok(())
}

pub(crate) fn create(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::new(format!("cannot create {}: {error}", folder.display())))
}
