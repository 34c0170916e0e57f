//! Inference: exact tiles, soft-max, the most probable class of each voxel.

mod ensemble;
mod params;
mod part;
mod read_ahead;
mod segment;
mod tiles;
mod untiled;

pub use params::{SegmentParams, TileHalo};
pub use segment::{SegmentError, Segmentation, SegmentedBlock, segment, segment_blocks};
pub use tiles::{Tile, TilePlan, TilePlanError};

pub(crate) use part::channels_of_part;
