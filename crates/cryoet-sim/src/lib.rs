//! Simulated cryo-electron tomograms with known truth: a crowded slab of complexes in ice, its tilt series through a microscope, and
//! the weighted back-projection.
//!
//! [`simulate`] does it all from a seed; each stage is also a function of its own: [`Complex`] (a shape and a mass, from the built-in
//! set, a density map or the atoms of a [`Structure`]), [`place`],
//! [`Specimen`], [`project`], [`image`], [`add_noise`], [`back_project`], [`class_volume`] and [`hitboxes`].
//!
//! ```
//! use cryoet_sim::{Complex, Crowding, SimulationParams, simulate};
//! let params = SimulationParams {
//!     shape: [32, 64, 64],
//!     complexes: vec![Complex::builtin("1bxn")?, Complex::builtin("1s3x")?],
//!     crowding: Crowding::VoxelsPerParticle(20_000.0),
//!     ..SimulationParams::default()
//! };
//! let simulation = simulate(&params, 1, &())?;
//! let first = &simulation.particles[0];
//! println!("{} at {:?}", simulation.class_table.name(first.class), first.position.zyx());
//! # assert_eq!(simulation.particles.len(), 7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Features: `serde` derives `Serialize` and `Deserialize` for the parameters and records.

mod back_projection;
mod calibration;
mod catalogue;
mod complex;
#[cfg(feature = "serde")]
mod complex_description;
mod ctf;
mod electron;
mod error_function;
mod fourier;
mod imaging;
mod map_shape;
mod noise;
mod placement;
mod projection;
mod ramp;
mod random;
mod rod;
mod scattering;
mod shape_measure;
mod simulation;
mod simulation_error;
mod simulation_params;
mod solvent;
mod specimen;
mod stamp;
mod steps;
mod structure;
mod tilt_scheme;
mod truth;

pub use back_projection::back_project;
pub use calibration::{CalibrationError, calibrate};
pub use complex::{Complex, ComplexError};
pub use ctf::CtfParams;
pub use electron::{electron_wavelength, interaction_constant};
pub use imaging::{image, image_in_phase};
pub use noise::{NoiseRecord, add_noise};
pub use placement::{PlacementError, place};
pub use projection::{Detector, Surroundings, project};
pub use rod::Rod;
pub use shape_measure::ShapeMeasure;
pub use simulation::{Simulation, simulate};
pub use simulation_error::SimulationError;
pub use simulation_params::{Crowding, SimulationParams};
pub use solvent::add_solvent_noise;
pub use specimen::Specimen;
pub use stamp::{Stamp, StampVoxel};
pub use structure::{Atom, Structure, StructureError};
pub use tilt_scheme::{TiltScheme, TiltSchemeError};
pub use truth::{class_volume, hitboxes};
