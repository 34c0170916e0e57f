use crate::foreground::Foreground;

/// One bit per voxel, row by row along x; rows without foreground take no memory.
pub(crate) struct BitLattice {
    shape: [usize; 3],
    words: usize,
    /// For each row z, y the place of its first word; [`EMPTY`] for none.
    rows: Vec<u32>,
    bits: Vec<u64>,
}

const EMPTY: u32 = u32::MAX;

impl BitLattice {
    pub(crate) fn new(foreground: &Foreground) -> Self {
        let shape @ [nz, ny, nx] = foreground.shape();
        // One word more than a row needs: a read across its end stays in the row.
        let words = nx / 64 + 2;
        let mut rows = vec![EMPTY; nz * ny];
        let mut bits = Vec::new();
        let mut filled = 0;
        let (mut row_start, mut row_end, mut first) = (0, 0, 0);
        for &index in foreground.indices() {
            let index = index as usize;
            if index >= row_end {
                let row = index / nx;
                (row_start, row_end, first) = (row * nx, (row + 1) * nx, bits.len());
                rows[row] = filled;
                filled += 1;
                bits.resize(bits.len() + words, 0);
            }
            let x = index - row_start;
            bits[first + x / 64] |= 1_u64 << (x % 64);
        }
        Self { shape, words, rows, bits }
    }

    pub(crate) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The words of a row, or none where it has no foreground.
    pub(crate) fn row(&self, z: usize, y: usize) -> Option<&[u64]> {
        match self.rows[z * self.shape[1] + y] {
            EMPTY => None,
            row => self.bits.get(row as usize * self.words..(row as usize + 1) * self.words),
        }
    }
}

/// The 64 bits of a row from position `x` on.
pub(crate) fn bits_from(row: &[u64], x: usize) -> u64 {
    let (word, shift) = (x / 64, x % 64);
    // Shifting in two steps keeps a shift by 64 from happening.
    (row[word] >> shift) | ((row[word + 1] << 1) << (63 - shift))
}
