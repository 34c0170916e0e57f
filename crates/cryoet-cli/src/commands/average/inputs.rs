use std::path::{Path, PathBuf};

use cryoet::average::AverageError;
use cryoet::io::open_volume;
use cryoet::{ClassLabel, ClassTable, Particle, VolumeSource};

use super::Average;
use crate::class_labels::particles_class;
use crate::dataset::{Dataset, Entry};
use crate::failure::Failure;
use crate::options::{Frame, tomogram_name};
use crate::output;

/// One tomogram and the particles of the class in it.
pub(super) struct Tomogram {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) source: Box<dyn VolumeSource<f32>>,
    pub(super) particles: Vec<Particle>,
}

/// All tomograms, and the files that were read.
pub(super) struct Inputs {
    pub(super) tomograms: Vec<Tomogram>,
    pub(super) class: ClassLabel,
    pub(super) classes: ClassTable,
    pub(super) files: Vec<PathBuf>,
}

impl Inputs {
    pub(super) fn read(command: &Average) -> Result<Self, Failure> {
        let mut classes = command.lists.class_table()?;
        let mut files: Vec<PathBuf> = command.lists.classes.iter().cloned().collect();
        let (mut tomograms, mut without) = (Vec::new(), Vec::new());
        let is_dataset = |path: &PathBuf| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        if let [path] = command.tomograms.as_slice()
            && is_dataset(path)
        {
            if command.particles.is_some() {
                return Err(Failure::usage("--particles: the data set names the lists"));
            }
            let dataset = Dataset::read(path)?;
            files.push(path.clone());
            if classes.is_empty() {
                classes = cryoet::io::read_class_table(&dataset.classes)?;
                files.push(dataset.classes.clone());
            }
            let chosen = |entry: &Entry| command.lists.tomogram.as_ref().is_none_or(|name| *name == entry.name);
            if let Some(name) = command.lists.tomogram.as_ref().filter(|_| !dataset.tomograms.iter().any(chosen)) {
                return Err(Failure::usage(format!("--tomogram {name}: none of the data set is called so")));
            }
            for entry in dataset.tomograms.into_iter().filter(chosen) {
                let Some(list) = entry.particles else {
                    without.push(entry.name);
                    continue;
                };
                let source = open_volume(&entry.volume)?;
                let particles = command.lists.read_in(&list, frame_of(source.as_ref()))?.particles;
                files.extend([entry.volume.clone(), list]);
                tomograms.push(Tomogram { name: entry.name, path: entry.volume, source, particles });
            }
        } else {
            let list = command.particles.as_ref().ok_or_else(|| Failure::usage("give --particles, or a dataset.toml"))?;
            files.push(list.clone());
            files.extend(command.tomograms.iter().cloned());
            tomograms = of_list(command, list)?;
        }
        let class = the_class(command, &classes, &tomograms)?;
        for tomogram in &mut tomograms {
            tomogram.particles.retain(|particle| particle.class == class);
            if command.forget_orientations {
                tomogram.particles.iter_mut().for_each(|particle| particle.orientation = None);
            }
        }
        let (tomograms, empty): (Vec<Tomogram>, Vec<Tomogram>) = tomograms.into_iter().partition(|tomogram| !tomogram.particles.is_empty());
        without.extend(empty.into_iter().map(|tomogram| tomogram.name));
        if !without.is_empty() {
            output::warn(format!("no particle of the class in {}", without.join(", ")));
        }
        Ok(Self { tomograms, class, classes, files })
    }

    /// An error with the tomogram that it is about.
    pub(super) fn failure(&self, error: AverageError) -> Failure {
        match error {
            AverageError::NoVariance { .. } if self.tomograms.len() == 1 => Failure::about(&self.tomograms[0].path)(error.into()),
            AverageError::Tomogram { place, error } if place < self.tomograms.len() => {
                Failure::about(&self.tomograms[place].path)(Failure::from(*error))
            }
            other => other.into(),
        }
    }
}

/// Positions are wanted in the voxels of the tomogram itself.
fn frame_of(tomogram: &dyn VolumeSource<f32>) -> Frame {
    Frame { voxel_size: tomogram.voxel_size(), shape: Some(tomogram.shape()), ..Frame::default() }
}

/// The tomograms of the arguments, each with its particles of a list.
fn of_list(command: &Average, path: &Path) -> Result<Vec<Tomogram>, Failure> {
    let open = |volume: &PathBuf| {
        let source = open_volume(volume)?;
        Ok(Tomogram { name: tomogram_name(volume), path: volume.clone(), source, particles: Vec::new() })
    };
    let mut tomograms: Vec<Tomogram> = command.tomograms.iter().map(open).collect::<Result<_, Failure>>()?;
    if let [only] = tomograms.as_mut_slice() {
        only.particles = command.lists.read_of_one_tomogram_in(path, frame_of(only.source.as_ref()))?.particles;
        return Ok(tomograms);
    }
    let names: Vec<String> = tomograms.iter().map(|tomogram| tomogram.name.clone()).collect();
    if let Some(name) = names.iter().enumerate().find_map(|(i, name)| names[..i].contains(name).then_some(name)) {
        return Err(Failure::usage(format!("two tomograms are named {name:?}, and the list names particles' tomograms")));
    }
    if let Some(name) = command.lists.tomogram.as_ref().filter(|name| !names.contains(name)) {
        return Err(Failure::usage(format!("--tomogram {name}: none of the tomograms is called so")));
    }
    for tomogram in &mut tomograms {
        let list = command.lists.read_whole(path, frame_of(tomogram.source.as_ref()))?;
        for particle in &list.particles {
            let name = list.tomogram_of(particle).unwrap_or_default();
            if command.lists.tomogram.as_ref().is_some_and(|chosen| chosen != name) {
                continue;
            }
            if name == tomogram.name {
                tomogram.particles.push(particle.clone());
            } else if !names.iter().any(|other| other == name) {
                return Err(Failure::new(format!("{}: a particle of {name:?}, which is none of the tomograms", path.display())));
            }
        }
    }
    Ok(tomograms)
}

/// The class that is averaged: the one chosen, or the only one.
fn the_class(command: &Average, classes: &ClassTable, tomograms: &[Tomogram]) -> Result<ClassLabel, Failure> {
    let mut found: Vec<ClassLabel> = tomograms.iter().flat_map(|tomogram| &tomogram.particles).map(|particle| particle.class).collect();
    found.sort_unstable();
    found.dedup();
    match (&command.class, found.as_slice()) {
        (Some(word), _) => {
            let label = particles_class(word, classes)?;
            if found.contains(&label) { Ok(label) } else { Err(Failure::new(format!("no particle is of class {word}"))) }
        }
        (None, [only]) => Ok(*only),
        (None, []) => Err(Failure::new("no particles: the list is empty")),
        (None, several) => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::usage(format!("particles of the classes {}: choose one with --class", names.join(", "))))
        }
    }
}
