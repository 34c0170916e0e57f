//! Segments a tomogram of random voxels from file to file, with 13 classes, and says how much memory that took.
//!
//! `cargo run --release -p cryoet --features net --example out_of_core -- Z Y X [GIB [bf16 [THREADS]]]`
//!
//! `928 928 464 2` is the size of a tomogram of a whole cell at 10 Angstrom; it fails where the peak exceeds 3 GB.

use std::time::Instant;

use cryoet::io::{create_mrc_sink, open_volume};
use cryoet::ndarray::Array3;
use cryoet::net::{Device, Network, Precision, SegmentError, SegmentParams, SegmentedBlock, Weights, segment_blocks, set_threads};
use cryoet::{Class, ClassLabel, ClassTable, VolumeSink};

const MOST_BYTES: f64 = 3e9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [z, y, x] = [0, 1, 2].map(|axis| arguments.get(axis).and_then(|n| n.parse::<usize>().ok()).unwrap_or(64));
    let gibibytes: f64 = arguments.get(3).map_or(Ok(2.0), |n| n.parse())?;
    let precision = if arguments.get(4).is_some_and(|word| word == "bf16") { Precision::Bf16 } else { Precision::F32 };
    if let Some(threads) = arguments.get(5) {
        set_threads(threads.parse()?);
    }
    let folder = std::env::temp_dir().join(format!("cryoet-out-of-core-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = run(&folder, [z, y, x], gibibytes, precision);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn run(folder: &std::path::Path, shape: [usize; 3], gibibytes: f64, precision: Precision) -> Result<(), Box<dyn std::error::Error>> {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let mut sink = create_mrc_sink::<f32>(folder.join("tomogram.mrc"), shape, None, [0.0; 3])?;
    for z in 0..shape[0] {
        sink.write_region([z, 0, 0], Array3::from_shape_simple_fn((1, shape[1], shape[2]), &mut noise).view())?;
    }
    sink.finish()?;

    let classes = ClassTable::new((1..13).map(|label| Class::new(ClassLabel::new(label), label.to_string())).collect())?;
    let network = Network::new(&Weights::random(classes, None, 1), Device::Cpu, precision)?;
    let tomogram = open_volume(folder.join("tomogram.mrc"))?;
    let mut labels = create_mrc_sink::<i8>(folder.join("labels.mrc"), shape, None, [0.0; 3])?;
    let params = SegmentParams { memory: (gibibytes * f64::from(1 << 30)) as usize, ..SegmentParams::default() };
    let (start, mut blocks) = (Instant::now(), 0);
    segment_blocks(&[network], tomogram.as_ref(), &params, &(), |block: SegmentedBlock| {
        blocks += 1;
        labels.write_region(block.start, block.labels.mapv(|label| label as i8).view())?;
        Ok::<_, SegmentError>(())
    })?;
    labels.finish()?;
    let (seconds, voxels) = (start.elapsed().as_secs_f64(), shape.iter().product::<usize>() as f64);
    println!("{shape:?} voxels, {precision:?}, {blocks} tiles within {gibibytes} GiB: {seconds:.1} s, {:.0} voxels/s", voxels / seconds);
    let peak = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    });
    match peak.map(|kilobytes| kilobytes * 1024.0) {
        Some(bytes) if bytes > MOST_BYTES => Err(format!("peak memory {:.2} GB: more than 3 GB", bytes / 1e9).into()),
        Some(bytes) => {
            println!("peak memory {:.2} GB", bytes / 1e9);
            Ok(())
        }
        None => Ok(()),
    }
}
