/// Below so many bytes, pages of the usual size cost little.
#[cfg(target_os = "linux")]
const LEAST: usize = 8 << 20;

/// Transparent huge pages are so large where Linux has them; where they are larger, the advice is of no use and does no harm.
#[cfg(target_os = "linux")]
const PAGE: usize = 2 << 20;

/// Asks the system to lay a vector that is about to be filled into large pages: filling it then costs a fault for each two megabytes, not for
/// each four kilobytes. Only advice: where it is refused, filling is slower and no less right.
pub(crate) fn prefer_large_pages<T>(vector: &mut Vec<T>) {
    #[cfg(target_os = "linux")]
    {
        let bytes = vector.capacity().saturating_mul(size_of::<T>());
        let start = vector.as_mut_ptr().cast::<libc::c_void>();
        let before = start.addr().next_multiple_of(PAGE) - start.addr();
        if bytes >= LEAST {
            let length = (bytes - before) / PAGE * PAGE;
            // SAFETY: the range lies within the vector's own memory, at least 8 MB of which at most 2 MB are passed over, and the advice
            // changes neither what is in it nor how it may be used.
            let _ = unsafe { libc::madvise(start.wrapping_byte_add(before), length, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = vector;
}
