use cryoet_core::Progress;
use cryoet_core::ndarray::{Array3, ArrayView3, Axis};
use rayon::prelude::*;

use crate::fourier::Filter2;
use crate::{CtfParams, SimulationError, interaction_constant};

/// Images of projected potentials `[tilt, y, u]` in volt Angstrom, as a weak phase object gives them: contrast
/// `2 sigma F^-1[transfer F[potential]]`, matter dark, 0 where there is only ice; `pixel_size` in Angstrom.
///
/// Images are taken as periodic along both axes. [`image_in_phase`] does without a transfer function.
///
/// # Errors
/// Cancelled by `progress`, which counts images.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_sim::{CtfParams, image};
/// let flat = Array3::from_elem((1, 16, 16), 100.0);
/// let contrast = image(flat.view(), &CtfParams::default(), 10.0, &())?;
/// assert!((contrast[[0, 3, 5]] / (-2.0 * 0.08 * 6.526e-4 * 100.0) - 1.0).abs() < 1e-3);
/// # Ok::<(), cryoet_sim::SimulationError>(())
/// ```
pub fn image(
    potential: ArrayView3<'_, f32>,
    ctf: &CtfParams,
    pixel_size: f64,
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    let (tilts, ny, nx) = potential.dim();
    let gain = 2.0 * interaction_constant(ctf.voltage_kv);
    let filter = Filter2::new([ny, nx], |ky, kx| gain * ctf.transfer(ky.hypot(kx) / pixel_size));
    let mut images = potential.to_owned();
    let done = crate::steps::Steps::new(progress, tilts);
    images.axis_iter_mut(Axis(0)).collect::<Vec<_>>().into_par_iter().try_for_each(|view| {
        filter.apply(view);
        done.step()
    })?;
    Ok(images)
}

/// Images as a perfect phase plate at `voltage_kv` gives them: `-2 sigma` times the projected potential.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// let potential = Array3::from_elem((1, 2, 2), 100.0);
/// assert!(cryoet_sim::image_in_phase(potential.view(), 300.0)[[0, 0, 0]] < 0.0);
/// ```
pub fn image_in_phase(potential: ArrayView3<'_, f32>, voltage_kv: f64) -> Array3<f32> {
    let gain = -2.0 * interaction_constant(voltage_kv) as f32;
    potential.mapv(|v| gain * v)
}
