mod header;
mod open;
mod sink;

pub(crate) use header::{HEADER_BYTES, Header};
pub(crate) use open::open;
pub use sink::{MrcSink, MrcVoxel, create_mrc_sink};

#[cfg(test)]
mod tests;
