use cryoet_core::ndarray::Array3;
use cryoet_core::{Region, Statistics, Volume, VolumeSource};

use crate::MatchError;
use crate::fourier::{Fourier3, Workspace, fast_length};

/// The edge in voxels of the blocks whose spectra are averaged, at most.
const BLOCK: usize = 64;

/// How many blocks are read along each axis, at most.
const BLOCKS: usize = 4;

/// The least amplitude that is made up for, over the largest: beyond, there is nothing but rounding.
const LEAST_AMPLITUDE: f64 = 1e-3;

/// What makes all frequencies of a tomogram equally strong: one over its amplitude at each length of frequency.
///
/// Tomograms are strongest at low frequencies, where crowded surroundings correlate with any template. Whitened, tomogram and template are
/// compared at all frequencies alike: [`of`](Self::of) measures the amplitudes, [`apply`](Self::apply) filters the tomogram, and
/// [`Search::with_whitening`](crate::Search::with_whitening) does the same to the turned template.
///
/// ```
/// use cryoet_core::{RotationGrid, Symmetry, Volume, ndarray::Array3};
/// use cryoet_match::{MatchParams, Search, Template, TemplateMask, Whitening};
///
/// let tomogram = Volume::new(Array3::from_shape_fn((24, 24, 24), |(z, y, x)| ((z * 7 + y * 5 + x * 3) % 11) as f32));
/// let rod = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| if z.abs_diff(4) < 2 && y.abs_diff(4) < 2 && x > 0 { 1.0 } else { 0.0 });
/// let template = Template::new(Volume::new(rod), TemplateMask::Sphere { radius: 4.0, edge: 0.0 })?;
/// let grid = RotationGrid::covering(60.0, Symmetry::default())?;
/// let whitening = Whitening::of(&tomogram)?;
/// let white = whitening.apply(&tomogram)?;
/// let matches = Search::new(&white, &template, &grid, MatchParams::default())?.with_whitening(&whitening).run(&())?;
/// assert!(matches.scores.data().iter().all(|score| score.abs() <= 1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Whitening {
    /// For equally spaced frequencies from 0 to Nyquist's; the largest is 1.
    weights: Vec<f64>,
}

impl Whitening {
    /// Measures a tomogram's amplitudes: the spectra of up to 64 blocks of up to 64 voxels an edge, faded to their borders, averaged over
    /// directions.
    ///
    /// # Errors
    /// A tomogram of fewer than 8 voxels along an axis, constant, or not finite; a source that fails.
    pub fn of(tomogram: &dyn VolumeSource<f32>) -> Result<Self, MatchError> {
        let shape = tomogram.shape();
        let statistics = Statistics::of(tomogram)?;
        if statistics.min == statistics.max {
            return Err(MatchError::NoVariance { value: statistics.min });
        }
        let Some(edge) = shape.into_iter().min().map(|least| least.min(BLOCK)).filter(|&edge| edge >= 8) else {
            return Err(MatchError::TooThin { shape });
        };
        let fourier = Fourier3::new([edge; 3]);
        let mut work = Workspace::default();
        let shells = edge / 2 + 1;
        let shell_of: Vec<usize> = fourier.frequencies().map(|f| (length(f) * edge as f64).round() as usize).collect();
        let fade = |i: usize| (std::f64::consts::PI * (i as f64 + 0.5) / edge as f64).sin().powi(2);
        let mut sums = vec![(0.0, 0.0); shells];
        for start in starts(shape, edge) {
            let block = tomogram.read_region(Region::new(start, [edge; 3]))?;
            let faded =
                |((z, y, x), &v): ((usize, usize, usize), &f32)| ((f64::from(v) - statistics.mean) * fade(z) * fade(y) * fade(x)) as f32;
            let voxels: Vec<f32> = block.indexed_iter().map(faded).collect();
            for (bin, &shell) in fourier.forward(&voxels, [edge; 3], &mut work).iter().zip(&shell_of) {
                if let Some((power, count)) = sums.get_mut(shell) {
                    *power += f64::from(bin.norm_sqr());
                    *count += 1.0;
                }
            }
        }
        let mut amplitudes: Vec<f64> = sums.iter().map(|(power, count): &(f64, f64)| (power / count.max(1.0)).sqrt()).collect();
        // The mean is no signal.
        amplitudes[0] = amplitudes[1];
        let largest = amplitudes.iter().fold(0.0, |most: f64, &a| most.max(a));
        let floored: Vec<f64> = amplitudes.iter().map(|a| a.max(LEAST_AMPLITUDE * largest)).collect();
        let least = floored.iter().fold(f64::INFINITY, |least: f64, &a| least.min(a));
        Ok(Self { weights: floored.iter().map(|a| least / a).collect() })
    }

    /// The weight in \[0, 1\] of a frequency in cycles per voxel, linear between the measured ones; beyond Nyquist's that of Nyquist's.
    pub fn weight(&self, frequency: f64) -> f64 {
        let last = self.weights.len() - 1;
        let place = (frequency * 2.0 * last as f64).clamp(0.0, last as f64);
        let first = (place as usize).min(last.saturating_sub(1));
        let share = place - first as f64;
        self.weights[first] * (1.0 - share) + self.weights[(first + 1).min(last)] * share
    }

