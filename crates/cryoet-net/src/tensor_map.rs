use std::collections::BTreeMap;

/// Named arrays of f32 outside libtorch: what weights files and checkpoints are made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TensorMap {
    entries: BTreeMap<String, NamedArray>,
}

/// Values in C order.
#[derive(Clone, PartialEq)]
pub(crate) struct NamedArray {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl std::fmt::Debug for NamedArray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NamedArray").field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl TensorMap {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn insert(&mut self, name: String, shape: Vec<usize>, values: Vec<f32>) {
        self.entries.insert(name, NamedArray { shape, values });
    }

    pub(crate) fn get(&self, name: &str) -> Option<&NamedArray> {
        self.entries.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &NamedArray)> {
        self.entries.iter()
    }

    /// The entries whose names start with `prefix`, without it.
    pub(crate) fn with_prefix(&self, prefix: &str) -> Self {
        let stripped = self.entries.iter().filter_map(|(name, array)| Some((name.strip_prefix(prefix)?.to_owned(), array.clone())));
        Self { entries: stripped.collect() }
    }

    /// Takes over the entries of another map, their names behind `prefix`.
    pub(crate) fn extend_prefixed(&mut self, prefix: &str, other: Self) {
        self.entries.extend(other.entries.into_iter().map(|(name, array)| (format!("{prefix}{name}"), array)));
    }
}
