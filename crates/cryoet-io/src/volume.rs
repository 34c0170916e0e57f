mod block_writer;
mod compressed;
mod element;
mod error;
mod format;
mod hdf5;
mod hdf5_writer;
mod info;
mod lookup3;
mod lzf;
mod named;
mod npy;
mod npy_sink;
mod npz;
mod npz_writer;
#[cfg(feature = "zarr")]
mod ome_zarr;
mod open;
mod packed;
mod read;
mod rows;
mod score_maps_sink;
mod several;
mod write;

pub use error::{ReadVolumeError, WriteVolumeError};
pub use format::VolumeFormat;
pub use info::{VolumeInfo, inspect_named_volume, inspect_volume};
pub use named::{write_named_volumes, write_score_maps};
pub use npy_sink::{NpySink, NpyVoxel, create_npy_sink};
#[cfg(feature = "zarr")]
pub use ome_zarr::{OmeZarrParams, OmeZarrSink, OmeZarrVersion, OmeZarrVoxel, create_ome_zarr_sink};
pub use open::{open_ids, open_labels, open_named_volume, open_volume, volume_names};
pub use read::{read_ids, read_labels, read_named_volume, read_volume};
pub use score_maps_sink::{ScoreMapsSink, create_score_maps_sink};
pub use write::{write_ids, write_labels, write_volume, write_volume_like};

pub(crate) use block_writer::BlockWriter;
use element::Voxel;
pub(crate) use element::{ComplexPart, Element};
pub(crate) use open::unpacked;
pub(crate) use packed::{Bytes, Packed};
pub(crate) use several::{choose, none_wanted};

#[cfg(test)]
mod tests;
