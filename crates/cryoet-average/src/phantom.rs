//! For tests: particles made of blobs, drawn without interpolation.

use cryoet_core::ndarray::Array3;
use cryoet_core::{ClassLabel, Orientation, Particle, Position, Volume, VoxelSize, Wedge};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::TomogramParticles;
use crate::fourier::CubeFourier;

/// Voxels between neighbours of a lattice.
const APART: usize = 22;

/// Deviation of a blob in voxels: band-limited to 1e-4.
const WIDTH: f64 = 1.4;

/// A particle without symmetry: blobs of different weight, at places z, y, x from its reference point.
pub(crate) const BLOBS: [([f64; 3], f64); 5] =
    [([0.0, 0.0, 0.0], 1.0), ([0.0, 0.0, 4.5], 1.0), ([0.0, 4.0, -2.0], 0.8), ([3.5, -2.0, -2.0], 0.9), ([-3.0, -3.0, 1.0], 0.7)];

pub(crate) fn draw(volume: &mut Array3<f32>, at: [f64; 3], orientation: &Orientation) {
    let shape: [usize; 3] = volume.dim().into();
    for (offset, weight) in BLOBS {
        let turned = orientation.rotate_zyx(offset);
        let centre: [f64; 3] = std::array::from_fn(|i| at[i] + turned[i]);
        let range = |i: usize| ((centre[i] - 8.0).max(0.0) as usize)..((centre[i] + 9.0).max(0.0) as usize).min(shape[i]);
        for z in range(0) {
            for y in range(1) {
                for x in range(2) {
                    let square: f64 = [z, y, x].iter().zip(centre).map(|(&k, c)| (k as f64 - c).powi(2)).sum();
                    volume[[z, y, x]] += (weight * (-square / (2.0 * WIDTH * WIDTH)).exp()) as f32;
                }
            }
        }
    }
}

/// The particle alone in a box, unturned.
pub(crate) fn density(size: usize) -> Volume<f32> {
    let mut voxels = Array3::zeros([size; 3]);
    draw(&mut voxels, [(size / 2) as f64; 3], &Orientation::identity());
    Volume::new(voxels).with_voxel_size(VoxelSize::isotropic(10.0).unwrap())
}

/// A volume without what tilts up to 60 degrees do not show.
pub(crate) fn without_wedge(voxels: &Array3<f32>) -> Array3<f32> {
    let edge = voxels.dim().0;
    let fourier = CubeFourier::new(edge);
    let mut bins = fourier.forward(voxels.iter().map(|&v| f64::from(v)));
    for (bin, frequency) in bins.iter_mut().zip(CubeFourier::frequencies(edge)) {
        *bin *= Wedge::new(-60.0, 60.0).weight(frequency) / edge.pow(3) as f64;
    }
    Array3::from_shape_vec(voxels.dim(), fourier.inverse(&mut bins).iter().map(|&v| v as f32).collect()).unwrap()
}

pub(crate) fn random_orientation(random: &mut ChaCha8Rng) -> Orientation {
    Orientation::from_quaternion(std::array::from_fn(|_| random.sample(StandardNormal))).unwrap()
}

/// Particles on a lattice, between voxels and turned at random, in noise and with a missing wedge; and the truth.
pub(crate) struct Phantom {
    pub(crate) tomogram: Volume<f32>,
    pub(crate) truth: Vec<Particle>,
}

impl Phantom {
    pub(crate) fn new(across: usize, noise: f32, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let edge = across * APART;
        let mut voxels = Array3::from_shape_simple_fn([edge; 3], || random.sample::<f32, _>(StandardNormal) * noise);
        let mut truth = Vec::new();
        for i in 0..across.pow(3) {
            let orientation = random_orientation(&mut random);
            let cell = [i / (across * across), i / across % across, i % across];
            let [z, y, x] = cell.map(|c| (c * APART) as f64 + 10.5 + random.random_range(-0.5..0.5));
            draw(&mut voxels, [z, y, x], &orientation);
            truth.push(Particle::new(ClassLabel::new(1), Position::new(z, y, x).unwrap()).with_orientation(orientation));
        }
        let tomogram = Volume::new(without_wedge(&voxels)).with_voxel_size(VoxelSize::isotropic(10.0).unwrap());
        Self { tomogram, truth }
    }

    pub(crate) fn with<'a>(&'a self, particles: &'a [Particle]) -> [TomogramParticles<'a>; 1] {
        [TomogramParticles::new(&self.tomogram, particles).with_wedge(Wedge::new(-60.0, 60.0))]
    }

    /// Mean angle in degrees and mean distance in voxels from the truth.
    pub(crate) fn errors(&self, particles: &[Particle]) -> (f64, f64) {
        let n = self.truth.len() as f64;
        let pairs = || particles.iter().zip(&self.truth);
        let angle = pairs().map(|(a, b)| a.orientation.unwrap().angle_to(&b.orientation.unwrap())).sum::<f64>();
        (angle / n, pairs().map(|(a, b)| a.position.distance(&b.position)).sum::<f64>() / n)
    }
}
