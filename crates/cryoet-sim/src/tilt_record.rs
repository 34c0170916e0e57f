use crate::{Displacement, SimulationParams};

/// What was drawn for one image of a tilt series.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TiltRecord {
    /// The angle that reconstruction takes it for, in degrees.
    pub nominal: f64,
    /// The angle at which it was taken, in degrees.
    pub angle: f64,
    /// How far it lies from where its alignment says.
    pub displacement: Displacement,
    /// Electrons to the square Angstrom that the specimen had seen halfway through, where electrons count.
    pub dose_seen: Option<f64>,
}

impl TiltRecord {
    /// The records of a series.
    pub(crate) fn of(params: &SimulationParams, tilts: &[f64], displacements: &[Displacement]) -> Vec<Self> {
        let seen = params.exposure.as_ref().map(|exposure| exposure.seen(tilts));
        let record = |(i, (&nominal, displacement)): (usize, (&f64, &Displacement))| Self {
            nominal,
            angle: nominal + displacement.tilt,
            displacement: *displacement,
            dose_seen: seen.as_ref().and_then(|seen| seen.get(i).copied()),
        };
        tilts.iter().zip(displacements).enumerate().map(record).collect()
    }
}
