mod header;
mod kept;
mod open;
mod sink;

pub(crate) use header::{HEADER_BYTES, Header};
pub use kept::{MrcHeader, read_mrc_header};
pub(crate) use open::{names, open};
pub use sink::{MrcSink, MrcVoxel, create_mrc_sink, create_mrc_sink_like};

#[cfg(test)]
mod tests;
