//! Options of one number for all classes, or of one per class in class order.

use std::collections::{BTreeMap, BTreeSet};

use cryoet::{ClassLabel, ClassTable, Particle};

use crate::failure::Failure;
use crate::options::{check_per_class, class_order};
use crate::output;

/// The classes of particles, background aside.
pub(crate) fn occurring<'a>(particles: impl IntoIterator<Item = &'a Particle>) -> BTreeSet<ClassLabel> {
    particles.into_iter().map(|particle| particle.class).filter(|class| !class.is_background()).collect()
}

/// One value for the table's and all occurring classes, or several in class order, which must cover every occurring one.
pub(crate) fn per_class(
    option: &str,
    values: &[f64],
    classes: &ClassTable,
    occurring: &BTreeSet<ClassLabel>,
) -> Result<BTreeMap<ClassLabel, f64>, Failure> {
    if let &[one] = values {
        return Ok(classes.iter().map(|class| class.label).chain(occurring.iter().copied()).map(|label| (label, one)).collect());
    }
    check_per_class(option, values.len(), classes)?;
    let by_class: BTreeMap<_, _> = class_order(classes).zip(values.iter().copied()).collect();
    check_covered(option, &by_class, classes, occurring)?;
    Ok(by_class)
}

/// Refuses values that leave out a class that occurs.
pub(crate) fn check_covered(
    option: &str,
    by_class: &BTreeMap<ClassLabel, f64>,
    classes: &ClassTable,
    occurring: &BTreeSet<ClassLabel>,
) -> Result<(), Failure> {
    let Some(label) = occurring.iter().find(|label| !by_class.contains_key(label)) else { return Ok(()) };
    let name = classes.get(*label).map_or_else(String::new, |class| format!(" ({:?})", class.name));
    let given: Vec<_> = by_class.keys().map(ToString::to_string).collect();
    let given = given.join(", ");
    Err(Failure::usage(format!("{option} has no value for class {label}{name}, of which there are particles; it has values for {given}")))
}

/// Warns of classes given by number of which there is no particle: names are the table's, and may well have none.
pub(crate) fn warn_absent(option: &str, words: &[String], classes: &ClassTable, occurring: &BTreeSet<ClassLabel>) {
    for word in words.iter().filter(|word| classes.by_name(word).is_none()) {
        if word.parse().is_ok_and(|label| !occurring.contains(&ClassLabel::new(label))) {
            output::warn(format!("{option}: no particle is of class {word}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_for_all_and_several_must_cover_all() {
        let occurring = BTreeSet::from([1, 3].map(ClassLabel::new));
        let of = |values: &[f64]| per_class("--radii", values, &ClassTable::default(), &occurring);
        assert_eq!(of(&[4.0]).unwrap(), BTreeMap::from([1, 3].map(|label| (ClassLabel::new(label), 4.0))));
        assert_eq!(of(&[4.0, 5.0, 6.0]).unwrap()[&ClassLabel::new(3)], 6.0);
        let failure = of(&[4.0, 5.0]).unwrap_err();
        assert_eq!(failure.code(), 2);
        assert_eq!(failure.to_string(), "--radii has no value for class 3, of which there are particles; it has values for 1, 2");
    }
}
