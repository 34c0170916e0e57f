use std::fmt;

use cryoet_core::{ClassLabel, ClassTable, Region};

use super::data::{DataError, PreparedTomogram};
use crate::architecture::Architecture;

/// What about the data of a training can be meant, and seldom is: it starts all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrainingWarning {
    /// A tomogram is trained on and validated with, under whatever names: equal voxels.
    ValidatedOnTraining {
        /// Its name among the training tomograms.
        training: String,
        /// Its name among those of validation.
        validation: String,
    },
    /// No class has a voxel where validation looks, so that no validation is the best: the last weights are the result.
    NothingToValidate {
        /// How many validation tomograms there are.
        count: usize,
    },
    /// No training tomogram has a voxel of a class: its output learns nothing.
    NeverSeen {
        /// The class.
        label: ClassLabel,
        /// Its name.
        name: String,
    },
    /// The network learns to denoise, and no training tomogram has a density without noise: its head for that learns nothing.
    NoDensity,
    /// Patches are smaller than asked for, because a training tomogram is.
    PatchCut {
        /// The edge asked for, in voxels.
        asked: usize,
        /// The extent of patches, z, y, x.
        size: [usize; 3],
    },
    /// All voxels of a tomogram, or of its density, are equal.
    Constant {
        /// The tomogram's name, or that its density is meant.
        name: String,
    },
}

impl fmt::Display for TrainingWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ValidatedOnTraining { training, validation } => {
                write!(f, "{validation} of validation has the voxels of {training} of training: its scores are those of what was learnt")
            }
            Self::NothingToValidate { count } => {
                let tomograms = if *count == 1 { "tomogram".to_owned() } else { format!("{count} tomograms") };
                write!(
                    f,
                    "no voxel of any class lies where the validation {tomograms} are looked at: no weights are the best, the last are taken"
                )
            }
            Self::NeverSeen { label, name } => write!(f, "no training tomogram has a voxel of class {label} ({name}): it cannot be learnt"),
            Self::NoDensity => {
                write!(f, "no training tomogram has a density without noise: the network learns to name particles, and not to denoise")
            }
            Self::PatchCut { asked, size } => {
                write!(f, "patches of {asked}^3 voxels do not fit into all training tomograms: they are {size:?} (z, y, x)")
            }
            Self::Constant { name } => write!(f, "{name}: all voxels are equal, and nothing can be learnt from them"),
        }
    }
}

/// What is odd about tomograms for a network; `validated` gives what validation looks at of one.
pub(super) fn warnings(
    network: Architecture,
    classes: &ClassTable,
    training: &[PreparedTomogram],
    validation: &[PreparedTomogram],
    validated: impl Fn(&PreparedTomogram) -> Region,
) -> Result<Vec<TrainingWarning>, DataError> {
    let constant = training.iter().chain(validation).flat_map(PreparedTomogram::constants);
    let mut found: Vec<_> = constant.map(|name| TrainingWarning::Constant { name }).collect();
    for (channel, class) in classes.iter().enumerate() {
        if !training.iter().any(|tomogram| tomogram.voxels.get(channel).is_some_and(|voxels| !voxels.is_empty())) {
            found.push(TrainingWarning::NeverSeen { label: class.label, name: class.name.clone() });
        }
    }
    if network.denoises() && !training.iter().any(PreparedTomogram::has_density) {
        found.push(TrainingWarning::NoDensity);
    }
    for of_validation in validation {
        for of_training in training {
            if of_training.has_voxels_of(of_validation)? {
                let (training, validation) = (of_training.name.clone(), of_validation.name.clone());
                found.push(TrainingWarning::ValidatedOnTraining { training, validation });
            }
        }
    }
    let is_class = |channel: &u8| *channel != ClassLabel::BACKGROUND.get() && *channel != ClassLabel::IGNORE.get();
    if !validation.is_empty() && !validation.iter().any(|tomogram| tomogram.channels_within(validated(tomogram)).iter().any(is_class)) {
        found.push(TrainingWarning::NothingToValidate { count: validation.len() });
    }
    Ok(found)
}

/// Whether patches had to be made smaller than asked for.
pub(super) fn patch_cut(asked: usize, size: [usize; 3]) -> Option<TrainingWarning> {
    (size != [asked; 3]).then_some(TrainingWarning::PatchCut { asked, size })
}
