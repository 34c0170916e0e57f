use approx::assert_relative_eq;

use super::*;
use crate::{image, image_tilted, project};

const WIDTH: usize = 128;
const DETECTOR: Detector = Detector { width: WIDTH, axis_x: 64, surroundings: Surroundings::Periodic };

/// A Gaussian blob of a few voxels at z, y, x.
fn blob(shape: [usize; 3], centre: [f64; 3], volt: f64) -> Array3<f32> {
    gaussian(shape, centre, volt, 12.0)
}

/// `exp(-r^2 / width)` about z, y, x.
fn gaussian(shape: [usize; 3], centre: [f64; 3], volt: f64, width: f64) -> Array3<f32> {
    Array3::from_shape_fn(shape, |(z, y, x)| {
        let r2 = [z, y, x].iter().zip(centre).map(|(&i, c)| (i as f64 - c).powi(2)).sum::<f64>();
        (volt * (-r2 / width).exp()) as f32
    })
}

fn largest(images: &Array3<f32>) -> f32 {
    images.iter().fold(0.0, |largest, v| largest.max(v.abs()))
}

/// Without absorption and envelopes no electron is lost, however strong the specimen and whatever the tilt: slices, propagator and lens
/// are unitary.
#[test]
fn no_electron_is_lost() {
    let specimen = blob([40, 64, WIDTH], [22.0, 30.0, 60.0], 200.0);
    let ctf = CtfParams { amplitude_contrast: 0.0, ..CtfParams::default() };
    let images = image_multislice(specimen.view(), &[0.0, 30.0, -60.0], DETECTOR, &ctf, 10.0, 50.0, &()).unwrap();
    assert!(largest(&images) > 0.3);
    for image in images.axis_iter(Axis(0)) {
        let mean = image.iter().map(|&v| f64::from(v)).sum::<f64>() / image.len() as f64;
        assert_relative_eq!(mean, 0.0, epsilon = 2e-5);
    }
}

/// A weak specimen at the height of the tilt axis is imaged as the weak-phase approximation says.
#[test]
fn a_weak_thin_specimen_is_a_weak_phase_object() {
    let specimen = blob([33, 64, WIDTH], [16.0, 30.0, 64.0], 0.05);
    let ctf = CtfParams::default();
    let exact = image_multislice(specimen.view(), &[0.0], DETECTOR, &ctf, 10.0, 20.0, &()).unwrap();
    let projected = project(specimen.view(), &[0.0], DETECTOR, &()).unwrap().mapv(|v| v * 10.0);
    let weak = image(projected.view(), &ctf, 10.0, &()).unwrap();
    for (a, b) in exact.iter().zip(&weak) {
        assert_relative_eq!(a, b, epsilon = 0.03 * largest(&weak));
    }
}

/// A blob before or behind the axis has the focus of its height: half the difference of the images of a potential and of its negative,
/// which leaves out the square of the phase. That has no focus, and is more than 80 voxels of height change. The potential is strong, so that
/// 80 voxels also change more than the rounding of some fifty transforms.
#[test]
fn height_is_focus() {
    let ctf = CtfParams::default();
    for height in [-80.0, 80.0] {
        let specimen = gaussian([201, 64, WIDTH], [100.0 + height, 32.0, 64.0], 4.0, 3.0);
        let imaged = |specimen: &Array3<f32>| image_multislice(specimen.view(), &[0.0], DETECTOR, &ctf, 10.0, 40.0, &()).unwrap();
        let found = (imaged(&specimen) - imaged(&-&specimen)) / 2.0;
        let projected = project(specimen.view(), &[0.0], DETECTOR, &()).unwrap().mapv(|v| v * 10.0);
        let here = CtfParams { defocus_um: ctf.defocus_um + height * 1e-3, ..ctf };
        let expected = image(projected.view(), &here, 10.0, &()).unwrap();
        let wrong = image(projected.view(), &CtfParams { defocus_um: ctf.defocus_um - height * 1e-3, ..ctf }, 10.0, &()).unwrap();
        let error = |other: &Array3<f32>| found.iter().zip(other).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        assert!(error(&expected) < 0.01 * error(&wrong), "{height}: {} and {}", error(&expected), error(&wrong));
    }
}

#[test]
fn tilted_it_agrees_with_the_defocus_gradient() {
    let ctf = CtfParams::default();
    let specimen = blob([33, 64, WIDTH], [16.0, 30.0, 100.0], 0.05);
    let tilts = [55.0, -40.0];
    let found = image_multislice(specimen.view(), &tilts, DETECTOR, &ctf, 10.0, 100.0, &()).unwrap();
    let projected = project(specimen.view(), &tilts, DETECTOR, &()).unwrap().mapv(|v| v * 10.0);
    let gradient = image_tilted(projected.view(), &tilts, &ctf, 10.0, &()).unwrap();
    for (a, b) in found.iter().zip(&gradient) {
        assert_relative_eq!(a, b, epsilon = 0.08 * largest(&gradient));
    }
}

/// However few slices are held at a time, the wave is the same to the bit, and all that are held of a large slab are a GiB.
#[test]
fn slices_come_a_few_at_a_time() {
    let specimen = blob([20, 8, 64], [8.0, 4.0, 30.0], 3.0);
    let detector = Detector { width: 64, axis_x: 32, surroundings: Surroundings::Periodic };
    let (ctf, tilt) = (CtfParams::default(), 50.0_f64.to_radians());
    let rows = rows(specimen.view(), &[50.0], detector);
    let transform = Transform2::new([8, 64]);
    let frequencies = transform.table(|ky, kx| ky.hypot(kx) / 10.0);
    let mut method = Multislice { ctf: &ctf, transform, frequencies, voxel_size: 10.0, slice: 30.0, held: usize::MAX };
    let heights = Heights::new(tilt, 20, 64, 3.0);
    assert!(heights.count > 20);
    method.held = heights.count;
    let whole = method.through(&rows, tilt, &heights, 64);
    for held in [1, 7] {
        method.held = held;
        assert!(method.through(&rows, tilt, &heights, 64) == whole, "{held}");
    }
    let held = slices_held(512, 588);
    assert!(held * 512 * 588 * 4 <= 1 << 30 && (held + 1) * 512 * 588 * 4 > 1 << 30);
    assert_eq!(slices_held(1 << 20, 1 << 20), 1);
}

#[test]
fn refuses_slices_without_thickness() {
    let specimen = Array3::zeros((4, 8, 8));
    let ctf = CtfParams::default();
    for slice in [0.0, f64::NAN] {
        let error = image_multislice(specimen.view(), &[0.0], DETECTOR, &ctf, 10.0, slice, &()).unwrap_err();
        assert!(matches!(error, SimulationError::Slice { .. }));
    }
}
