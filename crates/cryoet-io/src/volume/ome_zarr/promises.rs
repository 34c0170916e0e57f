use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use serde_json::Value;

use super::{super::ReadVolumeError, multiscale::zarr};

/// More voxels than this in an array or a chunk are a broken file, and their bytes would not fit 64 bits.
const MOST_VOXELS: u64 = 1 << 60;

/// A shard's index has 16 bytes for each of its chunks, and is read whole: 64 MB.
const MOST_IN_A_SHARD: u64 = 1 << 22;

/// Refuses an array whose metadata promise more than any file holds, before anything is made of them.
pub(super) fn check(path: &Path, node: &str) -> Result<(), ReadVolumeError> {
    let folder = path.join(node.trim_start_matches('/'));
    // A file that is missing or is no JSON is an error of whoever opens the array.
    let json = |name: &str| -> Option<Value> { serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok() };
    let (array, chunk, codecs) = if let Some(newer) = json("zarr.json") {
        let chunk = newer["chunk_grid"]["configuration"]["chunk_shape"].clone();
        (newer["shape"].clone(), chunk, newer["codecs"].clone())
    } else if let Some(older) = json(".zarray") {
        (older["shape"].clone(), older["chunks"].clone(), Value::Null)
    } else {
        return Ok(());
    };
    for (what, extents) in [("an array", &array), ("a chunk", &chunk)] {
        if voxels(extents).is_none_or(|voxels| voxels > MOST_VOXELS) {
            return Err(zarr(path, format!("array {node}: {what} of shape {extents}, expected at most 2^60 voxels")));
        }
    }
    check_shards(path, node, &chunk, &codecs)
}

/// The product of extents; none where it overflows or where they are no extents.
fn voxels(extents: &Value) -> Option<u64> {
    extents.as_array()?.iter().try_fold(1, |product: u64, n| product.checked_mul(n.as_u64()?))
}

/// Chunks may be shards of smaller ones, and these again.
fn check_shards(path: &Path, node: &str, shard: &Value, codecs: &Value) -> Result<(), ReadVolumeError> {
    let sharding = codecs.as_array().into_iter().flatten().find(|codec| codec["name"] == "sharding_indexed");
    let Some(configuration) = sharding.map(|codec| &codec["configuration"]) else { return Ok(()) };
    let inner = &configuration["chunk_shape"];
    let count = voxels(shard).zip(voxels(inner)).and_then(|(shard, inner)| shard.checked_div(inner));
    if count.is_none_or(|count| count > MOST_IN_A_SHARD) {
        return Err(zarr(
            path,
            format!("array {node}: shards of shape {shard} in chunks of {inner}, expected at most 2^22 chunks in each"),
        ));
    }
    check_shards(path, node, inner, &configuration["codecs"])
}

/// Refuses a chunk under blosc whose header promises other than the chunk's bytes: so much would be allocated. A missing chunk is no error.
pub(super) fn check_blosc(path: &Path, chunk: &str, expected: u64) -> Result<(), ReadVolumeError> {
    // Version, version of the codec, flags, bytes of an element, then the number of bytes within, little-endian.
    let mut header = [0; 8];
    let begun = File::open(path.join(chunk)).and_then(|mut file| file.read_exact(&mut header));
    let [.., a, b, c, d] = header;
    let found = u32::from_le_bytes([a, b, c, d]);
    match begun {
        Ok(()) if u64::from(found) != expected => {
            Err(zarr(path, format!("chunk {chunk}: {found} bytes under blosc, expected the chunk's {expected}")))
        }
        _ => Ok(()),
    }
}
