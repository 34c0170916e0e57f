use cryoet_core::Particle;
use rayon::prelude::*;

/// A true particle and a pick near it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    pub(crate) truth: u32,
    pub(crate) pick: u32,
    pub(crate) distance: f64,
}

type Cell = [i64; 3];

/// All pairs within the radius, inclusive, by rising truth, then pick.
pub(crate) fn pairs_within(truth: &[Particle], picks: &[Particle], radius: f64) -> Vec<Near> {
    // Cells a little wider than the radius, so that rounding cannot push a neighbour two cells away.
    let width = radius * (1.0 + 1e-9);
    let cell_of = |particle: &Particle| -> Cell { particle.position.zyx().map(|v| (v / width).floor() as i64) };
    let mut cells: Vec<(Cell, u32)> = (0u32..).zip(picks).map(|(index, pick)| (cell_of(pick), index)).collect();
    cells.par_sort_unstable();
    let near_one = |(index, particle): (usize, &Particle)| {
        let [cz, cy, cx] = cell_of(particle);
        let mut found = Vec::new();
        for z in cz.saturating_sub(1)..=cz.saturating_add(1) {
            for y in cy.saturating_sub(1)..=cy.saturating_add(1) {
                let first = cells.partition_point(|(cell, _)| *cell < [z, y, cx.saturating_sub(1)]);
                let row = cells[first..].iter().take_while(|(cell, _)| *cell <= [z, y, cx.saturating_add(1)]);
                for &(_, pick) in row {
                    let distance = particle.position.distance(&picks[pick as usize].position);
                    if distance <= radius {
                        found.push(Near { truth: index as u32, pick, distance });
                    }
                }
            }
        }
        found.sort_unstable_by_key(|near| near.pick);
        found
    };
    truth.par_iter().enumerate().flat_map_iter(near_one).collect()
}
