use std::ops::Range;

use crate::foreground::Foreground;

/// One bit per voxel, row by row along x; rows without foreground take no memory.
pub(crate) struct BitLattice {
    shape: [usize; 3],
    bytes: usize,
    /// For each row z, y which of the stored rows it is; the first is empty.
    rows: Vec<u32>,
    bits: Vec<u8>,
}

/// Bits stored before a row's first voxel and after its last, so that a window may reach beyond the volume.
pub(crate) const MARGIN: usize = 64;

impl BitLattice {
    pub(crate) fn new(foreground: &Foreground) -> Self {
        let shape @ [nz, ny, nx] = foreground.shape();
        // One word more, so that eight bytes can be read from anywhere in the row.
        let bytes = (nx + 2 * MARGIN).div_ceil(8) + 8;
        let mut rows = vec![0; nz * ny];
        let mut bits = vec![0; bytes];
        let (mut row_start, mut row_end) = (0, 0);
        for &index in foreground.indices() {
            let index = index as usize;
            if index >= row_end {
                let row = index / nx;
                (row_start, row_end) = (row * nx, (row + 1) * nx);
                rows[row] = (bits.len() / bytes) as u32;
                bits.resize(bits.len() + bytes, 0);
            }
            let at = index - row_start + MARGIN;
            let first = bits.len() - bytes;
            bits[first + at / 8] |= 1 << (at % 8);
        }
        Self { shape, bytes, rows, bits }
    }

    pub(crate) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The bytes of a row; voxel x is bit `x + MARGIN`, counted from the lowest bit of the first byte.
    pub(crate) fn row(&self, z: usize, y: usize) -> &[u8] {
        let first = self.rows[z * self.shape[1] + y] as usize * self.bytes;
        &self.bits[first..first + self.bytes]
    }

    /// The [`window`] from bit `first` on of each of the rows `ys` of a plane.
    pub(crate) fn windows(&self, z: usize, ys: Range<usize>, first: usize) -> impl Iterator<Item = u64> {
        let (byte, shift) = (first / 8, first % 8);
        self.rows[z * self.shape[1] + ys.start..z * self.shape[1] + ys.end].iter().map(move |&row| {
            let at = row as usize * self.bytes + byte;
            match self.bits.get(at..at + 8).and_then(|bytes| bytes.first_chunk()) {
                Some(bytes) => u64::from_le_bytes(*bytes) >> shift,
                None => 0,
            }
        })
    }

    /// How many bits a row has that a window may start from.
    pub(crate) fn width(&self) -> usize {
        self.shape[2] + 2 * MARGIN
    }
}

/// Whether the voxels `xs` of a row are all set.
pub(crate) fn all_set(row: &[u8], xs: Range<usize>) -> bool {
    parts(xs).all(|(x, mask)| window(row, x + MARGIN) & mask == mask)
}

/// Whether any of the voxels `xs` of a row is set.
pub(crate) fn any_set(row: &[u8], xs: Range<usize>) -> bool {
    parts(xs).any(|(x, mask)| window(row, x + MARGIN) & mask != 0)
}

/// A range in windows: the first voxel of each, and the bits to look at.
fn parts(xs: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
    let end = xs.end;
    xs.step_by(WINDOW).map(move |x| (x, (1 << (end - x).min(WINDOW)) - 1))
}

/// The bits of a row from bit `first` on; those from the 58th on are not to be used.
pub(crate) fn window(row: &[u8], first: usize) -> u64 {
    match row[first / 8..].first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes) >> (first % 8),
        None => 0,
    }
}

/// How many bits of a [`window`] may be used.
pub(crate) const WINDOW: usize = 57;
