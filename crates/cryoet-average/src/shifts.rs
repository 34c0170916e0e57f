//! Correlation at chosen shifts from its spectrum: a transform of few frequencies at few places.

use rustfft::num_complex::Complex32;

/// The frequencies z, y, x of a half cube about 0: along z and y from minus to plus `most`, along x from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HalfCube {
    pub(crate) most: usize,
}

impl HalfCube {
    pub(crate) fn bins(self) -> usize {
        self.side().pow(2) * (self.most + 1)
    }

    pub(crate) fn index(self, [z, y, x]: [i32; 3]) -> usize {
        let most = self.most as i32;
        (((z + most) as usize) * self.side() + (y + most) as usize) * (self.most + 1) + x as usize
    }

    fn side(self) -> usize {
        2 * self.most + 1
    }
}

/// A grid of shifts z, y, x in voxels, equally spaced about a centre, and the phases they need.
pub(crate) struct Shifts {
    cube: HalfCube,
    centre: [f64; 3],
    spacing: f64,
    reach: usize,
    /// For each axis, frequency and shift; along z and y frequencies start at minus `most`.
    phases: [Vec<Complex32>; 3],
    allowed: Vec<bool>,
}

/// What [`Shifts::best`] works in.
#[derive(Default)]
pub(crate) struct ShiftWork {
    planes: Vec<Complex32>,
    lines: Vec<Complex32>,
    values: Vec<f32>,
}

impl Shifts {
    /// `reach` spacings to each side of the centre, in boxes of `size` voxels. `allowed` takes shifts, and holds for all between any two
    /// that it allows; the centre always is.
    pub(crate) fn new(
        cube: HalfCube,
        size: usize,
        centre: [f64; 3],
        spacing: f64,
        reach: usize,
        allowed: impl Fn([f64; 3]) -> bool,
    ) -> Self {
        let count = 2 * reach + 1;
        let most = cube.most as i32;
        let table = |first: i32, middle: f64| {
            let phase = |k: i32, j: usize| {
                let shift = middle + spacing * (j as f64 - reach as f64);
                let angle = std::f64::consts::TAU * f64::from(k) * shift / size as f64;
                Complex32::new(angle.cos() as f32, angle.sin() as f32)
            };
            (first..=most).flat_map(|k| (0..count).map(move |j| (k, j))).map(|(k, j)| phase(k, j)).collect::<Vec<_>>()
        };
        let phases = [table(-most, centre[0]), table(-most, centre[1]), table(0, centre[2])];
        let mut shifts = Self { cube, centre, spacing, reach, phases, allowed: Vec::new() };
        shifts.allowed = (0..count.pow(3)).map(|i| i == count.pow(3) / 2 || allowed(shifts.at(i).1)).collect();
        shifts
    }

    /// The steps from the grid's first place, and the shift, of an index.
    fn at(&self, index: usize) -> ([usize; 3], [f64; 3]) {
        let count = 2 * self.reach + 1;
        let steps = [index / (count * count), index / count % count, index % count];
        (steps, std::array::from_fn(|i| self.centre[i] + self.spacing * (steps[i] as f64 - self.reach as f64)))
    }

    /// The allowed shift with the highest correlation, and its value; both from a parabola through its neighbours on the grid.
    ///
    /// The correlation is the real part of the sum over a half cube of `spectrum` times `exp(2 pi i frequency shift / size)`.
    pub(crate) fn best(&self, spectrum: &[Complex32], work: &mut ShiftWork) -> ([f64; 3], f64) {
        self.correlate(spectrum, work);
        let values = &work.values;
        let mut best = values.len() / 2;
        for (i, (&value, &allowed)) in values.iter().zip(&self.allowed).enumerate() {
            if allowed && value > values[best] {
                best = i;
            }
        }
        let count = 2 * self.reach + 1;
        let (steps, mut shift) = self.at(best);
        let middle = f64::from(values[best]);
        // By axis the slope and the bend at the place, and how far from it the parabola's top lies.
        let mut parabolas = [(0.0, 0.0, 0.0); 3];
        let mut corner = best;
        for (axis, stride) in [count * count, count, 1].into_iter().enumerate() {
            if steps[axis] > 0 && steps[axis] + 1 < count && self.allowed[best - stride] && self.allowed[best + stride] {
                let (before, after) = (f64::from(values[best - stride]), f64::from(values[best + stride]));
                let bend = before - 2.0 * middle + after;
                if bend < 0.0 && middle >= before && middle >= after {
                    let offset = 0.5 * (before - after) / bend;
                    parabolas[axis] = (0.5 * (after - before), bend, offset);
                    corner = if offset < 0.0 { corner - stride } else { corner + stride };
                }
            }
        }
        // Where neighbours along the axes are allowed, so is what lies between them; beyond that only where the corner is, too.
        let far: f64 = parabolas.iter().map(|(_, _, offset)| offset.abs()).sum();
        let share = if far > 1.0 && !self.allowed[corner] { far.recip() } else { 1.0 };
        let mut top = middle;
        for (axis, (slope, bend, offset)) in parabolas.into_iter().enumerate() {
            let offset = share * offset;
            shift[axis] += offset * self.spacing;
            top += slope * offset + 0.5 * bend * offset * offset;
        }
        (shift, top)
    }

