//! What every fuzz target does: put the bytes into a file, read it, and look at how much memory that took.
//!
//! A target fails by a panic, by taking longer than libFuzzer's `-timeout`, or by allocating more than 64 MB and four times the file.

#[path = "../../crates/cryoet-io/tests/counting/mod.rs"]
mod counting;

use std::{fs, path::PathBuf, sync::OnceLock};

use cryoet_core::VoxelSize;
use cryoet_io::*;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// What may be allocated at once beyond four times the file.
const ALLOWANCE: usize = 64 << 20;

/// Reads the bytes as a volume in every way there is.
pub fn volume(data: &[u8], extension: &str) {
    let path = written(data, extension);
    within_bounds(data, || {
        let _ = read_volume(path);
    });
    within_bounds(data, || {
        let _ = (inspect_volume(path), read_mrc_header(path));
    });
    within_bounds(data, || {
        let _ = read_labels(path);
    });
    for name in volume_names(path).unwrap_or_default().iter().take(4) {
        within_bounds(data, || {
            if let Ok(volume) = open_named_volume(path, name) {
                let size = volume.shape().map(|n| n.min(3));
                let _ = volume.read_region(cryoet_core::Region::new([0; 3], size));
            }
        });
    }
}

/// Reads the bytes as the metadata and the first chunk of an OME-Zarr; [`SEPARATOR`] parts the group's metadata, the array's and the chunk.
pub fn zarr(data: &[u8]) {
    let mut parts = data.splitn(3, |&byte| byte == SEPARATOR);
    let (group, array, chunk) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let path = folder().join(format!("cryoet-fuzz-{}.zarr", std::process::id()));
    let newer = group.windows(5).any(|word| word == b"\"ome\"");
    let (metadata, of_array, of_chunk) =
        if newer { ("zarr.json", "0/zarr.json", "0/c/0/0/0") } else { (".zattrs", "0/.zarray", "0/0/0/0") };
    let _ = fs::remove_dir_all(&path);
    for (name, content) in [(metadata, group), (of_array, array), (of_chunk, chunk)] {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    within_bounds(data, || {
        let _ = (inspect_volume(&path), volume_names(&path));
    });
    within_bounds(data, || {
        if let Ok(volume) = open_volume(&path) {
            let size = volume.shape().map(|n| n.min(3));
            let _ = volume.read_region(cryoet_core::Region::new([0; 3], size));
        }
    });
}

/// Parts the files of [`zarr`]: a byte that no JSON holds.
pub const SEPARATOR: u8 = 0x1e;

/// Reads the bytes as a STAR file, whichever program's; what is read must also be written for every program and read again.
pub fn star(data: &[u8]) {
    use ParticleFormat::{Relion3, Relion4, Relion5, Relion31, Stopgap};
    for format in [Relion5, Relion4, Relion31, Relion3, Stopgap] {
        list(data, format);
    }
}

/// Reads the bytes as a particle list; what is read must also be written and read again, as many particles as before.
pub fn list(data: &[u8], format: ParticleFormat) {
    let path = written(data, "list");
    let columns = if format == ParticleFormat::Text { ["class", "z", "y", "x"].map(str::to_string).to_vec() } else { Vec::new() };
    let options = ReadParticles {
        format: Some(format),
        axis_order: Some(AxisOrder::Xyz),
        columns: columns.clone(),
        voxel_size: VoxelSize::isotropic(10.0).ok(),
        shape: Some([45, 64, 100]),
        ..ReadParticles::default()
    };
    let mut found = None;
    within_bounds(data, || found = read_particles(path, &options).ok());
    let Some(mut list) = found else { return };
    for particle in &mut list.particles {
        particle.tomogram.get_or_insert_with(|| "TS".into());
    }
    let write = WriteParticles {
        format: Some(format),
        axis_order: Some(AxisOrder::Xyz),
        columns,
        tilt_series_pixel_size: Some(10.0),
        ..WriteParticles::default()
    };
    let options = ReadParticles { tilt_series_pixel_size: Some(10.0), ..options };
    if write_particles(path, &list, &write).is_ok() && !list.particles.is_empty() {
        let back = read_particles(path, &options).unwrap_or_else(|error| panic!("what was written cannot be read: {error}"));
        assert_eq!(back.particles.len(), list.particles.len(), "particles were lost");
    }
}

/// Reads the bytes as a class table, a configuration of copick, a tomogram set of RELION.
pub fn tables(data: &[u8]) {
    for extension in ["toml", "json"] {
        let path = written(data, extension);
        within_bounds(data, || {
            let _ = read_class_table(path);
        });
    }
    let path = written(data, "star");
    within_bounds(data, || {
        let _ = read_relion_tomograms(path);
    });
}

fn within_bounds(data: &[u8], work: impl FnOnce()) {
    let taken = counting::most_of(work);
    let allowed = ALLOWANCE + 4 * data.len();
    assert!(taken <= allowed, "{taken} bytes were allocated for a file of {}", data.len());
}

/// The one file of this process and extension, which holds the bytes now.
fn written(data: &[u8], extension: &str) -> &'static PathBuf {
    static PATHS: OnceLock<std::sync::Mutex<std::collections::BTreeMap<String, &'static PathBuf>>> = OnceLock::new();
    let mut paths = PATHS.get_or_init(Default::default).lock().unwrap();
    let path = *paths
        .entry(extension.to_string())
        .or_insert_with(|| Box::leak(Box::new(folder().join(format!("cryoet-fuzz-{}.{extension}", std::process::id())))));
    fs::write(path, data).unwrap();
    path
}

/// Where files lie in memory, where there is such a place.
fn folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}
