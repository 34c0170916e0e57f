use std::collections::BTreeSet;

use cryoet_core::{ClassLabel, Particle, Score};

use crate::TargetError;

/// A margin beyond any particle's size is a mistake, and a mask so grown might not fit into memory.
const MAX_MARGIN: f64 = 100.0;

/// Whose label a voxel takes where objects overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// The object that comes last in the list, as in DeepFinder.
    #[default]
    Last,
    /// The object that comes first in the list.
    First,
    /// The object whose centre is nearest to the voxel; of equally near ones the last.
    Nearest,
    /// The object with the larger radius (spheres) or the mask with more voxels (shapes); of equally large ones the last.
    Largest,
}

/// How particles become a target.
///
/// ```
/// use cryoet_core::{ClassLabel, Score};
/// use cryoet_targets::{Overlap, TargetParams};
/// let params = TargetParams {
///     overlap: Overlap::Nearest,
///     uncertain_classes: [ClassLabel::new(9)].into(),
///     uncertain_below: Some(Score::new(0.175)?),
///     uncertain_margin: 2.0,
/// };
/// assert_ne!(params, TargetParams::default());
/// # Ok::<(), cryoet_core::NonFiniteScore>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetParams {
    /// Who owns a voxel that several objects cover. Default: the last, DeepFinder's rule.
    pub overlap: Overlap,
    /// Classes whose particles may or may not be there: their voxels hold [`ClassLabel::IGNORE`], and any other
    /// object lies above them. Default: none.
    pub uncertain_classes: BTreeSet<ClassLabel>,
    /// Particles scored below this are uncertain in the same way; particles without a score are certain. Default: none.
    pub uncertain_below: Option<Score>,
    /// How many voxels the ignored ones reach beyond the balls or masks of uncertain particles, whose borders are in doubt too. A voxel
    /// is ignored when half of it lies inside the ball whose radius has grown by the margin, or when the mask covers it after every voxel
    /// within the margin of a set one has been set too. At most 100. Default: 0.
    pub uncertain_margin: f64,
}

impl TargetParams {
    pub(crate) fn check(&self) -> Result<(), TargetError> {
        let margin = self.uncertain_margin;
        if (0.0..=MAX_MARGIN).contains(&margin) { Ok(()) } else { Err(TargetError::Margin { margin }) }
    }

    pub(crate) fn is_uncertain(&self, particle: &Particle) -> bool {
        let doubted = match (self.uncertain_below, particle.score) {
            (Some(least), Some(score)) => score < least,
            _ => false,
        };
        doubted || self.uncertain_classes.contains(&particle.class)
    }
}
