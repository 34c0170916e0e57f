//! A million picks matched against a million truths, one to one.
//!
//! `cargo bench -p cryoet-benches --bench evaluate`
//!
//! The truths lie at random, one per 8,000 voxels (in SHREC's tomograms one per 21,000), then one per 1,000, where nearly all hang together by
//! chains of shared picks; nine in ten have a pick some voxels off, one in ten picks is anywhere.

use cryoet_benches::{peak_memory, processor_time, timed};
use cryoet_core::{ClassLabel, Particle, Position};
use cryoet_eval::{DistanceParams, evaluate_distance};

const COUNT: usize = 1_000_000;
const SIDES: [f64; 2] = [2000.0, 1000.0];
const RADIUS: f64 = 10.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for side in SIDES {
        run(side)?;
    }
    Ok(())
}

fn run(side: f64) -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Random(1);
    let truth: Vec<_> = (0..COUNT).map(|_| random.particle([0.0; 3], side)).collect::<Result<_, _>>()?;
    let near = |p: &Particle, random: &mut Random| random.particle(p.position.zyx().map(|v| v - 4.0), 8.0);
    let mut picks = truth
        .iter()
        .map(|p| if random.next() < 0.9 { near(p, &mut random) } else { random.particle([0.0; 3], side) })
        .collect::<Result<Vec<_>, _>>()?;
    picks.reverse();
    let (memory, spent) = (peak_memory(), processor_time());
    let (time, evaluation) = timed(1, || evaluate_distance(&truth, &picks, &DistanceParams::new(RADIUS)));
    let found = evaluation?.localisation;
    println!("{COUNT} truths and picks in {side}^3 voxels, radius {RADIUS}: {:.2} s, {} pairs", time.as_secs_f64(), found.tp);
    if let (Some(before), Some(after)) = (spent, processor_time()) {
        println!("processor time: {:.2} s", after.saturating_sub(before).as_secs_f64());
    }
    // Of the whole process so far: the second run may stay below the first one's peak.
    if let (Some(before), Some(after)) = (memory, peak_memory()) {
        println!("peak memory beyond the lists: {:.0} MB of {:.0} MB", (after - before) as f64 / 1e6, after as f64 / 1e6);
    }
    Ok(())
}

/// A linear congruential generator (Knuth's MMIX constants): the same numbers everywhere, without a dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn particle(&mut self, start: [f64; 3], side: f64) -> Result<Particle, cryoet_core::NonFinitePosition> {
        let [z, y, x] = start.map(|s| s + side * self.next());
        Ok(Particle::new(ClassLabel::new(1), Position::new(z, y, x)?))
    }
}
