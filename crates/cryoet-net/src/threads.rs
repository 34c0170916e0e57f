/// How many threads libtorch computes with, in the whole process.
///
/// ```
/// cryoet_net::set_threads(2);
/// assert_eq!(cryoet_net::threads(), 2);
/// ```
pub fn threads() -> usize {
    usize::try_from(tch::get_num_threads()).unwrap_or(1)
}

/// Sets how many threads libtorch computes with, in the whole process; 0 counts as 1.
///
/// Results on the CPU are equal to the bit only at the same number.
pub fn set_threads(threads: usize) {
    tch::set_num_threads(i32::try_from(threads.max(1)).unwrap_or(i32::MAX));
}
