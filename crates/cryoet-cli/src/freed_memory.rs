//! What becomes of memory that a network's layers no longer need.

/// Keeps freed memory for the next layer instead of handing it back to the system.
///
/// glibc maps blocks of 32 MB and more anew each time. The system clears every page of them before its first use, which took a quarter of a
/// bfloat16 forward pass. Where the C library is another, nothing changes.
pub(crate) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: both options only choose where later allocations come from and whether the heap's free end is handed back.
    unsafe {
        let _ = libc::mallopt(libc::M_MMAP_MAX, 0);
        let _ = libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
    }
}

/// Hands freed memory back after all where the process holds more than so many bytes: tiles of several shapes leave gaps that the next ones
/// do not fill.
pub(crate) fn hand_back_above(bytes: usize) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if resident().is_some_and(|held| held > bytes) {
        // SAFETY: only pages that no allocation uses go back.
        let _ = unsafe { libc::malloc_trim(0) };
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = bytes;
}

/// The bytes of memory that the process holds now.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes: usize = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    // That memory is kept below the bound shows only in a program's first thread, whose heap is another than this one's.
    #[test]
    fn freed_memory_goes_back_when_it_is_too_much() {
        keep();
        let blocks: Vec<Vec<u8>> = (1..20).map(|n| vec![1; n << 20]).collect();
        let held = resident().unwrap();
        // A block at the heap's end keeps the freed ones below it from being cut off.
        let last = vec![1u8; 64];
        drop(blocks);
        hand_back_above(held - (100 << 20));
        assert!(resident().unwrap() < held - (100 << 20), "{:?} of {held}", resident());
        drop(last);
    }
}
