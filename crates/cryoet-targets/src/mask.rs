use cryoet_core::ndarray::Array3;

use crate::grow::grown;

/// What the eight corners of an interpolation cell say.
const OUTSIDE: u8 = 0;
const INSIDE: u8 = 255;

/// How much bounds are widened so that rounding cannot cut off a voxel that lies on them.
const SLACK: f64 = 1e-6;

/// Places in cells as whole numbers of 2^-40: stepping along a row then takes additions alone, and quarter turns are exact.
pub(crate) type Fixed = [i64; 3];

const FRACTION_BITS: u32 = 40;
pub(crate) const FIXED_UNIT: f64 = (1u64 << FRACTION_BITS) as f64;

/// A binary mask made ready for being turned: every interpolation cell holds its eight corners as bits.
pub(crate) struct Mask {
    /// Corners of the cells: bit `4 dz + 2 dy + dx` is the voxel at cell + (dz, dy, dx). Cell 0 starts one voxel before the mask,
    /// and a layer of empty cells ends it.
    cells: Vec<u8>,
    shape: [usize; 3],
    /// The reference point in cells, z, y, x: one more than in voxels of the mask.
    pub(crate) reference: [f64; 3],
    /// Between which places in cells the interpolated mask can reach a half, per axis: half a voxel beyond the outermost centres.
    pub(crate) bounds: [[f64; 2]; 3],
    pub(crate) voxels: usize,
}

impl Mask {
    /// A mask about its reference voxel floor(N / 2); none when no voxel is set.
    pub(crate) fn new(mask: &Array3<bool>) -> Option<Self> {
        let (z, y, x) = mask.dim();
        Self::about(mask, [z, y, x].map(|n| (n / 2) as f64))
    }

    /// A mask about a point in voxels of the mask, z, y, x; none when no voxel is set.
    pub(crate) fn about(mask: &Array3<bool>, reference: [f64; 3]) -> Option<Self> {
        if mask.is_empty() {
            // Its other axes may be longer than any cells could be.
            return None;
        }
        let shape: [usize; 3] = mask.dim().into();
        let cells_shape = shape.map(|n| n + 2);
        let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
        let mut cells = vec![OUTSIDE; cells_shape.iter().product()];
        let mut voxels = 0;
        for ((z, y, x), _) in mask.indexed_iter().filter(|(_, set)| **set) {
            voxels += 1;
            let from = [z, y, x];
            for axis in 0..3 {
                let [low, high] = bounds[axis];
                bounds[axis] = [low.min(from[axis] as f64 + 0.5 - SLACK), high.max(from[axis] as f64 + 1.5 + SLACK)];
            }
            for corner in 0..8 {
                // The voxel is this corner of the cell that lies before it by the corner's offset.
                let [dz, dy, dx] = [corner >> 2, corner >> 1 & 1, corner & 1];
                let cell = ((z + 1 - dz) * cells_shape[1] + y + 1 - dy) * cells_shape[2] + x + 1 - dx;
                cells[cell] |= 1 << corner;
            }
        }
        (voxels > 0).then(|| Self { cells, shape: cells_shape, reference: reference.map(|r| r + 1.0), bounds, voxels })
    }

    /// A mask with every voxel within a distance of it, about the mask's own reference voxel; none when no voxel is set.
    pub(crate) fn grown(mask: &Array3<bool>, margin: f64) -> Option<Self> {
        let (z, y, x) = mask.dim();
        let pad = margin as usize;
        Self::about(&grown(mask, margin), [z, y, x].map(|n| (n / 2 + pad) as f64))
    }

    /// The mask's extent z, y, x.
    pub(crate) fn extent(&self) -> [usize; 3] {
        self.shape.map(|n| n - 2)
    }

