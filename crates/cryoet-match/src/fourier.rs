//! Fourier transforms of real boxes, and correlation of a small box with a large one.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftNum, FftPlanner};

/// Columns transformed at once: their values lie side by side in memory.
const COLUMNS: usize = 16;

/// Rows transformed at once: as many complex numbers of a column as a line of cache holds.
const ROWS: usize = 8;

/// The smallest length of at least `n` without prime factors above 7, which transforms fast.
pub(crate) fn fast_length(n: usize) -> usize {
    (n.max(1)..)
        .find(|&length| {
            let mut rest = length;
            for prime in [2, 3, 5, 7] {
                while rest % prime == 0 {
                    rest /= prime;
                }
            }
            rest == 1
        })
        .unwrap_or(n)
}

/// The signed frequency of bin `i` of `n`, in cycles per sample.
pub(crate) fn frequency(i: usize, n: usize) -> f64 {
    let signed = if i <= n / 2 { i as f64 } else { i as f64 - n as f64 };
    signed / n as f64
}

type Directions<T> = [Arc<dyn Fft<T>>; 2];

/// Plans for boxes of one shape (z, y, x).
///
/// Spectra hold bins 0 to nx / 2 along x, indexed `[kx, y, z]`: columns along z are contiguous, because products are made
/// while a column is at hand. Planes on the way are indexed `[z, kx, y]`, so that columns along y are contiguous, too.
pub(crate) struct Fourier3<T: FftNum> {
    shape: [usize; 3],
    half: usize,
    along: [Directions<T>; 3],
}

/// What one thread needs to work in; grows on first use.
#[derive(Default)]
pub(crate) struct Workspace<T> {
    columns: Vec<Complex<T>>,
    scratch: Vec<Complex<T>>,
    slab: Vec<Complex<T>>,
    products: Vec<Complex<T>>,
    image: Vec<T>,
}

impl Fourier3<f32> {
    /// Transforms made often.
    pub(crate) fn new(shape: [usize; 3]) -> Self {
        let mut planner = FftPlanner::new();
        Self::with_plans(shape, |n| [planner.plan_fft_forward(n), planner.plan_fft_inverse(n)])
    }
}

impl Fourier3<f64> {
    /// Transforms made once a tile.
    pub(crate) fn precise(shape: [usize; 3]) -> Self {
        let mut planner = FftPlanner::new();
        Self::with_plans(shape, |n| [planner.plan_fft_forward(n), planner.plan_fft_inverse(n)])
    }
}

impl<T: FftNum> Fourier3<T> {
    fn with_plans(shape: [usize; 3], plans: impl FnMut(usize) -> Directions<T>) -> Self {
        Self { shape, half: shape[2] / 2 + 1, along: shape.map(plans) }
    }

    /// Bins of a spectrum.
    pub(crate) fn bins(&self) -> usize {
        self.shape[0] * self.shape[1] * self.half
    }

    /// The number of voxels: what an inverse after a forward transform multiplies by.
    pub(crate) fn voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// The frequencies z, y, x of all bins in a spectrum's order.
    pub(crate) fn frequencies(&self) -> impl Iterator<Item = [f64; 3]> {
        let [nz, ny, nx] = self.shape;
        let half = self.half;
        (0..half).flat_map(move |x| (0..ny).flat_map(move |y| (0..nz).map(move |z| [frequency(z, nz), frequency(y, ny), frequency(x, nx)])))
    }

    /// The spectrum of a box of `size` (z, y, x) whose first voxel is that of the transform's, zero beyond.
    pub(crate) fn forward(&self, voxels: &[T], size: [usize; 3], work: &mut Workspace<T>) -> Vec<Complex<T>> {
        let nz = self.shape[0];
        let mut spectrum = vec![zero(); self.bins()];
        self.planes_forward(voxels, size, work);
        self.each_block(|first, width| {
            self.gather(size[0], first, width, work);
            self.run_along(0, 0, width, work);
            spectrum[first * nz..(first + width) * nz].copy_from_slice(&work.columns[..width * nz]);
        });
        spectrum
    }

