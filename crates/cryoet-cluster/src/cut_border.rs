use cryoet_core::ndarray::{Array3, ArrayView3};

use crate::components::components;
use crate::{ClusterError, Connectivity, ForegroundBuilder};

/// Sets to background the connected components that touch faces of a tile: VP-Detector's rule for merging tiles that overlap,
/// where a particle cut by one tile's border lies whole in its neighbour.
///
/// `faces` says for each axis z, y, x whether the first and the last face cut; leave out those where the volume itself ends.
/// Labels do not part components: touching voxels of different labels are one. Voxels labelled 255 stay.
///
/// # Errors
/// More than 2^32 voxels.
///
/// ```
/// use cryoet_cluster::{Connectivity, cut_border};
/// use cryoet_core::ndarray::{Array3, s};
/// let mut tile = Array3::<u8>::zeros((8, 8, 8));
/// tile.slice_mut(s![0..3, 2..4, 2..4]).fill(1);
/// tile.slice_mut(s![5..7, 5..8, 5..7]).fill(2);
/// let whole = cut_border(tile.view(), Connectivity::Corners, [[true, true], [true, false], [true, true]])?;
/// assert_eq!((whole[[1, 2, 2]], whole[[5, 7, 5]]), (0, 2));
/// # Ok::<(), cryoet_cluster::ClusterError>(())
/// ```
pub fn cut_border(labels: ArrayView3<'_, u8>, connectivity: Connectivity, faces: [[bool; 2]; 3]) -> Result<Array3<u8>, ClusterError> {
    let shape: [usize; 3] = labels.dim().into();
    let mut builder = ForegroundBuilder::new(shape)?;
    builder.push_block([0; 3], labels, None)?;
    let foreground = builder.into_foreground()?;
    let clusters = components(&foreground, connectivity);
    let mut cut = vec![false; clusters.centres.len()];
    for (i, &component) in clusters.members.iter().enumerate() {
        let voxel = foreground.voxel(i);
        cut[component as usize] |=
            (0..3).any(|axis| (faces[axis][0] && voxel[axis] == 0) || (faces[axis][1] && voxel[axis] + 1 == shape[axis]));
    }
    let mut whole = labels.to_owned();
    for (i, &component) in clusters.members.iter().enumerate() {
        if cut[component as usize] {
            whole[foreground.voxel(i)] = 0;
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests;
