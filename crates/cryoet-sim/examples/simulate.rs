//! Simulates a tomogram of a SHREC track, or the default one, and tells how long it took:
//! `cargo run --release -p cryoet-sim --example simulate -- 42 shrec20`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cryoet_sim::{Recipe, SimulationParams, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(42), |text| text.parse())?;
    let recipe = std::env::args().nth(2).map_or_else(|| Ok(Recipe::fixed(SimulationParams::default())), |name| Recipe::preset(&name))?;
    let (params, drawn) = recipe.draw(seed)?;
    let (start, told) = (Instant::now(), AtomicU64::new(0));
    let simulation = simulate(&params, seed, &|done: u64, total: u64| {
        let percent = 100 * done / total.max(1);
        if percent.is_multiple_of(5) && told.swap(percent, Ordering::Relaxed) != percent {
            eprintln!("{percent:3} % after {:.1} s", start.elapsed().as_secs_f64());
        }
        Ok(())
    })?;
    println!("{:?} voxels, {} particles, {:.1} s", params.shape, simulation.particles.len(), start.elapsed().as_secs_f64());
    println!("{drawn:?}");
    println!("{:?}", simulation.noise);
    Ok(())
}
