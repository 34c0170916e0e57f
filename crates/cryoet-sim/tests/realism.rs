//! Simulated against real: the radial power spectrum of EMPIAR-10499's tomogram.

use std::path::Path;

use cryoet_core::ndarray::{Array2, ArrayView2};
use cryoet_sim::{Crowding, DetectorResponse, Exposure, Propagation, SimulationParams, TiltScheme, radial_power, simulate};

const RINGS: usize = 16;
const SIDE: usize = 128;

/// The mean spectrum of several sections, as shares of the whole, in powers of ten.
fn spectrum<'a>(sections: impl Iterator<Item = ArrayView2<'a, f32>>) -> Vec<f64> {
    let mut sum = [0.0; RINGS];
    for section in sections {
        sum.iter_mut().zip(radial_power(section, RINGS)).for_each(|(sum, power)| *sum += power);
    }
    let total: f64 = sum[1..].iter().sum();
    sum.iter().map(|power| (power / total).log10()).collect()
}

/// Sections of the middle of an MRC file of mode 0.
fn real_sections(path: &Path) -> Vec<Array2<f32>> {
    let bytes = std::fs::read(path).unwrap();
    let word = |i: usize| i32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().unwrap()) as usize;
    let (nx, ny, nz, start) = (word(0), word(1), word(2), 1024 + word(23));
    assert_eq!(word(3), 0, "mode");
    let value = |z: usize, y: usize, x: usize| f32::from(bytes[start + (z * ny + y) * nx + x] as i8);
    (nz / 3..2 * nz / 3)
        .step_by(8)
        .map(|z| Array2::from_shape_fn((SIDE, SIDE), |(y, x)| value(z, y + (ny - SIDE) / 2, x + (nx - SIDE) / 2)))
        .collect()
}

/// Electrons that are counted by a detector are white noise. The back-projection's ramp raises it; its interpolation, and the soft low-pass
/// with which images are binned (here the detector's MTF), take it down towards Nyquist: the real tomogram's spectrum. There are as few
/// electrons as make noise prevail beyond the first rings, as it does in a thick and crowded cell. Both were chosen after the real spectrum; that
/// ramp, interpolation and these two are enough to give its shape over all rings is what is tested.
#[test]
fn the_spectrum_falls_as_the_real_one() {
    let Some(data) = std::env::var_os("CRYOET_DATA") else {
        eprintln!("skipped: CRYOET_DATA is not set");
        return;
    };
    let real = real_sections(&Path::new(&data).join("empiar-10499/tomogram.mrc"));
    let real = spectrum(real.iter().map(|section| section.view()));
    let mtf = (0..=64).map(|i| (-(f64::from(i) / 64.0 / 0.92).powf(5.6)).exp()).collect();
    let detector = DetectorResponse { mtf, dqe: vec![0.8], pixel: None };
    let params = SimulationParams {
        shape: [48, SIDE, SIDE],
        crowding: Crowding::VoxelsPerParticle(20_000.0),
        tilts: TiltScheme { from: -60.0, to: 60.0, step: 3.0 },
        propagation: Propagation::DefocusGradient,
        exposure: Some(Exposure { dose: 5.0, damage: false, detector, ..Exposure::default() }),
        motion: 4.0,
        snr: None,
        ..SimulationParams::default()
    };
    let simulation = simulate(&params, 1, &()).unwrap();
    let sections: Vec<_> = (16..32).step_by(4).map(|z| simulation.tomogram.data().index_axis(cryoet_core::ndarray::Axis(0), z)).collect();
    let simulated = spectrum(sections.into_iter());
    let squares: f64 = (1..RINGS).map(|ring| (real[ring] - simulated[ring]).powi(2)).sum();
    let difference = (squares / (RINGS - 1) as f64).sqrt();
    println!("real      {real:.2?}\nsimulated {simulated:.2?}\nroot mean square difference {difference:.3} powers of ten");
    assert!(difference < 0.2, "{difference}: {real:?} {simulated:?}");
    // Both rise to a broad top and fall by more than half a power of ten from there.
    for spectrum in [&real, &simulated] {
        let top = (1..RINGS).max_by(|&a, &b| spectrum[a].total_cmp(&spectrum[b])).unwrap();
        assert!((3..12).contains(&top) && spectrum[top] - spectrum[RINGS - 1] > 0.5, "{top}: {spectrum:?}");
    }
}
