//! A region of a volume far larger than what may be held: time and memory. Alone in its process, because both are measured.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    time::{Duration, Instant},
};

use cryoet_core::Region;

/// z, y, x of a volume of 10.7 GB in mode 2.
const SHAPE: [u32; 3] = [640, 2048, 2048];

/// What this thread has had of a processor, which other work does not lengthen, where the system says.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

/// Resident memory of this process now and at most, in bytes, where the system says.
fn memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[test]
fn a_region_of_ten_gigabytes_takes_little_memory_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.mrc");
    let mut header = [0u8; 1024];
    let [z, y, x] = SHAPE;
    for (word, value) in [(1, x), (2, y), (3, z), (4, 2), (8, x), (9, y), (10, z), (17, 1), (18, 2), (19, 3)] {
        header[4 * (word - 1)..4 * word].copy_from_slice(&value.to_le_bytes());
    }
    header[208..216].copy_from_slice(b"MAP \x44\x44\0\0");
    let mut file = File::create(&path).unwrap();
    file.write_all(&header).unwrap();
    let bytes = 1024 + 4 * u64::from(z) * u64::from(y) * u64::from(x);
    if let Err(error) = file.set_len(bytes) {
        eprintln!("skipped: the file system holds no sparse file of {bytes} bytes: {error}");
        return;
    }
    // One voxel in the middle that is not 0.
    let at = (320 * u64::from(y) + 1000) * u64::from(x) + 1000;
    file.seek(SeekFrom::Start(1024 + 4 * at)).unwrap();
    file.write_all(&7.5f32.to_le_bytes()).unwrap();
    drop(file);

    let before = memory("VmRSS:");
    let (mut times, mut walls) = (Vec::new(), Vec::new());
    for (repetition, start) in [[0, 0, 0], [576, 1984, 1984], [300, 980, 980]].into_iter().enumerate() {
        let (clock, processor) = (Instant::now(), processor_time());
        let volume = cryoet_io::open_volume(&path).unwrap();
        let region = volume.read_region(Region::new(start, [64; 3])).unwrap();
        times.push(processor_time().zip(processor).map_or(clock.elapsed(), |(after, before)| after - before));
        walls.push(clock.elapsed());
        assert_eq!(region[[20, 20, 20]], if repetition == 2 { 7.5 } else { 0.0 });
    }
    let grown = before.zip(memory("VmHWM:")).map(|(before, most)| most.saturating_sub(before));
    eprintln!("64^3 of {bytes} bytes: {times:?} of processor time, {walls:?} by the clock; memory grew by {grown:?} bytes at most");
    assert!(times.iter().min().unwrap() < &Duration::from_millis(20), "{times:?}");
    assert!(grown.is_none_or(|bytes| bytes < 50 << 20), "{grown:?}");
}
