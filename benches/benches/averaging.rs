//! Subtomogram averaging of simulated tomograms whose truth is known, and the same at random places.
//!
//! `cargo bench -p cryoet-benches --bench averaging -- [--complex NAME] [--particles N] [--snr RATIO] [--box N] [--iterations N]`
//! `cargo bench -p cryoet-benches --bench averaging -- --shrec20 DATA [--complex NAME,NAME..] [--tomograms N] [--maps DIR] [--symmetry D4] [--box N] [--iterations N] [--everywhere N]`
//!
//! Particles are given by place alone, two voxels off in each direction at most; the start is the true density under a low-pass at 80
//! Angstrom. `--control` does the same with as many random places. With `--symmetry` each particle
//! counts in all its equivalent orientations, and angles are compared with the nearest of them. With `--shrec20` the tomograms are
//! those of the folder DATA, which `cryoet simulate --preset shrec20 --count 10 [--maps DIR] -o DATA` made, and averages are compared with
//! the density seen through the contrast transfer, up to its first zero; `--maps` names the folder of densities, if they are not built in.

use std::path::Path;
use std::time::Instant;

use cryoet_average::{RefineParams, Refinement, TomogramParticles, average, fsc_masked, random_particles, refine};
use cryoet_benches::{peak_memory, processor_time};
use cryoet_core::ndarray::Array3;
use cryoet_core::{Orientation, Particle, Position, Volume, VoxelSize, Wedge, box_centre};
use cryoet_io::{ReadParticles, read_particles, read_volume};
use cryoet_match::{Ctf, MatchParams, RotationGrid, Search, Symmetry, Template, TemplateMask};
use cryoet_sim::{Complex, Crowding, Recipe, SimulationParams, simulate};

type Failure = Box<dyn std::error::Error>;

const VOXEL: f64 = 10.0;
const EACH: u32 = 100;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).map(String::as_str);
    let number = |name: &str, default: usize| option(name).map_or(Ok(default), |n| n.parse());
    let size = number("--box", 36)?;
    let mut refine_params = RefineParams { iterations: number("--iterations", 4)? as u32, edge: 3.0, ..RefineParams::new(size) };
    refine_params.everywhere = number("--everywhere", refine_params.everywhere as usize)? as u32;
    refine_params.average.symmetry = option("--symmetry").map_or(Ok(Symmetry::default()), str::parse)?;
    let control = arguments.iter().any(|a| a == "--control");
    if let Some(data) = option("--shrec20") {
        let scene = Scene::shrec20(Path::new(data), number("--tomograms", 1)?, option("--maps").map(Path::new))?;
        for name in option("--complex").unwrap_or("4d8q,4cr2,1qvr,1bxn").split(',') {
            let class = scene.params.complexes.iter().position(|complex| complex.name() == name).ok_or("the preset has no such complex")?;
            report(&scene, class, &refine_params, control)?;
        }
    } else {
        let snr = option("--snr").map_or(Ok(0.1), |n| n.parse())?;
        let scene = Scene::of_one(option("--complex").unwrap_or("4cr2"), number("--particles", 500)?, snr)?;
        report(&scene, 0, &refine_params, control)?;
        true_pose(&scene.tomograms[0], &scene.seen(0, size)?)?;
    }
    if let Some(bytes) = peak_memory() {
        println!("peak memory: {:.0} MB", bytes as f64 / 1e6);
    }
    Ok(())
}

/// Tomograms whose truth is known.
struct Scene {
    params: SimulationParams,
    tomograms: Vec<Tomogram>,
}

struct Tomogram {
    volume: Volume<f32>,
    particles: Vec<Particle>,
}

impl Scene {
    /// So many particles of one complex, without contrast transfer.
    fn of_one(name: &str, particles: usize, snr: f64) -> Result<Self, Failure> {
        let params = SimulationParams {
            shape: [64, 256, 256],
            voxel_size: VOXEL,
            complexes: vec![Complex::builtin(name)?],
            crowding: Crowding::Count(EACH),
            ctf: None,
            snr: Some(snr),
            ..SimulationParams::default()
        };
        let count = particles.div_ceil(EACH as usize);
        let one = |i: usize| -> Result<Tomogram, Failure> {
            let simulation = simulate(&params, 100 + i as u64, &())?;
            Ok(Tomogram { volume: simulation.tomogram, particles: simulation.particles })
        };
        Ok(Self { tomograms: (0..count).map(one).collect::<Result<_, _>>()?, params })
    }

