use std::{collections::BTreeMap, fmt};

use cryoet_core::Particle;

use super::ParticleList;

/// Something that a format could not carry.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, Score};
/// use cryoet_io::{ParticleList, WriteParticles, write_particles};
/// let folder = tempfile::tempdir()?;
/// let scored = Particle::new(ClassLabel::new(1), Position::new(1.0, 2.0, 3.0)?).with_score(Score::new(0.5)?);
/// let dropped = write_particles(folder.path().join("p.mod"), &ParticleList::new(vec![scored; 3]), &WriteParticles::default())?;
/// assert_eq!((dropped[0].field.as_str(), dropped[0].particles), ("score", 3));
/// assert_eq!(dropped[0].to_string(), "score of 3 particles");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The field, such as `score`, or the name of an extra column.
    pub field: String,
    /// How many particles lost it; 0 for something of the whole list.
    pub particles: usize,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.particles {
            0 => write!(f, "{}", self.field),
            1 => write!(f, "{} of 1 particle", self.field),
            n => write!(f, "{} of {n} particles", self.field),
        }
    }
}

/// Counts what a format drops of a list, in order of first appearance.
#[derive(Debug)]
pub(super) struct Drops<'a> {
    list: &'a ParticleList,
    dropped: Vec<Dropped>,
}

impl<'a> Drops<'a> {
    pub(super) fn of(list: &'a ParticleList) -> Self {
        Self { list, dropped: Vec::new() }
    }

    /// Voxel size and shape, where the list has them.
    pub(super) fn frame(&mut self) {
        self.of_list("voxel size", self.list.voxel_size.is_some());
        self.of_list("tomogram shape", self.list.shape.is_some());
    }

    /// Orientations and scores that are not known, in formats that have to write a number.
    pub(super) fn unknown_as_zero(&mut self) {
        self.each("unknown orientation (written as 0 0 0)", |particle| particle.orientation.is_none());
        self.each("unknown score (written as 0)", |particle| particle.score.is_none());
    }

    /// A field of those particles that lose it.
    pub(super) fn each(&mut self, field: &str, loses: impl Fn(&Particle) -> bool) {
        self.count(field, self.list.particles.iter().filter(|particle| loses(particle)).count());
    }

    /// Extras by their names, in the names' order.
    pub(super) fn extras(&mut self, is_lost: impl Fn(&str, &str) -> bool) {
        let mut lost = BTreeMap::<&str, usize>::new();
        for (name, value) in self.list.particles.iter().flat_map(|particle| &particle.extra) {
            if is_lost(name, value) {
                *lost.entry(name).or_default() += 1;
            }
        }
        for (name, particles) in lost {
            self.count(name, particles);
        }
    }

    pub(super) fn of_list(&mut self, field: &str, is_there: bool) {
        if is_there {
            self.dropped.push(Dropped { field: field.into(), particles: 0 });
        }
    }

    pub(super) fn count(&mut self, field: &str, particles: usize) {
        if particles > 0 {
            self.dropped.push(Dropped { field: field.into(), particles });
        }
    }

    pub(super) fn done(self) -> Vec<Dropped> {
        self.dropped
    }
}
