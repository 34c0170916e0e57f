//! Classes as options name them.

use std::collections::BTreeSet;

use cryoet::{ClassLabel, ClassTable};

use crate::failure::Failure;

/// Classes given by label or by name.
pub(crate) fn labels_of(words: &[String], classes: &ClassTable) -> Result<BTreeSet<ClassLabel>, Failure> {
    words.iter().map(|word| label_of(word, classes)).collect()
}

/// The class of particles, given by label or by name; labels that no particle can have are refused.
pub(crate) fn particles_class(word: &str, classes: &ClassTable) -> Result<ClassLabel, Failure> {
    let label = label_of(word, classes)?;
    if [ClassLabel::BACKGROUND, ClassLabel::IGNORE].contains(&label) {
        return Err(Failure::usage(format!("class {label} is no particle's: expected 1 to 254")));
    }
    Ok(label)
}

fn label_of(word: &str, classes: &ClassTable) -> Result<ClassLabel, Failure> {
    let label = word.parse().ok().map(ClassLabel::new);
    label
        .or_else(|| classes.by_name(word).map(|class| class.label))
        .ok_or_else(|| Failure::usage(format!("class {word:?} is neither a label nor a name of the class table")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_no_particle_has_are_refused() {
        let of = |word: &str| particles_class(word, &ClassTable::default()).map_err(|failure| failure.code());
        assert_eq!(of("254"), Ok(ClassLabel::new(254)));
        for word in ["0", "255", "256", "ribosome"] {
            assert_eq!(of(word), Err(2), "{word}");
        }
    }
}