    fn shrec20(data: &Path, count: usize, maps: Option<&Path>) -> Result<Self, Failure> {
        let mut recipe = Recipe::shrec20();
        if let Some(maps) = maps {
            let shaped = |complex: &Complex| -> Result<Complex, Failure> {
                let map = read_volume(maps.join(format!("{}.mrc", complex.name())))?;
                let voxel_size = map.voxel_size().ok_or("the map has no voxel size")?;
                Ok(complex.with_map(map.view(), voxel_size.mean())?)
            };
            recipe.params.complexes = recipe.params.complexes.iter().map(shaped).collect::<Result<_, _>>()?;
        }
        let one = |i: usize| -> Result<Tomogram, Failure> {
            let folder = data.join(format!("model_{i}"));
            let particles = read_particles(folder.join("particles.csv"), &ReadParticles::default())?.particles;
            Ok(Tomogram { volume: read_volume(folder.join("reconstruction.mrc"))?, particles })
        };
        Ok(Self { tomograms: (0..count).map(one).collect::<Result<_, _>>()?, params: recipe.params })
    }

    /// The density of a class as the tomograms show it at best.
    fn seen(&self, class: usize, size: usize) -> Result<Volume<f32>, Failure> {
        let truth = boxed(&self.params.complexes[class], size);
        if self.params.ctf.is_some() { through_ctf(&truth) } else { Ok(truth) }
    }

    /// The true particles of a class, by tomogram.
    fn particles(&self, class: usize) -> Vec<Vec<Particle>> {
        let of_class = |particle: &&Particle| usize::from(particle.class.get()) == class + 1;
        self.tomograms.iter().map(|tomogram| tomogram.particles.iter().filter(of_class).cloned().collect()).collect()
    }
}

/// Averages a class, and then perhaps as many random places.
fn report(scene: &Scene, class: usize, refine_params: &RefineParams, control: bool) -> Result<(), Failure> {
    let Scene { params, tomograms } = scene;
    let (complex, size) = (&params.complexes[class], refine_params.average.size);
    let seen = scene.seen(class, size)?;
    let true_lists = scene.particles(class);
    let counts: Vec<usize> = true_lists.iter().map(Vec::len).collect();
    println!("{} ({} kDa), particles {counts:?}, SNR {:?}, box {size}^3", complex.name(), complex.mass_kda(), params.snr);

    let radius = (complex.reach() / VOXEL).ceil().min(size as f64 / 2.0 - 3.0);
    let refine_params = RefineParams { radius, ..refine_params.clone() };
    let found = run("particles", tomograms, &displaced(&true_lists), &seen, &refine_params)?;
    let found = nearest_equivalents(&true_lists, &found.particles, refine_params.average.symmetry)?;
    let (mut angles, mut shifts) = (Vec::new(), Vec::new());
    for (true_particle, particle) in true_lists.iter().flatten().zip(found.iter().flatten()) {
        let pair = (true_particle.orientation.unwrap_or_default(), particle.orientation.unwrap_or_default());
        angles.push(pair.0.angle_to(&pair.1));
        shifts.push(true_particle.position.distance(&particle.position));
    }
    println!(
        "  angular error: mean {:.2}, median {:.2} degrees; above 20 degrees {:.1} %",
        mean(&angles),
        median(&angles),
        100.0 * share(&angles, 20.0)
    );
    println!("  distance: mean {:.3}, median {:.3} voxels", mean(&shifts), median(&shifts));
    let drift = Drift::of(&true_lists, &found)?;
    let anchored = average(&sets(tomograms, &drift.undone(&found)?), &refine_params.average, &())?;
    let against = fsc_masked(anchored.view(), seen.view(), ball(&refine_params).view(), 1)?;
    let resolution = against.resolution(0.5, VoxelSize::isotropic(VOXEL)?);
    println!("  all together moved by {drift}; moved back, the average against the truth {resolution:.1} A at 0.5");
    let step = refine_params.step;
    println!("  (angular steps {step} to {} degrees)", step / 2.0_f64.powi(refine_params.levels as i32 - 1));

    // What the same particles could give at most.
    let bound = average(&sets(tomograms, &true_lists), &refine_params.average, &())?;
    let against = fsc_masked(bound.view(), seen.view(), ball(&refine_params).view(), 1)?;
    println!("true poses: against the truth {:.1} A at 0.5", against.resolution(0.5, VoxelSize::isotropic(VOXEL)?));

    if control {
        let random = |(i, &count): (usize, &usize)| random_particles(params.shape, count, size, i as u64);
        let mut random: Vec<Vec<Particle>> = counts.iter().enumerate().map(random).collect::<Result<_, _>>()?;
        random.iter_mut().flatten().for_each(|particle| particle.orientation = None);
        run("random places", tomograms, &random, &seen, &refine_params)?;
    }
    Ok(())
}

