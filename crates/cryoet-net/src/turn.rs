use cryoet_core::ndarray::{ArrayView3, Axis};

use crate::training::Turns;

/// Half a turn about an axis, or none: it reverses the other two axes and maps a wedge about y (or any single axis) on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Identity,
    AboutZ,
    AboutY,
    AboutX,
}

impl Turn {
    pub(crate) const ALL: [Self; 4] = [Self::Identity, Self::AboutZ, Self::AboutY, Self::AboutX];

    /// The array axes (of z, y, x) that the turn reverses.
    pub(crate) fn reversed_axes(self) -> &'static [usize] {
        match self {
            Self::Identity => &[],
            Self::AboutZ => &[1, 2],
            Self::AboutY => &[0, 2],
            Self::AboutX => &[0, 1],
        }
    }

    pub(crate) fn apply<T>(self, mut view: ArrayView3<'_, T>) -> ArrayView3<'_, T> {
        for &axis in self.reversed_axes() {
            view.invert_axis(Axis(axis));
        }
        view
    }

    /// The turns a recipe draws from.
    pub(crate) fn choices(turns: Turns) -> &'static [Self] {
        match turns {
            Turns::None => &Self::ALL[..1],
            Turns::TiltAxis => &[Self::Identity, Self::AboutY],
            Turns::All => &Self::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::Orientation;
    use cryoet_core::ndarray::Array3;

    #[test]
    fn moves_voxels_as_the_rotation_does() {
        let n = 5;
        let marked = Array3::from_shape_fn((n, n, n), |(z, y, x)| 100 * z + 10 * y + x);
        let quarter_turns = [
            (Turn::AboutZ, Orientation::from_zxz(180.0, 0.0, 0.0).unwrap()),
            (Turn::AboutX, Orientation::from_zxz(0.0, 0.0, 180.0).unwrap()),
            (Turn::AboutY, Orientation::from_relion(0.0, 180.0, 0.0).unwrap()),
        ];
        for (turn, rotation) in quarter_turns {
            let turned = turn.apply(marked.view());
            for ((z, y, x), &value) in marked.indexed_iter() {
                let centred = [z, y, x].map(|i| i as f64 - 2.0);
                let [z, y, x] = rotation.rotate_zyx(centred).map(|c| (c + 2.0).round() as usize);
                assert_eq!(turned[[z, y, x]], value, "{turn:?}");
            }
        }
    }
}
