use std::f64::consts::PI;

use thiserror::Error;

use crate::{Orientation, OrientationError, Symmetry};

/// The finest step in degrees: 69 million rotations.
const FINEST: f64 = 0.6;

/// How far beyond the edge of the symmetry's asymmetric unit directions are kept, in steps: without any, places near the edge
/// would lie further from the grid than others.
const MARGIN: f64 = 0.25;

/// Why there is no grid of rotations.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum RotationError {
    /// A step below 0.6 degrees, which would make more than 69 million rotations, or above 180 degrees.
    #[error("step {degrees} degrees: expected a number from {FINEST} to 180")]
    Step {
        /// The step given.
        degrees: f64,
    },
    /// A rotation axis of no or more than 100 folds.
    #[error("an axis of {fold} folds: expected 1 to 100")]
    Fold {
        /// The folds given.
        fold: u32,
    },
    /// No rotation at all.
    #[error("a list of no rotations: expected at least one")]
    Empty,
    /// Angles that are no orientation.
    #[error(transparent)]
    Orientation(#[from] OrientationError),
}

/// The orientations that a search tries.
///
/// ```
/// use cryoet_core::{RotationGrid, Symmetry};
/// let all = RotationGrid::covering(15.0, Symmetry::default())?;
/// let of_a_ring = RotationGrid::covering(15.0, Symmetry::Cyclic(6))?;
/// assert_eq!(all.len(), 4416);
/// assert!(of_a_ring.len() < all.len() / 4);
/// # Ok::<(), cryoet_core::RotationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RotationGrid {
    orientations: Vec<Orientation>,
}

impl RotationGrid {
    /// A uniform covering of all orientations of a template with the given symmetry.
    ///
    /// Each rotation stands for a cell as large as a cube of edge `step`, so that there are about 8 pi^2 / step^3 of them (step in
    /// radians; 43,000 at 7 degrees) over the order of the symmetry. Of random orientations none is further than 0.85 steps from the
    /// grid, with symmetry or without, and the root mean square distance is half a step; a test measures both.
    ///
    /// The views, directions of the beam in the template's frame, lie on a Fibonacci lattice (Gonzalez 2010, of equal areas); about each
    /// the template turns in equal steps, from a start that differs from view to view. Symmetry leaves the views nearest
    /// to one of their equivalents.
    ///
    /// # Errors
    /// A step out of range; a symmetry axis of no or more than 100 folds.
    pub fn covering(step: f64, symmetry: Symmetry) -> Result<Self, RotationError> {
        let radians = step.to_radians();
        if !(FINEST..=180.0).contains(&step) {
            return Err(RotationError::Step { degrees: step });
        }
        let unit = AsymmetricUnit::new(symmetry, MARGIN * radians)?;
        let views = (4.0 * PI / (radians * radians)).ceil();
        let turns = (2.0 * PI / radians).ceil();
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        let mut orientations = Vec::new();
        for i in 0..views as usize {
            let z = 1.0 - (2.0 * i as f64 + 1.0) / views;
            let azimuth = 2.0 * PI * (i as f64 * golden).fract();
            let radius = (1.0 - z * z).sqrt();
            if !unit.contains([radius * azimuth.cos(), radius * azimuth.sin(), z]) {
                continue;
            }
            let start = (i as f64 * std::f64::consts::SQRT_2).fract();
            for j in 0..turns as usize {
                let psi = 360.0 * (j as f64 + start) / turns;
                // Minus the azimuth: turns are counted from where the view is reached the shortest way.
                orientations.push(Orientation::from_relion(azimuth.to_degrees(), z.acos().to_degrees(), psi - azimuth.to_degrees())?);
            }
        }
        Ok(Self { orientations })
    }

    /// The given orientations.
    ///
    /// # Errors
    /// An empty list.
    pub fn from_orientations(orientations: Vec<Orientation>) -> Result<Self, RotationError> {
        if orientations.is_empty() { Err(RotationError::Empty) } else { Ok(Self { orientations }) }
    }

    /// How many there are; at least one.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.orientations.len()
    }

    /// The orientation of an index, as a map of best orientations holds it.
    pub fn get(&self, index: u32) -> Option<&Orientation> {
        self.orientations.get(index as usize)
    }

    /// All of them, by index.
    pub fn orientations(&self) -> &[Orientation] {
        &self.orientations
    }
}

/// The views of which a symmetric template shows no two alike: those nearer to a seed than to the seed's images, and a margin.
struct AsymmetricUnit {
    /// Outward normals of the planes through the centre that bound it.
    walls: Vec<[f64; 3]>,
    margin_sine: f64,
}

impl AsymmetricUnit {
    fn new(symmetry: Symmetry, margin: f64) -> Result<Self, RotationError> {
        // On no symmetry axis and no mirror plane of any group; for C and D away from z, which would make slivers.
        let seed = match symmetry {
            Symmetry::Cyclic(_) | Symmetry::Dihedral(_) => [0.3, 0.8, 0.52],
            _ => [0.21, 0.33, 0.92],
        };
        let group = symmetry.rotations()?;
        let walls = group[1..]
            .iter()
            .map(|rotation| {
                let [z, y, x] = rotation.rotate_zyx([seed[2], seed[1], seed[0]]);
                let across = [x - seed[0], y - seed[1], z - seed[2]];
                let norm = across.iter().map(|c| c * c).sum::<f64>().sqrt();
                across.map(|c| c / norm)
            })
            .collect();
        Ok(Self { walls, margin_sine: margin.min(PI / 2.0).sin() })
    }

    fn contains(&self, view: [f64; 3]) -> bool {
        self.walls.iter().all(|wall| wall.iter().zip(view).map(|(a, b)| a * b).sum::<f64>() <= self.margin_sine)
    }
}

#[cfg(test)]
mod tests;