/// Refines, and compares the halves with each other and the average with the truth.
fn run(
    what: &str,
    tomograms: &[Tomogram],
    lists: &[Vec<Particle>],
    truth: &Volume<f32>,
    params: &RefineParams,
) -> Result<Refinement, Failure> {
    let sets = sets(tomograms, lists);
    let (clock, before) = (Instant::now(), processor_time());
    let refined = refine(&sets, Some(truth), params, &())?;
    let taken = processor_time().zip(before).map(|(after, before)| (after - before).as_secs_f64());
    let size = VoxelSize::isotropic(VOXEL)?;
    let ball = ball(params);
    let against = fsc_masked(refined.average.view(), truth.view(), ball.view(), 1)?;
    println!(
        "{what}: halves {:.1} A at 0.143, {:.1} at 0.5; against the truth {:.1} A at 0.5; {:.0} s of processor time, {:.0} s by the clock",
        refined.fsc.resolution(0.143, size),
        refined.fsc.resolution(0.5, size),
        against.resolution(0.5, size),
        taken.unwrap_or(0.0),
        clock.elapsed().as_secs_f64(),
    );
    let values3 = |values: &[f64]| values.iter().map(|v| format!("{v:.3}")).collect::<Vec<_>>().join(" ");
    let values = |values: &[f64]| values.iter().map(|v| format!("{v:.2}")).collect::<Vec<_>>().join(" ");
    println!("  crossings of 0.143, cycles per voxel, by iteration   {}", values3(&refined.crossings));
    println!("  halves by shell   {}", values(&refined.fsc.values));
    println!("  truth by shell    {}", values(&against.values));
    Ok(refined)
}

/// Particles in those of their equivalent orientations that are nearest to the truth.
fn nearest_equivalents(truth: &[Vec<Particle>], found: &[Vec<Particle>], symmetry: Symmetry) -> Result<Vec<Vec<Particle>>, Failure> {
    let turns = symmetry.rotations()?;
    let nearest = |(truth, found): (&Particle, &Particle)| {
        let (truth, own) = (truth.orientation.unwrap_or_default(), found.orientation.unwrap_or_default());
        let equivalents = turns.iter().map(|turn| turn.then(&own));
        let orientation = equivalents.min_by(|a, b| a.angle_to(&truth).total_cmp(&b.angle_to(&truth)));
        Particle { orientation, ..found.clone() }
    };
    Ok(truth.iter().zip(found).map(|(truth, found)| truth.iter().zip(found).map(nearest).collect()).collect())
}

/// The movement that an average as a whole has made from the truth, in the particle's own frame: nothing in the data holds it.
struct Drift {
    turn: Orientation,
    shift_zyx: [f64; 3],
}

