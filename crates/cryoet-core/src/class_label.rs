use std::fmt;

/// The integer label of a class, as a label volume's voxel holds it. 0 is background.
///
/// ```
/// use cryoet_core::ClassLabel;
/// assert!(ClassLabel::BACKGROUND.is_background());
/// assert_eq!(ClassLabel::new(7).get(), 7);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct ClassLabel(u8);

impl ClassLabel {
    /// Everything that is no particle.
    pub const BACKGROUND: Self = Self(0);

    /// Voxels that training and evaluation leave out; a value in label volumes, never a particle's class.
    pub const IGNORE: Self = Self(255);

    /// A label from its integer.
    pub const fn new(label: u8) -> Self {
        Self(label)
    }

    /// The integer.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether this is label 0.
    pub const fn is_background(self) -> bool {
        self.0 == 0
    }
}

impl From<u8> for ClassLabel {
    fn from(label: u8) -> Self {
        Self(label)
    }
}

impl From<ClassLabel> for u8 {
    fn from(label: ClassLabel) -> Self {
        label.0
    }
}

impl fmt::Display for ClassLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
