use cryoet_core::Position;

use super::*;

fn at(class: u8, z: f64, y: f64, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(z, y, x).unwrap())
}

#[test]
fn gaussians_agree_with_their_formula_and_keep_to_their_class() {
    let particles = [at(1, 5.3, 6.1, 4.0), at(1, 7.0, 7.5, 9.0), at(5, 2.0, 2.0, 15.0), at(5, -30.0, 0.0, 0.0)];
    let sigmas = [(1, 1.5), (5, 0.8)].map(|(class, sigma)| (ClassLabel::new(class), sigma)).into();
    let maps = gaussian_targets([12, 13, 14], &particles, &sigmas).unwrap();
    for ((channel, z, y, x), &value) in maps.indexed_iter() {
        let (class, sigma) = [(1, 1.5f64), (5, 0.8)][channel];
        let voxel = Position::from_index([z, y, x]);
        let distances = particles.iter().filter(|p| p.class.get() == class).map(|p| p.position.distance(&voxel));
        let nearest = distances.fold(f64::INFINITY, f64::min);
        let expected = if nearest <= 3.0 * sigma { (-nearest * nearest / (2.0 * sigma * sigma)).exp() } else { 0.0 };
        assert!((f64::from(value) - expected).abs() < 1e-6, "{value} for {expected} at {:?}", [channel, z, y, x]);
    }
}

#[test]
fn odd_input_has_an_answer() {
    let sigmas = BTreeMap::from([(ClassLabel::new(1), 2.0)]);
    assert!(matches!(gaussian_targets([4, 4, 4], &[at(2, 0.0, 0.0, 0.0)], &sigmas), Err(TargetError::NoRadius { .. })));
    assert!(matches!(gaussian_targets([usize::MAX, 4, 4], &[], &sigmas), Err(TargetError::TooLarge { .. })));
    assert_eq!(gaussian_targets([0, 4, 4], &[at(1, 0.0, 0.0, 0.0)], &sigmas).unwrap().len(), 0);
    let point = gaussian_targets([4, 4, 4], &[at(1, 1.0, 2.0, 3.0)], &BTreeMap::from([(ClassLabel::new(1), 1e-200)])).unwrap();
    assert_eq!((point[[0, 1, 2, 3]], point.sum()), (1.0, 1.0));
    assert_eq!(point_targets([4, 4, 4], &[at(2, 9.0, 0.0, 0.0), at(2, 3.0, 0.0, 0.0)]).unwrap().skipped, [0]);
    assert!(matches!(point_targets([4, 4, 4], &[at(255, 0.0, 0.0, 0.0)]), Err(TargetError::ReservedLabel { .. })));
}