impl Drift {
    /// The mean over the particles within 20 degrees of the truth.
    fn of(truth: &[Vec<Particle>], found: &[Vec<Particle>]) -> Result<Self, Failure> {
        let (mut turn, mut shift_zyx, mut count) = ([0.0; 4], [0.0; 3], 0.0);
        for (truth, found) in truth.iter().flatten().zip(found.iter().flatten()) {
            let back = truth.orientation.unwrap_or_default().inverse();
            let apart = found.orientation.unwrap_or_default().then(&back);
            if apart.angle_to(&Orientation::identity()) > 20.0 {
                continue;
            }
            let [[z, y, x], [c, b, a]] = [found.position.zyx(), truth.position.zyx()];
            let shift = back.rotate_zyx([z - c, y - b, x - a]);
            (0..3).for_each(|i| shift_zyx[i] += shift[i]);
            let quaternion = apart.quaternion();
            (0..4).for_each(|i| turn[i] += quaternion[i] * quaternion[0].signum());
            count += 1.0;
        }
        Ok(Self { turn: Orientation::from_quaternion(turn)?, shift_zyx: shift_zyx.map(|sum| sum / count) })
    }

    /// The same particles without it.
    fn undone(&self, lists: &[Vec<Particle>]) -> Result<Vec<Vec<Particle>>, Failure> {
        let back = |particle: &Particle| -> Result<Particle, Failure> {
            let orientation = self.turn.inverse().then(&particle.orientation.unwrap_or_default());
            let (place, shift) = (particle.position.zyx(), orientation.rotate_zyx(self.shift_zyx));
            let position = Position::new(place[0] - shift[0], place[1] - shift[1], place[2] - shift[2])?;
            Ok(Particle { position, orientation: Some(orientation), ..particle.clone() })
        };
        lists.iter().map(|list| list.iter().map(back).collect()).collect()
    }
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [z, y, x] = self.shift_zyx;
        write!(f, "({z:.2}, {y:.2}, {x:.2}) voxels (z, y, x) and {:.1} degrees", self.turn.angle_to(&Orientation::identity()))
    }
}

fn sets<'a>(tomograms: &'a [Tomogram], lists: &'a [Vec<Particle>]) -> Vec<TomogramParticles<'a>> {
    let wedge = Wedge::new(-60.0, 60.0);
    tomograms.iter().zip(lists).map(|(tomogram, list)| TomogramParticles::new(&tomogram.volume, list).with_wedge(wedge)).collect()
}

/// Whether matching scores highest where the particles are: over the true orientation, and over a coarse grid and the true one.
fn true_pose(tomogram: &Tomogram, seen: &Volume<f32>) -> Result<(), Failure> {
    let template = Template::new(seen.clone(), TemplateMask::Sphere { radius: seen.shape()[0] as f64 / 2.0 - 4.0, edge: 2.0 })?;
    let params = MatchParams { wedge: Some(Wedge::new(-60.0, 60.0)), ..MatchParams::default() };
    let (mut highest_place, mut highest_turn, mut tried) = (0, 0, 0);
    let coarse = RotationGrid::covering(30.0, Symmetry::default())?;
    for particle in tomogram.particles.iter().step_by(12) {
        let Some(truth) = particle.orientation else { continue };
        let centre = particle.position.zyx().map(|c| c.round() as usize);
        let near =
            Array3::from_shape_fn(tomogram.volume.shape(), |(z, y, x)| [z, y, x].iter().zip(centre).all(|(&a, b)| a.abs_diff(b) <= 3));
        let region = Volume::new(near);
        let mut orientations: Vec<Orientation> = vec![truth];
        orientations.extend(coarse.orientations().iter().filter(|o| o.angle_to(&truth) > 15.0));
        let grid = RotationGrid::from_orientations(orientations)?;
        let matches = Search::new(&tomogram.volume, &template, &grid, params)?.within(&region)?.run(&())?;
        let best = matches.scores.data().indexed_iter().filter(|(place, _)| region.data()[*place]).max_by(|a, b| a.1.total_cmp(b.1));
        let Some(((z, y, x), _)) = best else { continue };
        tried += 1;
        highest_turn += usize::from(matches.rotations[[z, y, x]] == 0);
        let place = Position::new(z as f64, y as f64, x as f64)?;
        highest_place += usize::from(place.distance(&particle.position) <= 1.0);
    }
    println!(
        "matching: of {tried} particles the highest score within 3 voxels is at most a voxel from {highest_place}, in the true orientation at {highest_turn}"
    );
    Ok(())
}

