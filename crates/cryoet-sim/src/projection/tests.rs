use approx::assert_relative_eq;
use cryoet_core::ndarray::Array3;

use super::*;

const CENTRED: Detector = Detector { width: 65, axis_x: 32, surroundings: Surroundings::Empty };

/// The line integrals of a Gaussian blob are a Gaussian about its shadow, whatever the tilt.
#[test]
fn a_gaussian_has_its_closed_form_at_every_tilt() {
    let (sigma, z0, x0) = (3.0_f64, 5.0, -7.0);
    let specimen = Array3::from_shape_fn((49, 1, 65), |(z, _, x)| {
        let (dz, dx) = (z as f64 - 24.0 - z0, x as f64 - 32.0 - x0);
        (-(dz * dz + dx * dx) / (2.0 * sigma * sigma)).exp() as f32
    });
    let tilts: Vec<f64> = (-6..=6).map(|i| f64::from(i) * 15.0).collect();
    let images = project(specimen.view(), &tilts, CENTRED, &()).unwrap();
    let peak = sigma * (2.0 * std::f64::consts::PI).sqrt();
    for (t, tilt) in tilts.iter().enumerate() {
        let (sine, cosine) = tilt.to_radians().sin_cos();
        let shadow = x0 * cosine + z0 * sine;
        for u in 0..65 {
            let expected = peak * (-(u as f64 - 32.0 - shadow).powi(2) / (2.0 * sigma * sigma)).exp();
            assert_relative_eq!(f64::from(images[[t, 0, u]]), expected, epsilon = 0.02 * peak);
        }
    }
}

/// A slab of even density shows its thickness over the cosine in every pixel when it closes on itself, and every image of any
/// periodic specimen holds the same mass for each pixel.
#[test]
fn a_periodic_slab_has_no_edges() {
    let slab = Array3::from_elem((20, 2, 50), 1.0_f32);
    let detector = Detector { width: 72, axis_x: 25, surroundings: Surroundings::Periodic };
    let tilts = [-60.0, -46.0, -44.0, 0.0, 30.0, 60.0];
    let images = project(slab.view(), &tilts, detector, &()).unwrap();
    for (t, tilt) in tilts.iter().enumerate() {
        let expected = 20.0 / tilt.to_radians().cos();
        for y in 0..2 {
            for u in 0..72 {
                assert_relative_eq!(f64::from(images[[t, y, u]]), expected, max_relative = 0.03);
            }
        }
    }
}

#[test]
fn refuses_tilts_that_never_leave_a_periodic_slab() {
    let slab = Array3::from_elem((4, 2, 8), 1.0_f32);
    let detector = Detector { width: 8, axis_x: 4, surroundings: Surroundings::Periodic };
    assert!(matches!(project(slab.view(), &[90.0], detector, &()), Err(SimulationError::Tilt { .. })));
    assert!(matches!(project(slab.view(), &[f64::NAN], CENTRED, &()), Err(SimulationError::Tilt { .. })));
}
