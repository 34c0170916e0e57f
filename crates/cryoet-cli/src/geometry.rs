//! Symmetries and tilt ranges as arguments.

use cryoet::{ParseSymmetryError, Symmetry};
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

/// A symmetry, which records hold as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group(pub(crate) Symmetry);

impl Serialize for Group {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// C1, C2 .., D2 .., T, O or I.
pub(crate) fn symmetry(text: &str) -> Result<Group, String> {
    text.parse().map(Group).map_err(|error: ParseSymmetryError| error.to_string())
}
