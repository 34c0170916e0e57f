//! Mean-shift of a label volume, against scikit-learn's `MeanShift(bandwidth, bin_seeding=True)` on the same volume.
//!
//! `cargo bench -p cryoet-benches --bench cluster -- [--labels FILE.npy] [--crop N] [--radius R] [--python PYTHON]`
//!
//! FILE.npy holds labels (uint8, `[z, y, x]`); without it a volume of 160 x 512 x 512 voxels with balls is made. `--crop`
//! takes the first N voxels of each axis. With `--python` (an interpreter that has scikit-learn) the baseline runs too.

use std::process::Command;

use cryoet_benches::{peak_memory, timed};
use cryoet_cluster::{ClusterParams, cluster_labels};
use cryoet_core::ndarray::{Array3, s};

type Failure = Box<dyn std::error::Error>;

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
    let (shape, foreground) = (labels.dim(), labels.iter().filter(|&&label| label > 0).count());
    println!("volume {shape:?}, {foreground} foreground voxels, radius {radius}");

    let before = peak_memory();
    let (ours, clusters) = run(&labels, radius, 0)?;
    println!("cryoet-cluster, all threads: {ours:.3} s, {clusters} clusters");
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        println!("peak memory beyond the volume: {:.0} MB", (after - before) as f64 / 1e6);
    }
    println!(
        "threads: 1 {:.3} s, 2 {:.3} s, 4 {:.3} s",
        run(&labels, radius, 1)?.0,
        run(&labels, radius, 2)?.0,
        run(&labels, radius, 4)?.0
    );
    for part in [4, 2] {
        let half = labels.slice(s![.., ..shape.1 / part, ..]).to_owned();
        let voxels = half.iter().filter(|&&label| label > 0).count();
        println!("{voxels} foreground voxels: {:.3} s", run(&half, radius, 0)?.0);
    }
    for other in [3.0, 7.0, 10.0, 20.0] {
        let (time, clusters) = run(&labels, other, 0)?;
        println!("radius {other}: {time:.3} s, {clusters} clusters");
    }
    if let Some(python) = option("--python") {
        let theirs = baseline(python, &labels, radius)?;
        println!("ratio: {:.0}", theirs / ours);
    }
    Ok(())
}

/// Seconds and clusters at a number of threads; 0 for all there are.
fn run(labels: &Array3<u8>, radius: f64, threads: usize) -> Result<(f64, usize), Failure> {
    let params = ClusterParams { radius, ..ClusterParams::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (time, found) = timed(3, || pool.install(|| cluster_labels(labels.view(), None, &params, &())));
    Ok((time.as_secs_f64(), found?.len()))
}

/// Seconds that scikit-learn takes.
fn baseline(python: &str, labels: &Array3<u8>, radius: f64) -> Result<f64, Failure> {
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
    println!("scikit-learn: {}", text.trim());
    let seconds = text.split_whitespace().next().ok_or("no time from the baseline")?;
    Ok(seconds.parse()?)
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
