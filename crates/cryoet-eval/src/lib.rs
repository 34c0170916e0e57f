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
//! # Which rule
//!
//! | rule | a particle is found when | and otherwise |
//! |---|---|---|
//! | [`evaluate_distance`] | a pick within the radius (of its class) can be given to it alone: most pairs, then least distance | the default to trust; strays lower their class's precision |
//! | [`HitboxProtocol::shrec_2019`] | a rounded pick lies in its box | picks outside are clamped in; strays lower no class's precision; the first hit names the particle |
//! | [`HitboxProtocol::shrec_2020`], [`shrec_2021`](HitboxProtocol::shrec_2021) | the same, boxes grown by a voxel | distances of first hits alone; '21 leaves out two classes |
//! | [`HitboxProtocol::strict`] | a pick inside the volume lies in its box | none of these quirks |
//! | [`evaluate_deepfinder`] | exactly one pick lies within the distance | two picks make a miss |
//! | [`evaluate_czii`] | a pick of its class lies within half its radius | F4 per class over all tomograms, weighted |
//!
//! # Odd input
//!
//! - An empty list on either side scores 0 under every rule.
//! - Repeated picks find a particle once; further ones lower the precision of finding, and count as FP where pairs are one to one. DeepFinder's own
//!   rule calls the particle missed.
//! - A class that only picks have is a wrong name: it gets a row of its own with F1 0 and stays out of the mean over classes.
//!   Classes that a [`ClassTable`](cryoet_core::ClassTable) does not know go by their label's digits.
//! - A pick of class 0 finds a particle without naming it. A true particle of class 0 is one to be found, but no class: it has no row of scores and
//!   stays out of the means, and to the confusion matrix its pick looks like a stray one. Class 255 is a class like any other in lists; in a volume
//!   of true labels it hides voxels.
//! - Coordinates and scores that are NaN cannot be: [`Position`](cryoet_core::Position) and [`Score`](cryoet_core::Score) refuse them. Radii that are no positive
//!   number are errors, and so are weights that are negative or no number. NaN in a score map is no maximum, and no value of a [`Histogram`].
//!
//! # Features
//!
//! `serde` serialises [`Evaluation`] to the JSON that the `cryoet evaluate` command prints, and [`Sweep`], [`CziiEvaluation`] and others
//! field by field; `plot` draws confusion matrices, precision against recall, and F1 against mass as PNG.

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
#[cfg(feature = "plot")]
mod plot;
mod ratio;
mod report;
mod resampling;
mod size_group;
mod surface;
mod sweep;
mod sweep_report;
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
#[cfg(feature = "plot")]
pub use plot::{Plot, plot_f1_by_mass};
pub use resampling::{Comparison, Interval, ResamplingParams, Unit, bootstrap, compare};
pub use size_group::SizeGroup;
pub use surface::distances_to_mask;
pub use sweep::{Criterion, Curve, CurvePoint, Sweep, ThresholdRule, sweep, sweep_pooled};
pub use truth_hitboxes::truth_hitboxes;
pub use voxel::{VoxelConfusion, VoxelConfusionError, voxel_confusion};
