mod multiscale;
mod sink;
mod source;

pub(super) use multiscale::names;
pub use sink::{OmeZarrParams, OmeZarrSink, OmeZarrVersion, OmeZarrVoxel, create_ome_zarr_sink};
pub(super) use source::ZarrVolume;

#[cfg(test)]
mod tests;
