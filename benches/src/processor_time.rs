use std::fs;
use std::time::Duration;

/// How long this process's living threads have run on a processor, where the system says (Linux): on a machine shared with other work
/// it is steadier than the wall's clock.
///
/// ```
/// let before = cryoet_benches::processor_time();
/// let sum: u64 = (0..1_000_000_u64).map(|n| n * n % 7).sum();
/// assert!(sum > 0 && cryoet_benches::processor_time() >= before);
/// ```
pub fn processor_time() -> Option<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir("/proc/self/task").ok()? {
        // A thread may end between being listed and being asked.
        let Ok(text) = fs::read_to_string(task.ok()?.path().join("schedstat")) else { continue };
        nanoseconds += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}
