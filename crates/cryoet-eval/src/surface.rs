use cryoet_core::ndarray::ArrayView3;
use cryoet_core::{Particle, Position};
use kiddo::{ImmutableKdTree, SquaredEuclidean};

/// How far each particle lies from a structure such as a membrane, in voxels; none when the mask has no voxel.
///
/// `mask` is `[z, y, x]`. The distance is to the centre of the nearest voxel of the mask, and 0 for particles whose own voxel is set. The DeepFinder
/// paper tells membrane-bound from free ribosomes so: a distance near the particle's radius means bound.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::{ClassLabel, Particle, Position};
/// use cryoet_eval::{Histogram, distances_to_mask};
///
/// let membrane = Array3::from_shape_fn((10, 10, 30), |(_, _, x)| x == 3);
/// let at = |x| Position::new(5.0, 5.0, x).map(|position| Particle::new(ClassLabel::new(1), position));
/// let distances = distances_to_mask(&[at(7.5)?, at(3.2)?, at(20.0)?], membrane.view()).unwrap();
/// assert_eq!(distances, [4.5, 0.0, 17.0]);
/// let histogram = Histogram::of(distances.iter().copied(), 0.0, 5.0, 4);
/// assert_eq!(histogram.counts, [2, 0, 0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn distances_to_mask(particles: &[Particle], mask: ArrayView3<'_, bool>) -> Option<Vec<f64>> {
    let shape: [usize; 3] = mask.dim().into();
    let surface: Vec<[f64; 3]> = mask
        .indexed_iter()
        .filter(|&((z, y, x), &set)| set && on_surface(mask, [z, y, x]))
        .map(|((z, y, x), _)| [z as f64, y as f64, x as f64])
        .collect();
    if surface.is_empty() {
        return None;
    }
    let tree: ImmutableKdTree<f64, 3> = ImmutableKdTree::new_from_slice(&surface).ok()?;
    let distance = |position: &Position| match position.voxel(shape) {
        Some(voxel) if mask[voxel] => 0.0,
        _ => tree.query(&position.zyx()).nearest_one::<SquaredEuclidean<f64>>().execute().distance.sqrt(),
    };
    Some(particles.iter().map(|particle| distance(&particle.position)).collect())
}

/// Whether a voxel of the mask has a face towards a voxel outside it, or towards the volume's end.
fn on_surface(mask: ArrayView3<'_, bool>, voxel: [usize; 3]) -> bool {
    (0..3).any(|axis| {
        [voxel[axis].wrapping_sub(1), voxel[axis] + 1].into_iter().any(|beside| {
            let mut at = voxel;
            at[axis] = beside;
            mask.get(at).is_none_or(|set| !set)
        })
    })
}

#[cfg(test)]
mod tests;
