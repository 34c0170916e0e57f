use std::sync::Arc;

use super::decimal::fewer_than_eight;

/// So many names are looked through before one is held to be new; a list of more shares fewer of them.
const MOST: usize = 16;

/// Names that particles read one after the other have in common.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The last ones that were new, in no order, each behind its end, by which most differ.
    known: Vec<(u64, Arc<str>)>,
    /// Which of them gives way to the next, once there are [`MOST`].
    oldest: usize,
}

impl Names {
    /// A name, in the memory of an earlier one that is the same where it is still known.
    pub(super) fn shared(&mut self, name: &str) -> Arc<str> {
        let end = end(name);
        if let Some((_, known)) = self.known.iter().find(|(other, known)| *other == end && **known == *name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        let entry = (end, Arc::clone(&new));
        if self.known.len() < MOST {
            self.known.push(entry);
        } else {
            self.known[self.oldest] = entry;
            self.oldest = (self.oldest + 1) % MOST;
        }
        new
    }
}

/// The last eight bytes, or all.
fn end(name: &str) -> u64 {
    match name.as_bytes() {
        [] => 0,
        bytes => bytes.last_chunk().map_or_else(|| fewer_than_eight(bytes), |last| u64::from_le_bytes(*last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_share_memory_and_none_is_mistaken() {
        let mut names = Names::default();
        let first = names.shared("TS_1");
        assert!(Arc::ptr_eq(&first, &names.shared("TS_1")));
        for n in (0..100).chain(0..100).chain((0..MOST).cycle().take(100)) {
            for name in [format!("TS_{n}"), format!("{n}_with_the_same_end"), format!("\u{e9}{}", n % 10)] {
                let shared = names.shared(&name);
                assert_eq!(*shared, *name);
                assert!(Arc::ptr_eq(&shared, &names.shared(&name)));
            }
        }
        assert_eq!(names.known.len(), MOST);
        let [a, _, c] = ["TS_3", "", "TS_3"].map(|name| names.shared(name));
        assert!(Arc::ptr_eq(&a, &c));
    }
}
