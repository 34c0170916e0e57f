//! Simulates the default tomogram and tells how long it took: `cargo run --release -p cryoet-sim --example simulate -- 42`.

use std::time::Instant;

use cryoet_sim::{SimulationParams, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(42), |text| text.parse())?;
    let params = SimulationParams::default();
    let start = Instant::now();
    let simulation = simulate(&params, seed, &())?;
    println!("{:?} voxels, {} particles, {:.1} s", params.shape, simulation.particles.len(), start.elapsed().as_secs_f64());
    println!("{:?}", simulation.noise);
    Ok(())
}
