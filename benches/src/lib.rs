//! What the benchmarks share: clocks, a gauge of memory, plots.

mod peak_memory;
mod plot;
mod processor_time;
mod timed;

pub use peak_memory::peak_memory;
pub use plot::{Panel, plot};
pub use processor_time::processor_time;
pub use timed::timed;
