//! What the benchmarks share: a clock and a gauge of memory.

mod peak_memory;
mod timed;

pub use peak_memory::peak_memory;
pub use timed::timed;
