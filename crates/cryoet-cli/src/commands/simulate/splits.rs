use crate::dataset::Split;
use crate::failure::Failure;

/// Which of the tomograms of a data set serve for what: first those for training, then validation, then testing.
pub(super) struct Splits {
    /// The first for validation.
    validation: u64,
    /// The first for testing.
    test: u64,
}

impl Splits {
    /// The splits of `count` tomograms; one is for validation where nothing is said and another is left for training.
    pub(super) fn new(count: u64, validation: Option<u64>, test: Option<u64>) -> Result<Self, Failure> {
        let test = test.unwrap_or(0);
        let validation = validation.unwrap_or(u64::from(count.saturating_sub(test) > 1));
        match count.checked_sub(test).and_then(|left| left.checked_sub(validation)) {
            Some(0) if validation > 0 => {
                Err(Failure::usage(format!("--validation {validation} and --test {test} of --count {count}: none is left for training")))
            }
            Some(train) => Ok(Self { validation: train, test: train + validation }),
            None => Err(Failure::usage(format!("--validation {validation} and --test {test} of --count {count}: more than there are"))),
        }
    }

    /// How many of `count` tomograms are for validation and for testing.
    pub(super) fn counts(&self, count: u64) -> [u64; 2] {
        [self.test - self.validation, count - self.test]
    }

    /// What a tomogram, counted from 0, serves for.
    pub(super) fn of(&self, place: u64) -> Split {
        if place < self.validation {
            Split::Train
        } else if place < self.test {
            Split::Validation
        } else {
            Split::Test
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_for_testing() {
        let splits = |count, validation, test| {
            let splits = Splits::new(count, validation, test).ok()?;
            Some((0..count).map(|place| splits.of(place)).collect::<Vec<_>>())
        };
        use Split::{Test, Train, Validation};
        assert_eq!(splits(1, None, None).unwrap(), [Train]);
        assert_eq!(Splits::new(7, Some(2), Some(1)).ok().unwrap().counts(7), [2, 1]);
        assert_eq!(splits(3, None, None).unwrap(), [Train, Train, Validation]);
        assert_eq!(splits(4, Some(1), Some(2)).unwrap(), [Train, Validation, Test, Test]);
        assert_eq!(splits(2, None, Some(1)).unwrap(), [Train, Test]);
        assert_eq!(splits(1, None, Some(1)).unwrap(), [Test]); // a tomogram to try weights on
        assert_eq!(splits(2, Some(2), None), None);
        assert_eq!(splits(3, Some(1), Some(2)), None);
        assert_eq!(splits(3, None, Some(4)), None);
        assert_eq!(splits(3, Some(u64::MAX), Some(2)), None);
    }
}
