use std::collections::BTreeMap;

use cryoet_core::ClassLabel;

/// The smallest clusters kept, in voxels: one figure for all, others for some classes.
///
/// ```
/// use cryoet_cluster::SizeFilter;
/// use cryoet_core::ClassLabel;
/// let filter = SizeFilter { all: 50, per_class: [(ClassLabel::new(2), 100)].into() };
/// assert_eq!(filter.minimum(ClassLabel::new(1)), 50);
/// assert_eq!(filter.minimum(ClassLabel::new(2)), 100);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct SizeFilter {
    /// The smallest cluster kept of any class that `per_class` does not name. Default 0: all are kept.
    pub all: u64,
    /// The smallest cluster kept of a class.
    pub per_class: BTreeMap<ClassLabel, u64>,
}

impl SizeFilter {
    /// The smallest cluster kept of a class, in voxels.
    pub fn minimum(&self, class: ClassLabel) -> u64 {
        self.per_class.get(&class).copied().unwrap_or(self.all)
    }
}
