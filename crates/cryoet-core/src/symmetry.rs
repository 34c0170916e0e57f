use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{Orientation, RotationError};

/// The most-fold axis that is accepted.
const MOST_FOLD: u32 = 100;

/// The golden ratio: the vertices of an icosahedron with two-fold axes along x, y and z are (0, 1, golden) and its kin.
const GOLDEN: f64 = 1.618_033_988_749_895;

/// The rotations that leave a template as it is.
///
/// Axes, about the template's reference point: the main axis of C and D is z, and D has a two-fold axis along x. T and O have
/// three-fold axes along (1, 1, 1) and its kin, T two-fold and O four-fold axes along x, y, z. I has two-fold axes along x, y, z
/// and a five-fold axis along (x, y, z) = (0, 1, 1.618).
///
/// ```
/// use cryoet_core::Symmetry;
/// assert_eq!(Symmetry::Dihedral(7).rotations()?.len(), 14);
/// assert_eq!(Symmetry::Icosahedral.rotations()?.len(), 60);
/// # Ok::<(), cryoet_core::RotationError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symmetry {
    /// C1, C2, ...: an n-fold axis. C1 is no symmetry.
    Cyclic(u32),
    /// D1, D2, ...: an n-fold axis along z and n two-fold axes across it, one of them along x; D1 is a single two-fold axis along x.
    Dihedral(u32),
    /// T, of 12 rotations.
    Tetrahedral,
    /// O, of 24 rotations.
    Octahedral,
    /// I, of 60 rotations.
    Icosahedral,
}

/// No symmetry.
impl Default for Symmetry {
    fn default() -> Self {
        Self::Cyclic(1)
    }
}

impl Symmetry {
    /// The rotations of the group, the identity first.
    ///
    /// # Errors
    /// An axis of no or more than 100 folds.
    pub fn rotations(&self) -> Result<Vec<Orientation>, RotationError> {
        let about = |axis: [f64; 3], fold: f64| {
            let norm = axis.iter().map(|c| c * c).sum::<f64>().sqrt();
            let (sine, cosine) = (std::f64::consts::PI / fold).sin_cos();
            let [x, y, z] = axis.map(|c| c / norm * sine);
            Orientation::from_quaternion([cosine, x, y, z])
        };
        let (x, z, diagonal) = ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]);
        let generators = match *self {
            Self::Cyclic(fold) => vec![about(z, checked(fold)?)?],
            Self::Dihedral(fold) => vec![about(z, checked(fold)?)?, about(x, 2.0)?],
            Self::Tetrahedral => vec![about(z, 2.0)?, about(diagonal, 3.0)?],
            Self::Octahedral => vec![about(z, 4.0)?, about(diagonal, 3.0)?],
            Self::Icosahedral => vec![about(z, 2.0)?, about(diagonal, 3.0)?, about([0.0, 1.0, GOLDEN], 5.0)?],
        };
        let mut group = vec![Orientation::identity()];
        let mut next = 0;
        // Closure: every element times every generator, until nothing new comes.
        while next < group.len() {
            for generator in &generators {
                let product = group[next].then(generator);
                if group.iter().all(|known| known.angle_to(&product) > 1e-3) {
                    group.push(product);
                }
            }
            next += 1;
        }
        Ok(group)
    }

    /// The angle in degrees between two orientations of a template with this symmetry: the least over all equivalent ones.
    ///
    /// # Errors
    /// An axis of no or more than 100 folds.
    ///
    /// ```
    /// use cryoet_core::{Orientation, Symmetry};
    /// let (one, other) = (Orientation::from_zxz(10.0, 50.0, 30.0)?, Orientation::from_zxz(135.0, 50.0, 30.0)?);
    /// assert!((Symmetry::Cyclic(1).angle_between(&one, &other)? - 125.0).abs() < 1e-9);
    /// assert!((Symmetry::Cyclic(3).angle_between(&one, &other)? - 5.0).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn angle_between(&self, one: &Orientation, other: &Orientation) -> Result<f64, RotationError> {
        let angles = self.rotations()?.into_iter().map(|turn| turn.then(one).angle_to(other));
        Ok(angles.fold(f64::INFINITY, f64::min))
    }
}

