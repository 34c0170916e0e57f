use thiserror::Error;

/// A score that is NaN or infinite.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[error("score {value}: expected a finite number")]
pub struct NonFiniteScore {
    /// The value given.
    pub value: f64,
}

/// How sure a program is of a particle: any finite number, higher is surer.
///
/// ```
/// use cryoet_core::Score;
/// assert!(Score::new(0.9)? > Score::new(-3.0)?);
/// assert!(Score::new(f64::NAN).is_err());
/// # Ok::<(), cryoet_core::NonFiniteScore>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "f64", into = "f64"))]
pub struct Score(f64);

impl Score {
    /// A score from its number.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn new(value: f64) -> Result<Self, NonFiniteScore> {
        if value.is_finite() { Ok(Self(value)) } else { Err(NonFiniteScore { value }) }
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Score {
    type Error = NonFiniteScore;

    fn try_from(value: f64) -> Result<Self, NonFiniteScore> {
        Self::new(value)
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        score.0
    }
}
