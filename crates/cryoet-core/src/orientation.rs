use nalgebra::{Matrix3, Quaternion, Rotation3, UnitQuaternion, Vector3};
use thiserror::Error;

/// Below this sine of the middle angle, the other two turn about the same axis and only their sum is defined.
const POLE_SINE: f64 = 1e-12;

/// Why numbers are no orientation.
#[derive(Debug, Error, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum OrientationError {
    /// An angle or matrix element is NaN or infinite.
    #[error("orientation with the value {value}: expected finite numbers")]
    NonFinite {
        /// The offending value.
        value: f64,
    },
    /// The matrix is not orthonormal to 1e-3, or is a reflection.
    #[error("matrix is no rotation: it differs from orthonormal by {deviation:.3e} and has determinant {determinant:.3}")]
    NotARotation {
        /// Largest element of |M M^T - 1|.
        deviation: f64,
        /// The determinant, 1 for a rotation.
        determinant: f64,
    },
    /// A quaternion of length zero.
    #[error("quaternion of length zero")]
    ZeroQuaternion,
}

/// The active rotation that turns the reference into the particle, about the x, y, z axes.
///
/// Angles are in degrees. Both named conventions describe the same rotation:
///
/// ```
/// use cryoet_core::Orientation;
/// let turned = Orientation::from_zxz(30.0, 40.0, 50.0)?;
/// let (rot, tilt, psi) = turned.to_relion();
/// assert!(turned.angle_to(&Orientation::from_relion(rot, tilt, psi)?) < 1e-9);
/// # Ok::<(), cryoet_core::OrientationError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "[f64; 4]", into = "[f64; 4]"))]
pub struct Orientation {
    turn: UnitQuaternion<f64>,
}

impl Default for Orientation {
    fn default() -> Self {
        Self::identity()
    }
}

impl Orientation {
    /// The reference's own orientation.
    pub fn identity() -> Self {
        Self { turn: UnitQuaternion::identity() }
    }

    /// The ZXZ convention of TOM, PyTom and DeepFinder: `R = Rz(psi) Rx(the) Rz(phi)`, degrees.
    ///
    /// # Errors
    /// An angle that is not finite.
    pub fn from_zxz(phi: f64, psi: f64, the: f64) -> Result<Self, OrientationError> {
        all_finite(&[phi, psi, the])?;
        Ok(Self { turn: about_z(psi) * about_x(the) * about_z(phi) })
    }

    /// The ZYZ convention of RELION: `R = [Rz(rot) Ry(tilt) Rz(psi)]^T` with right-handed active matrices, degrees.
    ///
    /// # Errors
    /// An angle that is not finite.
    pub fn from_relion(rot: f64, tilt: f64, psi: f64) -> Result<Self, OrientationError> {
        all_finite(&[rot, tilt, psi])?;
        Ok(Self { turn: (about_z(rot) * about_y(tilt) * about_z(psi)).inverse() })
    }