    /// The whitened tomogram, of mean 0; held whole in memory, with its spectrum and copies on the way: about 30 bytes per voxel at the most.
    ///
    /// # Errors
    /// A tomogram that is empty or not finite; a source that fails.
    pub fn apply(&self, tomogram: &dyn VolumeSource<f32>) -> Result<Volume<f32>, MatchError> {
        let shape = tomogram.shape();
        let mean = Statistics::of(tomogram)?.mean;
        let padded = shape.map(fast_length);
        let fourier = Fourier3::new(padded);
        let mut work = Workspace::default();
        let voxels: Vec<f32> = tomogram.read_region(Region::whole(shape))?.iter().map(|&v| (f64::from(v) - mean) as f32).collect();
        let mut spectrum = fourier.forward(&voxels, shape, &mut work);
        let scale = 1.0 / fourier.voxels() as f64;
        for (bin, frequency) in spectrum.iter_mut().zip(fourier.frequencies()) {
            *bin *= (self.weight(length(frequency)) * scale) as f32;
        }
        let filtered = fourier.inverse(&spectrum, &mut work);
        let value = |(z, y, x): (usize, usize, usize)| filtered[(z * padded[1] + y) * padded[2] + x];
        let white = Array3::from_shape_fn(shape, value);
        Ok(Volume::new(white).with_voxel_size(tomogram.voxel_size()).with_origin(tomogram.origin()))
    }
}

fn length(frequency: [f64; 3]) -> f64 {
    frequency.iter().map(|f| f * f).sum::<f64>().sqrt()
}

/// The first voxels of blocks spread evenly over a volume.
fn starts(shape: [usize; 3], edge: usize) -> Vec<[usize; 3]> {
    let along = |n: usize| -> Vec<usize> {
        let count = (n / edge).clamp(1, BLOCKS);
        (0..count).map(|i| if count == 1 { (n - edge) / 2 } else { i * (n - edge) / (count - 1) }).collect()
    };
    let [z, y, x] = shape.map(along);
    let mut starts = Vec::with_capacity(z.len() * y.len() * x.len());
    for &z in &z {
        for &y in &y {
            starts.extend(x.iter().map(|&x| [z, y, x]));
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fourier::frequency;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Noise, each voxel mixed with those before it along each axis: strongest at low frequencies.
    fn red_noise(n: usize) -> Volume<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let mut voxels = Array3::from_shape_simple_fn([n; 3], || random.random_range(-1.0_f32..1.0));
        for axis in 0..3 {
            for mut lane in voxels.lanes_mut(cryoet_core::ndarray::Axis(axis)) {
                for i in 1..n {
                    lane[i] += 0.6 * lane[i - 1];
                }
            }
        }
        Volume::new(voxels)
    }

    #[test]
    fn whitened_noise_is_white() {
        let tomogram = red_noise(96);
        let whitening = Whitening::of(&tomogram).unwrap();
        assert!(whitening.weight(0.5) > 4.0 * whitening.weight(0.02));
        let again = Whitening::of(&whitening.apply(&tomogram).unwrap()).unwrap();
        let weights: Vec<f64> = (2..=24).map(|i| again.weight(f64::from(i) / 50.0)).collect();
        let (least, most) = weights.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), &w| (least.min(w), most.max(w)));
        assert!(most / least < 1.2, "{weights:?}");
    }

    #[test]
    fn blocks_lie_inside_and_weights_are_linear_between_shells() {
        for shape in [[64, 64, 64], [70, 200, 1000], [8, 9, 10]] {
            let edge = shape.into_iter().min().unwrap().min(BLOCK);
            let starts = starts(shape, edge);
            assert!(starts.iter().all(|s| Region::new(*s, [edge; 3]).check_inside(shape).is_ok()));
            assert!(starts.len() <= BLOCKS.pow(3));
        }
        let whitening = Whitening { weights: vec![1.0, 0.5, 0.25] };
        assert_eq!([0.0, 0.125, 0.25, 0.5, 0.9].map(|f| whitening.weight(f)), [1.0, 0.75, 0.5, 0.25, 0.25]);
    }

    #[test]
    fn refuses_what_has_no_spectrum() {
        assert!(matches!(Whitening::of(&Volume::new(Array3::from_elem((20, 20, 20), 1.0_f32))), Err(MatchError::NoVariance { .. })));
        let thin = Volume::new(Array3::from_shape_fn((4, 40, 40), |(_, y, x)| (y * x) as f32));
        assert!(matches!(Whitening::of(&thin), Err(MatchError::TooThin { shape: [4, 40, 40] })));
        // A frequency's sign does not matter.
        assert_eq!(length([frequency(1, 8), 0.0, 0.0]), length([frequency(7, 8), 0.0, 0.0]));
    }
}
