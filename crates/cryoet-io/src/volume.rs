mod compressed;
mod element;
mod error;
mod format;
mod hdf5;
mod info;
mod npy;
mod open;
mod packed;
mod read;
mod write;

pub use error::{ReadVolumeError, WriteVolumeError};
pub use format::VolumeFormat;
pub use info::{VolumeInfo, inspect_volume};
pub use open::open_volume;
pub use read::{read_ids, read_labels, read_volume};
pub use write::{write_ids, write_labels, write_volume, write_volume_like};

pub(crate) use element::Element;
use element::Voxel;
pub(crate) use open::unpacked;
pub(crate) use packed::{Bytes, Packed};

#[cfg(test)]
mod tests;
