use approx::assert_relative_eq;
use cryoet_core::ndarray::{Array3, s};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex32;

use super::*;
use crate::{Detector, Surroundings, project};

/// Projected all around and back again, a Gaussian blob is itself.
#[test]
fn back_projection_undoes_projection() {
    let specimen = Array3::from_shape_fn((65, 1, 65), |(z, _, x)| {
        let (dz, dx) = (z as f64 - 36.0, x as f64 - 27.0);
        (-(dz * dz + dx * dx) / 32.0).exp() as f32
    });
    let tilts: Vec<f64> = (-90..90).map(f64::from).collect();
    let detector = Detector { width: 129, axis_x: 32, surroundings: Surroundings::Empty };
    let images = project(specimen.view(), &tilts, detector, &()).unwrap();
    let volume = back_project(images.view(), &tilts, [65, 65], &()).unwrap();
    // Freeing the images of their mean lowers the background a little.
    let background = volume[[2, 0, 2]];
    for (found, expected) in volume.iter().zip(&specimen) {
        assert_relative_eq!(found - background, expected, epsilon = 0.02);
    }
}

/// A point seen from -60 to 60 degrees comes back where it was.
#[test]
fn a_point_comes_back_in_its_place() {
    let mut specimen = Array3::zeros((33, 3, 65));
    specimen[[20, 1, 45]] = 1.0;
    let tilts: Vec<f64> = (-30..=30).map(|i| 2.0 * f64::from(i)).collect();
    let detector = Detector { width: 97, axis_x: 32, surroundings: Surroundings::Empty };
    let images = project(specimen.view(), &tilts, detector, &()).unwrap();
    let volume = back_project(images.view(), &tilts, [33, 65], &()).unwrap();
    let brightest = volume.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    assert_eq!(brightest, (20, 1, 45));
    // Other rows see nothing but the mean that was taken off.
    let peak = volume[brightest];
    assert!(volume.slice(s![.., 0, ..]).iter().all(|&v| v.abs() < 0.01 * peak));
}

/// White noise seen from -60 to 60 degrees leaves the wedge about the beam's axis empty in Fourier space.
#[test]
fn the_missing_wedge_is_empty() {
    let n = 128;
    let tilts: Vec<f64> = (-60..=60).map(f64::from).collect();
    let mut images = Array3::zeros((tilts.len(), 1, 2 * n));
    crate::add_solvent_noise(images.view_mut(), 1.0, 9);
    let volume = back_project(images.view(), &tilts, [n, n], &()).unwrap();
    // A window, lest the volume's edges smear the wedge.
    let window = |i: usize| (std::f32::consts::PI * i as f32 / n as f32).sin().powi(2);
    let mut plane: Vec<Complex32> =
        (0..n * n).map(|i| Complex32::new(volume[[i / n, 0, i % n]] * window(i / n) * window(i % n), 0.0)).collect();
    let fft = FftPlanner::new().plan_fft_forward(n);
    fft.process(&mut plane);
    let mut plane: Vec<Complex32> = (0..n * n).map(|i| plane[(i % n) * n + i / n]).collect();
    fft.process(&mut plane);
    let (mut missing, mut measured) = ((0.0, 0), (0.0, 0));
    for (i, value) in plane.iter().enumerate() {
        let kx = crate::fourier::frequency(i / n, n);
        let kz = crate::fourier::frequency(i % n, n);
        let k = kx.hypot(kz);
        if !(0.1..0.45).contains(&k) {
            continue;
        }
        // An image at tilt t fills the line kz = kx tan t.
        let angle = kz.abs().atan2(kx.abs()).to_degrees();
        if angle > 66.0 {
            missing = (missing.0 + f64::from(value.norm_sqr()), missing.1 + 1);
        } else if angle < 57.0 {
            measured = (measured.0 + f64::from(value.norm_sqr()), measured.1 + 1);
        }
    }
    let ratio = (missing.0 / f64::from(missing.1)) / (measured.0 / f64::from(measured.1));
    assert!(ratio < 5e-3, "{ratio}");
}

#[test]
fn weights_follow_the_gaps() {
    let weights = angle_weights(&[0.0, -10.0, 30.0]).iter().map(|w| w.to_degrees()).collect::<Vec<_>>();
    for (found, expected) in weights.into_iter().zip([20.0, 10.0, 30.0]) {
        assert_relative_eq!(found, expected, epsilon = 1e-9);
    }
}

#[test]
fn needs_a_tilt_for_every_image() {
    let images = Array3::zeros((3, 2, 8));
    assert!(matches!(back_project(images.view(), &[0.0], [4, 4], &()), Err(SimulationError::TiltCount { images: 3, tilts: 1 })));
}

/// With even tilts all around, the exact filter is the ramp but for ripples of 45 % over the root of `diameter f`, which end at a sharp
/// diameter leaves (their closed form is a test of the filter), up to the frequency at which neighbouring images part.
#[test]
fn exact_weights_are_the_ramp_where_tilts_are_dense() {
    let tilts: Vec<f64> = (-90..90).map(f64::from).collect();
    let specimen = Array3::from_shape_fn((65, 1, 65), |(z, _, x)| {
        let (dz, dx) = (z as f64 - 36.0, x as f64 - 27.0);
        (-(dz * dz + dx * dx) / 32.0).exp() as f32
    });
    let detector = Detector { width: 129, axis_x: 32, surroundings: Surroundings::Empty };
    let images = project(specimen.view(), &tilts, detector, &()).unwrap();
    let volume = back_project_weighted(images.view(), &tilts, [65, 65], Weighting::Exact { diameter: 92.0 }, &()).unwrap();
    let background = volume[[2, 0, 2]];
    for (found, expected) in volume.iter().zip(&specimen) {
        assert_relative_eq!(found - background, expected, epsilon = 0.06);
    }
    let wrong = back_project_weighted(images.view(), &tilts, [65, 65], Weighting::Exact { diameter: 0.0 }, &());
    assert!(matches!(wrong, Err(SimulationError::Diameter { .. })));
}
