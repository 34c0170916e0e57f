mod multiscale;
mod promises;
mod sink;
mod source;
mod voxel;

pub(super) use multiscale::names;
pub use sink::{OmeZarrParams, OmeZarrSink, OmeZarrVersion, create_ome_zarr_sink};
pub(super) use source::ZarrVolume;
pub use voxel::OmeZarrVoxel;

#[cfg(test)]
mod tests;