/// The true places, up to two voxels off in each direction, without orientation.
fn displaced(lists: &[Vec<Particle>]) -> Vec<Vec<Particle>> {
    let mut state = 3_u64;
    let mut offset = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 40) as f64 / f64::from(1 << 24) - 0.5) * 4.0
    };
    let mut moved = |particle: &Particle| {
        let [z, y, x] = particle.position.zyx();
        let position = Position::new(z + offset(), y + offset(), x + offset()).unwrap_or(particle.position);
        Particle { position, orientation: None, ..particle.clone() }
    };
    lists.iter().map(|list| list.iter().map(&mut moved).collect()).collect()
}

/// The density, dark as tomograms have it, in a box.
fn boxed(complex: &Complex, size: usize) -> Volume<f32> {
    let density = complex.density(VOXEL);
    let from: [usize; 3] = density.dim().into();
    let value = |(z, y, x): (usize, usize, usize)| {
        let place: [isize; 3] = std::array::from_fn(|i| [z, y, x][i] as isize - box_centre(size) as isize + box_centre(from[i]) as isize);
        -density.get(place.map(|p| p as usize)).copied().unwrap_or(0.0)
    };
    Volume::new(Array3::from_shape_fn((size, size, size), value)).with_voxel_size(VoxelSize::isotropic(VOXEL).ok())
}

/// The density through the transfer of 3 micrometres of underfocus, up to its first zero.
fn through_ctf(density: &Volume<f32>) -> Result<Volume<f32>, Failure> {
    let ctf = Ctf::underfocus(30_000.0);
    let n = density.shape()[0];
    // By the definition, a plane wave at a time along each axis: boxes are small.
    let mut spectrum: Vec<[f64; 2]> = density.data().iter().map(|&v| [f64::from(v), 0.0]).collect();
    dft(&mut spectrum, n, -1.0);
    let signed = |i: usize| if i <= n / 2 { i as f64 } else { i as f64 - n as f64 };
    for (i, bin) in spectrum.iter_mut().enumerate() {
        let square: f64 = [i / (n * n), i / n % n, i % n].iter().map(|&k| signed(k).powi(2)).sum();
        let weight = ctf.weight(square.sqrt() / (n as f64 * VOXEL)) / n.pow(3) as f64;
        *bin = bin.map(|v| v * weight);
    }
    dft(&mut spectrum, n, 1.0);
    let mut values = spectrum.into_iter();
    Ok(density.with_data(Array3::from_shape_simple_fn((n, n, n), || values.next().map_or(0.0, |bin| bin[0] as f32))))
}

/// A discrete Fourier transform of a cube along its three axes.
fn dft(cube: &mut [[f64; 2]], n: usize, sign: f64) {
    let waves: Vec<[f64; 2]> =
        (0..n).map(|k| (sign * std::f64::consts::TAU * k as f64 / n as f64).sin_cos()).map(|(sine, cosine)| [cosine, sine]).collect();
    let mut line = vec![[0.0; 2]; n];
    for stride in [1, n, n * n] {
        for start in (0..cube.len()).filter(|i| i / stride % n == 0) {
            for (k, sum) in line.iter_mut().enumerate() {
                *sum = (0..n).fold([0.0; 2], |[re, im], j| {
                    let ([a, b], [c, d]) = (cube[start + j * stride], waves[j * k % n]);
                    [re + a * c - b * d, im + a * d + b * c]
                });
            }
            line.iter().enumerate().for_each(|(k, &value)| cube[start + k * stride] = value);
        }
    }
}

/// The soft ball under which halves are compared.
fn ball(params: &RefineParams) -> Array3<f32> {
    let n = params.average.size;
    Array3::from_shape_fn((n, n, n), |(z, y, x)| {
        let square: f64 = [z, y, x].iter().map(|&i| (i as f64 - box_centre(n) as f64).powi(2)).sum();
        let beyond = ((square.sqrt() - params.radius) / params.edge).clamp(0.0, 1.0);
        (0.5 + 0.5 * (std::f64::consts::PI * beyond).cos()) as f32
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn share(values: &[f64], above: f64) -> f64 {
    values.iter().filter(|&&v| v > above).count() as f64 / values.len() as f64
}
