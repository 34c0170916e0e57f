use std::sync::atomic::{AtomicUsize, Ordering};

use cryoet_core::Particle;
use rayon::prelude::*;

use crate::EvaluateError;

/// An entry of one list, the rows (true particles, unless turned), and one of another near it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) distance: f64,
}

/// Which entries of two lists are near each other.
pub(crate) struct Neighbours {
    /// By rising row, then column.
    pub(crate) pairs: Vec<Near>,
    /// All rows, and all columns, ordered such that what lies near in space mostly lies near in the order.
    pub(crate) order: [Vec<u32>; 2],
}

type Cell = [i64; 3];

/// A particle in the order of cells, with what is asked of it often.
#[derive(Clone, Copy)]
struct Placed {
    cell: Cell,
    index: u32,
    zyx: [f64; 3],
}

/// How many true particles a task looks after.
const CHUNK: usize = 4096;

/// How many pairs are kept at most: beyond, the radius is in the wrong unit sooner than meant, and memory may not hold them (5 GB at this many).
pub(crate) const MOST_PAIRS: usize = 1 << 27;

/// Cells are never smaller, in voxels, so that only coordinates beyond 9e12 lie outside what numbers cells.
const LEAST_WIDTH: f64 = 1e-6;

/// All pairs within the radius of the true particle, inclusive, by rising truth, then pick; no radius exceeds `largest`. More than `most` pairs are
/// refused.
pub(crate) fn neighbours(
    truth: &[Particle],
    picks: &[Particle],
    largest: f64,
    radius: impl Fn(&Particle) -> f64 + Sync,
    most: usize,
) -> Result<Neighbours, EvaluateError> {
    // Cells a little wider than the radius, so that rounding cannot push a neighbour two cells away.
    let width = (largest * (1.0 + 1e-9)).max(LEAST_WIDTH);
    let pairs = AtomicUsize::new(0);
    let (rows, columns) = (placed(truth, width), placed(picks, width));
    let of_chunk = |chunk: &[Placed]| {
        let mut found: Vec<Near> = Vec::new();
        // Both lists rise with their cells, and so does where each row of three neighbour cells begins.
        let mut starts: Option<[usize; 9]> = None;
        for particle in chunk {
            if pairs.load(Ordering::Relaxed) > most {
                break;
            }
            let [cz, cy, cx] = particle.cell;
            let radius = radius(&truth[particle.index as usize]);
            let first =
                |beside: usize| [cz.saturating_add(beside as i64 / 3 - 1), cy.saturating_add(beside as i64 % 3 - 1), cx.saturating_sub(1)];
            let begin = found.len();
            let starts =
                starts.get_or_insert_with(|| std::array::from_fn(|beside| columns.partition_point(|pick| pick.cell < first(beside))));
            for (beside, start) in starts.iter_mut().enumerate() {
                // Far out a cell may have no neighbour on a side: what saturates is the cell itself, which has its own turn.
                if cz.checked_add(beside as i64 / 3 - 1).is_none() || cy.checked_add(beside as i64 % 3 - 1).is_none() {
                    continue;
                }
                let first = first(beside);
                *start += columns[*start..].iter().take_while(|pick| pick.cell < first).count();
                let last = [first[0], first[1], cx.saturating_add(1)];
                for pick in columns[*start..].iter().take_while(|pick| pick.cell <= last) {
                    let distance = (0..3).map(|axis| (particle.zyx[axis] - pick.zyx[axis]).powi(2)).sum::<f64>().sqrt();
                    if distance <= radius {
                        found.push(Near { row: particle.index, column: pick.index, distance });
                    }
                }
            }
            pairs.fetch_add(found.len() - begin, Ordering::Relaxed);
            found[begin..].sort_unstable_by_key(|near| near.column);
        }
        found
    };
    let chunks: Vec<Vec<Near>> = rows.par_chunks(CHUNK).map(of_chunk).collect();
    if pairs.into_inner() > most {
        return Err(EvaluateError::TooManyPairs { radius: largest, truth: truth.len(), picks: picks.len(), limit: most });
    }
    let order = [&rows, &columns].map(|placed| placed.iter().map(|particle| particle.index).collect());
    Ok(Neighbours { pairs: by_row(&chunks, truth.len()), order })
}

/// The particles by cell, then index.
fn placed(particles: &[Particle], width: f64) -> Vec<Placed> {
    let place = |(index, particle): (usize, &Particle)| {
        let zyx = particle.position.zyx();
        Placed { cell: zyx.map(|v| (v / width).floor() as i64), index: index as u32, zyx }
    };
    let mut placed: Vec<Placed> = particles.par_iter().enumerate().map(place).collect();
    placed.par_sort_unstable_by_key(|particle| (particle.cell, particle.index));
    placed
}

/// The pairs by rising row, given row by row in any order.
fn by_row(chunks: &[Vec<Near>], rows: usize) -> Vec<Near> {
    let groups = || chunks.iter().flat_map(|chunk| chunk.chunk_by(|a, b| a.row == b.row));
    let mut starts = vec![0; rows + 1];
    for group in groups() {
        starts[group[0].row as usize + 1] = group.len();
    }
    for row in 0..rows {
        starts[row + 1] += starts[row];
    }
    let mut ordered = vec![Near { row: 0, column: 0, distance: 0.0 }; starts[rows]];
    for group in groups() {
        let start = starts[group[0].row as usize];
        ordered[start..start + group.len()].copy_from_slice(group);
    }
    ordered
}

/// The same pairs with rows and columns exchanged, by rising row, then column.
pub(crate) fn turned(mut near: Vec<Near>) -> Vec<Near> {
    for pair in &mut near {
        (pair.row, pair.column) = (pair.column, pair.row);
    }
    near.par_sort_unstable_by_key(|pair| (pair.row, pair.column));
    near
}