    fn correlate(&self, spectrum: &[Complex32], work: &mut ShiftWork) {
        let count = 2 * self.reach + 1;
        let (side, half) = (self.cube.side(), self.cube.most + 1);
        let plane = side * half;
        work.planes.clear();
        work.planes.resize(count * plane, Complex32::ZERO);
        for (source, phases) in spectrum.chunks_exact(plane).zip(self.phases[0].chunks_exact(count)) {
            for (target, &phase) in work.planes.chunks_exact_mut(plane).zip(phases) {
                target.iter_mut().zip(source).for_each(|(sum, &bin)| *sum += bin * phase);
            }
        }
        work.lines.clear();
        work.lines.resize(count * count * half, Complex32::ZERO);
        for (source, targets) in work.planes.chunks_exact(plane).zip(work.lines.chunks_exact_mut(count * half)) {
            for (line, phases) in source.chunks_exact(half).zip(self.phases[1].chunks_exact(count)) {
                for (target, &phase) in targets.chunks_exact_mut(half).zip(phases) {
                    target.iter_mut().zip(line).for_each(|(sum, &bin)| *sum += bin * phase);
                }
            }
        }
        work.values.clear();
        work.values.resize(count.pow(3), 0.0);
        for (line, targets) in work.lines.chunks_exact(half).zip(work.values.chunks_exact_mut(count)) {
            for (bin, phases) in line.iter().zip(self.phases[2].chunks_exact(count)) {
                targets.iter_mut().zip(phases).for_each(|(sum, phase)| *sum += bin.re * phase.re - bin.im * phase.im);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlates_by_the_definition_and_finds_a_shift_between_voxels() {
        let cube = HalfCube { most: 3 };
        let size = 12;
        let truth = [1.3, -0.6, 0.2];
        let mut spectrum = vec![Complex32::ZERO; cube.bins()];
        for z in -3..=3 {
            for y in -3..=3 {
                for x in 0..=3 {
                    let cycles = [z, y, x].iter().zip(truth).map(|(&k, t)| f64::from(k) * t).sum::<f64>() / size as f64;
                    let fading = f64::from((z * z + y * y + x * x) as i16);
                    let value = Complex32::from_polar((-fading / 8.0).exp() as f32, -(std::f64::consts::TAU * cycles) as f32);
                    spectrum[cube.index([z, y, x])] = value;
                }
            }
        }
        let mut work = ShiftWork::default();
        let shifts = Shifts::new(cube, size, [0.0; 3], 1.0, 2, |_| true);
        let (shift, _) = shifts.best(&spectrum, &mut work);
        for i in [0, 33, 124] {
            let (_, place) = shifts.at(i);
            let mut sum = 0.0;
            for z in -3..=3 {
                for y in -3..=3 {
                    for x in 0..=3 {
                        let cycles = [z, y, x].iter().zip(place).map(|(&k, t)| f64::from(k) * t).sum::<f64>() / size as f64;
                        sum += (spectrum[cube.index([z, y, x])] * Complex32::cis((std::f64::consts::TAU * cycles) as f32)).re;
                    }
                }
            }
            assert!((sum - work.values[i]).abs() < 1e-3 * sum.abs().max(1.0));
        }
        let finer = Shifts::new(cube, size, shift, 0.125, 1, |_| true).best(&spectrum, &mut work).0;
        for axis in 0..3 {
            assert!((shift[axis] - truth[axis]).abs() < 0.2 && (finer[axis] - truth[axis]).abs() < 0.02, "{shift:?} {finer:?}");
        }
        let near = Shifts::new(cube, size, [0.0; 3], 1.0, 2, |shift| shift[0] < 0.5).best(&spectrum, &mut work).0;
        assert_eq!(near[0], 0.0);
    }
}
