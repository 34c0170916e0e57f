use super::*;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustfft::num_complex::Complex64;

fn values(count: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

/// The definition, bin by bin, for one bin.
fn bin(voxels: &[f32], [nz, ny, nx]: [usize; 3], [kz, ky, kx]: [usize; 3]) -> Complex64 {
    let mut sum = Complex64::ZERO;
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let cycles = (z * kz) as f64 / nz as f64 + (y * ky) as f64 / ny as f64 + (x * kx) as f64 / nx as f64;
                sum += Complex64::from_polar(f64::from(voxels[(z * ny + y) * nx + x]), -2.0 * std::f64::consts::PI * cycles);
            }
        }
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn forward_is_the_definition_and_inverse_undoes_it(nz in 1_usize..7, ny in 1_usize..7, nx in 1_usize..9, seed in 0_u64..99) {
        let shape = [nz, ny, nx];
        let voxels = values(nz * ny * nx, seed);
        let fourier = Fourier3::new(shape);
        let mut work = Workspace::default();
        let spectrum = fourier.forward(&voxels, shape, &mut work);
        let half = nx / 2 + 1;
        for y in 0..ny {
            for x in 0..half {
                for z in 0..nz {
                    let ours = spectrum[(x * ny + y) * nz + z];
                    let ours = Complex64::new(f64::from(ours.re), f64::from(ours.im));
                    prop_assert!((ours - bin(&voxels, shape, [z, y, x])).norm() < 1e-4);
                }
            }
        }
        let back = fourier.inverse(&spectrum, &mut work);
        let scale = fourier.voxels() as f32;
        prop_assert!(back.iter().zip(&voxels).all(|(b, v)| (b / scale - v).abs() < 1e-5));
    }

    #[test]
    fn correlation_is_the_definition(extra in prop::array::uniform3(0_usize..5), size in prop::array::uniform3(1_usize..5), seed in 0_u64..99) {
        let valid = extra.map(|n| n + 1);
        let shape: [usize; 3] = std::array::from_fn(|i| size[i] + extra[i]);
        let (small, large) = (values(size.iter().product(), seed), values(shape.iter().product(), seed + 100));
        let fourier = Fourier3::new(shape);
        let mut work = Workspace::default();
        let spectrum = fourier.forward(&large, shape, &mut work);
        let mut planes = Vec::new();
        fourier.correlate(&small, size, &spectrum, valid, &mut work, |_, plane| planes.extend_from_slice(plane));
        let mut next = planes.iter();
        for kz in 0..valid[0] {
            for ky in 0..valid[1] {
                for kx in 0..valid[2] {
                    let mut sum = 0.0_f32;
                    for z in 0..size[0] {
                        for y in 0..size[1] {
                            for x in 0..size[2] {
                                sum += small[(z * size[1] + y) * size[2] + x]
                                    * large[((z + kz) * shape[1] + y + ky) * shape[2] + x + kx];
                            }
                        }
                    }
                    let ours = next.next().unwrap() / fourier.voxels() as f32;
                    prop_assert!((ours - sum).abs() < 1e-4, "{ours} {sum}");
                }
            }
        }
        prop_assert!(next.next().is_none());
    }
}

#[test]
fn fast_lengths() {
    assert_eq!([0, 1, 11, 97, 128, 211].map(fast_length), [1, 1, 12, 98, 128, 216]);
}
