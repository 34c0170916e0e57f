//! Template matching as SHREC'20 describes it (section 3.7), on a tomogram of the preset `shrec20`: TM-T and TM-F.
//!
//! `cargo bench -p cryoet-benches --bench matching_shrec20 -- [--shape Z,Y,X] [--step DEGREES] [--fine-step DEGREES] [--seed N]`
//!
//! The tomogram is a smaller one with as many particles to the voxel. Templates are the true densities through the contrast transfer of
//! 3 micrometres up to its first zero, under soft balls. The search is coarse, then finer around the best candidates of each class, of
//! which there are as many to the particle as the 2,000 of the paper. Time is that of the processor.

use cryoet_benches::{peak_memory, processor_time};
use cryoet_core::{ClassLabel, Particle, Volume, VoxelSize, Wedge};
use cryoet_eval::{HitboxProtocol, evaluate_hitboxes};
use cryoet_match::{
    Candidates, Ctf, FineParams, LowPass, MatchParams, PeakParams, PrepareParams, RotationGrid, Search, Symmetry, find_peaks,
    prepare_template, top_per_class, top_without_overlap,
};
use cryoet_sim::{Complex, Crowding, Recipe, Simulation, simulate};

type Failure = Box<dyn std::error::Error>;

const VOXEL: f64 = 10.0;

/// Of how many particles a whole tomogram of the track holds the middle, and how many candidates and particles a class were kept.
const WHOLE: [f64; 3] = [2600.0, 2000.0, 217.0];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, default: f64| option(name).map_or(Ok(default), |n| n.parse());
    let (step, fine_step) = (number("--step", 30.0)?, number("--fine-step", 12.0)?);
    let shape = option("--shape").map_or("200,256,256", String::as_str).split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let mut params = Recipe::shrec20().params;
    let share = shape.iter().product::<usize>() as f64 / params.shape.iter().product::<usize>() as f64;
    params.shape = shape.try_into().map_err(|_| "--shape takes three numbers")?;
    let [particles, candidates, kept] = WHOLE.map(|count| (count * share).round() as usize);
    params.crowding = Crowding::Count(particles as u32);
    let simulation = simulate(&params, number("--seed", 1.0)? as u64, &())?;
    println!("{:?} voxels, {particles} particles, steps of {step} and {fine_step} degrees", params.shape);

    let grids = [RotationGrid::covering(step, Symmetry::default())?, RotationGrid::covering(fine_step, Symmetry::default())?];
    let start = processor_time();
    let mut found = Vec::new();
    for (complex, label) in params.complexes.iter().zip(1..) {
        let particles = candidates_of(complex, ClassLabel::new(label), &simulation, &grids, [step, candidates as f64])?;
        found.push(Candidates { particles, radius: complex.radius() / VOXEL });
    }
    if let Some((start, end)) = start.zip(processor_time()) {
        println!("all templates: {:.0} s of processor time", (end - start).as_secs_f64());
    }
    for (name, picks) in [("TM-T", top_per_class(&found, kept)?), ("TM-F", top_without_overlap(&found, kept)?)] {
        report(name, &picks, &simulation)?;
    }
    if let Some(bytes) = peak_memory() {
        println!("peak memory: {:.0} MB", bytes as f64 / 1e6);
    }
    Ok(())
}

/// The best candidates of one complex, searched coarsely and then finely.
fn candidates_of(
    complex: &Complex,
    label: ClassLabel,
    simulation: &Simulation,
    [coarse, fine]: &[RotationGrid; 2],
    [step, most]: [f64; 2],
) -> Result<Vec<Particle>, Failure> {
    let start = processor_time();
    let voxel_size = VoxelSize::isotropic(VOXEL)?;
    let map = Volume::new(complex.density(VOXEL)).with_voxel_size(voxel_size);
    let template = prepare_template(&map, &PrepareParams::new(voxel_size))?;
    let params = MatchParams { wedge: Some(Wedge::new(-60.0, 60.0)), ctf: Some(Ctf::underfocus(30_000.0)), ..MatchParams::default() };
    // Coarsely, without the details that neighbours in the grid do not share at the complex's radius.
    let low_pass = Some(LowPass::at_resolution(complex.radius() * step.to_radians(), voxel_size));
    let coarsely = Search::new(&simulation.tomogram, &template, coarse, MatchParams { low_pass, ..params })?;
    let search = Search::new(&simulation.tomogram, &template, coarse, params)?;
    // Neighbours touch: no nearer than two small particles can lie.
    let peaks = PeakParams { most: Some(most as usize), ..PeakParams::new(4.0) };
    let candidates = find_peaks(&coarsely.run(&())?, coarse, label, &peaks)?;
    let finer = search.finer(&candidates, fine, &FineParams { audit_every: 0, ..FineParams::after(step) }, &())?;
    let seconds = start.zip(processor_time()).map_or(0.0, |(start, end)| (end - start).as_secs_f64());
    println!("{}: box {}^3, {} candidates, {seconds:.1} s", complex.name(), template.size(), candidates.len());
    Ok(finer.particles)
}

/// Localisation and class F1 by bounding boxes: the middle of a hollow complex holds none of its own voxels.
fn report(name: &str, picks: &[Particle], simulation: &Simulation) -> Result<(), Failure> {
    let evaluation = evaluate_hitboxes(&simulation.particles, picks, simulation.hitboxes.view(), &HitboxProtocol::shrec_2019())?;
    let found = &evaluation.localisation;
    println!(
        "{name}: reported {}, TP {}, FP {}, FN {}, MH {}, AD {:.2}, recall {:.3}, precision {:.3}, F1 {:.3}; mean class F1 {:.3}",
        found.reported,
        found.tp,
        found.fp,
        found.fn_,
        found.multiple_hits,
        found.mean_distance,
        found.recall,
        found.precision,
        found.f1,
        evaluation.macro_f1
    );
    let of_class = |scores: &cryoet_eval::ClassScores| {
        let class = simulation.class_table.get(scores.label).map_or(String::new(), |class| class.name.clone());
        format!("{class} {:.3}", scores.f1)
    };
    println!("  {}", evaluation.classes.iter().map(of_class).collect::<Vec<_>>().join(", "));
    Ok(())
}
