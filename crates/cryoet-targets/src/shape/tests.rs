use cryoet_core::{Orientation, Position};
use proptest::prelude::*;

use super::*;

fn at(class: u8, z: f64, y: f64, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(z, y, x).unwrap())
}

/// An asymmetric body, so that no wrong turn leaves it unchanged.
fn elbow() -> Array3<bool> {
    Array3::from_shape_fn((12, 11, 10), |(z, y, x)| {
        let arm = (2..10).contains(&x) && (4..7).contains(&y) && (5..8).contains(&z);
        let hand = (2..4).contains(&x) && (4..10).contains(&y) && (5..11).contains(&z);
        arm || hand
    })
}

fn masks() -> BTreeMap<ClassLabel, Array3<bool>> {
    [(ClassLabel::new(1), elbow())].into()
}

/// Linear interpolation from the definition: eight products, zero outside the mask.
fn interpolated(mask: &Array3<bool>, at: [f64; 3]) -> f64 {
    let mut sum = 0.0;
    for corner in 0..8usize {
        let bits = [corner >> 2, corner >> 1 & 1, corner & 1];
        let (mut weight, mut index) = (1.0, [0i64; 3]);
        for axis in 0..3 {
            let floor = at[axis].floor();
            let fraction = at[axis] - floor;
            weight *= if bits[axis] == 1 { fraction } else { 1.0 - fraction };
            index[axis] = floor as i64 + bits[axis] as i64;
        }
        let inside = index.iter().zip(mask.shape()).all(|(&i, &n)| i >= 0 && i < n as i64);
        if inside && mask[index.map(|i| i as usize)] {
            sum += weight;
        }
    }
    sum
}

proptest! {
    #[test]
    fn agrees_with_the_definition(
        z in -6.0..30.0, y in -6.0..30.0, x in -6.0..30.0, phi in -180.0..180.0, psi in -180.0..180.0, the in 0.0..180.0,
    ) {
        let turn = Orientation::from_zxz(phi, psi, the).unwrap();
        let particle = at(1, z, y, x).with_orientation(turn);
        let targets = shape_targets([24, 23, 22], &[particle], &masks(), &TargetParams::default()).unwrap();
        let mask = elbow();
        for ((vz, vy, vx), &label) in targets.labels.indexed_iter() {
            let [dz, dy, dx] = turn.inverse().rotate_zyx([vz as f64 - z, vy as f64 - y, vx as f64 - x]);
            let value = interpolated(&mask, [dz + 6.0, dy + 5.0, dx + 5.0]);
            if (value - 0.5).abs() > 1e-9 {
                prop_assert_eq!(label == 1, value > 0.5, "voxel {:?}", [vz, vy, vx]);
            }
        }
    }
}

#[test]
fn without_orientation_the_mask_stands_as_it_is() {
    let targets = shape_targets([20, 20, 20], &[at(1, 8.0, 9.0, 7.0)], &masks(), &TargetParams::default()).unwrap();
    for ((z, y, x), &set) in elbow().indexed_iter() {
        assert_eq!(targets.labels[[z + 8 - 6, y + 9 - 5, x + 7 - 5]] == 1, set);
    }
    assert_eq!(targets.labels.iter().filter(|&&l| l == 1).count(), elbow().iter().filter(|&&set| set).count());
}

#[test]
fn quarter_turns_are_exact() {
    let quarter = Orientation::from_zxz(90.0, 0.0, 0.0).unwrap();
    let particle = at(1, 10.0, 10.0, 10.0).with_orientation(quarter);
    let targets = shape_targets([21, 21, 21], &[particle], &masks(), &TargetParams::default()).unwrap();
    for ((z, y, x), &set) in elbow().indexed_iter() {
        // About z by 90 degrees: x becomes y, y becomes -x.
        assert_eq!(targets.labels[[10 + z - 6, 10 + x - 5, 10 + 5 - y]] == 1, set, "{:?}", [z, y, x]);
    }
}

