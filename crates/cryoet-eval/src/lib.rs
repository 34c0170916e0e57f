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
mod consensus;
mod czii;
mod deepfinder;
mod distance;
mod error;
mod evaluation;
mod figure;
mod histogram;
mod hitbox;
mod hitbox_protocol;
#[cfg(feature = "serde")]
mod json;
mod local_maxima;
mod localisation;
mod neighbours;
mod ratio;
mod report;
mod resampling;
mod size_group;
mod surface;
mod sweep;
mod table;
mod truth_hitboxes;
mod voxel;

pub use confusion::Confusion;
pub use consensus::{Agreement, Consensus, consensus};
pub use czii::{CziiClass, CziiEvaluation, CziiParams, CziiScores, evaluate_czii};
pub use deepfinder::evaluate_deepfinder;
pub use distance::{DistanceParams, evaluate_distance};
pub use error::EvaluateError;
pub use evaluation::{ClassScores, Evaluation, Outcome};
pub use figure::Figure;
pub use histogram::Histogram;
pub use hitbox::evaluate_hitboxes;
pub use hitbox_protocol::{HitboxProtocol, MeanDistance, OutsidePicks};
pub use local_maxima::local_maxima;
pub use localisation::Localisation;
pub use resampling::{Comparison, Interval, ResamplingParams, Unit, bootstrap, compare};
pub use size_group::SizeGroup;
pub use surface::distances_to_mask;
pub use sweep::{Criterion, Curve, CurvePoint, Sweep, ThresholdRule, sweep};
pub use truth_hitboxes::truth_hitboxes;
pub use voxel::{VoxelConfusion, VoxelConfusionError, voxel_confusion};
