//! Template matching of noise, against pyTME's FLCSphericalMask with the same number of orientations.
//!
//! `cargo bench -p cryoet-benches --bench matching -- [--edge N] [--template N] [--orientations N] [--tile N] [--python PYTHON]`
//!
//! Time is that of the processor, on one thread. With `--python` (an interpreter that has pytme) the baseline runs too. Of both sides is
//! taken off what a search of a single orientation takes: processes, plans, spectra of the tomogram. The ratio is also given with our own
//! set-up counted and theirs not.

use std::process::Command;

use cryoet_benches::{peak_memory, processor_time};
use cryoet_core::Volume;
use cryoet_core::ndarray::Array3;
use cryoet_match::{MatchParams, RotationGrid, Search, Symmetry, Template, TemplateMask};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, default: usize| option(name).map_or(Ok(default), |n| n.parse());
    let (edge, size, orientations) = (number("--edge", 128)?, number("--template", 32)?, number("--orientations", 24)?);
    let tile = number("--tile", MatchParams::default().tile)?;

    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let tomogram = Volume::new(Array3::from_shape_simple_fn((edge, edge, edge), &mut noise));
    let density = Volume::new(Array3::from_shape_simple_fn((size, size, size), &mut noise));
    let radius = (size / 2 - 2) as f64;
    let template = Template::new(density, TemplateMask::Sphere { radius, edge: 0.0 })?;
    let all = RotationGrid::covering(30.0, Symmetry::default())?;
    let some = |count: usize| all.orientations().iter().step_by(all.len() / count).take(count).copied().collect();
    let (one, grid) = (RotationGrid::from_orientations(some(1))?, RotationGrid::from_orientations(some(orientations + 1))?);
    println!("volume {edge}^3, template {size}^3 with a spherical mask, {orientations} orientations");

    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let seconds = |grid: &RotationGrid| -> Result<f64, Failure> {
        let search = Search::new(&tomogram, &template, grid, MatchParams { tile, ..MatchParams::default() })?;
        let before = processor_time();
        pool.install(|| search.run(&()))?;
        let (before, after) = before.zip(processor_time()).ok_or("no clock of processor time here")?;
        Ok((after - before).as_secs_f64())
    };
    seconds(&one)?;
    let set_up = seconds(&one)?;
    let with_set_up = seconds(&grid)?;
    let ours = with_set_up - set_up;
    println!("cryoet-match, tiles of {tile}: {ours:.2} s, {:.1} ms an orientation; set-up {set_up:.2} s", 1e3 * ours / orientations as f64);
    if let Some(bytes) = peak_memory() {
        println!("peak memory: {:.0} MB", bytes as f64 / 1e6);
    }
    if let Some(python) = option("--python") {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/baselines/template_matching.py");
        let output = Command::new(python).arg(script).args([edge, size, orientations].map(|n| n.to_string())).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let text = String::from_utf8(output.stdout)?;
        println!("pyTME: {}", text.trim());
        let theirs: f64 = text.split_whitespace().next().ok_or("no time from the baseline")?.parse()?;
        println!("ratio: {:.2}; with our set-up counted {:.2}", theirs / ours, theirs / with_set_up);
    }
    Ok(())
}
