//! Simulated cryo-electron tomograms with known truth: a crowded slab of complexes in ice, its tilt series through a microscope, and
//! the weighted back-projection.
//!
//! [`simulate`] does it all from a seed; a [`Recipe`] draws the parameters of each tomogram of a data set. Each stage is also a function
//! of its own:
//!
//! | stage | |
//! |---|---|
//! | structures | [`Complex`]: a shape and a mass, from the built-in set, a density map or the atoms of a [`Structure`] |
//! | sample | [`Specimen`], [`place`], [`VesicleParams`], [`GoldParams`], [`MembraneParams`], [`FilamentParams`], [`add_solvent_noise`]; truth: [`class_volume`], [`hitboxes`] |
//! | images | [`project`] and [`image`] or [`image_tilted`], or [`image_multislice`] |
//! | the beam | [`damage`], [`attenuate`], [`structural_noise`], [`count_electrons`], [`Misalignment`] and [`displace`] |
//! | noise | [`add_noise`], [`add_noise_through`] |
//! | reconstruction | [`back_project`], [`back_project_weighted`], [`bin_images`], [`HalfCorrelation`], [`radial_power`] |
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

mod acquisition;
mod back_projection;
mod bilayer;
mod binning;
mod calibration;
mod catalogue;
mod complex;
#[cfg(feature = "serde")]
mod complex_description;
mod ctf;
mod defocus_gradient;
mod detector_response;
mod electron;
mod envelope;
mod error_function;
mod exposure;
mod filament;
mod fourier;
mod gold;
mod half_correlation;
mod imaging;
mod map_shape;
mod membrane;
mod misalignment;
mod multislice;
mod noise;
mod objects;
mod placement;
mod projection;
mod radial_power;
mod ramp;
mod random;
mod recipe;
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
#[cfg(feature = "serde")]
mod switched_off;
mod tilt_record;
mod tilt_scheme;
mod truth;
mod vesicle;

pub use back_projection::{Weighting, back_project, back_project_weighted};
pub use binning::{bin_images, bin_occupancy};
pub use calibration::{CalibrationError, calibrate};
pub use complex::{Complex, ComplexError};
pub use ctf::CtfParams;
pub use defocus_gradient::image_tilted;
pub use detector_response::DetectorResponse;
pub use electron::{electron_wavelength, interaction_constant};
pub use envelope::{Chromatic, Envelope};
pub use exposure::{Exposure, TiltOrder, attenuate, count_electrons, damage, structural_noise};
pub use filament::FilamentParams;
pub use gold::GoldParams;
pub use half_correlation::HalfCorrelation;
pub use imaging::{image, image_in_phase};
pub use membrane::MembraneParams;
pub use misalignment::{Displacement, Misalignment, displace};
pub use multislice::image_multislice;
pub use noise::{NoiseColour, NoiseRecord, add_noise, add_noise_through};
pub use placement::{PlacementError, place};
pub use projection::{Detector, Surroundings, project};
pub use radial_power::radial_power;
pub use recipe::{Quantity, Recipe, RecipeError};
pub use rod::Rod;
pub use shape_measure::ShapeMeasure;
pub use simulation::{Simulation, simulate};
pub use simulation_error::SimulationError;
pub use simulation_params::{Beside, Crowding, Propagation, SimulationParams};
pub use solvent::add_solvent_noise;
pub use specimen::{ParticleDraw, Specimen};
pub use stamp::{Stamp, StampVoxel};
pub use structure::{Atom, Structure, StructureError};
pub use tilt_record::TiltRecord;
pub use tilt_scheme::{TiltScheme, TiltSchemeError};
pub use truth::{class_volume, hitboxes};
pub use vesicle::VesicleParams;
