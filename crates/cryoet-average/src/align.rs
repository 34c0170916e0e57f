use cryoet_core::{Orientation, Wedge, box_centre};
use rustfft::num_complex::{Complex32, Complex64};

use crate::AverageError;
use crate::fourier::CubeFourier;
use crate::half_ball::{cube_index, half_ball};
use crate::reference::Reference;
use crate::shifts::{HalfCube, ShiftWork, Shifts};

/// How often poses of one angular step may follow upon each other.
const MOST_MOVES: usize = 8;

/// Spacings in voxels at which the last shift is sought.
const LAST_SPACINGS: [f64; 3] = [0.5, 0.25, 0.125];

/// How a particle lies in its box: turned, then shifted from the box's reference point by z, y, x voxels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    pub(crate) orientation: Orientation,
    pub(crate) shift: [f64; 3],
    /// The correlation coefficient with the reference.
    pub(crate) score: f64,
}

/// How far poses are sought.
pub(crate) struct Reach<'a> {
    /// Angular steps in degrees, from coarse to fine.
    pub(crate) steps: &'a [f64],
    /// How far a particle may move, in voxels.
    pub(crate) shift: f64,
    /// How far it has moved before, z, y, x.
    pub(crate) moved: [f64; 3],
}

impl Reach<'_> {
    fn allows(&self, shift: [f64; 3]) -> bool {
        shift.iter().zip(self.moved).map(|(s, m)| (s + m).powi(2)).sum::<f64>() <= self.shift * self.shift
    }

    /// How many spacings a grid of shifts needs to each side of 0.
    fn spacings(&self, spacing: f64) -> usize {
        let farthest = self.moved.iter().fold(0.0, |most: f64, m| most.max(m.abs()));
        ((self.shift + farthest) / spacing).ceil() as usize
    }
}

/// Compares boxes of one kind of missing wedge with a reference, at the frequencies that count.
///
/// The score of a pose is the correlation coefficient over the frequencies that both measured, the box by its tilts and the reference
/// by those of the particles in it.
pub(crate) struct Aligner<'a> {
    reference: &'a Reference,
    bins: Vec<Bin>,
    cube: HalfCube,
}

struct Bin {
    /// z, y, x in cycles per box.
    frequency: [i32; 3],
    /// In the half cube of correlations.
    cell: usize,
    weight: f32,
}

/// What one thread works in.
#[derive(Default)]
pub(crate) struct AlignWork {
    product: Vec<Complex32>,
    shifts: ShiftWork,
}

impl<'a> Aligner<'a> {
    /// `weight` takes the length of a frequency in cycles per box; those of weight 0 are left out.
    pub(crate) fn new(reference: &'a Reference, wedge: Option<Wedge>, weight: impl Fn(f64) -> f64) -> Self {
        let most = reference.size() as f64 / 2.0 - 1.0;
        let counts = |k: &[i32; 3]| {
            let length = k.iter().map(|&i| f64::from(i * i)).sum::<f64>().sqrt();
            let of_wedge = wedge.map_or(1.0, |wedge| wedge.weight(k.map(f64::from)));
            if length > 0.0 { weight(length) * of_wedge } else { 0.0 }
        };
        let kept: Vec<([i32; 3], f64)> =
            half_ball(most).into_iter().map(|k| (k, counts(&k))).filter(|(_, weight)| *weight > 1e-6).collect();
        let cube = HalfCube { most: kept.iter().flat_map(|(k, _)| k.map(|i| i.unsigned_abs() as usize)).max().unwrap_or(0) };
        let bins =
            kept.into_iter().map(|(frequency, weight)| Bin { frequency, cell: cube.index(frequency), weight: weight as f32 }).collect();
        Self { reference, bins, cube }
    }

    /// What a box, given in the order z, y, x, holds at the frequencies that count, seen from `rest` beside its reference point.
    pub(crate) fn image(&self, voxels: &[f32], rest: [f64; 3], fourier: &CubeFourier) -> Vec<Complex32> {
        let size = self.reference.size();
        let spectrum = fourier.forward(voxels.iter().map(|&v| f64::from(v)));
        let per_voxel = std::f64::consts::TAU / size as f64;
        let seen_from = rest.map(|r| r + box_centre(size) as f64);
        let value = |bin: &Bin| {
            let cycles: f64 = bin.frequency.iter().zip(seen_from).map(|(&k, place)| f64::from(k) * place).sum();
            let value = spectrum[cube_index(bin.frequency, size)] * Complex64::cis(cycles * per_voxel);
            Complex32::new(value.re as f32, value.im as f32)
        };
        self.bins.iter().map(value).collect()
    }

    /// The best poses over given orientations, each apart from better ones by an angle in degrees; the best first.
    pub(crate) fn best_of(
        &self,
        image: &[Complex32],
        orientations: &[Orientation],
        keep: (usize, f64),
        reach: &Reach<'_>,
        work: &mut AlignWork,
    ) -> Vec<Pose> {
        let size = self.reference.size();
        // Twice as dense as the highest frequency needs.
        let spacing = (size as f64 / (4.0 * self.cube.most.max(1) as f64)).floor().max(1.0);
        let shifts = Shifts::new(self.cube, size, [0.0; 3], spacing, reach.spacings(spacing), |shift| reach.allows(shift));
        let (most, apart) = keep;
        let mut best: Vec<Pose> = Vec::new();
        for orientation in orientations {
            let pose = self.compare(image, *orientation, &shifts, work);
            if best.len() == most && pose.score <= best[most - 1].score {
                continue;
            }
            let near = |other: &Pose| other.orientation.angle_to(orientation) < apart;
            if best.iter().any(|other| near(other) && other.score >= pose.score) {
                continue;
            }
            best.retain(|other| !near(other));
            let place = best.partition_point(|other| other.score >= pose.score);
            best.insert(place, pose);
            best.truncate(most);
        }
        best
    }

