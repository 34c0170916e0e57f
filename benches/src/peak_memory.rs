use std::fs;

/// The largest resident memory of this process so far in bytes, where the system says (Linux).
///
/// ```
/// assert!(cryoet_benches::peak_memory().is_none_or(|bytes| bytes > 100_000));
/// ```
pub fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