    /// The box of a spectrum, times the number of voxels.
    pub(crate) fn inverse(&self, spectrum: &[Complex<T>], work: &mut Workspace<T>) -> Vec<T> {
        let [nz, ny, nx] = self.shape;
        prepare(&mut work.products, nz * ny * self.half);
        self.each_block(|first, width| {
            prepare(&mut work.columns, width * nz);
            work.columns[..width * nz].copy_from_slice(&spectrum[first * nz..(first + width) * nz]);
            self.run_along(0, 1, width, work);
            self.scatter(nz, first, width, work);
        });
        let mut voxels = Vec::with_capacity(nz * ny * nx);
        for z in 0..nz {
            self.plane_inverse(z, [ny, nx], work);
            voxels.extend_from_slice(&work.image[..ny * nx]);
        }
        voxels
    }

    /// Correlates a small box with a large one that is given by its spectrum: at each shift k (z, y, x) below `valid` the sum over
    /// j of `small[j] * large[j + k]`, times the number of voxels. `take` gets each plane z, indexed `[y, x]`.
    pub(crate) fn correlate(
        &self,
        small: &[T],
        size: [usize; 3],
        large: &[Complex<T>],
        valid: [usize; 3],
        work: &mut Workspace<T>,
        mut take: impl FnMut(usize, &[T]),
    ) {
        let nz = self.shape[0];
        self.planes_forward(small, size, work);
        prepare(&mut work.products, valid[0] * self.shape[1] * self.half);
        self.each_block(|first, width| {
            self.gather(size[0], first, width, work);
            self.run_along(0, 0, width, work);
            for (bin, image) in work.columns[..width * nz].iter_mut().zip(&large[first * nz..(first + width) * nz]) {
                *bin = bin.conj() * image;
            }
            self.run_along(0, 1, width, work);
            self.scatter(valid[0], first, width, work);
        });
        for z in 0..valid[0] {
            self.plane_inverse(z, [valid[1], valid[2]], work);
            take(z, &work.image[..valid[1] * valid[2]]);
        }
    }

    /// Transforms along x and y the planes of a small box, into the slab, indexed `[z, kx, y]`.
    fn planes_forward(&self, voxels: &[T], [bz, by, bx]: [usize; 3], work: &mut Workspace<T>) {
        let [_, ny, nx] = self.shape;
        let plane = ny * self.half;
        prepare(&mut work.slab, bz * plane);
        prepare(&mut work.columns, nx);
        for z in 0..bz {
            work.slab[z * plane..][..plane].fill(zero());
            // Two real rows are one complex row.
            for y in (0..by).step_by(2) {
                let first = &voxels[(z * by + y) * bx..][..bx];
                work.columns[..nx].fill(zero());
                for (bin, &v) in work.columns.iter_mut().zip(first) {
                    bin.re = v;
                }
                let pair = y + 1 < by;
                if pair {
                    for (bin, &v) in work.columns.iter_mut().zip(&voxels[(z * by + y + 1) * bx..][..bx]) {
                        bin.im = v;
                    }
                }
                self.run_along(2, 0, 1, work);
                for (x, column) in work.slab[z * plane..][..plane].chunks_exact_mut(ny).enumerate() {
                    let (a, b) = (work.columns[x], work.columns[if x == 0 { 0 } else { nx - x }].conj());
                    let (sum, difference) = ((a + b).scale(half_of()), (a - b).scale(half_of()));
                    column[y] = sum;
                    if pair {
                        // Minus i times the odd part.
                        column[y + 1] = Complex::new(difference.im, -difference.re);
                    }
                }
            }
            let fft = &self.along[1][0];
            prepare(&mut work.scratch, fft.get_inplace_scratch_len());
            fft.process_with_scratch(&mut work.slab[z * plane..][..plane], &mut work.scratch);
        }
    }

