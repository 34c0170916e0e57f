use thiserror::Error;

/// The steepest tilt that can be simulated, in degrees: the slab is seen `1 / cos` as thick.
const STEEPEST: f64 = 80.0;

/// Why a tilt scheme cannot be used.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum TiltSchemeError {
    /// A step that is not positive, or an end that is not after the start.
    #[error("tilts from {from} to {to} degrees in steps of {step}: expected from <= to and a positive step")]
    Order {
        /// First angle.
        from: f64,
        /// Last angle.
        to: f64,
        /// Step.
        step: f64,
    },
    /// An angle too steep for a slab.
    #[error("tilt of {angle} degrees: expected at most 80 either way")]
    Steep {
        /// The angle.
        angle: f64,
    },
    /// More tilts than anyone records.
    #[error("a scheme of {count} tilts: expected at most 10000")]
    TooMany {
        /// How many the scheme has.
        count: f64,
    },
}

/// The angles of a tilt series about y, in degrees.
///
/// ```
/// use cryoet_sim::TiltScheme;
/// let angles = TiltScheme { from: -60.0, to: 60.0, step: 2.0 }.angles()?;
/// assert_eq!((angles.len(), angles[0], angles[60]), (61, -60.0, 60.0));
/// # Ok::<(), cryoet_sim::TiltSchemeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct TiltScheme {
    /// The first angle.
    pub from: f64,
    /// The last angle, when a whole number of steps leads there.
    pub to: f64,
    /// The angle between neighbours.
    pub step: f64,
}

/// -60 to 60 degrees in steps of 2, as in the DeepFinder paper of 2018 and SHREC'21.
impl Default for TiltScheme {
    fn default() -> Self {
        Self { from: -60.0, to: 60.0, step: 2.0 }
    }
}

impl TiltScheme {
    /// The angles, rising.
    ///
    /// # Errors
    /// Ends in the wrong order, a step that is not positive, an angle beyond 80 degrees.
    pub fn angles(&self) -> Result<Vec<f64>, TiltSchemeError> {
        let Self { from, to, step } = *self;
        if !(from.is_finite() && to.is_finite() && step.is_finite() && from <= to && step > 0.0) {
            return Err(TiltSchemeError::Order { from, to, step });
        }
        if let Some(angle) = [from, to].into_iter().find(|a| a.abs() > STEEPEST) {
            return Err(TiltSchemeError::Steep { angle });
        }
        let steps = ((to - from) / step + 1e-6).floor();
        if steps >= 1e4 {
            return Err(TiltSchemeError::TooMany { count: steps + 1.0 });
        }
        Ok((0..=steps as usize).map(|i| from + i as f64 * step).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_scheme() {
        let scheme = |from, to, step| TiltScheme { from, to, step }.angles();
        assert!(matches!(scheme(10.0, -10.0, 1.0), Err(TiltSchemeError::Order { .. })));
        assert!(matches!(scheme(-10.0, 10.0, 0.0), Err(TiltSchemeError::Order { .. })));
        assert!(matches!(scheme(-90.0, 10.0, 1.0), Err(TiltSchemeError::Steep { .. })));
        assert!(matches!(scheme(-60.0, 60.0, 1e-9), Err(TiltSchemeError::TooMany { .. })));
        assert_eq!(scheme(-60.0, 60.0, 3.0).unwrap().len(), 41);
        assert_eq!(scheme(0.0, 0.0, 1.0).unwrap(), [0.0]);
        assert_eq!(scheme(-0.3, 0.3, 0.1).unwrap().len(), 7);
    }
}
