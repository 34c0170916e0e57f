use cryoet_core::{ClassLabel, Orientation, Particle, Position};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::AverageError;

/// Particles at random places in random orientations: the control that shows what a reference makes of anything.
///
/// Their boxes of `size` voxels lie inside a tomogram of the shape z, y, x. Refined as real ones are, against the same reference
/// (without their orientations where the real ones have none), their halves must not agree beyond the first low-pass (the appendix of DeepFinder's paper does so).
///
/// # Errors
/// A box larger than the tomogram.
///
/// ```
/// use cryoet_average::random_particles;
/// let particles = random_particles([64, 128, 128], 10, 32, 1)?;
/// assert_eq!(particles, random_particles([64, 128, 128], 10, 32, 1)?);
/// assert!(particles.iter().all(|p| (16.0..=48.0).contains(&p.position.z())));
/// # Ok::<(), cryoet_average::AverageError>(())
/// ```
pub fn random_particles(shape: [usize; 3], count: usize, size: usize, seed: u64) -> Result<Vec<Particle>, AverageError> {
    if size == 0 || shape.iter().any(|&n| n < size) {
        return Err(AverageError::Box { size, shape });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let before = cryoet_core::box_centre(size) as f64;
    let place = |random: &mut ChaCha8Rng, n: usize| before + random.random::<f64>() * (n - size) as f64;
    (0..count)
        .map(|_| {
            let [z, y, x] = shape.map(|n| place(&mut random, n));
            // Four normal numbers point in every direction alike.
            let wxyz: [f64; 4] = std::array::from_fn(|_| random.sample(StandardNormal));
            Ok(Particle::new(ClassLabel::new(1), Position::new(z, y, x)?).with_orientation(Orientation::from_quaternion(wxyz)?))
        })
        .collect()
}
