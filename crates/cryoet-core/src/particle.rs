use std::{collections::BTreeMap, sync::Arc};

use crate::{ClassLabel, Orientation, Position, Score};

/// One macromolecule in a tomogram.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, Score};
/// let pick = Particle::new(ClassLabel::new(2), Position::new(10.0, 20.5, 30.0)?).with_score(Score::new(0.93)?);
/// assert_eq!(pick.score.unwrap().get(), 0.93);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Particle {
    /// What it is.
    pub class: ClassLabel,
    /// Where it is, in voxels of its tomogram.
    pub position: Position,
    /// How it is turned, where known.
    pub orientation: Option<Orientation>,
    /// How sure the program that found it is; networks and clusters of this project score in [0, 1].
    pub score: Option<Score>,
    /// How many voxels it covers, where known.
    pub size: Option<u64>,
    /// The tomogram it lies in, where the list names one; particles may share a name's memory.
    pub tomogram: Option<Arc<str>>,
    /// What an input file carried besides: column name to text.
    pub extra: BTreeMap<String, String>,
}

impl Particle {
    /// A particle of which only class and place are known.
    pub fn new(class: ClassLabel, position: Position) -> Self {
        Self { class, position, orientation: None, score: None, size: None, tomogram: None, extra: BTreeMap::new() }
    }

    /// The same particle with an orientation.
    #[must_use]
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = Some(orientation);
        self
    }

    /// The same particle with a score.
    #[must_use]
    pub fn with_score(mut self, score: Score) -> Self {
        self.score = Some(score);
        self
    }

    /// The same particle with a size in voxels.
    #[must_use]
    pub fn with_size(mut self, voxels: u64) -> Self {
        self.size = Some(voxels);
        self
    }

    /// The size in voxels of another volume, each as large as `volume` of these: rounded, and no less than 1 where there is a voxel at all.
    ///
    /// ```
    /// use cryoet_core::{ClassLabel, Particle, Position};
    /// let particle = Particle::new(ClassLabel::new(1), Position::from_index([4, 5, 6])).with_size(1000);
    /// assert_eq!(particle.size_in_voxels_of(8.0), Some(125)); // binned by 2
    /// assert_eq!(particle.size_in_voxels_of(1e4), Some(1));
    /// ```
    pub fn size_in_voxels_of(&self, volume: f64) -> Option<u64> {
        let one = |voxels: u64| if voxels == 0 { 0 } else { ((voxels as f64 / volume).round() as u64).max(1) };
        self.size.map(one)
    }

    /// The same particle, said to lie in a tomogram.
    #[must_use]
    pub fn with_tomogram(mut self, name: impl Into<Arc<str>>) -> Self {
        self.tomogram = Some(name.into());
        self
    }
}
