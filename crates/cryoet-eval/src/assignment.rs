use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::neighbours::Near;

/// Steps into which the radius is divided to compare distances exactly.
const STEPS: f64 = (1u64 << 30) as f64;

const NONE: u32 = u32::MAX;

/// The one-to-one pairing with the most pairs and, of these, the least sum of distances: for each truth its pick.
///
/// Shortest augmenting paths with potentials over the sparse graph (the Hungarian method), truth by truth; a truth that
/// stays single pays more than any rearrangement of pairs could save. Costs are integers, so sums are exact.
/// `near` is sorted by truth. Each truth's search visits only the picks it could take over.
pub(crate) fn assign(near: &[Near], truths: usize, picks: usize, radius: f64) -> Vec<Option<usize>> {
    let mut solver = Solver {
        edges: near,
        starts: starts(near, truths),
        unit: STEPS / radius,
        // One more pair is worth any change of distances along an alternating path.
        single: (1 << 30) * (truths.min(picks) as i64 + 1),
        pick_of: vec![NONE; truths],
        truth_of: vec![NONE; picks],
        price: vec![0; picks],
        reached: vec![i64::MAX; picks],
        from: vec![NONE; picks],
    };
    for truth in 0..truths as u32 {
        solver.add(truth);
    }
    solver.pick_of.iter().map(|&pick| (pick != NONE).then_some(pick as usize)).collect()
}

/// Where each truth's edges begin; one entry more than there are truths.
fn starts(near: &[Near], truths: usize) -> Vec<usize> {
    let mut starts = vec![0; truths + 1];
    for edge in near {
        starts[edge.truth as usize + 1] += 1;
    }
    for truth in 0..truths {
        starts[truth + 1] += starts[truth];
    }
    starts
}

struct Solver<'a> {
    edges: &'a [Near],
    starts: Vec<usize>,
    unit: f64,
    single: i64,
    pick_of: Vec<u32>,
    truth_of: Vec<u32>,
    /// What taking a pick costs on top of the distance, so that every pair made is its truth's cheapest choice; never negative.
    price: Vec<i64>,
    /// Scratch of one search: the cost at which each pick was reached, and the truth it was reached from.
    reached: Vec<i64>,
    from: Vec<u32>,
}

impl Solver<'_> {
    fn edges_of(&self, truth: u32) -> &[Near] {
        &self.edges[self.starts[truth as usize]..self.starts[truth as usize + 1]]
    }

    fn cost(&self, edge: &Near) -> i64 {
        (edge.distance * self.unit).round() as i64
    }

    /// What a truth pays now for its pick.
    fn paid(&self, truth: u32) -> i64 {
        let pick = self.pick_of[truth as usize];
        let edge = self.edges_of(truth).binary_search_by_key(&pick, |edge| edge.pick);
        edge.map_or(self.single, |index| self.cost(&self.edges_of(truth)[index]) + self.price[pick as usize])
    }

    /// Brings one more truth in along the cheapest path of exchanges, which ends at a free pick or with some truth single.
    fn add(&mut self, truth: u32) {
        let mut heap = BinaryHeap::new();
        let mut touched = Vec::new();
        let mut settled = Vec::new();
        // The cheapest end found so far: its cost, and the truth that stays single (a free pick ends the search at once).
        let mut end = (self.single, truth);
        let mut free = None;
        let (mut at, mut spent) = (truth, 0);
        loop {
            let base = spent - if at == truth { 0 } else { self.paid(at) };
            if at != truth && base + self.single < end.0 {
                end = (base + self.single, at);
            }
            for index in self.starts[at as usize]..self.starts[at as usize + 1] {
                let edge = self.edges[index];
                let pick = edge.pick as usize;
                let cost = base + self.cost(&edge) + self.price[pick];
                if cost < self.reached[pick] && cost < end.0 {
                    if self.reached[pick] == i64::MAX {
                        touched.push(pick);
                    }
                    self.reached[pick] = cost;
                    self.from[pick] = at;
                    heap.push(Reverse((cost, edge.pick)));
                }
            }
            let next = std::iter::from_fn(|| heap.pop()).find(|Reverse((cost, pick))| *cost == self.reached[*pick as usize]);
            match next {
                Some(Reverse((cost, pick))) if cost < end.0 => {
                    if self.truth_of[pick as usize] == NONE {
                        free = Some(pick);
                        end.0 = cost;
                        break;
                    }
                    settled.push(pick as usize);
                    (at, spent) = (self.truth_of[pick as usize], cost);
                }
                _ => break,
            }
        }
        for pick in settled {
            self.price[pick] += end.0 - self.reached[pick];
        }
        self.exchange(truth, free, end.1);
        for pick in touched {
            self.reached[pick] = i64::MAX;
        }
    }

    /// Walks the path back from its end to the truth that was added, handing picks over.
    fn exchange(&mut self, truth: u32, free: Option<u32>, single: u32) {
        let mut pick = match free {
            Some(pick) => pick,
            None => {
                if single == truth {
                    return;
                }
                std::mem::replace(&mut self.pick_of[single as usize], NONE)
            }
        };
        loop {
            let taker = self.from[pick as usize];
            self.truth_of[pick as usize] = taker;
            let given_up = std::mem::replace(&mut self.pick_of[taker as usize], pick);
            if taker == truth {
                return;
            }
            pick = given_up;
        }
    }
}

#[cfg(test)]
mod tests;