    /// The best pose near a start: every angular step up and down each of three axes as long as the correlation rises, then the next.
    /// `shifted`: whether the start's shift is known; otherwise all within reach are tried first.
    pub(crate) fn refine(
        &self,
        image: &[Complex32],
        start: Pose,
        shifted: bool,
        reach: &Reach<'_>,
        work: &mut AlignWork,
    ) -> Result<Pose, AverageError> {
        let first =
            if shifted { self.around(start.shift, 1.0, reach) } else { self.shifts([0.0; 3], 1.0, reach.spacings(1.0).max(1), reach) };
        let mut best = self.compare(image, start.orientation, &first, work);
        for (level, &step) in reach.steps.iter().enumerate() {
            let turns = turns(step)?;
            let mut scores = [0.0; 6];
            for _ in 0..MOST_MOVES {
                let shifts = self.around(best.shift, 1.0, reach);
                let mut next = best;
                for (turn, score) in turns.iter().zip(&mut scores) {
                    let pose = self.compare(image, turn.then(&best.orientation), &shifts, work);
                    *score = pose.score;
                    if pose.score > next.score {
                        next = pose;
                    }
                }
                if next.score <= best.score {
                    break;
                }
                best = next;
            }
            if level + 1 == reach.steps.len() {
                let top = top(&scores, best.score, step)?;
                let pose = self.compare(image, top.then(&best.orientation), &self.around(best.shift, 1.0, reach), work);
                if pose.score > best.score {
                    best = pose;
                }
            }
        }
        for spacing in LAST_SPACINGS {
            best = self.compare(image, best.orientation, &self.around(best.shift, spacing, reach), work);
        }
        Ok(best)
    }

    fn around(&self, centre: [f64; 3], spacing: f64, reach: &Reach<'_>) -> Shifts {
        self.shifts(centre, spacing, 1, reach)
    }

    fn shifts(&self, centre: [f64; 3], spacing: f64, count: usize, reach: &Reach<'_>) -> Shifts {
        Shifts::new(self.cube, self.reference.size(), centre, spacing, count, |shift| reach.allows(shift))
    }

    /// The best shift of the turned reference, and its correlation with the image.
    fn compare(&self, image: &[Complex32], orientation: Orientation, shifts: &Shifts, work: &mut AlignWork) -> Pose {
        let back = orientation.inverse();
        let [along_z, along_y, along_x] =
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|unit| back.rotate_zyx(unit).map(|c| c as f32));
        let spectrum = self.reference.spectrum();
        work.product.clear();
        work.product.resize(self.cube.bins(), Complex32::ZERO);
        let (mut of_reference, mut of_image) = (0.0_f64, 0.0_f64);
        for (bin, &value) in self.bins.iter().zip(image) {
            let [z, y, x] = bin.frequency.map(|k| k as f32);
            let place: [f32; 3] = std::array::from_fn(|i| z * along_z[i] + y * along_y[i] + x * along_x[i]);
            if self.reference.knows(place) {
                let turned = spectrum.at(place);
                work.product[bin.cell] = turned.conj() * value * bin.weight;
                of_reference += f64::from(turned.norm_sqr() * bin.weight);
                of_image += f64::from(value.norm_sqr() * bin.weight);
            }
        }
        let (shift, product) = shifts.best(&work.product, &mut work.shifts);
        let norm = (of_reference * of_image).sqrt();
        Pose { orientation, shift, score: if norm > 0.0 { (product / norm).clamp(-1.0, 1.0) } else { 0.0 } }
    }
}

/// Turns by a step up and down the axes x, y, z.
fn turns(step: f64) -> Result<[Orientation; 6], AverageError> {
    let along = |axis: usize, sign: f64| small_turn(std::array::from_fn(|i| if i == axis { sign * step } else { 0.0 }));
    Ok([along(0, -1.0)?, along(0, 1.0)?, along(1, -1.0)?, along(1, 1.0)?, along(2, -1.0)?, along(2, 1.0)?])
}

/// The turn about an axis x, y, z by its length in degrees.
fn small_turn(axis: [f64; 3]) -> Result<Orientation, AverageError> {
    let degrees = axis.iter().map(|c| c * c).sum::<f64>().sqrt();
    let (sine, cosine) = (degrees.to_radians() / 2.0).sin_cos();
    let scale = if degrees > 0.0 { sine / degrees } else { 0.0 };
    let [x, y, z] = axis.map(|c| c * scale);
    Ok(Orientation::from_quaternion([cosine, x, y, z])?)
}

/// The turn to the top of the parabolas through the scores on both sides of the best.
fn top(scores: &[f64; 6], best: f64, step: f64) -> Result<Orientation, AverageError> {
    small_turn(std::array::from_fn(|axis| {
        let (before, after) = (scores[2 * axis], scores[2 * axis + 1]);
        let bend = before - 2.0 * best + after;
        if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) * step } else { 0.0 }
    }))
}

#[cfg(test)]
mod tests;
