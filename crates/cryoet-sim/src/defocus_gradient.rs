use cryoet_core::Progress;
use cryoet_core::ndarray::{Array3, ArrayView3, ArrayViewMut2, Axis};
use rayon::prelude::*;
use rustfft::num_complex::Complex32;

use crate::fourier::Transform2;
use crate::steps::Steps;
use crate::{CtfParams, SimulationError, interaction_constant};

/// The furthest that neighbouring strips differ in focus, in Angstrom: the phase between them then differs by less than 0.4 rad at
/// a tenth of an Angstrom^-1, and by 0.15 rad at a twentieth.
const STRIP: f64 = 1000.0;

/// As [`image`](crate::image), for a specimen that is tilted and so nearer to focus on one side than on the other: at a pixel `u`
/// from the tilt axis, in Angstrom, the underfocus is `defocus - u tan(tilt)`. Electrons fly towards larger z.
///
/// Every image is a blend, along u, of images at fixed underfocus, no two neighbours further apart than 0.1 micrometre.
///
/// # Errors
/// As many tilts as images are needed, all short of 90 degrees; cancelled by `progress`, which counts images.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{CtfParams, image, image_tilted};
/// let potential = Array3::from_shape_fn((1, 16, 32), |(_, y, x)| ((y * x) % 7) as f32);
/// let flat = image_tilted(potential.view(), &[0.0], &CtfParams::default(), 10.0, &())?;
/// let plain = image(potential.view(), &CtfParams::default(), 10.0, &())?;
/// assert!(flat.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-6));
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn image_tilted(
    potential: ArrayView3<'_, f32>,
    tilts: &[f64],
    ctf: &CtfParams,
    pixel_size: f64,
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    let (count, ny, nx) = potential.dim();
    if count != tilts.len() {
        return Err(SimulationError::TiltCount { images: count, tilts: tilts.len() });
    }
    if let Some(&angle) = tilts.iter().find(|a| !a.is_finite() || a.abs() >= 90.0) {
        return Err(SimulationError::Tilt { angle });
    }
    let transform = Transform2::new([ny, nx]);
    let frequencies = transform.table(|ky, kx| ky.hypot(kx) / pixel_size);
    let gain = 2.0 * interaction_constant(ctf.voltage_kv) * transform.norm();
    let mut images = Array3::zeros((count, ny, nx));
    let steps = Steps::new(progress, count);
    images.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().enumerate().try_for_each(|(t, mut image)| {
        let slope = -pixel_size * tilts[t].to_radians().tan();
        let strips = ((slope * nx as f64).abs() / STRIP).ceil().max(1.0) as usize;
        let width = nx as f64 / strips as f64;
        let spectrum = transform.forward(potential.index_axis(Axis(0), t).iter().map(|&v| Complex32::new(v, 0.0)).collect());
        let focused = |node: f64| {
            let defocus = ctf.defocus_um * 1e4 + slope * (node - (nx / 2) as f64);
            let here = CtfParams { defocus_um: defocus * 1e-4, ..*ctf };
            let filtered = spectrum.iter().zip(&frequencies).map(|(c, &k)| c * (gain * here.transfer(k)) as f32).collect();
            transform.inverse(filtered)
        };
        if slope == 0.0 {
            let only = focused((nx / 2) as f64);
            image.iter_mut().zip(&only).for_each(|(v, c)| *v = c.re);
            return steps.step();
        }
        let mut left = focused(0.0);
        for strip in 0..strips {
            let right = focused((strip + 1) as f64 * width);
            blend(image.view_mut(), [&left, &right], strip as f64 * width, width);
            left = right;
        }
        steps.step()
    })?;
    Ok(images)
}

/// Fills the columns from `start`, `width` wide, with a blend of two images.
fn blend(mut image: ArrayViewMut2<'_, f32>, [left, right]: [&[Complex32]; 2], start: f64, width: f64) {
    let nx = image.dim().1;
    let (from, to) = (start.ceil() as usize, ((start + width).ceil() as usize).min(nx));
    for (y, mut row) in image.axis_iter_mut(Axis(0)).enumerate() {
        for x in from..to {
            let share = ((x as f64 - start) / width) as f32;
            row[x] = left[y * nx + x].re * (1.0 - share) + right[y * nx + x].re * share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Two points apart on a tilted specimen are each imaged at the focus of their place.
    #[test]
    fn each_side_has_its_own_focus() {
        let mut potential = Array3::zeros((1, 64, 256));
        potential[[0, 32, 48]] = 1.0;
        potential[[0, 32, 208]] = 1.0;
        let ctf = CtfParams::default();
        let tilted = image_tilted(potential.view(), &[60.0], &ctf, 10.0, &()).unwrap();
        for (x, u) in [(48_usize, -80.0_f64), (208, 80.0)] {
            let defocus_um = ctf.defocus_um - u * 10.0 * 60.0_f64.to_radians().tan() * 1e-4;
            let mut alone = Array3::zeros((1, 64, 256));
            alone[[0, 32, x]] = 1.0;
            let expected = crate::image(alone.view(), &CtfParams { defocus_um, ..ctf }, 10.0, &()).unwrap();
            let peak = expected.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
            for dx in 0..6 {
                assert_relative_eq!(tilted[[0, 32, x + dx]], expected[[0, 32, x + dx]], epsilon = 0.03 * peak);
            }
        }
    }
}
