use std::path::{Path, PathBuf};

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, ClassTable, Particle};
use cryoet_eval::{Evaluation, HitboxProtocol, MeanDistance, evaluate_hitboxes};
use cryoet_io::{ReadParticles, read_class_table, read_ids, read_particles};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::cryoet::Cryoet;

/// A data set that `cryoet simulate` wrote.
pub(crate) struct Data {
    folder: PathBuf,
    pub(crate) list: Listed,
}

/// The contents of `dataset.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) classes: PathBuf,
    pub(crate) tomogram: Vec<Entry>,
}

/// One tomogram of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) volume: PathBuf,
    pub(crate) labels: PathBuf,
    pub(crate) particles: PathBuf,
    pub(crate) split: String,
}

/// One tomogram with its truth.
pub(crate) struct Tomogram {
    pub(crate) volume: PathBuf,
    particles: PathBuf,
}

impl Data {
    /// The data set of a recipe and a seed; simulated into the folder where it is not whole there. Densities are those of the development
    /// data, or the built-in shapes without them.
    pub(crate) fn simulated(cryoet: &Cryoet, recipe: &Path, seed: u64, further: &[&str], folder: &Path) -> Outcome<Self> {
        // The data set's list is written last.
        if !folder.join("dataset.toml").is_file() {
            let (seed, recipe, folder) = (seed.to_string(), recipe.to_string_lossy(), folder.to_string_lossy());
            let mut words: Vec<&str> = vec!["simulate", "--recipe", &recipe, "--seed", &seed, "-o", &folder];
            let maps = std::env::var_os("CRYOET_DATA").map(|data| Path::new(&data).join("maps-10A")).filter(|maps| maps.is_dir());
            let maps = maps.map(|maps| maps.to_string_lossy().into_owned());
            words.extend(maps.iter().flat_map(|maps| ["--maps", maps]));
            words.extend(further);
            cryoet.run(&words)?;
        }
        Self::open(folder)
    }

    /// A data set that is there.
    pub(crate) fn open(folder: &Path) -> Outcome<Self> {
        let path = folder.join("dataset.toml");
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}: `run` simulates it", path.display()))?;
        Ok(Self { folder: folder.to_owned(), list: toml::from_str(&text)? })
    }

    pub(crate) fn dataset(&self) -> PathBuf {
        self.folder.join("dataset.toml")
    }

    /// A file whose path counts from the data set's folder.
    pub(crate) fn file(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    pub(crate) fn classes(&self) -> Outcome<ClassTable> {
        Ok(read_class_table(self.file(&self.list.classes))?)
    }

    /// Where the shapes of the complexes came from.
    pub(crate) fn densities(&self) -> Outcome<&'static str> {
        let record = std::fs::read_to_string(self.folder.join("record.json"))?;
        Ok(if record.contains("map_voxel_size") { "maps" } else { "built-in" })
    }

    /// The tomogram that clustering is chosen on.
    pub(crate) fn validation(&self) -> Outcome<Tomogram> {
        self.first("validation")
    }

    /// The tomogram that is picked and scored.
    pub(crate) fn test(&self) -> Outcome<Tomogram> {
        self.first("test")
    }

    fn first(&self, split: &str) -> Outcome<Tomogram> {
        let entry = self.list.tomogram.iter().find(|entry| entry.split == split);
        let entry = entry.ok_or_else(|| format!("{}: no tomogram is for {split}", self.dataset().display()))?;
        Ok(Tomogram { volume: self.file(&entry.volume), particles: self.file(&entry.particles) })
    }
}

/// What is true of a tomogram.
pub(crate) struct Truth {
    /// In the order of their ids.
    pub(crate) particles: Vec<Particle>,
    /// The 1-based particle whose bounding box holds the voxel.
    pub(crate) hitboxes: Array3<u32>,
}

impl Tomogram {
    pub(crate) fn truth(&self) -> Outcome<Truth> {
        let particles = read_particles(&self.particles, &ReadParticles::default())?.particles;
        Ok(Truth { particles, hitboxes: read_ids(self.particles.with_file_name("occupancy_bbox.mrc"))?.into_data() })
    }
}

impl Truth {
    /// The same as if there were no particles of other classes.
    pub(crate) fn of_class(&self, class: ClassLabel) -> Self {
        let mut particles = Vec::new();
        let mut new_ids = vec![0_u32; self.particles.len() + 1];
        for (particle, id) in self.particles.iter().zip(&mut new_ids[1..]).filter(|(particle, _)| particle.class == class) {
            particles.push(particle.clone());
            *id = particles.len() as u32;
        }
        Self { particles, hitboxes: self.hitboxes.mapv(|id| new_ids.get(id as usize).copied().unwrap_or(0)) }
    }

    /// By the bounding boxes of SHREC'19 instead of SHREC'20's occupancy, in which a pick in the cavity of a hollow complex, where its
    /// centre is, finds nothing; distances as in SHREC'20.
    pub(crate) fn evaluate(&self, picks: &[Particle]) -> Outcome<Evaluation> {
        let protocol = HitboxProtocol { mean_distance: MeanDistance::FirstHits, ..HitboxProtocol::shrec_2019() };
        Ok(evaluate_hitboxes(&self.particles, picks, self.hitboxes.view(), &protocol)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::Position;

    #[test]
    fn a_class_alone_is_charged_with_picks_on_others() {
        let at = |class: u8, x: f64| Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap());
        let hitboxes = Array3::from_shape_fn((1, 1, 9), |(_, _, x)| [1, 0, 0, 2, 0, 0, 3, 0, 0][x]);
        let truth = Truth { particles: vec![at(1, 0.0), at(2, 3.0), at(1, 6.0)], hitboxes };
        let f1 = |class: u8, picks: &[Particle]| truth.of_class(ClassLabel::new(class)).evaluate(picks).unwrap().localisation.f1;
        assert_eq!(f1(1, &[at(1, 0.0), at(1, 3.0)]), 0.5);
        assert_eq!(f1(2, &[at(2, 6.0)]), 0.0);
        assert_eq!(f1(3, &[]), 0.0);
    }
}