#[test]
fn refuses_what_has_no_meaning() {
    let params = TargetParams::default();
    let empty = BTreeMap::from([(ClassLabel::new(1), Array3::from_elem((4, 4, 4), false))]);
    assert!(matches!(shape_targets([8, 8, 8], &[], &empty, &params), Err(TargetError::EmptyMask { shape: [4, 4, 4], .. })));
    let flat = BTreeMap::from([(ClassLabel::new(1), Array3::from_elem((0, 1 << 31, 1 << 31), true))]);
    assert!(matches!(shape_targets([8, 8, 8], &[], &flat, &params), Err(TargetError::EmptyMask { .. })));
    assert!(matches!(shape_targets([8, 8, 8], &[at(2, 1.0, 1.0, 1.0)], &masks(), &params), Err(TargetError::NoMask { .. })));
    assert_eq!(shape_targets([8, 8, 8], &[at(1, 1.0, 1.0, 99.0)], &masks(), &params).unwrap().skipped, [0]);
}

#[test]
fn sinks_and_drawn_volumes_equal_targets() {
    let turned = |i: u8| Orientation::from_zxz(f64::from(i) * 31.0, f64::from(i) * 17.0, f64::from(i) * 7.0).unwrap();
    let particles: Vec<_> = (0..20).map(|i| at(1, f64::from(i) * 7.7, 10.2, 11.9).with_orientation(turned(i))).collect();
    let (shape, params) = ([150, 20, 22], TargetParams::default());
    let targets = shape_targets(shape, &particles, &masks(), &params).unwrap();
    let mut sink = cryoet_core::Volume::new(Array3::<u8>::zeros(shape));
    write_shapes(&mut sink, &particles, &masks(), &params, &()).unwrap();
    assert_eq!(sink.data(), &targets.labels);
    let mut drawn = Array3::from_elem(shape, 9u8);
    draw_shapes(&mut drawn, &particles, &masks(), &params).unwrap();
    assert_eq!(drawn, targets.labels.mapv(|label| if label == 0 { 9 } else { label }));
    let base = cryoet_core::Volume::new(Array3::from_elem(shape, 9u8));
    write_shapes_over(&base, &mut sink, &particles, &masks(), &params, &()).unwrap();
    assert_eq!(sink.data(), &drawn);
    erase_shapes(&mut drawn, &particles, &masks()).unwrap();
    assert!(drawn.iter().all(|&label| label == 9 || label == 0));
}

#[test]
fn a_margin_grows_uncertain_masks_about_the_same_place() {
    let turn = Orientation::from_zxz(90.0, 0.0, 0.0).unwrap();
    let particle = at(1, 12.0, 12.0, 12.0).with_orientation(turn);
    let draw = |params: &TargetParams| shape_targets([25, 25, 25], std::slice::from_ref(&particle), &masks(), params).unwrap().labels;
    let certain = draw(&TargetParams::default());
    let uncertain = TargetParams { uncertain_classes: [ClassLabel::new(1)].into(), uncertain_margin: 2.0, ..Default::default() };
    let around = draw(&uncertain);
    let near = |at: (usize, usize, usize)| {
        let voxel = Position::from_index([at.0, at.1, at.2]);
        certain.indexed_iter().any(|((z, y, x), &label)| label == 1 && voxel.distance_squared(&Position::from_index([z, y, x])) <= 4.0)
    };
    for (at, &label) in around.indexed_iter() {
        assert_eq!(label == 255, near(at), "{at:?}");
    }
    assert_eq!(draw(&TargetParams { uncertain_margin: 0.0, ..uncertain }), certain.mapv(|label| if label == 1 { 255 } else { 0 }));
    // Certain particles do not grow.
    assert_eq!(draw(&TargetParams { uncertain_margin: 2.0, ..Default::default() }), certain);
}
