use std::collections::BTreeMap;

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Particle, Position};

use crate::EvaluateError;

/// Makes the hitbox volume of a truth: each particle's bounding box, from its class's mask and its orientation.
///
/// `shape` is the volume's extent z, y, x; masks are `[z, y, x]`, and voxel floor(N / 2) of a mask lies on the particle's
/// position. A box spans, along each axis of the volume, the voxels from the one that holds the lowest turned mask voxel's
/// centre to the one that holds the highest. Particle i has id i + 1. Where boxes overlap, a voxel belongs to the particle
/// whose position is nearest, of equally near ones to the first. Particles without orientation are taken as the mask stands.
///
/// # Errors
/// A class without a mask, or with one that has no voxel; more particles than ids; a volume too large to address.
///
/// ```
/// use std::collections::BTreeMap;
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Orientation, Particle, Position};
/// use cryoet_eval::truth_hitboxes;
///
/// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, _)| z == 4 && y == 4); // along x
/// let class = ClassLabel::new(1);
/// let upright = Particle::new(class, Position::new(10.0, 10.0, 10.0)?).with_orientation(Orientation::from_zxz(90.0, 0.0, 0.0)?);
/// let boxes = truth_hitboxes([20, 20, 20], &[upright], &BTreeMap::from([(class, rod)]))?;
/// assert_eq!((boxes[[10, 6, 10]], boxes[[10, 14, 10]], boxes[[10, 10, 12]]), (1, 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn truth_hitboxes(
    shape: [usize; 3],
    truth: &[Particle],
    masks: &BTreeMap<ClassLabel, Array3<bool>>,
) -> Result<Array3<u32>, EvaluateError> {
    let limit = u32::MAX as usize - 1;
    if truth.len() > limit {
        return Err(EvaluateError::TooMany { count: truth.len(), limit });
    }
    let voxels = shape
        .iter()
        .try_fold(1usize, |n, &axis| n.checked_mul(axis))
        .filter(|n| n.checked_mul(4).is_some_and(|b| b <= isize::MAX as usize));
    if voxels.is_none() {
        return Err(EvaluateError::TooLarge { shape });
    }
    let outlines: BTreeMap<_, _> = masks.iter().map(|(&class, mask)| (class, outline(mask))).collect();
    let mut ids = Array3::<u32>::zeros(shape);
    for (index, particle) in truth.iter().enumerate() {
        let outline = outlines.get(&particle.class).filter(|outline| !outline.is_empty());
        let outline = outline.ok_or(EvaluateError::NoMask { particle: index, class: particle.class })?;
        let bounds = bounds(particle, outline);
        let [zs, ys, xs]: [_; 3] = std::array::from_fn(|axis| {
            let [low, high] = bounds[axis];
            // Casts saturate: what lies before the volume becomes 0.
            let end = if high < -0.5 { 0 } else { ((high + 0.5).floor() as usize).saturating_add(1).min(shape[axis]) };
            ((low + 0.5).floor() as usize).min(end)..end
        });
        for z in zs {
            for y in ys.clone() {
                for x in xs.clone() {
                    let voxel = Position::from_index([z, y, x]);
                    let id = &mut ids[[z, y, x]];
                    let owner = (*id as usize).checked_sub(1).map(|other| voxel.distance_squared(&truth[other].position));
                    if owner.is_none_or(|distance| voxel.distance_squared(&particle.position) < distance) {
                        *id = index as u32 + 1;
                    }
                }
            }
        }
    }
    Ok(ids)
}

/// The ends of a mask's rows, as offsets z, y, x from its reference voxel: the farthest voxel in any direction is among them.
fn outline(mask: &Array3<bool>) -> Vec<[f64; 3]> {
    let (nz, ny, nx) = mask.dim();
    let reference = [nz, ny, nx].map(|n| (n / 2) as f64);
    let mut ends = Vec::new();
    for z in 0..nz {
        for y in 0..ny {
            let set = || (0..nx).filter(|&x| mask[[z, y, x]]);
            for x in [set().next(), set().next_back()].into_iter().flatten() {
                ends.push([z as f64 - reference[0], y as f64 - reference[1], x as f64 - reference[2]]);
            }
        }
    }
    ends
}

/// The lowest and highest place along each axis of the volume.
fn bounds(particle: &Particle, outline: &[[f64; 3]]) -> [[f64; 2]; 3] {
    let place = particle.position.zyx();
    let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
    for &offset in outline {
        let turned = particle.orientation.map_or(offset, |turn| turn.rotate_zyx(offset));
        for axis in 0..3 {
            // Rounding of turns must not add a voxel to a box that ends exactly between two.
            let at = ((place[axis] + turned[axis]) * 1e9).round() / 1e9;
            bounds[axis] = [bounds[axis][0].min(at), bounds[axis][1].max(at)];
        }
    }
    bounds
}

#[cfg(test)]
mod tests;
