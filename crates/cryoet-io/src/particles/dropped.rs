use std::fmt;

/// Something that a format could not carry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The field, such as `score`, or the name of an extra column.
    pub field: String,
    /// How many particles lost it; 0 for something of the whole list.
    pub particles: usize,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.particles {
            0 => write!(f, "{}", self.field),
            1 => write!(f, "{} of 1 particle", self.field),
            n => write!(f, "{} of {n} particles", self.field),
        }
    }
}

/// Counts what is dropped, in order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Drops(Vec<Dropped>);

impl Drops {
    pub(super) fn of_list(&mut self, field: &str, is_there: bool) {
        if is_there {
            self.0.push(Dropped { field: field.into(), particles: 0 });
        }
    }

    pub(super) fn count(&mut self, field: &str, particles: usize) {
        if particles > 0 {
            self.0.push(Dropped { field: field.into(), particles });
        }
    }

    pub(super) fn done(self) -> Vec<Dropped> {
        self.0
    }
}
