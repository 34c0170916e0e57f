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
