//! Symmetries and tilt ranges as arguments.

use cryoet::Symmetry;
use serde::Serialize;

use crate::numbers;

/// First and last tilt in degrees.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Tilts(pub(crate) f64, pub(crate) f64);

/// Two angles between commas.
pub(crate) fn tilts(text: &str) -> Result<Tilts, String> {
    match numbers::list(text)?.as_slice() {
        &[from, to] => Ok(Tilts(from, to)),
        _ => Err("expected two angles in degrees, FROM,TO".into()),
    }
}

/// A symmetry as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    text: String,
    pub(crate) symmetry: Symmetry,
}

impl Serialize for Group {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// C1, C2 .., D2 .., T, O or I.
pub(crate) fn symmetry(text: &str) -> Result<Group, String> {
    let unknown = || format!("{text:?}: expected C1, C2 .., D2 .., T, O or I");
    let fold = |digits: &str| digits.parse::<u32>().map_err(|_| unknown());
    let symmetry = match (text.get(..1), text.get(1..)) {
        (Some("C" | "c"), Some(digits)) => Symmetry::Cyclic(fold(digits)?),
        (Some("D" | "d"), Some(digits)) => Symmetry::Dihedral(fold(digits)?),
        (Some("T" | "t"), Some("")) => Symmetry::Tetrahedral,
        (Some("O" | "o"), Some("")) => Symmetry::Octahedral,
        (Some("I" | "i"), Some("")) => Symmetry::Icosahedral,
        _ => return Err(unknown()),
    };
    symmetry.rotations().map_err(|error| error.to_string())?;
    Ok(Group { text: text.to_uppercase(), symmetry })
}
