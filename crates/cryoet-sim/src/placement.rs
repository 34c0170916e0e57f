use cryoet_core::ndarray::{ArrayViewMut3, s};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use crate::Stamp;
use crate::random::{Purpose, stream};

/// Why stamps could not be placed.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum PlacementError {
    /// A stamp occupies no voxel.
    #[error("particle {index} is smaller than a voxel")]
    Empty {
        /// Which stamp, from 0.
        index: usize,
    },
    /// A stamp is larger than the volume.
    #[error("particle {index} spans {extent:?} voxels (z, y, x): more than the volume's {shape:?}")]
    TooLarge {
        /// Which stamp, from 0.
        index: usize,
        /// Its extent in voxels.
        extent: [usize; 3],
        /// The volume's shape.
        shape: [usize; 3],
    },
    /// No free place was found.
    #[error("no free place for particle {index} of {count} in {tries} tries: ask for fewer particles or a larger volume")]
    Full {
        /// Which stamp, from 0.
        index: usize,
        /// How many there are.
        count: usize,
        /// How many places were tried.
        tries: u32,
    },
}

/// Places stamps at random into the free voxels (0) of an occupancy volume `[z, y, x]`, wholly inside it and without a voxel in
/// common, and writes ids `first_id`, `first_id + 1`, ... into the voxels they occupy.
///
/// Returns the voxel of each stamp's reference point, z, y, x; it lies outside the volume only where the shape does not surround it.
/// Large stamps first make room for more. `tries` is how many places
/// each stamp may try (SHREC'20: 5,000).
///
/// # Errors
/// A stamp larger than the volume; no free place in so many tries.
///
/// ```
/// use cryoet_core::{Orientation, ndarray::Array3};
/// use cryoet_sim::{Complex, place};
/// let stamp = Complex::builtin("1s3x")?.stamp(&Orientation::identity(), 10.0);
/// let mut occupancy = Array3::zeros((32, 32, 32));
/// let places = place(&[stamp.clone(), stamp], occupancy.view_mut(), 1, 5000, 42)?;
/// assert_eq!(places.len(), 2);
/// assert!(occupancy.iter().any(|&id| id == 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn place(
    stamps: &[Stamp],
    occupancy: ArrayViewMut3<'_, u32>,
    first_id: u32,
    tries: u32,
    seed: u64,
) -> Result<Vec<[i64; 3]>, PlacementError> {
    let stamps: Vec<&Stamp> = stamps.iter().collect();
    let placed = place_with(&stamps, occupancy, first_id, tries, &mut stream(seed, Purpose::Places, 0))?;
    Ok(placed.into_iter().map(|place| place.at).collect())
}

/// Where a stamp found room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The voxel of its reference point, z, y, x.
    pub(crate) at: [i64; 3],
    /// How many places were tried, this one included.
    pub(crate) tries: u32,
}

pub(crate) fn place_with(
    stamps: &[&Stamp],
    mut occupancy: ArrayViewMut3<'_, u32>,
    first_id: u32,
    tries: u32,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Place>, PlacementError> {
    let shape: [usize; 3] = occupancy.dim().into();
    let mut places = Vec::with_capacity(stamps.len());
    for (index, stamp) in stamps.iter().enumerate() {
        let Some((low, high)) = stamp.bounds() else {
            return Err(PlacementError::Empty { index });
        };
        let extent: [usize; 3] = std::array::from_fn(|axis| (high[axis] - low[axis] + 1) as usize);
        if (0..3).any(|axis| extent[axis] > shape[axis]) {
            return Err(PlacementError::TooLarge { index, extent, shape });
        }
        let found = (1..=tries).find_map(|tried| {
            let corner: [usize; 3] = std::array::from_fn(|axis| rng.random_range(0..=shape[axis] - extent[axis]));
            let at = |offset: [i32; 3]| -> [usize; 3] { std::array::from_fn(|axis| corner[axis] + (offset[axis] - low[axis]) as usize) };
            let free = stamp.voxels().iter().filter(|v| v.occupied).all(|v| occupancy[at(v.offset)] == 0);
            free.then_some((corner, tried))
        });
        let Some((corner, tried)) = found else {
            return Err(PlacementError::Full { index, count: stamps.len(), tries });
        };
        let id = first_id + index as u32;
        let [nz, ny, nx] = extent;
        let mut window = occupancy.slice_mut(s![corner[0]..corner[0] + nz, corner[1]..corner[1] + ny, corner[2]..corner[2] + nx]);
        for voxel in stamp.voxels().iter().filter(|v| v.occupied) {
            window[std::array::from_fn::<usize, 3, _>(|axis| (voxel.offset[axis] - low[axis]) as usize)] = id;
        }
        places.push(Place { at: std::array::from_fn(|axis| corner[axis] as i64 - i64::from(low[axis])), tries: tried });
    }
    Ok(places)
}
