//! Biological assemblies: chains, and the moves that make copies of them.

use super::Atom;

/// A move: a 3 x 3 matrix and a shift, about x, y, z in Angstrom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Move {
    pub(crate) rows: [[f64; 4]; 3],
}

impl Move {
    pub(crate) const NONE: Self = Self { rows: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]] };

    fn apply(&self, [z, y, x]: [f64; 3]) -> [f64; 3] {
        let [x, y, z] = self.rows.map(|[a, b, c, shift]| a * x + b * y + c * z + shift);
        [z, y, x]
    }

    /// This move after another.
    pub(crate) fn after(&self, first: &Self) -> Self {
        let element = |row: &[f64; 4], column: usize| {
            let sum: f64 = (0..3).map(|k| row[k] * first.rows[k][column]).sum();
            if column == 3 { sum + row[3] } else { sum }
        };
        Self { rows: self.rows.each_ref().map(|row| std::array::from_fn(|column| element(row, column))) }
    }
}

/// Some chains and the moves that copy them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) chains: Vec<String>,
    pub(crate) moves: Vec<Move>,
}

/// What a file calls a biological assembly.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assembly {
    pub(crate) name: String,
    pub(crate) parts: Vec<Part>,
}

impl Assembly {
    pub(crate) fn build(&self, atoms: &[Atom]) -> Vec<Atom> {
        let mut built = Vec::new();
        for part in &self.parts {
            let chosen: Vec<&Atom> = atoms.iter().filter(|atom| part.chains.contains(&atom.chain)).collect();
            for each in &part.moves {
                built.extend(chosen.iter().map(|atom| Atom { position: each.apply(atom.position), ..(*atom).clone() }));
            }
        }
        built
    }
}
