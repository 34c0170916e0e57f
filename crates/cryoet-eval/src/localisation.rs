use crate::ratio::{harmonic, ratio};

/// How well particles were found, whatever class the picks name: the columns of the SHREC papers' localisation tables.
///
/// Every figure is 0 where its denominator is 0; the miss rate of an empty truth is 0 too.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Localisation {
    /// RR: picks reported.
    pub reported: u64,
    /// TP: true particles found.
    pub tp: u64,
    /// FP: picks that found nothing.
    pub fp: u64,
    /// FN: true particles not found.
    #[cfg_attr(feature = "serde", serde(rename = "fn"))]
    pub fn_: u64,
    /// MH: true particles that more than one pick found.
    pub multiple_hits: u64,
    /// RO: picks outside the volume.
    pub outside: u64,
    /// AD: mean distance in voxels from the picks that found a particle to its centre.
    pub mean_distance: f64,
    /// Particles found over particles there are.
    pub recall: f64,
    /// Particles found over picks reported; where one pick may stand for several particles, over particles found and false picks.
    pub precision: f64,
    /// 1 - recall.
    pub miss_rate: f64,
    /// The harmonic mean of recall and precision.
    pub f1: f64,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) truth: u64,
    /// True particles that are left out of everything but the denominator of recall.
    pub(crate) unsought: u64,
    pub(crate) reported: u64,
    pub(crate) tp: u64,
    pub(crate) fp: u64,
    pub(crate) multiple_hits: u64,
    pub(crate) outside: u64,
    /// How many distances the sum holds.
    pub(crate) hits: u64,
    pub(crate) distance_sum: f64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.truth += other.truth;
        self.unsought += other.unsought;
        self.reported += other.reported;
        self.tp += other.tp;
        self.fp += other.fp;
        self.multiple_hits += other.multiple_hits;
        self.outside += other.outside;
        self.hits += other.hits;
        self.distance_sum += other.distance_sum;
    }
}

impl Localisation {
    pub(crate) fn new(counts: Counts) -> Self {
        let Counts { truth, unsought, reported, tp, fp, multiple_hits, outside, hits, distance_sum } = counts;
        // Picks reported are at least TP and FP, unless one of them stands for several particles.
        let (recall, precision) = (ratio(tp, truth + unsought), ratio(tp, reported.max(tp + fp)));
        Self {
            reported,
            tp,
            fp,
            fn_: truth - tp,
            multiple_hits,
            outside,
            mean_distance: if hits == 0 { 0.0 } else { distance_sum / hits as f64 },
            recall,
            precision,
            miss_rate: ratio(truth + unsought - tp, truth + unsought),
            f1: harmonic(recall, precision),
        }
    }
}

#[cfg(test)]
mod tests;