/// Why a text is no [`Symmetry`].
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParseSymmetryError {
    /// A text that names no symmetry.
    #[error("{text:?}: expected C1, C2 .., D2 .., T, O or I")]
    Unknown {
        /// The text.
        text: String,
    },
    /// An axis of no or more than 100 folds.
    #[error(transparent)]
    Fold(#[from] RotationError),
}

/// As it is written: `C6`, `D7`, `T`.
impl fmt::Display for Symmetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cyclic(fold) => write!(f, "C{fold}"),
            Self::Dihedral(fold) => write!(f, "D{fold}"),
            Self::Tetrahedral => f.write_str("T"),
            Self::Octahedral => f.write_str("O"),
            Self::Icosahedral => f.write_str("I"),
        }
    }
}

/// Schoenflies symbols: `C1`, `C2`, .., `D1`, `D2`, .., `T`, `O`, `I`, in capitals or not.
///
/// ```
/// use cryoet_core::Symmetry;
/// assert_eq!("d7".parse::<Symmetry>()?, Symmetry::Dihedral(7));
/// assert_eq!(Symmetry::Dihedral(7).to_string(), "D7");
/// assert!("C0".parse::<Symmetry>().is_err());
/// # Ok::<(), cryoet_core::ParseSymmetryError>(())
/// ```
impl FromStr for Symmetry {
    type Err = ParseSymmetryError;

    fn from_str(text: &str) -> Result<Self, ParseSymmetryError> {
        let unknown = || ParseSymmetryError::Unknown { text: text.to_owned() };
        let fold = |digits: &str| digits.parse::<u32>().map_err(|_| unknown());
        let symmetry = match (text.get(..1), text.get(1..)) {
            (Some("C" | "c"), Some(digits)) => Self::Cyclic(fold(digits)?),
            (Some("D" | "d"), Some(digits)) => Self::Dihedral(fold(digits)?),
            (Some("T" | "t"), Some("")) => Self::Tetrahedral,
            (Some("O" | "o"), Some("")) => Self::Octahedral,
            (Some("I" | "i"), Some("")) => Self::Icosahedral,
            _ => return Err(unknown()),
        };
        if let Self::Cyclic(fold) | Self::Dihedral(fold) = symmetry {
            checked(fold)?;
        }
        Ok(symmetry)
    }
}

fn checked(fold: u32) -> Result<f64, RotationError> {
    if (1..=MOST_FOLD).contains(&fold) { Ok(f64::from(fold)) } else { Err(RotationError::Fold { fold }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_their_order_and_are_closed() {
        let orders = [
            (Symmetry::Cyclic(1), 1),
            (Symmetry::Cyclic(5), 5),
            (Symmetry::Dihedral(1), 2),
            (Symmetry::Dihedral(6), 12),
            (Symmetry::Tetrahedral, 12),
            (Symmetry::Octahedral, 24),
            (Symmetry::Icosahedral, 60),
        ];
        for (symmetry, order) in orders {
            let group = symmetry.rotations().unwrap();
            assert_eq!(group.len(), order, "{symmetry:?}");
            for a in &group {
                for b in &group {
                    assert!(group.iter().any(|c| c.angle_to(&a.then(b)) < 1e-6), "{symmetry:?} is not closed");
                }
            }
        }
        assert_eq!(Symmetry::Cyclic(0).rotations(), Err(RotationError::Fold { fold: 0 }));
    }

    #[test]
    fn names_come_back_and_others_are_refused() {
        for name in ["C1", "C12", "D1", "D100", "T", "O", "I"] {
            assert_eq!(name.parse::<Symmetry>().unwrap().to_string(), name);
            assert_eq!(name.to_lowercase().parse::<Symmetry>(), name.parse());
        }
        for text in ["", "C", "6", "D-2", "C1.5", "T2", "I1", "\u{e9}6", "C 2", "X"] {
            assert!(matches!(text.parse::<Symmetry>(), Err(ParseSymmetryError::Unknown { .. })), "{text}");
        }
        for text in ["C0", "D101"] {
            assert!(matches!(text.parse::<Symmetry>(), Err(ParseSymmetryError::Fold(_))), "{text}");
        }
    }
}
