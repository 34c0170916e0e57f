//! Every method of clustering on one crowded volume with known truth, scored by SHREC's hitboxes: which to take.
//!
//! `cargo bench -p cryoet-benches --bench cluster_methods -- [--voxels-per-particle N] [--seed N] [--labels FILE.npy]`
//!
//! A specimen of cryoet-sim, more crowded than its default, and in place of a network: each class's mask, smoothed, plus smooth
//! noise, through a soft-max. So labels run over the gaps between neighbours, specks appear from nothing, and some particles carry
//! two labels. `--labels` writes the label volume.

use cryoet_cluster::{ClusterParams, Connectivity, Method, Relief, Scoring, SizeFilter, Watershed, cluster_labels};
use cryoet_core::ndarray::{Array3, Axis, Zip};
use cryoet_core::{ClassLabel, Particle};
use cryoet_eval::{HitboxProtocol, evaluate_hitboxes};
use cryoet_sim::{Crowding, SimulationParams, Specimen, hitboxes};

type Failure = Box<dyn std::error::Error>;

/// Logit of a voxel deep in a particle over that of background.
const GAIN: f32 = 10.0;
/// Standard deviation of the noise of each class's logit.
const NOISE: f32 = 1.6;
/// Standard deviations in voxels of the Gaussians that smooth masks and noise.
const MASK_BLUR: f64 = 1.0;
const NOISE_BLUR: f64 = 1.5;
/// How much of a particle's logit a second class gets, at most.
const CONFUSION: f64 = 0.55;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let each: f64 = option("--voxels-per-particle").map_or(Ok(6000.0), |n| n.parse())?;
    let mut random = Random(option("--seed").map_or(Ok(1), |n| n.parse())?);
    let params = SimulationParams { crowding: Crowding::VoxelsPerParticle(each), ..SimulationParams::default() };
    let specimen = Specimen::new(&params, random.0, &())?;
    let boxes = hitboxes(specimen.occupancy.view(), &specimen.particles);
    let (labels, scores) = network_like(&specimen, params.complexes.len(), &mut random);
    if let Some(path) = option("--labels") {
        ndarray_npy::write_npy(path, &labels)?;
    }
    let occupied = specimen.occupancy.iter().filter(|&&id| id > 0).count();
    let marked = labels.iter().filter(|&&label| label > 0).count();
    println!("{} particles of {} classes in {:?} voxels", specimen.particles.len(), params.complexes.len(), labels.dim());
    println!("{occupied} voxels occupied, {marked} marked");

    let radii: Vec<f64> = params.complexes.iter().map(|complex| complex.radius() / params.voxel_size).collect();
    let mean = radii.iter().sum::<f64>() / radii.len() as f64;
    println!("radii {radii:.1?} voxels, mean {mean:.1}");
    let defaults =
        ClusterParams { radius: mean, radius_per_class: (1..).map(ClassLabel::new).zip(radii).collect(), ..ClusterParams::default() };
    let volume = Volume { truth: &specimen.particles, boxes, labels, scores };
    for least in [0, 100] {
        println!("\nClusters of {least} voxels or more:\n\n{HEAD}");
        for (name, params) in methods(&defaults) {
            volume.print_row(name, &params, least)?;
        }
    }
    println!("\nWatershed by distance, clusters of 100 voxels or more, by depth in voxels:\n\n{HEAD}");
    for depth in [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0] {
        let method = Method::Watershed(Watershed { depth, ..Watershed::default() });
        volume.print_row(&depth.to_string(), &ClusterParams { method, ..defaults.clone() }, 100)?;
    }
    Ok(())
}

const HEAD: &str = "| method | picks | precision | recall | F1 | macro F1 of classes | average precision by evidence | by mean |
|---|---|---|---|---|---|---|---|";

/// What is clustered, and what there is to find.
struct Volume<'a> {
    truth: &'a [Particle],
    boxes: Array3<u32>,
    labels: Array3<u8>,
    scores: Array3<f32>,
}

impl Volume<'_> {
    /// Clusters and prints what came of it, small clusters left out.
    fn print_row(&self, name: &str, params: &ClusterParams, least: u64) -> Result<(), Failure> {
        let scored = |scoring| {
            let params = ClusterParams { size_filter: SizeFilter { all: least, ..SizeFilter::default() }, scoring, ..params.clone() };
            cluster_labels(self.labels.view(), Some(self.scores.view()), &params, &())
        };
        let (picks, by_mean) = (scored(Scoring::Evidence)?, scored(Scoring::Mean)?);
        let evaluation = evaluate_hitboxes(self.truth, &picks, self.boxes.view(), &HitboxProtocol::shrec_2019())?;
        let found = evaluation.localisation;
        println!(
            "| {name} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            picks.len(),
            found.precision,
            found.recall,
            found.f1,
            evaluation.macro_f1,
            average_precision(&picks, &self.boxes, self.truth.len()),
            average_precision(&by_mean, &self.boxes, self.truth.len()),
        );
        Ok(())
    }
}

