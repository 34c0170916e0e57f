//! Reading whole files, against the Python packages of the field in the same run: an MRC volume (mrcfile), a STAR file of a million
//! rows (starfile), DeepFinder's list of 22,446 objects (`deepfinder.utils.objl.read_xml`).
//!
//! `cargo bench -p cryoet-benches --bench read_files -- [--python PYTHON] [--deepfinder PYTHON] [--megabytes N]`
//!
//! The first interpreter has mrcfile and starfile, the second cryoet-deepfinder. `CRYOET_DATA` names the folder of development data
//! for the XML list; without it a list of as many objects is made.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use cryoet_benches::{processor_time, timed};
use cryoet_core::{ClassLabel, Orientation, Particle, Position, Score, Volume, VoxelSize, ndarray::Array3};
use cryoet_io::{ParticleFormat, ParticleList, ReadParticles, WriteParticles, read_particles, read_volume, write_particles, write_volume};

type Failure = Box<dyn std::error::Error>;

/// How often each is read; the fastest counts. Freeing what was read, ours and theirs, comes after the clock is stopped.
const REPETITIONS: usize = 5;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).map(String::as_str);
    let (python, deepfinder) = (option("--python"), option("--deepfinder"));
    let megabytes: usize = option("--megabytes").map_or(Ok(256), str::parse)?;
    let folder = std::env::temp_dir().join(format!("cryoet-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let done = all(&folder, python, deepfinder, megabytes);
    fs::remove_dir_all(&folder)?;
    done
}

fn all(folder: &Path, python: Option<&str>, deepfinder: Option<&str>, megabytes: usize) -> Result<(), Failure> {
    let tomogram = folder.join("tomogram.mrc");
    write_volume(&tomogram, &Volume::new(Array3::from_elem((megabytes, 512, 512), 0.5f32)))?;
    let copied = measured(|| Ok(fs::read(&tomogram)?), Vec::len)?;
    let ours = measured(|| Ok(read_volume(&tomogram)?), |volume| volume.data().len())?;
    println!("{megabytes} MB copied from the disk's cache: {copied}");
    report("MRC, mode 2", &ours, python, "mrc", &tomogram)?;
    println!("  reading runs at {:.0} % of the copy's speed", 100.0 * copied.wall.as_secs_f64() / ours.wall.as_secs_f64());

    let star = folder.join("particles.star");
    let mut list = ParticleList::new(particles(1_000_000)?);
    (list.voxel_size, list.shape) = (Some(VoxelSize::isotropic(10.0)?), Some([200, 512, 512]));
    write_particles(&star, &list, &WriteParticles::default())?;
    let options = ReadParticles { voxel_size: list.voxel_size, shape: list.shape, ..ReadParticles::default() };
    let ours = measured(|| Ok(read_particles(&star, &options)?), |list| list.particles.len())?;
    report("STAR, 1,000,000 rows", &ours, python, "star", &star)?;

    let xml = match std::env::var_os("CRYOET_DATA").map(|data| PathBuf::from(data).join("shrec-2019/object_list_train.xml")) {
        Some(xml) if xml.exists() => xml,
        _ => {
            let xml = folder.join("objects.xml");
            list.particles.truncate(22_446);
            write_particles(&xml, &list, &WriteParticles { format: Some(ParticleFormat::DeepFinderXml), ..WriteParticles::default() })?;
            xml
        }
    };
    let ours = measured(|| Ok(read_particles(&xml, &ReadParticles::default())?), |list| list.particles.len())?;
    report(&format!("XML, {} objects", ours.count), &ours, deepfinder, "xml", &xml)
}

/// What reading took, and how many voxels or particles came of it.
struct Measured {
    wall: Duration,
    processor: Option<Duration>,
    count: usize,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.4} s", self.wall.as_secs_f64())?;
        self.processor.map_or(Ok(()), |processor| write!(f, ", {:.4} s of processor time", processor.as_secs_f64()))
    }
}

fn measured<T>(mut work: impl FnMut() -> Result<T, Failure>, count: impl Fn(&T) -> usize) -> Result<Measured, Failure> {
    let mut processor = None;
    let (wall, read) = timed(REPETITIONS, || {
        let before = processor_time();
        let read = work();
        let taken = processor_time().zip(before).map(|(after, before)| after - before);
        processor = processor.into_iter().chain(taken).min();
        read
    });
    Ok(Measured { wall, processor, count: count(&read?) })
}

/// Prints ours, theirs and how much faster ours is.
fn report(what: &str, ours: &Measured, python: Option<&str>, kind: &str, path: &Path) -> Result<(), Failure> {
    println!("{what}: cryoet-io {ours}");
    let Some(python) = python else { return Ok(()) };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/baselines/read_files.py");
    let output = Command::new(python).arg(script).arg(kind).arg(path).arg(REPETITIONS.to_string()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8(output.stdout)?;
    println!("  {}", text.trim());
    let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    let (wall, processor) = numbers.next().zip(numbers.next()).ok_or("no times from the baseline")?;
    let by_clock = wall / ours.wall.as_secs_f64();
    let by_processor = ours.processor.map(|ours| format!(", {:.1} by processor time", processor / ours.as_secs_f64()));
    println!("  ratio: {by_clock:.1} by the clock{}", by_processor.unwrap_or_default());
    Ok(())
}

/// Particles on a lattice, each with its own angles and score.
fn particles(count: usize) -> Result<Vec<Particle>, Failure> {
    let one = |i: usize| -> Result<Particle, Failure> {
        let n = i as f64;
        let position = Position::new(n % 199.0 + 0.25, n % 509.0 + 0.5, n % 503.0 + 0.125)?;
        let turn = Orientation::from_relion(n % 360.0 - 180.0, n % 180.0, n % 359.0 - 179.5)?;
        let particle = Particle::new(ClassLabel::new((i % 12 + 1) as u8), position).with_orientation(turn);
        Ok(particle.with_score(Score::new(n / count as f64)?).with_tomogram(format!("TS_{:02}", i % 10)))
    };
    (0..count).map(one).collect()
}
