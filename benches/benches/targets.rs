//! Targets of the 2,498 objects of a SHREC'19 list, 200 x 512 x 512 voxels, against DeepFinder's `TargetBuilder` on the same list.
//!
//! `cargo bench -p cryoet-benches --bench targets -- [--python PYTHON]`
//!
//! `CRYOET_DATA` names the folder that holds shrec-2019/. With `--python` (an interpreter that has cryoet-deepfinder 0.2.1) the
//! baseline runs too. Times include the volume's allocation; two threads, as the bars are set for two cores.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use cryoet_benches::{processor_time, timed};
use cryoet_core::ClassLabel;
use cryoet_core::ndarray::Array3;
use cryoet_io::{ReadParticles, read_particles, read_volume};
use cryoet_targets::{TargetError, TargetParams, Targets, shape_targets, sphere_targets};

type Failure = Box<dyn std::error::Error>;

const SHAPE: [usize; 3] = [200, 512, 512];
const RADII: [f64; 12] = [6.0, 6.0, 3.0, 6.0, 6.0, 7.0, 6.0, 4.0, 4.0, 3.0, 10.0, 8.0];

fn main() -> Result<(), Failure> {
    let Some(data) = std::env::var_os("CRYOET_DATA") else {
        eprintln!("skipped: CRYOET_DATA is not set");
        return Ok(());
    };
    let shrec = Path::new(&data).join("shrec-2019");
    let particles = read_particles(shrec.join("object_list_tomo0.xml"), &ReadParticles::default())?.particles;
    let masks = masks(&shrec)?;
    let radii = (1..).map(ClassLabel::new).zip(RADII).collect();
    let params = TargetParams::default();
    println!("{} objects, volume {SHAPE:?}", particles.len());
    let shapes = run("shapes", || shape_targets(SHAPE, &particles, &masks, &params))?;
    let spheres = run("spheres", || sphere_targets(SHAPE, &particles, &radii, &params))?;

    let arguments: Vec<String> = std::env::args().collect();
    let python = arguments.iter().position(|a| a == "--python").and_then(|at| arguments.get(at + 1));
    if let Some(python) = python {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/cryoet-targets/tests/oracles/deepfinder_targets.py");
        let folder = std::env::temp_dir().join(format!("cryoet-bench-targets-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let output = Command::new(python).args([Path::new(script), Path::new("full"), &folder, &shrec]).output()?;
        std::fs::remove_dir_all(&folder)?;
        for (what, ours) in [("shapes", shapes), ("spheres", spheres)] {
            let text = String::from_utf8_lossy(&output.stdout);
            let line = text.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": ")).ok_or("no time from the baseline")?;
            println!("DeepFinder 0.2.1, {what}: {line}");
            let theirs = line.split(", ").map(|part| part.split(' ').next().unwrap_or_default().parse::<f64>());
            let theirs = theirs.collect::<Result<Vec<_>, _>>()?;
            println!("ratio, {what}: {:.0} of wall time, {:.0} of processor time", theirs[0] / ours[0], theirs[1] / ours[1]);
        }
    }
    Ok(())
}

/// The least wall and processor time of ten runs in seconds.
fn run(what: &str, draw: impl Fn() -> Result<Targets, TargetError> + Sync) -> Result<[f64; 2], Failure> {
    let [mut wall, mut processor] = [f64::INFINITY; 2];
    let mut covered = 0;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    for _ in 0..10 {
        let before = processor_time();
        let (time, drawn) = timed(1, || pool.install(&draw));
        // None where a thread of an earlier pool has ended in between, with what it had run.
        if let (Some(before), Some(after)) = (before, processor_time())
            && let Some(spent) = after.checked_sub(before)
        {
            processor = processor.min(spent.as_secs_f64());
        }
        wall = wall.min(time.as_secs_f64());
        covered = drawn?.labels.iter().filter(|&&label| label > 0).count();
    }
    println!("cryoet-targets, {what}: {wall:.4} s, {processor:.4} s of processor time, {covered} voxels");
    Ok([wall, processor])
}

/// The twelve masks of 40^3 voxels, classes 1 to 12 in order of their names.
fn masks(shrec: &Path) -> Result<BTreeMap<ClassLabel, Array3<bool>>, Failure> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(shrec.join("masks"))?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mask = |(class, file): (u8, &PathBuf)| Ok((ClassLabel::new(class), read_volume(file)?.data().mapv(|value| value > 0.5)));
    (1..).zip(&files).map(mask).collect()
}
