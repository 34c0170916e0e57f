//! Streams of random numbers: one for each purpose and index, so that no draw depends on threads or on other draws.

use cryoet_core::Orientation;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// What a stream is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Particles = 1,
    Places = 2,
    Solvent = 3,
    Noise = 4,
    Surroundings = 5,
    SurroundingPlaces = 6,
    Vesicles = 7,
    ObjectPlaces = 8,
    Damage = 9,
    Shot = 10,
    ShiftY = 11,
    ShiftU = 12,
    TiltAngle = 13,
    Rotation = 14,
    Magnification = 15,
    Quantity = 16,
    Membranes = 17,
    Filaments = 18,
}

pub(crate) fn stream(seed: u64, purpose: Purpose, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(((purpose as u64) << 48) | index as u64);
    rng
}

/// An orientation drawn evenly from all rotations: a quaternion of four normal numbers.
pub(crate) fn orientation(rng: &mut ChaCha8Rng) -> Orientation {
    loop {
        let wxyz: [f64; 4] = std::array::from_fn(|_| rng.sample(StandardNormal));
        // Fails only for the quaternion zero.
        if let Ok(orientation) = Orientation::from_quaternion(wxyz) {
            return orientation;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For rotations drawn by Haar's measure each matrix element has mean 0, mean square 1/3, and |cos beta| has mean 1/2; the
    /// angle of rotation has density (1 - cos a) / pi, hence mean pi/2 + 2/pi.
    #[test]
    fn orientations_have_the_moments_of_haar() {
        let mut rng = stream(5, Purpose::Particles, 0);
        let n = 40_000;
        let (mut mean, mut square, mut cosine, mut angle) = ([0.0; 9], [0.0; 9], 0.0, 0.0);
        for _ in 0..n {
            let orientation = orientation(&mut rng);
            let m = orientation.matrix();
            for (i, &v) in m.as_flattened().iter().enumerate() {
                mean[i] += v / f64::from(n);
                square[i] += v * v / f64::from(n);
            }
            cosine += m[2][2].abs() / f64::from(n);
            angle += orientation.angle_to(&Orientation::identity()).to_radians() / f64::from(n);
        }
        // Five standard errors.
        assert!(mean.iter().all(|m| m.abs() < 5.0 * (1.0 / 3.0 / f64::from(n)).sqrt()), "{mean:?}");
        assert!(square.iter().all(|s| (s - 1.0 / 3.0).abs() < 5.0 * (4.0 / 45.0 / f64::from(n)).sqrt()), "{square:?}");
        assert!((cosine - 0.5).abs() < 5.0 * (1.0 / 12.0 / f64::from(n)).sqrt());
        let expected = std::f64::consts::FRAC_PI_2 + 2.0 / std::f64::consts::PI;
        assert!((angle - expected).abs() < 5.0 * 0.65 / f64::from(n).sqrt(), "{angle}");
    }
}