/// What is compared, each by name.
fn methods(defaults: &ClusterParams) -> Vec<(&'static str, ClusterParams)> {
    let corners = Connectivity::Corners;
    let with = |method| ClusterParams { method, ..defaults.clone() };
    let opened = |method| ClusterParams { opening: Some(1.5), ..with(method) };
    let per_class = |method| ClusterParams { per_class: true, ..with(method) };
    let by_score = Watershed { relief: Relief::Score, depth: 0.2, ..Watershed::default() };
    vec![
        ("mean-shift (DeepFinder)", with(Method::MeanShift)),
        ("mean-shift, weighted by scores", ClusterParams { weighted: true, ..with(Method::MeanShift) }),
        ("mean-shift, each class with its radius", per_class(Method::MeanShift)),
        ("mean-shift, opening first", opened(Method::MeanShift)),
        ("components", with(Method::Components(corners))),
        ("components, 6 neighbours, opening first", opened(Method::Components(Connectivity::Faces))),
        ("components of each class", per_class(Method::Components(corners))),
        ("mean-shift seeded by components (VP-Detector)", with(Method::Seeded(corners))),
        ("mean-shift seeded by components, opening first", opened(Method::Seeded(Connectivity::Faces))),
        ("watershed by distance", with(Method::Watershed(Watershed::default()))),
        ("watershed by distance, opening first", opened(Method::Watershed(Watershed::default()))),
        ("watershed by score", with(Method::Watershed(by_score))),
        ("peaks", with(Method::Peaks)),
        ("peaks, each class with its radius", per_class(Method::Peaks)),
    ]
}

/// The mean over the true particles of the precision at the pick that finds each, the best scores first; 0 for those not found.
fn average_precision(picks: &[Particle], boxes: &Array3<u32>, particles: usize) -> f64 {
    let mut ranked: Vec<&Particle> = picks.iter().collect();
    ranked.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap_or(std::cmp::Ordering::Equal));
    let mut found = vec![false; particles + 1];
    let (mut hits, mut sum) = (0.0, 0.0);
    for (i, pick) in ranked.into_iter().enumerate() {
        let id = boxes.get(pick.position.zyx().map(|c| c.round() as usize)).copied().unwrap_or(0) as usize;
        if id > 0 && !std::mem::replace(&mut found[id], true) {
            hits += 1.0;
            sum += hits / (i + 1) as f64;
        }
    }
    sum / particles as f64
}

/// Labels and the probability of each, as a network might give them.
fn network_like(specimen: &Specimen, classes: usize, random: &mut Random) -> (Array3<u8>, Array3<f32>) {
    // For each particle its class and another one, and what the other gets.
    let shares: Vec<(usize, usize, f32)> = specimen
        .particles
        .iter()
        .map(|particle| {
            let class = usize::from(particle.class.get());
            let other = (class + (random.uniform() * (classes - 1) as f64) as usize) % classes + 1;
            (class, other, (CONFUSION * random.uniform()) as f32)
        })
        .collect();
    let shape = specimen.occupancy.dim();
    // The running arg-max over the classes, and the sum of exponentials.
    let mut best = Array3::from_elem(shape, 0.5 * GAIN);
    let mut sum = best.mapv(f32::exp);
    let mut labels = Array3::<u8>::zeros(shape);
    for class in 1..=classes {
        let mut mask = specimen.occupancy.mapv(|id| match shares.get((id as usize).wrapping_sub(1)) {
            Some(&(own, _, share)) if own == class => 1.0 - share,
            Some(&(_, other, share)) if other == class => share,
            _ => 0.0,
        });
        blur(&mut mask, MASK_BLUR);
        let mut noise = Array3::from_shape_simple_fn(shape, || random.normal());
        blur(&mut noise, NOISE_BLUR);
        let deviation = (noise.iter().map(|v| v * v).sum::<f32>() / noise.len() as f32).sqrt();
        Zip::from(&mut best).and(&mut sum).and(&mut labels).and(&mask).and(&noise).for_each(|best, sum, label, &mask, &noise| {
            let logit = GAIN * mask + NOISE * noise / deviation;
            *sum += logit.exp();
            if logit > *best {
                (*best, *label) = (logit, class as u8);
            }
        });
    }
    let scores = Zip::from(&best).and(&sum).map_collect(|&best, &sum| (best.exp() / sum).min(1.0));
    (labels, scores)
}

/// Gaussian smoothing along each axis; beyond the volume lies 0.
fn blur(volume: &mut Array3<f32>, sigma: f64) {
    let reach = (3.0 * sigma).ceil() as usize;
    let weights: Vec<f64> = (0..=2 * reach).map(|i| (-0.5 * ((i as f64 - reach as f64) / sigma).powi(2)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let weights: Vec<f32> = weights.iter().map(|w| (w / total) as f32).collect();
    for axis in 0..3 {
        for mut lane in volume.lanes_mut(Axis(axis)) {
            let line = lane.to_vec();
            for (i, out) in lane.iter_mut().enumerate() {
                let (first, end) = (i.saturating_sub(reach), (i + reach + 1).min(line.len()));
                *out = line[first..end].iter().zip(&weights[first + reach - i..]).map(|(v, w)| v * w).sum();
            }
        }
    }
}

/// SplitMix64: the same volume from the same seed.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        (radius * (std::f64::consts::TAU * self.uniform()).cos()) as f32
    }
}
