use cryoet_core::ndarray::{Array3, ArrayView3, s};

/// Images `[tilt, y, u]` averaged over `factor` by `factor` pixels; rows and columns that fill no bin are left out. A factor of 0
/// counts as 1.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// let images = Array3::from_shape_fn((1, 4, 5), |(_, _, u)| u as f32);
/// let binned = cryoet_sim::bin_images(images.view(), 2);
/// assert_eq!((binned.dim(), binned[[0, 1, 1]]), ((1, 2, 2), 2.5));
/// ```
pub fn bin_images(images: ArrayView3<'_, f32>, factor: usize) -> Array3<f32> {
    let k = factor.max(1);
    let (tilts, ny, nx) = images.dim();
    let norm = 1.0 / (k * k) as f32;
    Array3::from_shape_fn((tilts, ny / k, nx / k), |(t, y, x)| {
        images.slice(s![t, y * k..(y + 1) * k, x * k..(x + 1) * k]).iter().sum::<f32>() * norm
    })
}

/// An occupancy volume `[z, y, x]` in bins of `factor` voxels a side: a bin of which half or more is occupied belongs to the particle that
/// has most of it (the lower id of two that have as much). A factor of 0 counts as 1.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// let mut occupancy = Array3::<u32>::zeros((2, 2, 4));
/// occupancy.slice_mut(cryoet_core::ndarray::s![.., .., 0]).fill(7);
/// occupancy[[0, 0, 2]] = 9;
/// assert_eq!(cryoet_sim::bin_occupancy(occupancy.view(), 2).into_raw_vec_and_offset().0, [7, 0]);
/// ```
pub fn bin_occupancy(occupancy: ArrayView3<'_, u32>, factor: usize) -> Array3<u32> {
    let k = factor.max(1);
    let (nz, ny, nx) = occupancy.dim();
    let mut ids = Vec::with_capacity(k * k * k);
    Array3::from_shape_fn((nz / k, ny / k, nx / k), |(z, y, x)| {
        ids.clear();
        ids.extend(occupancy.slice(s![z * k..(z + 1) * k, y * k..(y + 1) * k, x * k..(x + 1) * k]).iter().filter(|id| **id > 0));
        if 2 * ids.len() < k * k * k {
            return 0;
        }
        ids.sort_unstable();
        let mut most = (0, 0);
        for run in ids.chunk_by(|a, b| a == b) {
            if run.len() > most.0 {
                most = (run.len(), run[0]);
            }
        }
        most.1
    })
}
