//! Particle picks against truth, and label volumes against label volumes.
//!
//! [`evaluate_hitboxes`] follows the SHREC challenges, [`evaluate_distance`] pairs picks and truth one to one within a
//! radius; both give an [`Evaluation`] that prints as a table. [`voxel_confusion`] compares two label volumes.
//! Figures whose denominator is zero are 0, never NaN: an empty list scores 0.
//!
//! ```
//! use cryoet_core::{ClassLabel, Particle, Position};
//! use cryoet_eval::{DistanceParams, evaluate_distance};
//!
//! let at = |class, x| Position::new(10.0, 10.0, x).map(|position| Particle::new(ClassLabel::new(class), position));
//! let truth = [at(1, 10.0)?, at(2, 30.0)?];
//! let picks = [at(1, 11.0)?, at(1, 29.0)?, at(2, 60.0)?];
//! let evaluation = evaluate_distance(&truth, &picks, &DistanceParams::new(3.0))?;
//! assert_eq!((evaluation.localisation.tp, evaluation.localisation.fp), (2, 1));
//! assert_eq!(evaluation.confusion.count(ClassLabel::new(2), ClassLabel::new(1)), 1);
//! println!("{evaluation}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Features: `serde` serialises [`Evaluation`] to the JSON that the `cryoet evaluate` command prints.

mod assignment;
mod confusion;
mod distance;
mod error;
mod evaluation;
mod hitbox;
#[cfg(feature = "serde")]
mod json;
mod localisation;
mod neighbours;
mod ratio;
mod table;
mod voxel;

pub use confusion::Confusion;
pub use distance::{DistanceParams, evaluate_distance};
pub use error::EvaluateError;
pub use evaluation::{ClassScores, Evaluation};
pub use hitbox::{HitboxProtocol, OutsidePicks, evaluate_hitboxes};
pub use localisation::Localisation;
pub use voxel::{VoxelConfusion, VoxelConfusionError, voxel_confusion};
