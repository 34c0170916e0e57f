use std::io;

use cryoet_core::ndarray::ArrayView3;

use super::NpyVoxel;

/// Hands on the bytes of a volume's rows, in C order.
pub(super) fn each_row<T: NpyVoxel>(volume: &ArrayView3<'_, T>, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut bytes = Vec::new();
    for plane in volume.outer_iter() {
        for row in plane.outer_iter() {
            bytes.clear();
            for &voxel in row {
                voxel.put(&mut bytes);
            }
            take(&bytes)?;
        }
    }
    Ok(())
}
