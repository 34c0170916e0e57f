use cryoet_core::ndarray::{Array3, ArrayView3, s};
use cryoet_core::{ClassLabel, ClassTable, Progress, Region, SourceError, Statistics, StatisticsError, VoxelSize};
use thiserror::Error;

use super::volume::{GreyValues, TrainingVolume};
use crate::architecture::Architecture;
use crate::smoothing::Smoothing;
use crate::voxel_size::{Mismatch, TOLERANCE, mismatch};
use crate::weights::channel_labels;

/// One tomogram with its label volume, both indexed `[z, y, x]`.
///
/// Label 0 is background, 255 ([`ClassLabel::IGNORE`]) takes no part in loss or metrics, any other must be in the class table.
#[derive(Debug)]
#[non_exhaustive]
pub struct TrainingTomogram {
    /// The name, for messages.
    pub name: String,
    /// Grey values.
    pub volume: TrainingVolume,
    /// A class label per voxel.
    pub labels: Array3<u8>,
    /// The density without noise, for networks that learn to denoise; others, and validation, do not look at it.
    pub density: Option<TrainingVolume>,
}

impl TrainingTomogram {
    /// A tomogram whose noise-free density is not known.
    ///
    /// ```
    /// use cryoet_core::{Volume, ndarray::Array3};
    /// use cryoet_net::TrainingTomogram;
    /// let (grey, labels) = (Array3::<f32>::zeros((8, 8, 8)), Array3::<u8>::zeros((8, 8, 8)));
    /// assert!(TrainingTomogram::new("first", Volume::new(grey), labels).density.is_none());
    /// ```
    pub fn new(name: impl Into<String>, volume: impl Into<TrainingVolume>, labels: Array3<u8>) -> Self {
        Self { name: name.into(), volume: volume.into(), labels, density: None }
    }

    /// The same with its density without noise, of the tomogram's shape: what simulations have. It may be of any contrast and scale.
    ///
    /// ```
    /// use cryoet_core::{Volume, ndarray::Array3};
    /// use cryoet_net::TrainingTomogram;
    /// let (grey, labels) = (Volume::new(Array3::<f32>::zeros((8, 8, 8))), Array3::<u8>::zeros((8, 8, 8)));
    /// assert!(TrainingTomogram::new("first", grey.clone(), labels).with_density(grey).density.is_some());
    /// ```
    #[must_use]
    pub fn with_density(mut self, density: impl Into<TrainingVolume>) -> Self {
        self.density = Some(density.into());
        self
    }
}

/// Why a tomogram cannot be trained on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// No tomogram was given.
    #[error("no tomogram to train on")]
    NoTomogram,
    /// Volume and labels differ in shape.
    #[error("{name}: the tomogram has shape {volume:?} (z, y, x), its labels {labels:?}")]
    Shape {
        /// The tomogram's name.
        name: String,
        /// Its shape.
        volume: [usize; 3],
        /// Its labels' shape.
        labels: [usize; 3],
    },
    /// Volume and noise-free density differ in shape.
    #[error("{name}: the tomogram has shape {volume:?} (z, y, x), its density {density:?}")]
    DensityShape {
        /// The tomogram's name.
        name: String,
        /// Its shape.
        volume: [usize; 3],
        /// Its density's shape.
        density: [usize; 3],
    },
    /// A label is not in the class table.
    #[error("{name}: voxel {index:?} (z, y, x) has label {label}, which is not in the class table")]
    UnknownLabel {
        /// The tomogram's name.
        name: String,
        /// The label.
        label: ClassLabel,
        /// The first voxel that has it.
        index: [usize; 3],
    },
    /// No voxel of any class in any training tomogram.
    #[error("no labelled voxel in the {count} training tomograms: every label is background or ignored")]
    NothingLabelled {
        /// How many tomograms there are.
        count: usize,
    },
    /// The tomogram is smaller than a patch can be.
    #[error("{name}: axis of {length} voxels is shorter than {least}, the least the network takes")]
    TooThin {
        /// The tomogram's name.
        name: String,
        /// The shortest axis.
        length: usize,
        /// The network's granularity.
        least: usize,
    },
    /// A tomogram has another voxel size than the weights, or than the first tomogram where the weights tell none.
    #[error(
        "{name}: the voxel size {found:?} Angstrom (z, y, x) differs by {:.1} % from the training's {expected:?}: at most {:.0} % is allowed",
        difference * 100.0, TOLERANCE * 100.0
    )]
    VoxelSize {
        /// The tomogram's name, or that its density is meant.
        name: String,
        /// Its voxel size, z, y, x.
        found: [f64; 3],
        /// The training's, z, y, x.
        expected: [f64; 3],
        /// The largest relative difference.
        difference: f64,
    },
    /// Voxels that are not finite, or none.
    #[error("{name}")]
    Statistics {
        /// The tomogram's name, or that its density is meant.
        name: String,
        /// What is wrong.
        source: StatisticsError,
    },
    /// A patch cannot be read.
    #[error("{name}")]
    Read {
        /// The tomogram's name, or that its density is meant.
        name: String,
        /// What its source says.
        source: SourceError,
    },
}

