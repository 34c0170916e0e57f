use std::collections::BTreeMap;
use std::fmt;

use cryoet_core::ClassLabel;

use crate::Evaluation;

/// Complexes of similar mass: the groups of SHREC'20 (table 5 of the paper).
///
/// ```
/// use cryoet_eval::SizeGroup;
/// assert_eq!(SizeGroup::of_mass(188.0), SizeGroup::Small);
/// assert_eq!(SizeGroup::of_mass(200.0), SizeGroup::Medium);
/// assert_eq!(SizeGroup::of_mass(800.0), SizeGroup::Large);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeGroup {
    /// Below 200 kDa.
    Small,
    /// 200 kDa to 600 kDa.
    Medium,
    /// Above 600 kDa.
    Large,
}

impl SizeGroup {
    /// The group of a mass in kDa.
    pub fn of_mass(kilodalton: f64) -> Self {
        if kilodalton < 200.0 {
            Self::Small
        } else if kilodalton <= 600.0 {
            Self::Medium
        } else {
            Self::Large
        }
    }
}

impl fmt::Display for SizeGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        })
    }
}

impl Evaluation {
    /// Mean F1 of each size group, as SHREC'20's table 6 has it: over the classes that occur in the truth and whose mass in kDa is given, positive
    /// and finite.
    pub fn f1_by_size(&self, masses: &BTreeMap<ClassLabel, f64>) -> BTreeMap<SizeGroup, f64> {
        let mut groups: BTreeMap<SizeGroup, Vec<ClassLabel>> = BTreeMap::new();
        for class in self.classes.iter().filter(|class| class.support > 0) {
            if let Some(&mass) = masses.get(&class.label).filter(|mass| mass.is_finite() && **mass > 0.0) {
                groups.entry(SizeGroup::of_mass(mass)).or_default().push(class.label);
            }
        }
        groups.into_iter().map(|(group, labels)| (group, self.mean_f1(&labels))).collect()
    }
}

#[cfg(test)]
mod tests;
