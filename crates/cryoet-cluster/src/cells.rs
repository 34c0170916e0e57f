use std::collections::HashMap;

/// Things at places, in cells a little wider than a reach: whatever lies within the reach of a place lies in its cell or in
/// one of the 26 around it.
pub(crate) struct Cells<T> {
    side: f64,
    cells: HashMap<[i64; 3], Vec<T>>,
}

impl<T> Cells<T> {
    /// A reach must be finite and not negative.
    pub(crate) fn new(reach: f64) -> Self {
        // A little wider than the reach: rounding then never puts neighbours two cells apart.
        Self { side: (1.001 * reach).max(f64::MIN_POSITIVE), cells: HashMap::new() }
    }

    pub(crate) fn push(&mut self, place: [f64; 3], thing: T) {
        self.cells.entry(self.cell(place)).or_default().push(thing);
    }

    /// All things within the reach of a place, and some further ones.
    pub(crate) fn near(&self, place: [f64; 3]) -> impl Iterator<Item = &T> {
        let [z, y, x] = self.cell(place);
        NEIGHBOURS.iter().flat_map(move |[dz, dy, dx]| {
            let cell = [z.saturating_add(*dz), y.saturating_add(*dy), x.saturating_add(*dx)];
            self.cells.get(&cell).into_iter().flatten()
        })
    }

    fn cell(&self, place: [f64; 3]) -> [i64; 3] {
        place.map(|c| (c / self.side).floor() as i64)
    }
}

const NEIGHBOURS: [[i64; 3]; 27] = {
    let mut all = [[0; 3]; 27];
    let mut i = 0;
    while i < 27 {
        all[i] = [i as i64 / 9 - 1, i as i64 / 3 % 3 - 1, i as i64 % 3 - 1];
        i += 1;
    }
    all
};
