use crate::bit_lattice::{BitLattice, bits_from};
use crate::modes::Mode;

/// The number and the mean of the foreground voxels within `radius` of a place, the boundary included.
///
/// Exact: sums are integers, and a voxel is inside when `(dz^2 + dy^2) + dx^2 <= radius^2` in double precision, which is
/// how scikit-learn's tree decides.
pub(crate) fn ball_mean(lattice: &BitLattice, centre: [f64; 3], radius: f64) -> Mode {
    let [nz, ny, nx] = lattice.shape();
    let limit = radius * radius;
    let (mut count, mut sum) = (0_u64, [0_u64; 3]);
    let square = |i: usize, axis: usize| (i as f64 - centre[axis]) * (i as f64 - centre[axis]);
    let (z_first, z_last) = span(centre[0], radius, nz);
    for z in z_first..z_last {
        let dz = square(z, 0);
        if dz > limit {
            continue;
        }
        let reach = (limit - dz).sqrt();
        let (y_first, y_last) = span(centre[1], reach, ny);
        let mut in_plane = 0;
        for y in y_first..y_last {
            let dzy = dz + square(y, 1);
            if dzy > limit {
                continue;
            }
            let Some(row) = lattice.row(z, y) else { continue };
            let inside = |x: usize| dzy + square(x, 2) <= limit;
            let (mut first, mut last) = span(centre[2], (limit - dzy).sqrt(), nx);
            while first < last && !inside(first) {
                first += 1;
            }
            while last > first && !inside(last - 1) {
                last -= 1;
            }
            let (n, of_x) = count_and_sum(row, first, last);
            in_plane += n;
            sum[1] += n * y as u64;
            sum[2] += of_x;
        }
        count += in_plane;
        sum[0] += in_plane * z as u64;
    }
    Mode { mean: sum.map(|s| s as f64 / count as f64), count }
}

/// The indices `first..last` of an axis of `n` voxels that may lie within `reach` of `centre`, one more on either side.
fn span(centre: f64, reach: f64, n: usize) -> (usize, usize) {
    let first = (centre - reach).floor().max(0.0) as usize;
    let last = (centre + reach).ceil() + 1.0;
    let last = if last < 0.0 { 0 } else { (last as usize).min(n) };
    (first.min(last), last)
}

/// How many bits `first..last` of a row are set, and the sum of their positions.
fn count_and_sum(row: &[u64], first: usize, last: usize) -> (u64, u64) {
    let (mut count, mut sum) = (0, 0);
    let mut x = first;
    while x < last {
        let length = (last - x).min(64);
        let mut bits = bits_from(row, x) & (u64::MAX >> (64 - length));
        let mut base = x as u64;
        while bits != 0 {
            let entry = u64::from(TABLE[(bits % TABLE.len() as u64) as usize]);
            let n = entry % 256;
            count += n;
            sum += entry / 256 + n * base;
            bits /= TABLE.len() as u64;
            base += WIDTH as u64;
        }
        x += length;
    }
    (count, sum)
}

/// Bits looked up at once: the window of the usual radius 5.
const WIDTH: usize = 11;

/// For each pattern of bits their number (low byte) and the sum of their positions (high byte).
static TABLE: [u16; 1 << WIDTH] = {
    let mut table = [0; 1 << WIDTH];
    let mut pattern = 0;
    while pattern < table.len() {
        let mut bit = 0;
        while bit < WIDTH {
            if pattern >> bit & 1 == 1 {
                table[pattern] += 1 + ((bit as u16) << 8);
            }
            bit += 1;
        }
        pattern += 1;
    }
    table
};

#[cfg(test)]
mod tests;
