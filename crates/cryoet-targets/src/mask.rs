use cryoet_core::ndarray::Array3;

/// What the eight corners of an interpolation cell say.
const OUTSIDE: u8 = 0;
const INSIDE: u8 = 255;

/// Steps smaller than this do not leave a cell within any mask, and their reciprocals are of no use.
const PARALLEL: f64 = 1e-12;

/// A binary mask made ready for being turned: every interpolation cell holds its eight corners as bits.
pub(crate) struct Mask {
    /// Corners of the cells: bit `4 dz + 2 dy + dx` is the voxel at cell + (dz, dy, dx). Cell 0 starts one voxel before the mask,
    /// and a layer of empty cells ends it.
    cells: Vec<u8>,
    shape: [usize; 3],
    /// The reference point in cells, z, y, x: one more than in voxels of the mask.
    pub(crate) reference: [f64; 3],
    /// Between which places in cells the interpolated mask can differ from 0, per axis.
    bounds: [[f64; 2]; 3],
    /// No voxel of the turned mask lies further from the reference.
    pub(crate) reach: f64,
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
        let shape: [usize; 3] = mask.dim().into();
        let cells_shape = shape.map(|n| n + 2);
        let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
        let mut cells = vec![OUTSIDE; cells_shape.iter().product()];
        let (mut far, mut voxels) = (0.0f64, 0);
        for ((z, y, x), _) in mask.indexed_iter().filter(|(_, set)| **set) {
            voxels += 1;
            let from = [z, y, x];
            for axis in 0..3 {
                let [low, high] = bounds[axis];
                bounds[axis] = [low.min(from[axis] as f64), high.max((from[axis] + 2) as f64)];
            }
            far = far.max((0..3).map(|axis| (from[axis] as f64 - reference[axis]).powi(2)).sum());
            for corner in 0..8 {
                // The voxel is this corner of the cell that lies before it by the corner's offset.
                let [dz, dy, dx] = [corner >> 2, corner >> 1 & 1, corner & 1];
                let cell = ((z + 1 - dz) * cells_shape[1] + y + 1 - dy) * cells_shape[2] + x + 1 - dx;
                cells[cell] |= 1 << corner;
            }
        }
        // Interpolation reaches half a voxel beyond a face, and less than a whole voxel's diagonal beyond a corner.
        let reach = far.sqrt() + 3f64.sqrt();
        (voxels > 0).then(|| Self { cells, shape: cells_shape, reference: reference.map(|r| r + 1.0), bounds, reach, voxels })
    }

    /// The mask's extent z, y, x.
    pub(crate) fn extent(&self) -> [usize; 3] {
        self.shape.map(|n| n - 2)
    }

    /// The places t on the line `start + t step` (cells, z, y, x) between which the mask may be covered; empty where first > last.
    #[inline]
    pub(crate) fn clip(&self, start: [f64; 3], step: [f64; 3]) -> (f64, f64) {
        let (mut first, mut last) = (f64::NEG_INFINITY, f64::INFINITY);
        for axis in 0..3 {
            let [low, high] = self.bounds[axis];
            if step[axis].abs() < PARALLEL {
                if start[axis] < low || start[axis] > high {
                    return (1.0, 0.0);
                }
                continue;
            }
            let [a, b] = [(low - start[axis]) / step[axis], (high - start[axis]) / step[axis]];
            first = first.max(a.min(b));
            last = last.min(a.max(b));
        }
        (first, last)
    }

    /// Whether linear interpolation at a place in cells (z, y, x) gives a half or more. The place lies within the bounds.
    #[inline]
    pub(crate) fn covers(&self, [z, y, x]: [f64; 3]) -> bool {
        let (iz, iy, ix) = (z as usize, y as usize, x as usize);
        match self.cells.get((iz * self.shape[1] + iy) * self.shape[2] + ix) {
            None | Some(&OUTSIDE) => false,
            Some(&INSIDE) => true,
            Some(&corners) => interpolate(corners, [z - iz as f64, y - iy as f64, x - ix as f64]) >= 0.5,
        }
    }

    /// The same as DeepFinder has it: nothing beyond the outermost voxel centres, and more than a half.
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
