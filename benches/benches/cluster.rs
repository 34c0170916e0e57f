//! Mean-shift of a label volume, against scikit-learn's `MeanShift(bandwidth, bin_seeding=True)` on the same volume in the same run.
//!
//! `cargo bench -p cryoet-benches --bench cluster -- [--labels FILE.npy] [--crop N] [--radius R] [--python PYTHON] [--svg FILE]`
//!
//! FILE.npy holds labels (uint8, `[z, y, x]`); without it a volume of 160 x 512 x 512 voxels with balls is made. `--crop`
//! takes the first N voxels of each axis. With `--python` (an interpreter that has scikit-learn) the baseline runs too. Then come
//! tables of the cost against radius, foreground voxels and threads; `--svg` draws them.
//!
//! Processor time is steadier than wall time where other work shares the machine.

use std::process::Command;

use cryoet_benches::{Panel, peak_memory, plot, processor_time};
use cryoet_cluster::{ClusterParams, cluster_labels};
use cryoet_core::ndarray::{Array3, s};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

type Failure = Box<dyn std::error::Error>;

/// Pools of 1, 2, 4 and 8 threads. All live as long as the benchmark: processor time is that of living threads.
struct Pools([ThreadPool; 4]);

impl Pools {
    fn new() -> Result<Self, ThreadPoolBuildError> {
        let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
        Ok(Self([pool(1)?, pool(2)?, pool(4)?, pool(8)?]))
    }
}

/// What one clustering took: the least of its repetitions.
struct Cost {
    wall: f64,
    processor: f64,
    clusters: usize,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let radius: f64 = option("--radius").map_or(Ok(5.0), |r| r.parse())?;
    let mut labels = match option("--labels") {
        Some(path) => ndarray_npy::read_npy(path)?,
        None => balls(),
    };
    if let Some(crop) = option("--crop") {
        let n: usize = crop.parse()?;
        let [z, y, x] = <[usize; 3]>::from(labels.dim()).map(|extent| extent.min(n));
        labels = labels.slice(s![..z, ..y, ..x]).to_owned();
    }
    println!("volume {:?}, {} foreground voxels, radius {radius}", labels.dim(), foreground(&labels));

    let pools = Pools::new()?;
    let before = peak_memory();
    let ours = run(&labels, radius, &pools.0[1])?;
    println!("cryoet-cluster, 2 threads: {:.3} s, {:.3} s of processor time, {} clusters", ours.wall, ours.processor, ours.clusters);
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        println!("peak memory beyond the volume: {:.0} MB", (after - before) as f64 / 1e6);
    }
    if let Some(python) = option("--python") {
        let theirs = baseline(python, &labels, radius)?;
        println!("ratio: {:.0} of wall time, {:.0} of processor time", theirs.wall / ours.wall, theirs.processor / ours.processor);
    }
    let panels = curves(&labels, radius, &pools)?;
    if let Some(path) = option("--svg") {
        std::fs::write(path, plot(&panels))?;
    }
    Ok(())
}

fn foreground(labels: &Array3<u8>) -> usize {
    labels.iter().filter(|&&label| label > 0).count()
}

/// Tables of the cost against foreground voxels, radius and threads, and the same as curves.
fn curves(labels: &Array3<u8>, radius: f64, pools: &Pools) -> Result<Vec<Panel>, Failure> {
    let mut panels = Vec::new();
    let mut panel = |x: &str, y: &str, points: Vec<(f64, f64)>| panels.push(Panel { x: x.into(), y: y.into(), points });
    let ny = labels.dim().1;

    println!("\n| foreground voxels | clusters | processor time (s) |\n|---|---|---|");
    let mut points = Vec::new();
    for eighths in [1, 2, 4, 6, 8] {
        let part = labels.slice(s![.., ..ny * eighths / 8, ..]).to_owned();
        let (voxels, cost) = (foreground(&part), run(&part, radius, &pools.0[0])?);
        println!("| {voxels} | {} | {:.3} |", cost.clusters, cost.processor);
        points.push((voxels as f64 / 1e6, cost.processor));
    }
    panel("foreground voxels (millions)", "processor time (s)", points);

    println!("\n| radius (voxels) | clusters | processor time (s) |\n|---|---|---|");
    let mut points = Vec::new();
    for radius in [2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0] {
        let cost = run(labels, radius, &pools.0[0])?;
        println!("| {radius} | {} | {:.3} |", cost.clusters, cost.processor);
        points.push((radius, cost.processor));
    }
    panel("radius (voxels)", "processor time (s)", points);

    println!("\n| threads | wall time (s) | processor time (s) |\n|---|---|---|");
    let mut points = Vec::new();
    for pool in &pools.0 {
        let (threads, cost) = (pool.current_num_threads(), run(labels, radius, pool)?);
        println!("| {threads} | {:.3} | {:.3} |", cost.wall, cost.processor);
        points.push((threads as f64, cost.wall));
    }
    panel("threads", "wall time (s)", points);
    Ok(panels)
}

/// The least of three runs.
fn run(labels: &Array3<u8>, radius: f64, pool: &ThreadPool) -> Result<Cost, Failure> {
    let params = ClusterParams { radius, ..ClusterParams::default() };
    let mut cost = Cost { wall: f64::INFINITY, processor: f64::INFINITY, clusters: 0 };
    for _ in 0..3 {
        let clock = || processor_time().map_or(f64::NAN, |time| time.as_secs_f64());
        let (start, busy) = (std::time::Instant::now(), clock());
        cost.clusters = pool.install(|| cluster_labels(labels.view(), None, &params, &()))?.len();
        cost.wall = cost.wall.min(start.elapsed().as_secs_f64());
        cost.processor = cost.processor.min(clock() - busy);
    }
    Ok(cost)
}

/// What scikit-learn takes.
fn baseline(python: &str, labels: &Array3<u8>, radius: f64) -> Result<Cost, Failure> {
    let file = std::env::temp_dir().join(format!("cryoet-bench-{}.npy", std::process::id()));
    ndarray_npy::write_npy(&file, labels)?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/baselines/mean_shift.py");
    let output = Command::new(python).arg(script).arg(&file).arg(radius.to_string()).output();
    std::fs::remove_file(&file)?;
    let output = output?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let [wall, processor, clusters, version] = text.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err(format!("the baseline printed {text:?}").into());
    };
    println!("scikit-learn {version}: {wall} s, {processor} s of processor time, {clusters} clusters");
    Ok(Cost { wall: wall.parse()?, processor: processor.parse()?, clusters: clusters.parse()? })
}

/// 2,500 balls of radius 6 at places from a linear congruential generator.
fn balls() -> Array3<u8> {
    let mut labels = Array3::zeros((160, 512, 512));
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    for i in 0..2500_u32 {
        let [cz, cy, cx] = [next(148) as usize + 6, next(500) as usize + 6, next(500) as usize + 6];
        for (dz, dy, dx) in (0..13 * 169).map(|i| (i / 169, i / 13 % 13, i % 13)) {
            if (dz as i32 - 6).pow(2) + (dy as i32 - 6).pow(2) + (dx as i32 - 6).pow(2) <= 36 {
                labels[[cz + dz - 6, cy + dy - 6, cx + dx - 6]] = (i % 12 + 1) as u8;
            }
        }
    }
    labels
}
