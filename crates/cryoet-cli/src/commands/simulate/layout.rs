//! The files of simulated tomograms.

use std::path::Path;

use clap::ValueEnum;
use cryoet::Volume;
use cryoet::io::{AxisOrder, ParticleList, WriteParticles, write_ids, write_labels, write_particles, write_volume};
use cryoet::ndarray::{Array3, s};
use cryoet::sim::{Simulation, class_volume};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// How the files of a tomogram are named, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Layout {
    /// tomogram.mrc, classes.mrc, occupancy.mrc, hitboxes.mrc, particles.csv
    Cryoet,
    /// As SHREC'20 and '21 name them; particle_locations.txt has x first
    Shrec,
    /// As SHREC'20 and '21 name them; particle_locations.txt has z first
    Shrec19,
}

/// A tomogram's own record: the last of its files that is written and the first that is removed, so that the others are whole where it is.
pub(super) const RECORD: &str = "record.json";

/// All files that a layout may put into a tomogram's folder beside the record.
pub(super) const FILES: [&str; 18] = [
    "tomogram.mrc",
    "classes.mrc",
    "occupancy.mrc",
    "hitboxes.mrc",
    "density.mrc",
    "tall.mrc",
    "even.mrc",
    "odd.mrc",
    "particles.csv",
    "grandmodel.mrc",
    "class_mask.mrc",
    "occupancy_mask.mrc",
    "occupancy_bbox.mrc",
    "class_bbox.mrc",
    "projections.mrc",
    "noisefree_projections.mrc",
    "particle_locations.txt",
    "reconstruction.mrc",
];

impl Layout {
    /// The folder of a tomogram, counted from 0.
    pub(super) fn folder(self, place: u64) -> String {
        match self {
            Self::Cryoet => format!("tomogram-{}", place + 1),
            Self::Shrec | Self::Shrec19 => format!("model_{place}"),
        }
    }

    /// Whether one of the layouts names a tomogram's folder so.
    pub(super) fn is_folder(name: &str) -> bool {
        let ours = name.strip_prefix("tomogram-").and_then(|digits| digits.parse::<u64>().ok()?.checked_sub(1));
        let shrec = name.strip_prefix("model_").and_then(|digits| digits.parse().ok());
        ours.is_some_and(|place| Self::Cryoet.folder(place) == name) || shrec.is_some_and(|place| Self::Shrec.folder(place) == name)
    }

    /// The file that a network learns from. The tracks' own reconstruction may be taller than its truth, which a network cannot learn from.
    pub(super) fn volume(self, has_tall: bool) -> &'static str {
        if self == Self::Cryoet || has_tall { "tomogram.mrc" } else { "reconstruction.mrc" }
    }

    /// The file of the classes.
    pub(super) fn labels(self) -> &'static str {
        if self == Self::Cryoet { "classes.mrc" } else { "class_mask.mrc" }
    }

    /// The file of the density without noise; in a layout of our own it is there if asked for.
    pub(super) fn density(self, asked: bool) -> Option<&'static str> {
        match self {
            Self::Cryoet => asked.then_some("density.mrc"),
            Self::Shrec | Self::Shrec19 => Some("grandmodel.mrc"),
        }
    }

    /// Writes all files of a tomogram of a name but its record.
    pub(super) fn write(self, folder: &Path, name: &str, simulation: &Simulation, density: bool) -> Result<(), Failure> {
        match self {
            Self::Cryoet => ours(folder, simulation, density)?,
            Self::Shrec => shrec(folder, simulation, AxisOrder::Xyz)?,
            Self::Shrec19 => shrec(folder, simulation, AxisOrder::Zyx)?,
        }
        write_volume(folder.join(self.volume(simulation.tall.is_some())), &simulation.tomogram)?;
        write_labels(folder.join(self.labels()), &simulation.classes)?;
        if let Some([even, odd]) = &simulation.halves {
            write_volume(folder.join("even.mrc"), even)?;
            write_volume(folder.join("odd.mrc"), odd)?;
        }
        let list = ParticleList {
            particles: simulation.particles.clone(),
            voxel_size: simulation.tomogram.voxel_size(),
            shape: Some(simulation.tomogram.shape()),
            tomogram: Some(name.to_owned()),
        };
        let options = WriteParticles { classes: simulation.class_table.clone(), ..WriteParticles::default() };
        write_particles(folder.join("particles.csv"), &list, &options)?;
        Ok(())
    }
}

fn ours(folder: &Path, simulation: &Simulation, density: bool) -> Result<(), Failure> {
    write_ids(folder.join("occupancy.mrc"), &simulation.occupancy)?;
    write_ids(folder.join("hitboxes.mrc"), &simulation.hitboxes)?;
    if density {
        write_volume(folder.join("density.mrc"), &simulation.density)?;
    }
    if let Some(tall) = &simulation.tall {
        write_volume(folder.join("tall.mrc"), tall)?;
    }
    Ok(())
}

fn shrec(folder: &Path, simulation: &Simulation, order: AxisOrder) -> Result<(), Failure> {
    write_volume(folder.join("grandmodel.mrc"), &simulation.density)?;
    write_ids(folder.join("occupancy_mask.mrc"), &simulation.occupancy)?;
    write_ids(folder.join("occupancy_bbox.mrc"), &simulation.hitboxes)?;
    let boxes = class_volume(simulation.hitboxes.view(), &simulation.particles);
    write_labels(folder.join("class_bbox.mrc"), &simulation.hitboxes.with_data(boxes))?;
    write_volume(folder.join("projections.mrc"), &images(&simulation.images, simulation))?;
    write_volume(folder.join("noisefree_projections.mrc"), &images(&simulation.clean_images, simulation))?;
    let list = ParticleList::new(simulation.particles.clone());
    let options = WriteParticles { classes: simulation.class_table.clone(), axis_order: Some(order), ..WriteParticles::default() };
    write_particles(folder.join("particle_locations.txt"), &list, &options)?;
    if let Some(tall) = &simulation.tall {
        write_volume(folder.join("reconstruction.mrc"), tall)?;
    }
    Ok(())
}

/// Images as wide as the tomogram, about the tilt axis.
fn images(images: &Array3<f32>, simulation: &Simulation) -> Volume<f32> {
    let width = simulation.tomogram.shape()[2].min(images.dim().2);
    let start = images.dim().2 / 2 - width / 2;
    let size = simulation.tomogram.voxel_size();
    Volume::new(images.slice(s![.., .., start..start + width]).to_owned()).with_voxel_size(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_known_by_their_names() {
        for name in ["tomogram-1", "tomogram-1048575", "model_0", "model_12"] {
            assert!(Layout::is_folder(name), "{name}");
        }
        for name in
            ["tomogram-0", "tomogram-01", "tomogram-", "tomogram-1b", "model_", "model_-1", "model_007", "model-1", "masks", "tomogram-+1"]
        {
            assert!(!Layout::is_folder(name), "{name}");
        }
    }
}
