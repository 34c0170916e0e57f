use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::neighbours::{Near, Neighbours};

/// Steps into which the radius is divided to compare distances exactly.
const STEPS: f64 = (1u64 << 30) as f64;

const NONE: u32 = u32::MAX;

/// The one-to-one pairing with the most pairs and, of these, the least sum of distances: for each row its column.
///
/// No distance exceeds `radius`.
pub(crate) fn assign(near: &Neighbours, radius: f64) -> Vec<Option<usize>> {
    let [rows, columns] = &near.order;
    let mut pairing = Pairing::new(&near.pairs, [rows, columns], radius);
    for row in pairing.bid() {
        pairing.add(row);
    }
    let mut matches = vec![None; rows.len()];
    for (&row, &rank) in rows.iter().zip(&pairing.column_of) {
        matches[row as usize] = columns.get(rank as usize).map(|&column| column as usize);
    }
    matches
}

/// How many bids may follow upon each other, each row outbidding the last, before a search takes over: where rows outnumber columns, bids would
/// go on until columns cost more than any pair is worth.
const BIDS: usize = 16;

/// A pairing that grows row by row and is the best one of the rows added at any time.
///
/// Shortest augmenting paths with potentials over the sparse graph (the Hungarian method). A row that stays single pays
/// more than any rearrangement of pairs could save. Costs are integers, so sums are exact. Each row's search visits only the
/// columns it could take over.
pub(crate) struct Pairing {
    edges: Vec<Edge>,
    starts: Vec<usize>,
    single: i64,
    column_of: Vec<u32>,
    columns: Vec<Column>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    pairs: u64,
}

/// A column that a row may take.
#[derive(Clone, Copy)]
struct Edge {
    column: u32,
    /// The distance in steps.
    cost: u32,
}

#[derive(Clone, Copy)]
struct Column {
    row: u32,
    /// What taking it costs on top of the distance, so that every pair made is its row's cheapest choice; never negative.
    price: i64,
    /// Scratch of one search: the cost at which it was reached, and the row it was reached from.
    reached: i64,
    from: u32,
}

impl Pairing {
    /// No pairs yet. `near` is sorted by row; `order` lists all rows and all columns, and from here on they go by their places in it. Where
    /// thousands hang together, an order in which neighbours in space are mostly neighbours keeps searches in the processor's cache.
    pub(crate) fn new(near: &[Near], order: [&[u32]; 2], radius: f64) -> Self {
        let [rows, columns] = order.map(<[u32]>::len);
        let mut place = vec![0; columns];
        for (rank, &column) in order[1].iter().enumerate() {
            place[column as usize] = rank as u32;
        }
        let unit = STEPS / radius;
        let begins = starts(near, rows);
        let mut edges = Vec::with_capacity(near.len());
        let mut starts = Vec::with_capacity(rows + 1);
        for &row in order[0] {
            starts.push(edges.len());
            let of_row = &near[begins[row as usize]..begins[row as usize + 1]];
            edges.extend(
                of_row.iter().map(|near| Edge { column: place[near.column as usize], cost: (near.distance * unit).round() as u32 }),
            );
        }
        starts.push(edges.len());
        Self {
            edges,
            starts,
            // One more pair is worth any change of distances along an alternating path.
            single: (1 << 30) * (rows.min(columns) as i64 + 1),
            column_of: vec![NONE; rows],
            columns: vec![Column { row: NONE, price: 0, reached: i64::MAX, from: NONE }; columns],
            heap: BinaryHeap::new(),
            pairs: 0,
        }
    }

    /// How many pairs there are.
    pub(crate) fn pairs(&self) -> u64 {
        self.pairs
    }

    fn edges_of(&self, row: u32) -> &[Edge] {
        &self.edges[self.starts[row as usize]..self.starts[row as usize + 1]]
    }

    /// What a row pays now for its column.
    fn paid(&self, row: u32) -> i64 {
        let column = self.column_of[row as usize];
        let edge = self.edges_of(row).iter().find(|edge| edge.column == column);
        edge.map_or(self.single, |edge| i64::from(edge.cost) + self.columns[column as usize].price)
    }

    /// Brings rows in by bidding, which costs little: each takes its cheapest column, at a price that makes its second choice as good, from
    /// whoever has it. Returns the rows that are left over once ties or too many bids stop this; they are to be added.
    ///
    /// Every price set so keeps each pair its row's cheapest choice and leaves free columns without a price, as searches need it
    /// (Bertsekas 1981; the row reduction of Jonker and Volgenant 1987).
    pub(crate) fn bid(&mut self) -> Vec<u32> {
        let mut left_over = Vec::new();
        for row in 0..self.column_of.len() as u32 {
            let mut bidder = row;
            let mut bids = 0;
            loop {
                let mut first = (self.single, NONE);
                let mut second = self.single;
                for edge in self.edges_of(bidder) {
                    let cost = i64::from(edge.cost) + self.columns[edge.column as usize].price;
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
                let owner = self.columns[column as usize].row;
                if owner != NONE && (cost == second || bids == BIDS) {
                    left_over.push(bidder);
                    break;
                }
                bids += 1;
                self.columns[column as usize].price += second - cost;
                self.columns[column as usize].row = bidder;
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
                let Edge { column, cost } = self.edges[index];
                let there = &mut self.columns[column as usize];
                let cost = base + i64::from(cost) + there.price;
                if cost < there.reached && cost < end.0 {
                    if there.reached == i64::MAX {
                        touched.push(column as usize);
                    }
                    (there.reached, there.from) = (cost, at);
                    self.heap.push(Reverse((cost, column)));
                }
            }
            let next = loop {
                match self.heap.pop() {
                    Some(Reverse((cost, column))) if cost != self.columns[column as usize].reached => continue,
                    other => break other,
                }
            };
            match next {
                Some(Reverse((cost, column))) if cost < end.0 => {
                    let owner = self.columns[column as usize].row;
                    if owner == NONE {
                        free = Some(column);
                        end.0 = cost;
                        break;
                    }
                    settled.push(column as usize);
                    (at, spent) = (owner, cost);
                }
                _ => break,
            }
        }
        for column in settled {
            let there = &mut self.columns[column];
            there.price += end.0 - there.reached;
        }
        self.pairs += u64::from(free.is_some());
        self.exchange(row, free, end.1);
        for column in touched {
            self.columns[column].reached = i64::MAX;
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
            let there = &mut self.columns[column as usize];
            let taker = there.from;
            there.row = taker;
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
