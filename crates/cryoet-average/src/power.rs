use rayon::prelude::*;

use crate::fourier::CubeFourier;
use crate::tomogram_particles::Member;
use crate::{AverageError, TomogramParticles};

/// The least power that is made up for, over the largest: beyond, filters have left nothing but rounding.
const LEAST: f64 = 1e-4;

/// What the particles' boxes hold on average at each length of frequency: nearly all of it noise, as long as particles are hard to see.
pub(crate) struct Power {
    /// A shell per bin; the least is 1.
    shells: Vec<f64>,
}

impl Power {
    pub(crate) fn of(sets: &[TomogramParticles<'_>], members: &[Member], size: usize) -> Result<Self, AverageError> {
        let fourier = CubeFourier::new(size);
        let shell_of: Vec<usize> = CubeFourier::shells(size).collect();
        let of_one = |member: &Member| -> Result<Vec<f64>, AverageError> {
            let mut cut = member.cut(sets, size)?;
            cut.standardise();
            let mut sums = vec![0.0; size / 2 + 1];
            for (bin, &shell) in fourier.forward(cut.voxels.iter().map(|&v| f64::from(v))).iter().zip(&shell_of) {
                if let Some(sum) = sums.get_mut(shell) {
                    *sum += bin.norm_sqr();
                }
            }
            Ok(sums)
        };
        let parts = members.par_iter().map(of_one).collect::<Result<Vec<_>, _>>()?;
        let mut counts = vec![0.0_f64; size / 2 + 1];
        shell_of.iter().filter_map(|&shell| counts.get_mut(shell).map(|count| *count += 1.0)).for_each(drop);
        let mean = |shell: usize| parts.iter().map(|part| part[shell]).sum::<f64>() / counts[shell];
        let mut shells: Vec<f64> = (0..counts.len()).map(mean).collect();
        // The mean of a box is no signal.
        shells[0] = shells[1];
        let most = shells.iter().fold(0.0, |most: f64, &v| most.max(v));
        // Boxes in which nothing varies leave all frequencies alike.
        shells.iter_mut().for_each(|v| *v = if most > 0.0 { v.max(LEAST * most) } else { 1.0 });
        let least = shells.iter().fold(f64::INFINITY, |least: f64, &v| least.min(v));
        shells.iter_mut().for_each(|v| *v /= least);
        Ok(Self { shells })
    }

    /// How much a frequency in cycles per box counts where signal is compared with noise: one over the power, at most 1.
    pub(crate) fn weight(&self, frequency: f64) -> f64 {
        1.0 / self.shells[(frequency.round() as usize).min(self.shells.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::ndarray::Array3;
    use cryoet_core::{ClassLabel, Particle, Position, Volume};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::StandardNormal;

    #[test]
    fn white_noise_counts_alike_and_smoothed_noise_by_the_filter() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let white: Array3<f32> = Array3::from_shape_simple_fn((48, 48, 48), || random.sample(StandardNormal));
        let mut red = white.clone();
        for axis in 0..3 {
            for mut lane in red.lanes_mut(cryoet_core::ndarray::Axis(axis)) {
                for i in 1..48 {
                    lane[i] += 0.5 * lane[i - 1];
                }
            }
        }
        let particles: Vec<Particle> = [12.0, 24.0, 36.0]
            .into_iter()
            .flat_map(|z| [12.0, 36.0].map(|y| Particle::new(ClassLabel::new(1), Position::new(z, y, 24.0).unwrap())))
            .collect();
        let weights = |voxels: Array3<f32>| -> Vec<f64> {
            let tomogram = Volume::new(voxels);
            let sets = [TomogramParticles::new(&tomogram, &particles)];
            let power = Power::of(&sets, &crate::tomogram_particles::members(&sets), 16).unwrap();
            (2..=8).map(|k| power.weight(f64::from(k))).collect()
        };
        assert!(weights(white).iter().all(|w| (0.7..=1.0).contains(w)));
        let rising = weights(red);
        assert!(rising.windows(2).all(|pair| pair[0] < pair[1]) && rising[0] < 0.2 * rising[6], "{rising:?}");
        assert!(weights(Array3::zeros((48, 48, 48))).iter().all(|&w| w == 1.0));
    }
}
