use cryoet_core::Particle;
use rayon::prelude::*;

/// An entry of one list, the rows (true particles, unless turned), and one of another near it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) distance: f64,
}

type Cell = [i64; 3];

/// All pairs within the radius of the true particle, inclusive, by rising truth, then pick; no radius exceeds `largest`.
pub(crate) fn pairs_within(truth: &[Particle], picks: &[Particle], largest: f64, radius: impl Fn(&Particle) -> f64 + Sync) -> Vec<Near> {
    // Cells a little wider than the radius, so that rounding cannot push a neighbour two cells away.
    let width = largest * (1.0 + 1e-9);
    let cell_of = |particle: &Particle| -> Cell { particle.position.zyx().map(|v| (v / width).floor() as i64) };
    let mut cells: Vec<(Cell, u32)> = (0u32..).zip(picks).map(|(index, pick)| (cell_of(pick), index)).collect();
    cells.par_sort_unstable();
    let near_one = |(index, particle): (usize, &Particle)| {
        let [cz, cy, cx] = cell_of(particle);
        let radius = radius(particle);
        let mut found = Vec::new();
        for z in cz.saturating_sub(1)..=cz.saturating_add(1) {
            for y in cy.saturating_sub(1)..=cy.saturating_add(1) {
                let first = cells.partition_point(|(cell, _)| *cell < [z, y, cx.saturating_sub(1)]);
                let row = cells[first..].iter().take_while(|(cell, _)| *cell <= [z, y, cx.saturating_add(1)]);
                for &(_, pick) in row {
                    let distance = particle.position.distance(&picks[pick as usize].position);
                    if distance <= radius {
                        found.push(Near { row: index as u32, column: pick, distance });
                    }
                }
            }
        }
        found.sort_unstable_by_key(|near| near.column);
        found
    };
    truth.par_iter().enumerate().flat_map_iter(near_one).collect()
}

/// The same pairs with rows and columns exchanged, by rising row, then column.
pub(crate) fn turned(mut near: Vec<Near>) -> Vec<Near> {
    for pair in &mut near {
        (pair.row, pair.column) = (pair.column, pair.row);
    }
    near.par_sort_unstable_by_key(|pair| (pair.row, pair.column));
    near
}
