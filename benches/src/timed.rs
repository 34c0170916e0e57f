use std::time::{Duration, Instant};

/// The shortest of `repetitions` runs, and the last result.
///
/// ```
/// let (time, sum) = cryoet_benches::timed(3, || (0..100_u32).sum::<u32>());
/// assert_eq!(sum, 4950);
/// assert!(time.as_secs() < 5);
/// ```
pub fn timed<T>(repetitions: usize, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut once = || {
        let start = Instant::now();
        let result = work();
        (start.elapsed(), result)
    };
    let (mut best, mut result) = once();
    for _ in 1..repetitions {
        let (time, again) = once();
        best = best.min(time);
        result = again;
    }
    (best, result)
}
