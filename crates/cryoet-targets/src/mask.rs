use cryoet_core::ndarray::Array3;

/// What the eight corners of an interpolation cell say.
const OUTSIDE: u8 = 0;
const INSIDE: u8 = 255;

/// A binary mask made ready for being turned: every interpolation cell holds its eight corners as bits.
pub(crate) struct Mask {
    /// Corners of the cells: bit `4 dz + 2 dy + dx` is the voxel at cell + (dz, dy, dx). Cell 0 starts one voxel before the mask.
    cells: Vec<u8>,
    shape: [usize; 3],
    /// The reference voxel in cell coordinates, z, y, x.
    reference: [f64; 3],
    /// No voxel of the turned mask lies further from the reference.
    pub(crate) reach: f64,
    pub(crate) voxels: usize,
}

impl Mask {
    /// A mask about its reference voxel floor(N / 2); none when no voxel is set.
    pub(crate) fn new(mask: &Array3<bool>) -> Option<Self> {
        let shape: [usize; 3] = mask.dim().into();
        let cells_shape = shape.map(|n| n + 1);
        let reference = shape.map(|n| (n / 2) as f64);
        let mut cells = vec![OUTSIDE; cells_shape.iter().product()];
        let (mut far, mut voxels) = (0.0f64, 0);
        for ((z, y, x), _) in mask.indexed_iter().filter(|(_, set)| **set) {
            voxels += 1;
            let from = [z, y, x];
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
        (voxels > 0).then(|| Self { cells, shape: cells_shape, reference: reference.map(|r| r + 1.0), reach, voxels })
    }

    /// Whether linear interpolation at an offset (z, y, x) from the reference voxel gives a half or more.
    #[inline]
    pub(crate) fn covers(&self, offset: [f64; 3]) -> bool {
        let mut cell = 0;
        let mut fraction = [0.0; 3];
        for axis in 0..3 {
            let at = offset[axis] + self.reference[axis];
            if !(at >= 0.0 && at < self.shape[axis] as f64) {
                return false;
            }
            let floor = at as usize;
            fraction[axis] = at - floor as f64;
            cell = cell * self.shape[axis] + floor;
        }
        match self.cells[cell] {
            OUTSIDE => false,
            INSIDE => true,
            corners => interpolate(corners, fraction) >= 0.5,
        }
    }
}

fn interpolate(corners: u8, [fz, fy, fx]: [f64; 3]) -> f64 {
    let bit = |corner: u8| f64::from(corners >> corner & 1);
    let along_x = |first: u8| bit(first) * (1.0 - fx) + bit(first + 1) * fx;
    let along_y = |first: u8| along_x(first) * (1.0 - fy) + along_x(first + 2) * fy;
    along_y(0) * (1.0 - fz) + along_y(4) * fz
}
