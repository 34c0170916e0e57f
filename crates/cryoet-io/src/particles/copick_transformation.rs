use cryoet_core::{Orientation, OrientationError};

/// What copick keeps of a point besides its location: a rotation and a shift in Angstrom, in rows of x, y, z, 1.
pub(super) type Transformation = [[f64; 4]; 4];

/// Angstrom z, y, x: the location moved by the transformation's shift.
pub(super) fn moved([z, y, x]: [f64; 3], transformation: Option<&Transformation>) -> [f64; 3] {
    transformation.map_or([z, y, x], |m| [z + m[2][3], y + m[1][3], x + m[0][3]])
}

pub(super) fn orientation(transformation: &Transformation) -> Result<Orientation, OrientationError> {
    Orientation::from_matrix(std::array::from_fn(|row| [transformation[row][0], transformation[row][1], transformation[row][2]]))
}

/// The transformation that turns and does not move.
pub(super) fn turning(orientation: Orientation) -> Transformation {
    let m = orientation.matrix();
    std::array::from_fn(|row| {
        std::array::from_fn(|column| if row == 3 || column == 3 { f64::from(u8::from(row == column)) } else { m[row][column] })
    })
}