    /// Transforms plane z of the products back along y and x, the first `rows` by `columns` voxels, into the image.
    fn plane_inverse(&self, z: usize, [rows, columns]: [usize; 2], work: &mut Workspace<T>) {
        let [_, ny, nx] = self.shape;
        prepare(&mut work.columns, ROWS / 2 * nx);
        if work.image.len() < rows * columns {
            work.image.resize(rows * columns, T::zero());
        }
        let plane = &mut work.products[z * ny * self.half..][..ny * self.half];
        let fft = &self.along[1][1];
        prepare(&mut work.scratch, fft.get_inplace_scratch_len());
        fft.process_with_scratch(plane, &mut work.scratch);
        for first in (0..rows).step_by(ROWS) {
            let width = ROWS.min(rows - first);
            let pairs = width.div_ceil(2);
            let packed = &mut work.columns[..pairs * nx];
            for (x, column) in plane.chunks_exact(ny).enumerate() {
                let own_mirror = x == 0 || 2 * x == nx;
                for (bins, row) in column[first..first + width].chunks(2).zip(packed.chunks_exact_mut(nx)) {
                    let (a, b) = (bins[0], bins.get(1).copied().unwrap_or(zero()));
                    // a + i b; where a bin is its own mirror image only the real parts count.
                    if own_mirror {
                        row[x] = Complex::new(a.re, b.re);
                    } else {
                        row[x] = Complex::new(a.re - b.im, a.im + b.re);
                        row[nx - x] = Complex::new(a.re + b.im, b.re - a.im);
                    }
                }
            }
            let fft = &self.along[2][1];
            prepare(&mut work.scratch, fft.get_inplace_scratch_len());
            fft.process_with_scratch(packed, &mut work.scratch);
            for (two, row) in work.image[first * columns..(first + width) * columns].chunks_mut(2 * columns).zip(packed.chunks_exact(nx)) {
                let (even, odd) = two.split_at_mut(columns);
                even.iter_mut().zip(row).for_each(|(voxel, bin)| *voxel = bin.re);
                odd.iter_mut().zip(row).for_each(|(voxel, bin)| *voxel = bin.im);
            }
        }
    }

    /// Calls with the first of some neighbouring columns along z, and how many.
    fn each_block(&self, mut call: impl FnMut(usize, usize)) {
        let all = self.shape[1] * self.half;
        let mut first = 0;
        while first < all {
            let width = COLUMNS.min(all - first);
            call(first, width);
            first += width;
        }
    }

    /// Columns along z of the slab, of which `depth` planes are not zero.
    fn gather(&self, depth: usize, first: usize, width: usize, work: &mut Workspace<T>) {
        let nz = self.shape[0];
        let stride = self.shape[1] * self.half;
        prepare(&mut work.columns, COLUMNS * nz);
        for (c, column) in work.columns[..width * nz].chunks_exact_mut(nz).enumerate() {
            let source = work.slab[first + c..].iter().step_by(stride);
            column[..depth].iter_mut().zip(source).for_each(|(bin, &value)| *bin = value);
            column[depth..].fill(zero());
        }
    }

    /// The first `depth` bins of columns along z, into the planes of the products.
    fn scatter(&self, depth: usize, first: usize, width: usize, work: &mut Workspace<T>) {
        let nz = self.shape[0];
        let stride = self.shape[1] * self.half;
        let columns = &work.columns[..width * nz];
        for (z, plane) in work.products[..depth * stride].chunks_exact_mut(stride).enumerate() {
            let row = plane[first..first + width].iter_mut();
            row.zip(columns[z..].iter().step_by(nz)).for_each(|(bin, &value)| *bin = value);
        }
    }

    /// Transforms the first `width` columns of the axis's length.
    fn run_along(&self, axis: usize, direction: usize, width: usize, work: &mut Workspace<T>) {
        let fft = &self.along[axis][direction];
        prepare(&mut work.scratch, fft.get_inplace_scratch_len());
        fft.process_with_scratch(&mut work.columns[..width * self.shape[axis]], &mut work.scratch);
    }
}

fn zero<T: FftNum>() -> Complex<T> {
    Complex::new(T::zero(), T::zero())
}

fn half_of<T: FftNum>() -> T {
    T::one() / (T::one() + T::one())
}

/// Grows a buffer to a length.
fn prepare<T: FftNum>(buffer: &mut Vec<Complex<T>>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, zero());
    }
}

#[cfg(test)]
mod tests;
