//! From a specimen to a tilt series, as the parameters say.

use cryoet_core::Progress;
use cryoet_core::ndarray::Array3;

use crate::steps::Stage;
use crate::{
    Detector, NoiseColour, NoiseRecord, Propagation, SimulationError, SimulationParams, Specimen, TiltRecord, add_noise, add_noise_through,
    attenuate, count_electrons, damage, displace, image, image_in_phase, image_multislice, image_tilted, project, structural_noise,
};

/// The voltage of a microscope without contrast transfer parameters, in kilovolt.
const VOLTAGE: f64 = 300.0;

/// A tilt series, with and without noise.
pub(crate) struct Series {
    pub(crate) clean: Array3<f32>,
    pub(crate) images: Array3<f32>,
    pub(crate) noise: Option<NoiseRecord>,
}

/// Takes a tilt series; reports as two stages from `first` on of `stages`.
pub(crate) fn acquire(
    params: &SimulationParams,
    specimen: &Specimen,
    tilts: &[TiltRecord],
    detector: Detector,
    seed: u64,
    (progress, first, stages): (&dyn Progress, u64, u64),
) -> Result<Series, SimulationError> {
    let angles: Vec<f64> = tilts.iter().map(|tilt| tilt.angle).collect();
    let share = |stage: u64| Stage { progress, stage: first + stage, stages };
    let size = params.voxel_size;
    let mut clean = match (&params.ctf, params.propagation) {
        (Some(ctf), Propagation::Multislice { slice }) => {
            image_multislice(specimen.potential.view(), &angles, detector, ctf, size, slice, &share(0))?
        }
        _ => {
            let mut potential = project(specimen.potential.view(), &angles, detector, &share(0))?;
            potential.mapv_inplace(|v| v * size as f32);
            weak_phase(params, &potential, &angles, &share(1))?
        }
    };
    if params.structural_noise > 0.0 {
        let (depth, ny, _) = specimen.potential.dim();
        let mut potential = structural_noise(&angles, [ny, detector.width], depth, params.structural_noise, seed);
        potential.mapv_inplace(|v| v * size as f32);
        clean += &weak_phase(params, &potential, &angles, &())?;
    }
    blur(params, tilts, &mut clean);
    let displacements: Vec<_> = tilts.iter().map(|tilt| tilt.displacement).collect();
    clean = displace(clean.view(), &displacements, size)?;
    let mut images = clean.clone();
    let noise = add_all_noise(params, &mut images, seed)?;
    Ok(Series { clean, images, noise })
}

fn weak_phase(
    params: &SimulationParams,
    potential: &Array3<f32>,
    angles: &[f64],
    progress: &dyn Progress,
) -> Result<Array3<f32>, SimulationError> {
    match &params.ctf {
        Some(ctf) if params.propagation == Propagation::Projection => image(potential.view(), ctf, params.voxel_size, progress),
        Some(ctf) => image_tilted(potential.view(), angles, ctf, params.voxel_size, progress),
        None => Ok(image_in_phase(potential.view(), VOLTAGE)),
    }
}

/// What motion and dose take from high frequencies.
fn blur(params: &SimulationParams, tilts: &[TiltRecord], images: &mut Array3<f32>) {
    let damaging = params.exposure.as_ref().is_some_and(|exposure| exposure.damage);
    if params.motion == 0.0 && !damaging {
        return;
    }
    let voltage = params.ctf.as_ref().map_or(VOLTAGE, |ctf| ctf.voltage_kv);
    attenuate(images.view_mut(), params.voxel_size, |tilt, k| {
        let moved = (-2.0 * (std::f64::consts::PI * params.motion * k).powi(2)).exp();
        let dose = if damaging { tilts[tilt].dose_seen.unwrap_or(0.0) } else { 0.0 };
        moved * damage(k, dose, voltage)
    });
}

fn add_all_noise(params: &SimulationParams, images: &mut Array3<f32>, seed: u64) -> Result<Option<NoiseRecord>, SimulationError> {
    let drawn = match (params.snr, params.noise_colour, &params.ctf) {
        (Some(snr), NoiseColour::Transfer, Some(ctf)) => Some(add_noise_through(images.view_mut(), ctf, params.voxel_size, snr, seed)?),
        (Some(snr), _, _) => Some(add_noise(images.view_mut(), snr, seed)?),
        (None, _, _) => None,
    };
    let counted = match params.exposure.as_ref().filter(|exposure| exposure.counted) {
        Some(exposure) => Some(count_electrons(images.view_mut(), exposure, params.voxel_size, seed)?),
        None => None,
    };
    Ok(match (drawn, counted) {
        (Some(drawn), Some(counted)) => Some(drawn.and(&counted)),
        (one, other) => one.or(other),
    })
}
