use std::array::from_fn;
use std::ops::Range;

use crate::bit_lattice::{BitLattice, MARGIN, WINDOW, window};
use crate::modes::Mode;

/// Sums over the foreground voxels within a radius of a place, the boundary included.
///
/// Exact: sums are integers, and a voxel is inside when `(dz^2 + dy^2) + dx^2 <= radius^2` in double precision, which is
/// how scikit-learn's tree decides.
pub(crate) struct BallSum<'a> {
    lattice: &'a BitLattice,
    radius: f64,
    limit: f64,
    /// How many look-ups cover a row's window, where one read of a row does.
    lookups: Option<usize>,
}

impl<'a> BallSum<'a> {
    pub(crate) fn new(lattice: &'a BitLattice, radius: f64) -> Self {
        let width = (2.0 * radius + 1.0).ceil();
        let lookups = (width <= WINDOW as f64).then_some((width as usize).div_ceil(BITS));
        Self { lattice, radius, limit: radius * radius, lookups }
    }

    /// The number and the mean of the voxels.
    pub(crate) fn mean(&self, centre: [f64; 3]) -> Mode {
        let start = centre[2] - self.radius + MARGIN as f64;
        let inside = start >= 0.0 && start < self.lattice.width() as f64;
        let start = start as usize;
        match self.lookups {
            Some(1) if inside => self.narrow::<1>(centre, start),
            Some(2) if inside => self.narrow::<2>(centre, start),
            Some(3) if inside => self.narrow::<3>(centre, start),
            Some(4) if inside => self.narrow::<4>(centre, start),
            Some(_) if inside => self.narrow::<{ WINDOW.div_ceil(BITS) }>(centre, start),
            _ => self.wide(centre),
        }
    }

    /// Windows that one read of a row covers, `LOOKUPS` look-ups each; `start` is the window's first bit in the row.
    fn narrow<const LOOKUPS: usize>(&self, centre: [f64; 3], start: usize) -> Mode {
        let [nz, ny, _] = self.lattice.shape();
        let from_start = (centre[2] + MARGIN as f64 - start as f64) as f32;
        let (z_first, z_last) = span(centre[0], self.radius, nz);
        let (y_least, _) = span(centre[1], self.radius, ny);
        let of_rows: [f64; ROWS] = from_fn(|i| square(y_least + i, centre[1]));
        // Number in the low half, sum of the places in the window in the high half.
        let (mut all, mut of_y, mut of_z) = (0_u64, 0_u64, 0_u64);
        let (mut firsts, mut ends) = ([0_u32; ROWS], [0_u32; ROWS]);
        for z in z_first..z_last {
            let left = self.limit - square(z, centre[0]);
            if left < 0.0 {
                continue;
            }
            let (y_first, y_last) = span(centre[1], left.sqrt(), ny);
            let skipped = y_first.saturating_sub(y_least);
            let mut doubt = 0;
            let of_rows = &of_rows[skipped..];
            let lanes = (y_last - y_first).div_ceil(LANES);
            let windows = firsts.as_chunks_mut().0.iter_mut().zip(ends.as_chunks_mut().0);
            for (of_rows, (first, end)) in of_rows.as_chunks().0.iter().zip(windows).take(lanes) {
                doubt |= bounds(left, of_rows, from_start, first, end);
            }
            if doubt != 0 {
                let dz = square(z, centre[0]);
                for ((of_row, first), end) in of_rows.iter().zip(&mut firsts).zip(&mut ends).take(y_last - y_first) {
                    self.settle(dz + of_row, centre[2], start, first, end);
                }
            }
            let mut in_plane = 0;
            let rows = self.lattice.windows(z, y_first..y_last, start);
            for (i, ((bits, first), end)) in rows.zip(&firsts).zip(&ends).enumerate() {
                let mut bits = bits & (LOW[(end % 64) as usize] & !LOW[(first % 64) as usize]);
                let mut entry = 0;
                for lookup in 0..LOOKUPS {
                    let part = TABLE[(bits % TABLE.len() as u64) as usize];
                    entry += part + ((part % (1 << 32) * (lookup * BITS) as u64) << 32);
                    bits /= TABLE.len() as u64;
                }
                in_plane += entry;
                of_y += i as u64 * (entry % (1 << 32));
            }
            of_y += (y_first as u64) * (in_plane % (1 << 32));
            of_z += z as u64 * (in_plane % (1 << 32));
            all += in_plane;
        }
        let count = all % (1 << 32);
        let of_x = ((all >> 32) + start as u64 * count) as i64 - (MARGIN as u64 * count) as i64;
        Mode { mean: [of_z as f64 / count as f64, of_y as f64 / count as f64, of_x as f64 / count as f64], count }
    }

    /// Sets the bits `first..end` of a window to those inside, which differ by one at most from what single precision gave.
    fn settle(&self, dzy: f64, centre: f64, start: usize, first: &mut u32, end: &mut u32) {
        let inside = |bit: u32| {
            let dx = (f64::from(bit) + (start as f64 - MARGIN as f64)) - centre;
            dzy + dx * dx <= self.limit
        };
        (*first, *end) = (first.saturating_sub(1), *end + 1);
        while first < end && !inside(*first) {
            *first += 1;
        }
        while end > first && !inside(*end - 1) {
            *end -= 1;
        }
    }