    /// The cells, to be asked about many places.
    #[inline]
    pub(crate) fn cells(&self) -> Cells<'_> {
        Cells { corners: &self.cells, rows: self.shape[1], columns: self.shape[2] }
    }

    /// Whether a place in cells is covered as DeepFinder has it: nothing beyond the outermost voxel centres, and more than a half.
    pub(crate) fn covers_strictly(&self, at: [f64; 3]) -> bool {
        if (0..3).any(|axis| !(at[axis] >= 1.0 && at[axis] <= (self.shape[axis] - 2) as f64)) {
            return false;
        }
        let index = at.map(|v| v as usize);
        let corners = self.cells[(index[0] * self.shape[1] + index[1]) * self.shape[2] + index[2]];
        interpolate(corners, std::array::from_fn(|axis| at[axis] - index[axis] as f64)) > 0.5
    }
}

#[inline]
fn interpolate(corners: u8, [fz, fy, fx]: [f64; 3]) -> f64 {
    let bit = |corner: u8| f64::from(corners >> corner & 1);
    let along_x = |first: u8| bit(first) * (1.0 - fx) + bit(first + 1) * fx;
    let along_y = |first: u8| along_x(first) * (1.0 - fy) + along_x(first + 2) * fy;
    along_y(0) * (1.0 - fz) + along_y(4) * fz
}

/// The interpolation cells of a mask.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    corners: &'a [u8],
    rows: usize,
    columns: usize,
}

impl Cells<'_> {
    /// Whether linear interpolation at a place gives a half or more.
    #[inline]
    pub(crate) fn cover(self, [z, y, x]: Fixed) -> bool {
        let [iz, iy, ix] = [z, y, x].map(|v| (v >> FRACTION_BITS) as usize);
        let index = iz.wrapping_mul(self.rows).wrapping_add(iy).wrapping_mul(self.columns).wrapping_add(ix);
        match self.corners.get(index) {
            None | Some(&OUTSIDE) => false,
            Some(&INSIDE) => true,
            Some(&corners) => {
                let [fz, fy, fx] = [z, y, x].map(|v| (v & ((1 << FRACTION_BITS) - 1)) as f64);
                let [c, cx, cy, cyx, cz, czx, czy, czyx] = POLYNOMIALS[usize::from(corners)];
                c + cx * fx + (cy + cyx * fx) * fy + (cz + czx * fx + (czy + czyx * fx) * fy) * fz >= 0.5
            }
        }
    }
}

/// For each set of corners the coefficients of linear interpolation as a polynomial in the fractions x, y, z of 2^40: 1, x, y, yx, z, zx, zy, zyx.
static POLYNOMIALS: [[f64; 8]; 256] = polynomials();

const fn polynomials() -> [[f64; 8]; 256] {
    let mut table = [[0.0; 8]; 256];
    let mut corners = 0;
    while corners < 256 {
        let mut term = 0;
        while term < 8 {
            // The coefficient of a product of fractions is the sum over the corners it spans, with alternating signs.
            let mut corner = 0;
            let mut sum = 0.0;
            while corner < 8usize {
                if corner & !term == 0 && corners >> corner & 1 == 1 {
                    sum += if (term ^ corner).count_ones() % 2 == 0 { 1.0 } else { -1.0 };
                }
                corner += 1;
            }
            let mut factors = term.count_ones();
            while factors > 0 {
                sum /= FIXED_UNIT;
                factors -= 1;
            }
            table[corners][term] = sum;
            term += 1;
        }
        corners += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_interpolate() {
        for corners in 1..=254u8 {
            for at in [[0.25, 0.5, 0.875], [0.0, 1.0, 0.125], [0.75, 0.0, 0.0]] {
                let [fz, fy, fx] = at.map(|f| f * FIXED_UNIT);
                let [c, cx, cy, cyx, cz, czx, czy, czyx] = POLYNOMIALS[usize::from(corners)];
                let value = c + cx * fx + (cy + cyx * fx) * fy + (cz + czx * fx + (czy + czyx * fx) * fy) * fz;
                assert_eq!(value, interpolate(corners, at), "corners {corners:08b} at {at:?}");
            }
        }
    }
}
