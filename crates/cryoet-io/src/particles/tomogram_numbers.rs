use std::collections::HashMap;

/// Numbers for tomograms, for formats that number them: a name that is a number keeps it, others get the next free one.
#[derive(Debug, Default)]
pub(super) struct TomogramNumbers {
    numbers: HashMap<String, u64>,
    renamed: bool,
}

impl TomogramNumbers {
    pub(super) fn of(&mut self, name: Option<&str>) -> u64 {
        let Some(name) = name else { return 0 };
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let own = name.parse::<u64>().ok().filter(|number| *number < 1 << 24 && number.to_string() == name);
        let taken = |number: u64| self.numbers.values().any(|&other| other == number);
        let number = match own {
            Some(number) if !taken(number) => number,
            _ => {
                self.renamed = true;
                (1..).find(|&number| !taken(number)).unwrap_or(0)
            }
        };
        self.numbers.insert(name.into(), number);
        number
    }

    /// Whether a name was lost.
    pub(super) fn renamed(&self) -> bool {
        self.renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_names_count_up() {
        let mut numbers = TomogramNumbers::default();
        assert_eq!((numbers.of(Some("7")), numbers.of(None), numbers.renamed()), (7, 0, false));
        assert_eq!([Some("TS_01"), Some("TS_02"), Some("TS_01"), Some("007"), Some("1")].map(|name| numbers.of(name)), [1, 2, 1, 3, 4]);
        assert!(numbers.renamed());
    }
}
