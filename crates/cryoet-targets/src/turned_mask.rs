use std::ops::Range;

use cryoet_core::Particle;

use crate::mask::{FIXED_UNIT, Fixed, Mask};
use crate::solid::{Solid, indices_within};

/// Steps smaller than this count as this: they do not leave a cell within any mask, and their reciprocals stay finite.
const LEAST_STEP: f64 = 1e-12;

/// A mask, turned and put in its place.
pub(crate) struct TurnedMask<'a> {
    pub(crate) mask: &'a Mask,
    centre: [f64; 3],
    /// Where the volume's unit steps along z, y, x lead in the mask, each z, y, x.
    steps: [[f64; 3]; 3],
    /// Between which x, counted from the centre, its row lies between the mask's bounds, per axis of the mask.
    clip: [[f64; 2]; 3],
    /// By how much these x fall with each step of the volume along z and y, per axis of the mask.
    drift: [[f64; 2]; 3],
    /// How far along each axis of the volume the turned bounds reach, before and behind the centre.
    reaches: [[f64; 2]; 3],
}

impl<'a> TurnedMask<'a> {
    /// A mask turned by a particle's orientation about its reference point, which lies at `centre` (z, y, x).
    pub(crate) fn new(mask: &'a Mask, particle: &Particle, centre: [f64; 3]) -> Self {
        let unit = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let steps = particle.orientation.map_or(unit, |turn| unit.map(|axis| turn.inverse().rotate_zyx(axis)));
        let bounds: [[f64; 2]; 3] = std::array::from_fn(|axis| mask.bounds[axis].map(|bound| bound - mask.reference[axis]));
        let per_step = steps[2].map(|step| if step.abs() < LEAST_STEP { 1.0 / LEAST_STEP } else { 1.0 / step });
        let clip = std::array::from_fn(|axis| {
            let [low, high] = bounds[axis].map(|bound| bound * per_step[axis]);
            [low.min(high), low.max(high)]
        });
        let drift = std::array::from_fn(|axis| [steps[0], steps[1]].map(|step| step[axis] * per_step[axis]));
        let reaches = steps.map(|step| {
            let mut reach = [0.0; 2];
            for axis in 0..3 {
                let [low, high] = bounds[axis].map(|bound| bound * step[axis]);
                reach = [reach[0] + low.min(high), reach[1] + low.max(high)];
            }
            reach
        });
        Self { mask, centre, steps, clip, drift, reaches }
    }

    /// The voxels x of the row (z, y) that may be covered.
    #[inline]
    fn candidates(&self, z: usize, y: usize, x: Range<usize>) -> Range<usize> {
        let [dz, dy] = [z as f64 - self.centre[0], y as f64 - self.centre[1]];
        let (mut first, mut last) = (f64::NEG_INFINITY, f64::INFINITY);
        for ([low, high], [per_z, per_y]) in self.clip.into_iter().zip(self.drift) {
            let drift = dz * per_z + dy * per_y;
            let (low, high) = (low - drift, high - drift);
            first = if low > first { low } else { first };
            last = if high < last { high } else { last };
        }
        if first > last {
            return 0..0;
        }
        let clipped = indices_within(self.centre[2] + first, self.centre[2] + last, x.end);
        clipped.start.max(x.start)..clipped.end
    }

    /// The place of a voxel in the mask's cells.
    #[inline]
    fn place(&self, z: usize, y: usize, x: usize) -> [f64; 3] {
        let [dz, dy, dx] = [z as f64 - self.centre[0], y as f64 - self.centre[1], x as f64 - self.centre[2]];
        let [along_z, along_y, along_x] = self.steps;
        std::array::from_fn(|axis| (self.mask.reference[axis] + dz * along_z[axis] + dy * along_y[axis]) + dx * along_x[axis])
    }

    /// Calls `run` with each run of voxels x of the row (z, y) whose place in the mask's cells is covered.
    pub(crate) fn row_where(
        &self,
        z: usize,
        y: usize,
        x: Range<usize>,
        covered: impl Fn([f64; 3]) -> bool,
        run: &mut impl FnMut(Range<usize>),
    ) {
        runs(self.candidates(z, y, x), |x| covered(self.place(z, y, x)), run);
    }
}

/// Calls `run` with each run of neighbours among `x` that are covered; `covered` is asked once for each, in order.
#[inline]
fn runs(x: Range<usize>, mut covered: impl FnMut(usize) -> bool, run: &mut impl FnMut(Range<usize>)) {
    let Range { start: mut at, end } = x;
    while at < end {
        if covered(at) {
            let first = at;
            at += 1;
            while at < end && covered(at) {
                at += 1;
            }
            run(first..at);
        }
        at += 1;
    }
}

#[inline]
fn fixed(place: [f64; 3]) -> Fixed {
    place.map(|v| {
        let scaled = v * FIXED_UNIT;
        (scaled + 0.5f64.copysign(scaled)) as i64
    })
}

impl Solid for TurnedMask<'_> {
    fn centre(&self) -> [f64; 3] {
        self.centre
    }

    fn size(&self) -> f64 {
        self.mask.voxels as f64
    }

    fn span(&self, axis: usize, len: usize) -> Range<usize> {
        let [before, behind] = self.reaches[axis];
        indices_within(self.centre[axis] + before, self.centre[axis] + behind, len)
    }

    fn row(&self, z: usize, y: usize, x: Range<usize>, run: &mut impl FnMut(Range<usize>)) {
        let x = self.candidates(z, y, x);
        if x.is_empty() {
            return;
        }
        let (mut at, step) = (fixed(self.place(z, y, x.start)), fixed(self.steps[2]));
        let cells = self.mask.cells();
        let covered = |_| {
            let covers = cells.cover(at);
            at = std::array::from_fn(|axis| at[axis] + step[axis]);
            covers
        };
        runs(x, covered, run);
    }
}
