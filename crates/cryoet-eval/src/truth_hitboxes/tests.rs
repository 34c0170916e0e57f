use cryoet_core::Orientation;
use proptest::prelude::*;

use super::*;
use crate::{HitboxProtocol, evaluate_hitboxes};

fn at(z: f64, y: f64, x: f64) -> Particle {
    Particle::new(ClassLabel::new(1), Position::new(z, y, x).unwrap())
}

fn brick() -> BTreeMap<ClassLabel, Array3<bool>> {
    [(ClassLabel::new(1), Array3::from_shape_fn((9, 9, 9), |(z, y, x)| z == 4 && (3..6).contains(&y) && x >= 1))].into()
}

proptest! {
    #[test]
    fn holds_every_turned_mask_voxel_and_no_more(
        place in (8.0..16.0, 8.0..16.0, 8.0..16.0), turn in (-180.0..180.0, -180.0..180.0, 0.0..180.0),
    ) {
        let turn = Orientation::from_zxz(turn.0, turn.1, turn.2).unwrap();
        let particle = at(place.0, place.1, place.2).with_orientation(turn);
        let ids = truth_hitboxes([24, 24, 24], std::slice::from_ref(&particle), &brick()).unwrap();
        let mask = &brick()[&ClassLabel::new(1)];
        let mut bounds = [[usize::MAX, 0]; 3];
        for ((z, y, x), _) in mask.indexed_iter().filter(|(_, set)| **set) {
            let offset = turn.rotate_zyx([z as f64 - 4.0, y as f64 - 4.0, x as f64 - 4.0]);
            let voxel = Position::new(place.0 + offset[0], place.1 + offset[1], place.2 + offset[2]).unwrap().voxel([24, 24, 24]).unwrap();
            for axis in 0..3 {
                bounds[axis] = [bounds[axis][0].min(voxel[axis]), bounds[axis][1].max(voxel[axis])];
            }
        }
        for ((z, y, x), &id) in ids.indexed_iter() {
            let inside = [z, y, x].iter().zip(bounds).all(|(&i, [low, high])| (low..=high).contains(&i));
            prop_assert_eq!(id == 1, inside);
        }
    }
}

#[test]
fn the_nearest_particle_owns_shared_voxels() {
    let truth = [at(5.0, 5.0, 5.0), at(5.0, 5.0, 11.0), at(-99.0, 5.0, 5.0)];
    let ids = truth_hitboxes([10, 10, 20], &truth, &brick()).unwrap();
    assert_eq!((ids[[5, 5, 7]], ids[[5, 5, 8]], ids[[5, 5, 9]]), (1, 1, 2)); // 8 is equally far: the first
    let evaluation = evaluate_hitboxes(&truth, &truth[..2], ids.view(), &HitboxProtocol::default()).unwrap();
    assert_eq!(evaluation.matches, [Some(0), Some(1), None]);
}

#[test]
fn refuses_what_has_no_box() {
    let error = truth_hitboxes([8, 8, 8], &[at(1.0, 1.0, 1.0)], &BTreeMap::new()).unwrap_err();
    assert_eq!(error, EvaluateError::NoMask { particle: 0, class: ClassLabel::new(1) });
    let empty = [(ClassLabel::new(1), Array3::from_elem((3, 3, 3), false))].into();
    assert!(matches!(truth_hitboxes([8, 8, 8], &[at(1.0, 1.0, 1.0)], &empty), Err(EvaluateError::NoMask { .. })));
    assert!(matches!(truth_hitboxes([usize::MAX, 2, 2], &[], &empty), Err(EvaluateError::TooLarge { .. })));
}
