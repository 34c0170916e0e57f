//! Template matching in cryo-electron tomograms: a tomogram and a template go in, a list of particles with poses comes out.
//!
//! [`RotationGrid`] holds the orientations to try, [`Search`] compares the [`Template`] with the tomogram in each of them, tile by tile,
//! and [`find_peaks`] makes particles of the scores. [`top_per_class`] and [`top_without_overlap`] merge the candidates of several
//! classes as the SHREC'20 benchmark did (TM-T, TM-F). [`dog_candidates`] finds particles of a size without any template.
//!
//! ```
//! use cryoet_core::{ClassLabel, Volume, ndarray::{Array3, s}};
//! use cryoet_match::{MatchParams, PeakParams, RotationGrid, Search, Symmetry, Template, TemplateMask, find_peaks};
//!
//! // A rod along x as a template, and a tomogram where it lies along y.
//! let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| if z.abs_diff(4) < 2 && y.abs_diff(4) < 2 && x > 0 { 1.0 } else { 0.0 });
//! let mut tomogram = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32 * 0.02);
//! let turned = rod.view().permuted_axes([0, 2, 1]);
//! tomogram.slice_mut(s![8..17, 6..15, 10..19]).zip_mut_with(&turned, |v, s| *v += s);
//!
//! let template = Template::new(Volume::new(rod), TemplateMask::Sphere { radius: 4.0, edge: 0.0 })?;
//! let grid = RotationGrid::covering(30.0, Symmetry::Cyclic(1))?;
//! let tomogram = Volume::new(tomogram);
//! let matches = Search::new(&tomogram, &template, &grid, MatchParams::default())?.run(&())?;
//! let params = PeakParams { most: Some(1), ..PeakParams::new(4.0) };
//! let particles = find_peaks(&matches, &grid, ClassLabel::new(1), &params)?;
//! assert_eq!(particles[0].position.zyx(), [12.0, 10.0, 14.0]);
//! let [_, y, x] = particles[0].orientation.unwrap().rotate_zyx([0.0, 0.0, 1.0]);
//! assert!(y.abs() > x.abs());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every answer is the same to the bit at any number of threads.

mod ctf;
mod dog;
mod erfc;
mod error;
mod fourier;
mod low_pass;
mod peaks;
mod prepare;
mod score_statistics;
mod search;
mod selection;
mod separated;
mod template;
mod tile_search;
mod tiling;
mod turn;
mod whitening;

#[doc(no_inline)]
pub use cryoet_core::{RotationError, RotationGrid, Symmetry, Wedge};

pub use ctf::Ctf;
pub use dog::{DogError, DogParams, difference_of_gaussians, dog_candidates};
pub use error::MatchError;
pub use low_pass::LowPass;
pub use peaks::{PeakError, PeakParams, find_peaks};
pub use prepare::{Contrast, PrepareParams, prepare_template, prepare_template_under};
pub use score_statistics::ScoreStatistics;
pub use search::{FineAudit, FineMatches, FineParams, MatchParams, Matches, NOT_SEARCHED, Search};
pub use selection::{Candidates, SelectionError, top_per_class, top_without_overlap};
pub use template::{Template, TemplateError, TemplateMask};
pub use whitening::Whitening;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
