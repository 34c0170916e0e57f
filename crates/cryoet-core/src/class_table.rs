use thiserror::Error;

use crate::ClassLabel;

/// One class of particles.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Class {
    /// The integer in label volumes and particle lists; neither background nor ignore.
    pub label: ClassLabel,
    /// The name, a PDB code say.
    pub name: String,
    /// The radius in Angstrom.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub radius: Option<f64>,
    /// The colour in pictures: red, green, blue.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub colour: Option<[u8; 3]>,
    /// The least score at which a pick of this class is kept.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub threshold: Option<f64>,
}

impl Class {
    /// A class of which only label and name are known.
    pub fn new(label: ClassLabel, name: impl Into<String>) -> Self {
        Self { label, name: name.into(), radius: None, colour: None, threshold: None }
    }

    /// The same class with a radius in Angstrom.
    #[must_use]
    pub fn with_radius(mut self, angstrom: f64) -> Self {
        self.radius = Some(angstrom);
        self
    }
}

/// Why a list of classes is no class table.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClassTableError {
    /// Labels 0 (background) and 255 (ignore) are taken.
    #[error("class {name:?} has label {label}: labels of classes run from 1 to 254")]
    ReservedLabel {
        /// The label.
        label: ClassLabel,
        /// The class's name.
        name: String,
    },
    /// Two classes share a label.
    #[error("classes {first:?} and {second:?} share label {label}")]
    DuplicateLabel {
        /// The label.
        label: ClassLabel,
        /// The name that came first.
        first: String,
        /// The name that came second.
        second: String,
    },
    /// Two classes share a name.
    #[error("two classes are named {name:?}")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A radius that is not positive and finite.
    #[error("class {name:?} has radius {radius}: expected a positive number of Angstrom")]
    Radius {
        /// The class's name.
        name: String,
        /// The radius in Angstrom.
        radius: f64,
    },
    /// A threshold that is not finite.
    #[error("class {name:?} has threshold {threshold}: expected a finite number")]
    Threshold {
        /// The class's name.
        name: String,
        /// The threshold.
        threshold: f64,
    },
}

/// The classes of a data set, ordered by label, labels and names unique.
///
/// ```
/// use cryoet_core::{Class, ClassLabel, ClassTable};
/// let table = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome").with_radius(120.0)])?;
/// assert_eq!(table.by_name("ribosome").unwrap().label.get(), 1);
/// assert_eq!(table.name(ClassLabel::new(9)), "9");
/// # Ok::<(), cryoet_core::ClassTableError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "Vec<Class>", into = "Vec<Class>"))]
pub struct ClassTable {
    classes: Vec<Class>,
}

impl ClassTable {
    /// A table of the given classes, in any order.
    ///
    /// # Errors
    /// Reserved or repeated labels, repeated names, radii or thresholds out of range.
    pub fn new(mut classes: Vec<Class>) -> Result<Self, ClassTableError> {
        classes.sort_by_key(|class| class.label);
        for class in &classes {
            let (label, name) = (class.label, class.name.clone());
            if label.is_background() || label == ClassLabel::IGNORE {
                return Err(ClassTableError::ReservedLabel { label, name });
            }
            if let Some(radius) = class.radius.filter(|r| !(r.is_finite() && *r > 0.0)) {
                return Err(ClassTableError::Radius { name, radius });
            }
            if let Some(threshold) = class.threshold.filter(|t| !t.is_finite()) {
                return Err(ClassTableError::Threshold { name, threshold });
            }
            if classes.iter().filter(|other| other.name == class.name).count() > 1 {
                return Err(ClassTableError::DuplicateName { name });
            }
        }
        for pair in classes.windows(2) {
            if pair[0].label == pair[1].label {
                return Err(ClassTableError::DuplicateLabel {
                    label: pair[0].label,
                    first: pair[0].name.clone(),
                    second: pair[1].name.clone(),
                });
            }
        }
        Ok(Self { classes })
    }

    /// The classes by rising label.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Class> {
        self.classes.iter()
    }

    /// How many classes there are, background apart.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is no class.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The class of a label.
    pub fn get(&self, label: ClassLabel) -> Option<&Class> {
        self.classes.iter().find(|class| class.label == label)
    }

    /// The class of a name.
    pub fn by_name(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }

    /// The name of a label, or the label's digits where the table does not know it.
    pub fn name(&self, label: ClassLabel) -> String {
        self.get(label).map_or_else(|| label.to_string(), |class| class.name.clone())
    }

    /// The largest label, or background's when the table is empty.
    pub fn max_label(&self) -> ClassLabel {
        self.classes.last().map_or(ClassLabel::BACKGROUND, |class| class.label)
    }
}

impl TryFrom<Vec<Class>> for ClassTable {
    type Error = ClassTableError;

    fn try_from(classes: Vec<Class>) -> Result<Self, ClassTableError> {
        Self::new(classes)
    }
}

impl From<ClassTable> for Vec<Class> {
    fn from(table: ClassTable) -> Self {
        table.classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(label: u8, name: &str) -> Class {
        Class::new(ClassLabel::new(label), name)
    }

    #[test]
    fn orders_by_label() {
        let table = ClassTable::new(vec![class(5, "b"), class(2, "a")]).unwrap();
        assert_eq!(table.iter().map(|c| c.label.get()).collect::<Vec<_>>(), [2, 5]);
        assert_eq!(table.max_label(), ClassLabel::new(5));
    }

    #[test]
    fn refuses_what_is_ambiguous() {
        assert!(matches!(ClassTable::new(vec![class(0, "a")]), Err(ClassTableError::ReservedLabel { .. })));
        assert!(matches!(ClassTable::new(vec![class(255, "a")]), Err(ClassTableError::ReservedLabel { .. })));
        assert!(matches!(ClassTable::new(vec![class(1, "a"), class(1, "b")]), Err(ClassTableError::DuplicateLabel { .. })));
        assert!(matches!(ClassTable::new(vec![class(1, "a"), class(2, "a")]), Err(ClassTableError::DuplicateName { .. })));
        assert!(matches!(ClassTable::new(vec![class(1, "a").with_radius(0.0)]), Err(ClassTableError::Radius { .. })));
    }
}
