use cryoet_core::ndarray::{ArrayViewMut3, Axis};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use crate::random::{Purpose, stream};

/// Potential over ice, in volt, at which a voxel holds no solvent.
const FULL: f32 = 1.4;

/// Lets the solvent of a specimen `[z, y, x]`, in volt over ice, fluctuate: each voxel gets a normal number of standard deviation
/// `sigma`, in volt, times the share of it that is solvent (none from 1.4 V on).
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// let mut specimen = Array3::<f32>::zeros((4, 4, 4));
/// specimen[[1, 1, 1]] = 2.0;
/// cryoet_sim::add_solvent_noise(specimen.view_mut(), 0.1, 1);
/// assert_eq!(specimen[[1, 1, 1]], 2.0);
/// assert_ne!(specimen[[0, 0, 0]], 0.0);
/// ```
pub fn add_solvent_noise(mut specimen: ArrayViewMut3<'_, f32>, sigma: f64, seed: u64) {
    let sigma = sigma as f32;
    specimen.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().enumerate().for_each(|(z, mut plane)| {
        let mut rng = stream(seed, Purpose::Solvent, z);
        plane.iter_mut().for_each(|v| {
            let noise: f32 = rng.sample(StandardNormal);
            *v += sigma * noise * (1.0 - v.clamp(0.0, FULL) / FULL);
        });
    });
}
