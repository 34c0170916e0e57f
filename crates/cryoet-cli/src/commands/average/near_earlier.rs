use std::collections::HashMap;

use cryoet::{Particle, Position};

/// Of two particles this near, in voxels, one is the other again.
const NEAR: f64 = 1.0;

/// How many particles lie within a voxel of an earlier one of the same tomogram.
pub(super) fn near_earlier<'a>(tomograms: impl Iterator<Item = &'a [Particle]>) -> usize {
    tomograms.map(near_earlier_in_one).sum()
}

fn near_earlier_in_one(particles: &[Particle]) -> usize {
    // Cells of the distance's edge: what is near lies in a neighbour.
    let mut cells: HashMap<[i64; 3], Vec<Position>> = HashMap::new();
    let mut count = 0;
    for Particle { position, .. } in particles {
        let cell = position.zyx().map(|coordinate| (coordinate / NEAR).floor() as i64);
        let is_near = (0..27_i64).any(|i| {
            let neighbour: [i64; 3] = std::array::from_fn(|axis| cell[axis].saturating_add([i / 9, i / 3 % 3, i % 3][axis] - 1));
            cells.get(&neighbour).is_some_and(|there| there.iter().any(|other| other.distance_squared(position) <= NEAR * NEAR))
        });
        count += usize::from(is_near);
        cells.entry(cell).or_default().push(*position);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::ClassLabel;

    #[test]
    fn counts_each_repeated_particle_once_and_tomograms_apart() {
        let list = |places: &[[f64; 3]]| -> Vec<Particle> {
            let particle = |&[z, y, x]: &[f64; 3]| Particle::new(ClassLabel::new(1), Position::new(z, y, x).unwrap());
            places.iter().map(particle).collect()
        };
        let first = list(&[[5.0, 5.0, 5.0], [5.0, 5.0, 5.9], [5.0, 5.0, 5.0], [5.0, 6.6, 5.0], [-0.2, 0.0, 0.0], [0.2, 0.0, 0.0]]);
        let second = list(&[[5.0, 5.0, 5.0], [6.0, 6.0, 5.0]]);
        assert_eq!(near_earlier([first.as_slice(), second.as_slice()].into_iter()), 3);
    }
}
