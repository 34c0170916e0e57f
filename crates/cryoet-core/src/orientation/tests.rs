use approx::{assert_abs_diff_eq, assert_relative_eq};
use proptest::prelude::*;

use super::*;

fn rows_close(a: [[f64; 3]; 3], b: [[f64; 3]; 3], epsilon: f64) {
    for i in 0..3 {
        for j in 0..3 {
            assert_abs_diff_eq!(a[i][j], b[i][j], epsilon = epsilon);
        }
    }
}

/// Oracle: SciPy 1.17.1, `Rotation.from_euler("zxz", [10, 50, 30], degrees=True).as_matrix()`, whose extrinsic turns are
/// about z by 10, then x by 50, then z by 30: Rz(psi = 30) Rx(the = 50) Rz(phi = 10).
#[test]
fn zxz_agrees_with_scipy() {
    let ours = Orientation::from_zxz(10.0, 30.0, 50.0).unwrap().matrix();
    rows_close(
        ours,
        [
            [0.797059083428, -0.4668948439602, 0.3830222215595],
            [0.5890686768929, 0.4613892361971, -0.6634139481689],
            [0.1330222215595, 0.7544065067355, 0.6427876096865],
        ],
        1e-12,
    );
}

/// Oracle: SciPy 1.17.1, `Rotation.from_euler("ZYZ", [10, 20, 30], degrees=True).inv().as_matrix()`, whose intrinsic turns
/// are Rz(rot = 10) Ry(tilt = 20) Rz(psi = 30) before the inverse.
#[test]
fn relion_agrees_with_scipy() {
    let ours = Orientation::from_relion(10.0, 20.0, 30.0).unwrap().matrix();
    rows_close(
        ours,
        [
            [0.7146101771428, 0.633718360862, -0.296198132726],
            [-0.6130920223796, 0.7712805763692, 0.1710100716628],
            [0.3368240888335, 0.0593911746139, 0.9396926207859],
        ],
        1e-12,
    );
}

#[test]
fn poles_round_trip() {
    for the in [0.0, 180.0] {
        for turn in [-170.0, -20.0, 0.0, 35.0, 120.0] {
            let zxz = Orientation::from_zxz(turn, 15.0, the).unwrap();
            let (phi, psi, back) = zxz.to_zxz();
            assert!(zxz.angle_to(&Orientation::from_zxz(phi, psi, back).unwrap()) < 1e-6);
            let (rot, tilt, psi) = zxz.to_relion();
            assert!(zxz.angle_to(&Orientation::from_relion(rot, tilt, psi).unwrap()) < 1e-6);
        }
    }
}

#[test]
fn refuses_what_is_no_rotation() {
    assert!(matches!(Orientation::from_zxz(f64::NAN, 0.0, 0.0), Err(OrientationError::NonFinite { .. })));
    let mirror = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]];
    assert!(matches!(Orientation::from_matrix(mirror), Err(OrientationError::NotARotation { .. })));
    let overflowing = [[1e200, 1e200, 0.0], [1e200, -1e200, 0.0], [0.0, 0.0, 1.0]];
    assert!(matches!(Orientation::from_matrix(overflowing), Err(OrientationError::NotARotation { .. })));
    assert_eq!(Orientation::from_quaternion([0.0; 4]), Err(OrientationError::ZeroQuaternion));
}

#[test]
fn a_quaternion_may_have_any_length() {
    let quarter = Orientation::from_zxz(90.0, 0.0, 0.0).unwrap();
    for length in [1e-200, 1e-3, 1.0, 7.0, 1e200] {
        assert!(Orientation::from_quaternion([length, 0.0, 0.0, length]).unwrap().angle_to(&quarter) < 1e-5, "{length}");
    }
}

proptest! {
    #[test]
    fn every_convention_round_trips(phi in -180.0..180.0, psi in -180.0..180.0, the in 0.0..180.0) {
        let start = Orientation::from_zxz(phi, psi, the).unwrap();
        let (a, b, c) = start.to_zxz();
        assert!(start.angle_to(&Orientation::from_zxz(a, b, c).unwrap()) < 1e-5);
        let (a, b, c) = start.to_relion();
        assert!(start.angle_to(&Orientation::from_relion(a, b, c).unwrap()) < 1e-5);
        assert!(start.angle_to(&Orientation::from_matrix(start.matrix()).unwrap()) < 1e-5);
        assert!(start.angle_to(&Orientation::from_quaternion(start.quaternion()).unwrap()) < 1e-5);
        assert!(start.then(&start.inverse()).angle_to(&Orientation::identity()) < 1e-5);
    }

    #[test]
    fn turning_keeps_lengths(phi in -180.0..180.0, the in 0.0..180.0, z in -9.0..9.0, y in -9.0..9.0, x in -9.0..9.0) {
        let v = Orientation::from_zxz(phi, 11.0, the).unwrap().rotate_zyx([z, y, x]);
        assert_relative_eq!(v.iter().map(|c| c * c).sum::<f64>(), z * z + y * y + x * x, epsilon = 1e-9);
    }
}
