use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::neighbours::Near;

/// Steps into which the radius is divided to compare distances exactly.
const STEPS: f64 = (1u64 << 30) as f64;

const NONE: u32 = u32::MAX;

/// The one-to-one pairing with the most pairs and, of these, the least sum of distances: for each row its column.
///
/// `near` is sorted by row, then column; no distance exceeds `radius`.
pub(crate) fn assign(near: &[Near], rows: usize, columns: usize, radius: f64) -> Vec<Option<usize>> {
    let mut pairing = Pairing::new(near, rows, columns, radius);
    for row in pairing.bid(rows as u32) {
        pairing.add(row);
    }
    pairing.column_of.iter().map(|&column| (column != NONE).then_some(column as usize)).collect()
}

/// How many bids may follow upon each other, each row outbidding the last, before a search takes over: where rows outnumber columns, bids would
/// go on until columns cost more than any pair is worth.
const BIDS: usize = 16;

/// A pairing that grows row by row and is the best one of the rows added at any time.
///
/// Shortest augmenting paths with potentials over the sparse graph (the Hungarian method). A row that stays single pays
/// more than any rearrangement of pairs could save. Costs are integers, so sums are exact. Each row's search visits only the
/// columns it could take over.
pub(crate) struct Pairing<'a> {
    edges: &'a [Near],
    starts: Vec<usize>,
    unit: f64,
    single: i64,
    column_of: Vec<u32>,
    row_of: Vec<u32>,
    /// What taking a column costs on top of the distance, so that every pair made is its row's cheapest choice; never negative.
    price: Vec<i64>,
    /// Scratch of one search: the cost at which each column was reached, and the row it was reached from.
    reached: Vec<i64>,
    from: Vec<u32>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    pairs: u64,
}

impl<'a> Pairing<'a> {
    pub(crate) fn new(near: &'a [Near], rows: usize, columns: usize, radius: f64) -> Self {
        Self {
            edges: near,
            starts: starts(near, rows),
            unit: STEPS / radius,
            // One more pair is worth any change of distances along an alternating path.
            single: (1 << 30) * (rows.min(columns) as i64 + 1),
            column_of: vec![NONE; rows],
            row_of: vec![NONE; columns],
            price: vec![0; columns],
            reached: vec![i64::MAX; columns],
            from: vec![NONE; columns],
            heap: BinaryHeap::new(),
            pairs: 0,
        }
    }

    /// How many pairs there are.
    pub(crate) fn pairs(&self) -> u64 {
        self.pairs
    }

    fn edges_of(&self, row: u32) -> &[Near] {
        &self.edges[self.starts[row as usize]..self.starts[row as usize + 1]]
    }

    fn cost(&self, edge: &Near) -> i64 {
        (edge.distance * self.unit).round() as i64
    }

    /// What a row pays now for its column.
    fn paid(&self, row: u32) -> i64 {
        let column = self.column_of[row as usize];
        let edge = self.edges_of(row).binary_search_by_key(&column, |edge| edge.column);
        edge.map_or(self.single, |index| self.cost(&self.edges_of(row)[index]) + self.price[column as usize])
    }

    /// Brings rows in by bidding, which costs little: each takes its cheapest column, at a price that makes its second choice as good, from
    /// whoever has it. Returns the rows that are left over once ties or too many bids stop this; they are to be added.
    ///
    /// Every price set so keeps each pair its row's cheapest choice and leaves free columns without a price, as searches need it
    /// (Bertsekas 1981; the row reduction of Jonker and Volgenant 1987).
    pub(crate) fn bid(&mut self, rows: u32) -> Vec<u32> {
        let mut left_over = Vec::new();
        for row in 0..rows {
            let mut bidder = row;
            let mut bids = 0;
            loop {
                let mut first = (self.single, NONE);
                let mut second = self.single;
                for edge in self.edges_of(bidder) {
                    let cost = self.cost(edge) + self.price[edge.column as usize];
                    if cost < first.0 {
                        second = first.0;
                        first = (cost, edge.column);
                    } else {
                        second = second.min(cost);
                    }
                }
                let (cost, column) = first;
                if column == NONE {
                    // Prices only rise: it stays single.
                    break;
                }
                let owner = self.row_of[column as usize];
                if owner != NONE && (cost == second || bids == BIDS) {
                    left_over.push(bidder);
                    break;
                }
                bids += 1;
                self.price[column as usize] += second - cost;
                self.row_of[column as usize] = bidder;
                self.column_of[bidder as usize] = column;
                if owner == NONE {
                    self.pairs += 1;
                    break;
                }
                self.column_of[owner as usize] = NONE;
                bidder = owner;
            }
        }
        left_over
    }

    /// Brings one more row in along the cheapest path of exchanges, which ends at a free column or with some row single.
    pub(crate) fn add(&mut self, row: u32) {
        let (mut touched, mut settled) = (Vec::new(), Vec::new());
        self.heap.clear();
        // The cheapest end found so far: its cost, and the row that stays single (a free column ends the search at once).
        let mut end = (self.single, row);
        let mut free = None;
        let (mut at, mut spent) = (row, 0);
        loop {
            let base = spent - if at == row { 0 } else { self.paid(at) };
            if at != row && base + self.single < end.0 {
                end = (base + self.single, at);
            }
            for index in self.starts[at as usize]..self.starts[at as usize + 1] {
                let edge = self.edges[index];
                let column = edge.column as usize;
                let cost = base + self.cost(&edge) + self.price[column];
                if cost < self.reached[column] && cost < end.0 {
                    if self.reached[column] == i64::MAX {
                        touched.push(column);
                    }
                    self.reached[column] = cost;
                    self.from[column] = at;
                    self.heap.push(Reverse((cost, edge.column)));
                }
            }
            let next = loop {
                match self.heap.pop() {
                    Some(Reverse((cost, column))) if cost != self.reached[column as usize] => continue,
                    other => break other,
                }
            };
            match next {
                Some(Reverse((cost, column))) if cost < end.0 => {
                    if self.row_of[column as usize] == NONE {
                        free = Some(column);
                        end.0 = cost;
                        break;
                    }
                    settled.push(column as usize);
                    (at, spent) = (self.row_of[column as usize], cost);
                }
                _ => break,
            }
        }
        for column in settled {
            self.price[column] += end.0 - self.reached[column];
        }
        self.pairs += u64::from(free.is_some());
        self.exchange(row, free, end.1);
        for column in touched {
            self.reached[column] = i64::MAX;
        }
    }

    /// Walks the path back from its end to the row that was added, handing columns over.
    fn exchange(&mut self, row: u32, free: Option<u32>, single: u32) {
        let mut column = match free {
            Some(column) => column,
            None if single == row => return,
            None => std::mem::replace(&mut self.column_of[single as usize], NONE),
        };
        loop {
            let taker = self.from[column as usize];
            self.row_of[column as usize] = taker;
            let given_up = std::mem::replace(&mut self.column_of[taker as usize], column);
            if taker == row {
                return;
            }
            column = given_up;
        }
    }
}

/// Where each row's edges begin; one entry more than there are rows.
fn starts(near: &[Near], rows: usize) -> Vec<usize> {
    let mut starts = vec![0; rows + 1];
    for edge in near {
        starts[edge.row as usize + 1] += 1;
    }
    for row in 0..rows {
        starts[row + 1] += starts[row];
    }
    starts
}

#[cfg(test)]
mod tests;
