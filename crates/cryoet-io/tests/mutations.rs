//! Broken files: every golden, and every sample of the development data, with bytes changed, cut out, doubled and moved. Nothing may
//! panic, hang, or allocate more than 64 MB and four times the file. The changes follow from a fixed seed; `CRYOET_IO_MUTATE_SECONDS`
//! (default 4) says for how long. `fuzz/` has the same, guided by coverage, for nightly Rust.

mod counting;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use cryoet_core::{Region, VoxelSize};
use cryoet_io::*;

const ALLOWANCE: usize = 64 << 20;
const LONGEST: Duration = Duration::from_secs(5);

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// Steele's SplitMix64: the same changes in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }

    /// Changes a few places, most often near the beginning, where headers are.
    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                return;
            }
            let end = if self.below(2) == 0 { bytes.len() } else { bytes.len().min(256) };
            let at = self.below(end);
            match self.below(8) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'0', b'9', b'-', b'.', b'"', b' ', b'\n', b'<', b'{'][self.below(14)],
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..(at + 1 + self.below(16)).min(bytes.len()))),
                4 => {
                    let piece = bytes[at..(at + 1 + self.below(64)).min(bytes.len())].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                5 | 6 => {
                    let number = [0, 1, 2, 255, 1 << 16, i32::MAX as u32, u32::MAX, 1 << 31][self.below(8)].to_le_bytes();
                    let at = at & !3;
                    if let Some(word) = bytes.get_mut(at..at + 4) {
                        word.copy_from_slice(&number);
                    }
                }
                _ => {
                    let words: [&[u8]; 8] = [b"nan", b"inf", b"-1e308", b"1e999", b"99999999999999999999", b"loop_", b"data_", b"]]}"];
                    bytes.splice(at..at, words[self.below(8)].iter().copied());
                }
            }
        }
    }
}

/// Reads a file in every way there is.
fn read_all(path: &Path) {
    let _ = (read_volume(path), read_labels(path), inspect_volume(path), read_mrc_header(path));
    for name in volume_names(path).unwrap_or_default().iter().take(3) {
        if let Ok(volume) = open_named_volume(path, name) {
            let _ = volume.read_region(Region::new([0; 3], volume.shape().map(|n| n.min(3))));
        }
    }
    let options = ReadParticles {
        axis_order: Some(AxisOrder::Zyx),
        voxel_size: VoxelSize::isotropic(10.0).ok(),
        shape: Some([45, 64, 100]),
        ..ReadParticles::default()
    };
    let _ = read_particles(path, &options);
    let columns = ["class", "z", "y", "x"].map(str::to_string).to_vec();
    let _ = read_particles(path, &ReadParticles { columns, ..options });
    let _ = (read_class_table(path), read_relion_tomograms(path).is_ok());
}

fn samples() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![here.join("tests/goldens"), here.join("../../fuzz/seeds")];
    match std::env::var_os("CRYOET_DATA").map(|data| PathBuf::from(data).join("formats")) {
        Some(formats) if formats.is_dir() => {
            folders.extend(["mrc", "imodmodel", "starfile", "dynamotable"].map(|name| formats.join(name)));
        }
        _ => eprintln!("skipped: samples of formats need CRYOET_DATA"),
    }
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = files.filter(|file| file.metadata().is_ok_and(|data| data.is_file() && data.len() < 1 << 16)).collect();
    files.sort();
    files
}

#[test]
fn broken_files_neither_panic_nor_hang_nor_take_much_memory() {
    let seconds = std::env::var("CRYOET_IO_MUTATE_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(4.0);
    let folder = tempfile::tempdir().unwrap();
    let files = samples();
    assert!(files.len() >= 20, "{files:?}");
    let contents: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    let (mut random, begun, mut tried) = (Random(20_261_120), Instant::now(), 0);
    while begun.elapsed().as_secs_f64() < seconds {
        let which = tried % files.len();
        let mut bytes = contents[which].clone();
        random.spoil(&mut bytes);
        let name = files[which].file_name().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let clock = Instant::now();
        let mut done = Ok(());
        let taken = counting::most_of(|| done = std::panic::catch_unwind(|| read_all(&path)));
        let took = clock.elapsed();
        if done.is_err() || took > LONGEST || taken > ALLOWANCE + 4 * bytes.len() {
            let kept = std::env::temp_dir().join(format!("broken-{tried}-{}", name.display()));
            std::fs::write(&kept, &bytes).unwrap();
            panic!(
                "change {tried}: panicked: {}, {took:?}, {taken} bytes for a file of {}: see {}",
                done.is_err(),
                bytes.len(),
                kept.display()
            );
        }
        tried += 1;
    }
    eprintln!("{tried} broken files from {} samples in {seconds} s", files.len());
}
