use std::collections::BTreeMap;

use cryoet_core::ndarray::{Array3, Array4, Axis};
use cryoet_core::{ClassLabel, Particle};
use rayon::prelude::*;

use crate::solid::indices_within;
use crate::{TargetError, Targets};

/// Beyond this many standard deviations a Gaussian counts as 0; it has fallen to 1.1 %.
const REACH: f64 = 3.0;

/// Draws every particle as a Gaussian of its class: heat maps for networks that learn centres instead of shapes.
///
/// `shape` is the volume's extent z, y, x; `sigmas` are the standard deviations in voxels. The result is `[class, z, y, x]`,
/// classes by rising label of `sigmas`, without background; each map is 1 at a particle's (unrounded) centre, falls as
/// `exp(-d^2 / 2 sigma^2)` and ends at 3 sigma. Where Gaussians of one class overlap the larger value stands.
///
/// # Errors
/// A particle whose class has no sigma; a sigma that is not positive and finite; class 0 or 255; a volume too large to address.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::gaussian_targets;
///
/// let class = ClassLabel::new(4);
/// let particle = Particle::new(class, Position::new(8.0, 8.0, 8.0)?);
/// let maps = gaussian_targets([16, 16, 16], &[particle], &BTreeMap::from([(class, 2.0)]))?;
/// assert_eq!(maps.dim(), (1, 16, 16, 16));
/// assert_eq!(maps[[0, 8, 8, 8]], 1.0);
/// assert!((maps[[0, 8, 8, 10]] - (-0.5f32).exp()).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn gaussian_targets(shape: [usize; 3], particles: &[Particle], sigmas: &BTreeMap<ClassLabel, f64>) -> Result<Array4<f32>, TargetError> {
    crate::sphere::check_radii(sigmas)?;
    for (index, particle) in particles.iter().enumerate() {
        crate::sphere::radius_of(sigmas, index, particle)?;
    }
    let bytes = shape.iter().try_fold(4 * sigmas.len().max(1), |n, &axis| n.checked_mul(axis));
    if bytes.is_none_or(|n| n > isize::MAX as usize) {
        return Err(TargetError::TooLarge { shape });
    }
    let [nz, ny, nx] = shape;
    let mut maps = Array4::<f32>::zeros((sigmas.len(), nz, ny, nx));
    let mut by_class: Vec<_> = sigmas.iter().zip(maps.axis_iter_mut(Axis(0))).collect();
    by_class.par_iter_mut().for_each(|((class, sigma), map)| {
        for particle in particles.iter().filter(|particle| particle.class == **class) {
            let centre = particle.position.zyx();
            let reach = REACH * **sigma;
            let [zs, ys, xs] = std::array::from_fn(|axis| indices_within(centre[axis] - reach, centre[axis] + reach, shape[axis]));
            for z in zs {
                for y in ys.clone() {
                    let beside = (z as f64 - centre[0]).powi(2) + (y as f64 - centre[1]).powi(2);
                    for x in xs.clone() {
                        let square = beside + (x as f64 - centre[2]).powi(2);
                        if square <= reach * reach {
                            let value = &mut map[[z, y, x]];
                            *value = value.max((-square / **sigma / **sigma / 2.0).exp() as f32);
                        }
                    }
                }
            }
        }
    });
    Ok(maps)
}

/// Marks every particle by the one voxel that holds its centre.
///
/// `shape` is the volume's extent z, y, x. Of particles in the same voxel the last counts; particles outside are listed in
/// [`Targets::skipped`].
///
/// # Errors
/// A particle of class 0 or 255; a volume too large to address.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_targets::point_targets;
/// let particle = Particle::new(ClassLabel::new(3), Position::new(1.4, 2.6, 0.0)?);
/// let targets = point_targets([4, 4, 4], &[particle])?;
/// assert_eq!(targets.labels[[1, 3, 0]], 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn point_targets(shape: [usize; 3], particles: &[Particle]) -> Result<Targets, TargetError> {
    let voxels = shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis));
    if voxels.is_none_or(|n| n > isize::MAX as usize) {
        return Err(TargetError::TooLarge { shape });
    }
    let mut targets = Targets { labels: Array3::zeros(shape), skipped: Vec::new() };
    for (index, particle) in particles.iter().enumerate() {
        let class = particle.class;
        if class.is_background() || class == ClassLabel::IGNORE {
            return Err(TargetError::ReservedLabel { class });
        }
        match particle.position.voxel(shape) {
            Some(voxel) => targets.labels[voxel] = class.get(),
            None => targets.skipped.push(index),
        }
    }
    Ok(targets)
}

/// Every radius times a share: balls smaller than the particles keep crowded neighbours apart. A ball of radius 0.49 or less fills half of no voxel.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ClassLabel;
/// let half = cryoet_targets::scaled_radii(&BTreeMap::from([(ClassLabel::new(1), 6.0)]), 0.5);
/// assert_eq!(half[&ClassLabel::new(1)], 3.0);
/// ```
pub fn scaled_radii(radii: &BTreeMap<ClassLabel, f64>, share: f64) -> BTreeMap<ClassLabel, f64> {
    radii.iter().map(|(&class, &radius)| (class, radius * share)).collect()
}

#[cfg(test)]
mod tests;
