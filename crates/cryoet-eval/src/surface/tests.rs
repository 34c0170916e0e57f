use cryoet_core::ClassLabel;
use cryoet_core::ndarray::Array3;
use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn is_the_distance_to_the_nearest_voxel(
        set in proptest::collection::vec((0usize..8, 0usize..8, 0usize..8), 1..30), place in (-5.0..12.0, -5.0..12.0, -5.0..12.0),
    ) {
        let mut mask = Array3::from_elem((8, 8, 8), false);
        set.iter().for_each(|&(z, y, x)| mask[[z, y, x]] = true);
        let position = Position::new(place.0, place.1, place.2).unwrap();
        let inside = position.voxel([8, 8, 8]).is_some_and(|voxel| mask[voxel]);
        let nearest = set.iter().map(|&(z, y, x)| position.distance(&Position::from_index([z, y, x]))).fold(f64::INFINITY, f64::min);
        let found = distances_to_mask(&[Particle::new(ClassLabel::new(1), position)], mask.view()).unwrap()[0];
        let expected = if inside { 0.0 } else { nearest };
        prop_assert!((found - expected).abs() < 1e-9);
    }
}

#[test]
fn an_empty_mask_has_no_distance() {
    assert_eq!(distances_to_mask(&[], Array3::from_elem((4, 4, 4), false).view()), None);
}