    /// Windows of any width.
    fn wide(&self, centre: [f64; 3]) -> Mode {
        let (mut count, mut sum) = (0_u64, [0_u64; 3]);
        chords(self.lattice.shape(), centre, self.radius, |z, y, x| {
            let (n, of_x) = count_and_sum(self.lattice.row(z, y), x.start, x.end);
            count += n;
            sum[0] += n * z as u64;
            sum[1] += n * y as u64;
            sum[2] += of_x;
        });
        Mode { mean: sum.map(|s| s as f64 / count as f64), count }
    }
}

/// A bound this near a voxel's centre is settled by the comparison itself. Single precision errs by less than a tenth of it
/// for any window that one read covers.
const DOUBT: f32 = 1e-4;

/// More rows than a window that one read covers can meet.
const ROWS: usize = 64;

/// The patterns of the lowest bits, by their number.
static LOW: [u64; 64] = {
    let mut low = [0; 64];
    let mut n = 1;
    while n < 64 {
        low[n] = (1 << n) - 1;
        n += 1;
    }
    low
};

/// Rows whose bounds are found at once.
const LANES: usize = 4;

/// The bits `first..end` of the windows of rows that lie inside, and 0 if none is in doubt. A row outside the ball gets an empty
/// window, or one in doubt.
#[inline(always)]
fn bounds(left: f64, of_rows: &[f64; LANES], from_start: f32, first: &mut [u32; LANES], end: &mut [u32; LANES]) -> u32 {
    // From 2^23 on floats are integers: the addition rounds, and the low bits hold the result.
    const SHIFT: f32 = (1_u32 << 23) as f32;
    let mut reach = [0.0_f32; LANES];
    for i in 0..LANES {
        reach[i] = (left - of_rows[i]) as f32;
    }
    for of_row in &mut reach {
        *of_row = if *of_row > 0.0 { *of_row } else { 0.0 };
    }
    for of_row in &mut reach {
        *of_row = of_row.sqrt();
    }
    let mut doubt = [0_u32; LANES];
    for i in 0..LANES {
        let low = from_start - reach[i];
        let near = low + SHIFT;
        let below = low - (near - SHIFT);
        first[i] = (near.to_bits() & 0xffff) + u32::from(below > 0.0);
        doubt[i] |= u32::from(below.abs() < DOUBT);
    }
    for i in 0..LANES {
        let high = from_start + reach[i];
        let near = high + SHIFT;
        let above = high - (near - SHIFT);
        end[i] = (near.to_bits() & 0xffff) + u32::from(above >= 0.0);
        doubt[i] |= u32::from(above.abs() < DOUBT);
    }
    doubt[0] | doubt[1] | doubt[2] | doubt[3]
}

/// The square of a voxel's distance along one axis.
pub(crate) fn square(i: usize, centre: f64) -> f64 {
    let d = i as f64 - centre;
    d * d
}

/// Indices `first..end` of an axis of `n` voxels among which are all that lie within `reach` of `centre`.
pub(crate) fn span(centre: f64, reach: f64, n: usize) -> (usize, usize) {
    // Conversion stops at zero; the end has one to spare for rounding.
    let first = (centre - reach) as usize;
    let end = if centre + reach < 0.0 { 0 } else { ((centre + reach) as usize).saturating_add(2).min(n) };
    (first.min(end), end)
}

/// Calls `row` with z, y and the voxels x of each row of a volume that lie within the radius of a place, the boundary included.
#[inline]
pub(crate) fn chords([nz, ny, nx]: [usize; 3], centre: [f64; 3], radius: f64, mut row: impl FnMut(usize, usize, Range<usize>)) {
    let limit = radius * radius;
    let (z_first, z_last) = span(centre[0], radius, nz);
    for z in z_first..z_last {
        let dz = square(z, centre[0]);
        let (y_first, y_last) = span(centre[1], (limit - dz).max(0.0).sqrt(), ny);
        for y in y_first..y_last {
            let dzy = dz + square(y, centre[1]);
            if dzy <= limit {
                row(z, y, chord(dzy, limit, centre[2], nx));
            }
        }
    }
}

/// Which voxels of a row of `n` lie inside, where the row's own squared distance `dzy` is within the limit.
fn chord(dzy: f64, limit: f64, centre: f64, n: usize) -> Range<usize> {
    let inside = |x: usize| dzy + square(x, centre) <= limit;
    let (mut first, mut end) = span(centre, (limit - dzy).sqrt(), n);
    while first < end && !inside(first) {
        first += 1;
    }
    while end > first && !inside(end - 1) {
        end -= 1;
    }
    first..end
}

/// How many voxels `first..end` of a row are set, and the sum of their x.
fn count_and_sum(row: &[u8], first: usize, end: usize) -> (u64, u64) {
    let (mut count, mut sum) = (0, 0);
    for x in (first..end).step_by(BITS) {
        let length = (end - x).min(BITS);
        let bits = window(row, x + MARGIN) & ((1 << length) - 1);
        let entry = TABLE[bits as usize];
        let n = entry % (1 << 32);
        count += n;
        sum += (entry >> 32) + n * x as u64;
    }
    (count, sum)
}

/// Bits looked up at once: the window of the usual radius 5.
const BITS: usize = 11;

/// For each pattern of bits their number (low half) and the sum of their places (high half).
static TABLE: [u64; 1 << BITS] = {
    let mut table = [0; 1 << BITS];
    let mut pattern = 0;
    while pattern < table.len() {
        let mut bit = 0;
        while bit < BITS {
            if pattern >> bit & 1 == 1 {
                table[pattern] += 1 + ((bit as u64) << 32);
            }
            bit += 1;
        }
        pattern += 1;
    }
    table
};

#[cfg(test)]
mod tests;