    /// A rotation matrix acting on column vectors (x, y, z), given by rows.
    ///
    /// # Errors
    /// Elements that are not finite; a matrix more than 1e-3 from orthonormal, or a reflection.
    pub fn from_matrix(rows: [[f64; 3]; 3]) -> Result<Self, OrientationError> {
        all_finite(rows.as_flattened())?;
        let m = Matrix3::from_fn(|i, j| rows[i][j]);
        let deviation = (m * m.transpose() - Matrix3::identity()).abs().max();
        let determinant = m.determinant();
        // Elements near the end of f64 make infinities, and these NaN.
        if deviation.is_nan() || deviation > 1e-3 || determinant < 0.0 {
            return Err(OrientationError::NotARotation { deviation, determinant });
        }
        let turn = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(m));
        Ok(Self { turn })
    }

    /// A quaternion `w, x, y, z` of any length but zero.
    ///
    /// # Errors
    /// Elements that are not finite, or all zero.
    pub fn from_quaternion(wxyz: [f64; 4]) -> Result<Self, OrientationError> {
        all_finite(&wxyz)?;
        // Squares of lengths far from 1 overflow or vanish.
        let largest = wxyz.iter().fold(0.0, |largest: f64, element| largest.max(element.abs()));
        let scale = if (1e-100..1e100).contains(&largest) { 1.0 } else { largest };
        let [w, x, y, z] = wxyz.map(|element| element / scale);
        UnitQuaternion::try_new(Quaternion::new(w, x, y, z), f64::MIN_POSITIVE)
            .map(|turn| Self { turn })
            .ok_or(OrientationError::ZeroQuaternion)
    }

    /// The angles `(phi, psi, the)` of TOM's ZXZ convention, degrees; `the` lies in 0..=180, and where it is 0 or 180,
    /// `psi` is 0.
    pub fn to_zxz(&self) -> (f64, f64, f64) {
        let m = self.turn.to_rotation_matrix();
        let sine = m[(0, 2)].hypot(m[(1, 2)]);
        let the = sine.atan2(m[(2, 2)]);
        let (phi, psi) =
            if sine > POLE_SINE { (m[(2, 0)].atan2(m[(2, 1)]), m[(0, 2)].atan2(-m[(1, 2)])) } else { ((-m[(0, 1)]).atan2(m[(0, 0)]), 0.0) };
        (phi.to_degrees(), psi.to_degrees(), the.to_degrees())
    }

    /// The angles `(rot, tilt, psi)` of RELION's ZYZ convention, degrees; `tilt` lies in 0..=180, and where it is 0 or
    /// 180, `psi` is 0.
    pub fn to_relion(&self) -> (f64, f64, f64) {
        let m = self.turn.inverse().to_rotation_matrix();
        let sine = m[(0, 2)].hypot(m[(1, 2)]);
        let tilt = sine.atan2(m[(2, 2)]);
        let (rot, psi) =
            if sine > POLE_SINE { (m[(1, 2)].atan2(m[(0, 2)]), m[(2, 1)].atan2(-m[(2, 0)])) } else { ((-m[(0, 1)]).atan2(m[(1, 1)]), 0.0) };
        (rot.to_degrees(), tilt.to_degrees(), psi.to_degrees())
    }

    /// The rotation matrix acting on column vectors (x, y, z), by rows.
    pub fn matrix(&self) -> [[f64; 3]; 3] {
        let m = self.turn.to_rotation_matrix();
        std::array::from_fn(|i| std::array::from_fn(|j| m[(i, j)]))
    }

    /// The unit quaternion `w, x, y, z`, with `w >= 0`.
    pub fn quaternion(&self) -> [f64; 4] {
        let q = self.turn.quaternion();
        let sign = if q.w < 0.0 { -1.0 } else { 1.0 };
        [sign * q.w, sign * q.i, sign * q.j, sign * q.k]
    }

    /// The vector (z, y, x) turned: where a point of the reference, seen from its reference point, lies in the particle.
    ///
    /// ```
    /// use cryoet_core::Orientation;
    /// let quarter = Orientation::from_zxz(90.0, 0.0, 0.0)?; // about z: x becomes y
    /// let [z, y, x] = quarter.rotate_zyx([0.0, 0.0, 1.0]);
    /// assert!(z.abs() < 1e-12 && (y - 1.0).abs() < 1e-12 && x.abs() < 1e-12);
    /// # Ok::<(), cryoet_core::OrientationError>(())
    /// ```
    pub fn rotate_zyx(&self, [z, y, x]: [f64; 3]) -> [f64; 3] {
        let v = self.turn * Vector3::new(x, y, z);
        [v.z, v.y, v.x]
    }

    /// The opposite rotation.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { turn: self.turn.inverse() }
    }

    /// This rotation, then another: the matrix `next * self`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self { turn: next.turn * self.turn }
    }

    /// The angle in degrees, 0..=180, of the rotation that leads from this orientation to another.
    pub fn angle_to(&self, other: &Self) -> f64 {
        self.turn.angle_to(&other.turn).to_degrees()
    }
}

impl TryFrom<[f64; 4]> for Orientation {
    type Error = OrientationError;

    fn try_from(wxyz: [f64; 4]) -> Result<Self, OrientationError> {
        Self::from_quaternion(wxyz)
    }
}

impl From<Orientation> for [f64; 4] {
    fn from(orientation: Orientation) -> Self {
        orientation.quaternion()
    }
}

fn all_finite(values: &[f64]) -> Result<(), OrientationError> {
    values.iter().find(|v| !v.is_finite()).map_or(Ok(()), |&value| Err(OrientationError::NonFinite { value }))
}

fn about_x(degrees: f64) -> UnitQuaternion<f64> {
    UnitQuaternion::from_axis_angle(&Vector3::x_axis(), degrees.to_radians())
}

fn about_y(degrees: f64) -> UnitQuaternion<f64> {
    UnitQuaternion::from_axis_angle(&Vector3::y_axis(), degrees.to_radians())
}

fn about_z(degrees: f64) -> UnitQuaternion<f64> {
    UnitQuaternion::from_axis_angle(&Vector3::z_axis(), degrees.to_radians())
}

#[cfg(test)]
mod tests;
