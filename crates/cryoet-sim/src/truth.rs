use cryoet_core::ndarray::{Array3, ArrayView3, s};
use cryoet_core::{ClassLabel, Particle};

/// The class of each voxel, from its particle's id (1-based, 0 for none) and the particles.
///
/// Ids without a particle count as background.
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, ndarray::Array3};
/// let mut occupancy = Array3::<u32>::zeros((2, 2, 2));
/// occupancy[[1, 0, 1]] = 1;
/// let particles = [Particle::new(ClassLabel::new(7), Position::new(1.0, 0.0, 1.0)?)];
/// let classes = cryoet_sim::class_volume(occupancy.view(), &particles);
/// assert_eq!((classes[[1, 0, 1]], classes[[0, 0, 0]]), (7, 0));
/// # Ok::<(), cryoet_core::NonFinitePosition>(())
/// ```
pub fn class_volume(occupancy: ArrayView3<'_, u32>, particles: &[Particle]) -> Array3<u8> {
    occupancy.mapv(|id| particle_of(id, particles).map_or(ClassLabel::BACKGROUND, |p| p.class).get())
}

/// The bounding box of each particle's voxels, filled with its id: what SHREC's evaluation calls hitboxes.
///
/// Where boxes overlap, an occupied voxel belongs to the particle that occupies it, and a free one to the particle whose position is
/// nearest (the lower id of two as near).
///
/// ```
/// use cryoet_core::{ClassLabel, Particle, Position, ndarray::Array3};
/// let mut occupancy = Array3::<u32>::zeros((1, 3, 3));
/// occupancy[[0, 0, 0]] = 1;
/// occupancy[[0, 2, 2]] = 1;
/// let particles = [Particle::new(ClassLabel::new(1), Position::new(0.0, 1.0, 1.0)?)];
/// assert!(cryoet_sim::hitboxes(occupancy.view(), &particles).iter().all(|&id| id == 1));
/// # Ok::<(), cryoet_core::NonFinitePosition>(())
/// ```
pub fn hitboxes(occupancy: ArrayView3<'_, u32>, particles: &[Particle]) -> Array3<u32> {
    let mut boxes = vec![None::<([usize; 3], [usize; 3])>; particles.len()];
    for ((z, y, x), &id) in occupancy.indexed_iter() {
        if let Some(bounds) = (id as usize).checked_sub(1).and_then(|i| boxes.get_mut(i)) {
            let at = [z, y, x];
            let (low, high) = bounds.get_or_insert((at, at));
            for axis in 0..3 {
                low[axis] = low[axis].min(at[axis]);
                high[axis] = high[axis].max(at[axis]);
            }
        }
    }
    let mut owners = Array3::<u32>::zeros(occupancy.dim());
    for (i, bounds) in boxes.iter().enumerate() {
        let Some((low, high)) = *bounds else { continue };
        let window = s![low[0]..=high[0], low[1]..=high[1], low[2]..=high[2]];
        let occupied = occupancy.slice(window);
        for ((offset, owner), &id) in owners.slice_mut(window).indexed_iter_mut().zip(occupied.iter()) {
            let at = [low[0] + offset.0, low[1] + offset.1, low[2] + offset.2];
            if id != 0 && particle_of(id, particles).is_some() {
                *owner = id;
            } else if *owner == 0 || distance_squared(at, &particles[i]) < distance_squared(at, &particles[*owner as usize - 1]) {
                *owner = i as u32 + 1;
            }
        }
    }
    owners
}

fn particle_of(id: u32, particles: &[Particle]) -> Option<&Particle> {
    (id as usize).checked_sub(1).and_then(|i| particles.get(i))
}

fn distance_squared(at: [usize; 3], particle: &Particle) -> f64 {
    at.iter().zip(particle.position.zyx()).map(|(&i, p)| (i as f64 - p).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::Position;

    #[test]
    fn free_voxels_of_two_boxes_go_to_the_nearer_particle() {
        let mut occupancy = Array3::<u32>::zeros((1, 4, 6));
        for (y, x, id) in [(0, 0, 1), (3, 4, 1), (0, 2, 2), (3, 5, 2)] {
            occupancy[[0, y, x]] = id;
        }
        let at = |y, x| Particle::new(ClassLabel::new(1), Position::new(0.0, y, x).unwrap());
        let owners = hitboxes(occupancy.view(), &[at(1.5, 2.0), at(1.5, 3.0)]);
        assert_eq!(owners[[0, 3, 4]], 1); // occupied by 1, though 2 is nearer
        assert_eq!(owners[[0, 0, 2]], 2); // occupied by 2, though 1 is nearer
        assert_eq!(owners[[0, 1, 4]], 2);
        assert_eq!(owners[[0, 1, 2]], 1);
        assert_eq!(owners[[0, 1, 5]], 2); // in box 2 alone
        assert_eq!(owners[[0, 1, 0]], 1); // in box 1 alone
    }
}
