use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::ParticleList;

/// Numbers for a list's tomograms, for formats that number them: a name that is a number keeps it, wherever in the list it stands;
/// others get the numbers that are left, in order of appearance. 0 is no tomogram.
#[derive(Debug)]
pub(super) struct TomogramNumbers<'a> {
    numbers: HashMap<&'a str, u64>,
    renamed: bool,
}

impl<'a> TomogramNumbers<'a> {
    pub(super) fn of_list(list: &'a ParticleList) -> Self {
        Self::of_names(list.particles.iter().filter_map(|particle| list.tomogram_of(particle)))
    }

    fn of_names(names: impl Iterator<Item = &'a str>) -> Self {
        let mut numbers = HashMap::new();
        let (mut taken, mut others) = (HashSet::new(), Vec::new());
        let mut seen = HashSet::new();
        for name in names.filter(|&name| seen.insert(name)) {
            // 32-bit floats hold such numbers exactly.
            match name.parse::<u64>().ok().filter(|number| (1..1 << 24).contains(number) && number.to_string() == name) {
                Some(number) => {
                    taken.insert(number);
                    numbers.insert(name, number);
                }
                None => others.push(name),
            }
        }
        let renamed = !others.is_empty();
        let free = (1..).filter(|number| !taken.contains(number));
        numbers.extend(others.into_iter().zip(free));
        Self { numbers, renamed }
    }

    /// The number of a tomogram of the list; 0 where there is none.
    pub(super) fn of(&self, name: Option<&str>) -> u64 {
        name.and_then(|name| self.numbers.get(name)).copied().unwrap_or(0)
    }

    /// Whether a name was lost.
    pub(super) fn renamed(&self) -> bool {
        self.renamed
    }
}

/// The name of a tomogram that a file numbers: 0 is none.
pub(super) fn name_of_number(text: &str) -> Option<Arc<str>> {
    let none = text.is_empty() || text.parse::<f64>().is_ok_and(|number| number == 0.0);
    (!none).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_names_take_what_is_left() {
        let names = ["7", "TS_01", "TS_02", "TS_01", "007", "1", "0", "2"];
        let numbers = TomogramNumbers::of_names(names.into_iter());
        assert_eq!(names.map(|name| numbers.of(Some(name))), [7, 3, 4, 3, 5, 1, 6, 2]);
        assert_eq!((numbers.of(None), numbers.renamed()), (0, true));
        assert!(!TomogramNumbers::of_names(["3", "1"].into_iter()).renamed());
        assert_eq!(["0", "0.0", "", "10", "a"].map(name_of_number), [None, None, None, Some("10".into()), Some("a".into())]);
    }

    #[test]
    fn many_tomograms_get_a_number_each() {
        let names: Vec<String> = (0..50_000).map(|n| format!("TS_{n}")).collect();
        let numbers = TomogramNumbers::of_names(names.iter().map(String::as_str));
        assert!((1..).zip(&names).all(|(number, name)| numbers.of(Some(name)) == number));
    }
}