/// A tomogram ready for training: scaled to mean 0 and deviation 1, labels as output channels, voxels listed by channel.
#[derive(Debug)]
pub(super) struct PreparedTomogram {
    pub(super) name: String,
    grey: GreyValues,
    /// Without noise, scaled to mean 0 and deviation 1, for networks that learn it.
    density: Option<GreyValues>,
    /// Of the grey values as they were given.
    pub(super) statistics: Statistics,
    /// The same of the density.
    density_statistics: Option<Statistics>,
    /// Output channel per voxel; [`ClassLabel::IGNORE`]'s number where ignored.
    pub(super) channels: Array3<u8>,
    /// For each channel but background, the linear indices of its voxels.
    pub(super) voxels: Vec<Vec<u64>>,
}

impl PreparedTomogram {
    /// Whether another tomogram has the same voxels; they are read plane by plane where the statistics agree.
    pub(super) fn has_voxels_of(&self, other: &Self) -> Result<bool, DataError> {
        if self.channels.dim() != other.channels.dim() || self.statistics != other.statistics {
            return Ok(false);
        }
        let [depth, height, width]: [usize; 3] = self.channels.dim().into();
        for z in 0..depth {
            let plane = Region::new([z, 0, 0], [1, height, width]);
            if self.read(plane)? != other.read(plane)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A region's output channels.
    pub(super) fn channels_within(&self, region: Region) -> ArrayView3<'_, u8> {
        let ([z, y, x], [ez, ey, ex]) = (region.start, region.end());
        self.channels.slice(s![z..ez, y..ey, x..ex])
    }

    /// A region's grey values.
    pub(super) fn grey(&self, region: Region) -> Result<Array3<f32>, SourceError> {
        self.grey.read(region)
    }

    /// The same, its error with the tomogram's name.
    pub(super) fn read(&self, region: Region) -> Result<Array3<f32>, DataError> {
        self.grey(region).map_err(|source| DataError::Read { name: self.name.clone(), source })
    }

    /// A region's density without noise, where it is known and the network learns it.
    pub(super) fn read_density(&self, region: Region) -> Result<Option<Array3<f32>>, DataError> {
        let read = |density: &GreyValues| density.read(region).map_err(|source| DataError::Read { name: density_of(&self.name), source });
        self.density.as_ref().map(read).transpose()
    }

    pub(super) fn has_density(&self) -> bool {
        self.density.is_some()
    }

    /// What of it has the same number everywhere, by the names of messages.
    pub(super) fn constants(&self) -> impl Iterator<Item = String> {
        let named = [(self.name.clone(), Some(&self.statistics)), (density_of(&self.name), self.density_statistics.as_ref())];
        named.into_iter().filter(|(_, statistics)| statistics.is_some_and(|s| s.min == s.max)).map(|(name, _)| name)
    }
}

/// Whether all voxel sizes that are known agree with the training's.
pub(super) fn check_voxel_sizes(
    tomograms: &[TrainingTomogram],
    network: Architecture,
    expected: Option<VoxelSize>,
) -> Result<(), DataError> {
    let different = tomograms.iter().find_map(|tomogram| {
        let of_volume = |name: String, volume: &TrainingVolume| {
            let Mismatch { found, expected, difference } = mismatch(volume.voxel_size(), expected, TOLERANCE)?;
            Some(DataError::VoxelSize { name, found, expected, difference })
        };
        let of_density = || of_volume(density_of(&tomogram.name), tomogram.density.as_ref().filter(|_| network.denoises())?);
        of_volume(tomogram.name.clone(), &tomogram.volume).or_else(of_density)
    });
    different.map_or(Ok(()), Err)
}

/// What messages call a tomogram's density.
fn density_of(name: &str) -> String {
    format!("the density of {name}")
}

/// Prepares tomograms for a network one after another; progress counts planes of each.
pub(super) fn prepare(
    tomograms: Vec<TrainingTomogram>,
    classes: &ClassTable,
    smoothing: &Smoothing,
    network: Architecture,
    progress: &dyn Progress,
) -> Result<Vec<PreparedTomogram>, DataError> {
    tomograms.into_iter().map(|tomogram| prepare_one(tomogram, classes, smoothing, network, progress)).collect()
}

fn prepare_one(
    tomogram: TrainingTomogram,
    classes: &ClassTable,
    smoothing: &Smoothing,
    network: Architecture,
    progress: &dyn Progress,
) -> Result<PreparedTomogram, DataError> {
    let TrainingTomogram { name, volume, labels, density } = tomogram;
    let (granularity, density) = (network.granularity(), density.filter(|_| network.denoises()));
    let shape = volume.shape();
    let label_shape: [usize; 3] = labels.dim().into();
    if shape != label_shape {
        return Err(DataError::Shape { name, volume: shape, labels: label_shape });
    }
    if let Some(density) = density.as_ref().map(TrainingVolume::shape).filter(|density| *density != shape) {
        return Err(DataError::DensityShape { name, volume: shape, density });
    }
    if let Some(&length) = shape.iter().min().filter(|&&n| n < granularity) {
        return Err(DataError::TooThin { name, length, least: granularity });
    }
    let (grey, statistics) =
        GreyValues::prepare(volume, smoothing, progress).map_err(|source| DataError::Statistics { name: name.clone(), source })?;
    let scaled = |density| {
        let prepared = GreyValues::prepare(density, &Smoothing::new(0.0), progress);
        prepared.map_err(|source| DataError::Statistics { name: density_of(&name), source })
    };
    let (density, density_statistics) = density.map(scaled).transpose()?.unzip();
    let table = channel_labels(classes);
    let mut channel_of = [None; 256];
    for (channel, label) in table.iter().enumerate() {
        channel_of[usize::from(label.get())] = u8::try_from(channel).ok();
    }
    channel_of[usize::from(ClassLabel::IGNORE.get())] = Some(ClassLabel::IGNORE.get());
    let mut voxels = vec![Vec::new(); table.len().saturating_sub(1)];
    let mut channels = labels;
    for (linear, ((z, y, x), voxel)) in channels.indexed_iter_mut().enumerate() {
        let Some(channel) = channel_of[usize::from(*voxel)] else {
            return Err(DataError::UnknownLabel { name, label: ClassLabel::new(*voxel), index: [z, y, x] });
        };
        *voxel = channel;
        if channel > 0 && channel != ClassLabel::IGNORE.get() {
            voxels[usize::from(channel) - 1].push(linear as u64);
        }
    }
    Ok(PreparedTomogram { name, grey, density, statistics, density_statistics, channels, voxels })
}
