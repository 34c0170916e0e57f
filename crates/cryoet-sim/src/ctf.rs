use std::f64::consts::PI;

use crate::{Envelope, electron_wavelength};

/// The contrast transfer of a microscope.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct CtfParams {
    /// Acceleration in kilovolt.
    pub voltage_kv: f64,
    /// Spherical aberration in millimetre.
    pub cs_mm: f64,
    /// Underfocus in micrometre, positive below focus.
    pub defocus_um: f64,
    /// The share of amplitude contrast, 0 to 1.
    pub amplitude_contrast: f64,
    /// What damps high frequencies; nothing by default.
    #[cfg_attr(feature = "serde", serde(default))]
    pub envelope: Envelope,
}

/// 300 kV, 2.7 mm, 3 micrometre, 0.08: SHREC'20, without its envelope.
impl Default for CtfParams {
    fn default() -> Self {
        Self { voltage_kv: 300.0, cs_mm: 2.7, defocus_um: 3.0, amplitude_contrast: 0.08, envelope: Envelope::default() }
    }
}

impl CtfParams {
    /// The electrons' wavelength in Angstrom.
    pub fn wavelength(&self) -> f64 {
        electron_wavelength(self.voltage_kv)
    }

    /// The phase that lens and defocus give a spatial frequency `k` in 1 / Angstrom:
    /// `pi / 2 (Cs lambda^3 k^4 - 2 defocus lambda k^2)`, in rad.
    pub fn aberration(&self, k: f64) -> f64 {
        let wavelength = electron_wavelength(self.voltage_kv);
        let (cs, defocus) = (self.cs_mm * 1e7, self.defocus_um * 1e4);
        0.5 * PI * (cs * wavelength.powi(3) * k.powi(4) - 2.0 * defocus * wavelength * k * k)
    }

    /// The transfer from phase to contrast at a spatial frequency `k` in 1 / Angstrom:
    /// `sqrt(1 - A^2) sin(aberration) - A cos(aberration)` times the [`damping`](Self::damping); negative near zero, so that matter is
    /// dark.
    ///
    /// ```
    /// use cryoet_sim::CtfParams;
    /// let ctf = CtfParams::default();
    /// assert_eq!(ctf.transfer(0.0), -0.08);
    /// let first_zero = 0.0406; // 0.406 / nm at 3 micrometre
    /// assert!(ctf.transfer(0.995 * first_zero) < 0.0 && ctf.transfer(1.005 * first_zero) > 0.0);
    /// ```
    pub fn transfer(&self, k: f64) -> f64 {
        let (sine, cosine) = self.aberration(k).sin_cos();
        let amplitude = self.amplitude_contrast;
        let undamped = (1.0 - amplitude * amplitude).max(0.0).sqrt() * sine - amplitude * cosine;
        if self.envelope == Envelope::default() { undamped } else { undamped * self.damping(k) }
    }

    /// Whether all numbers make sense: 1 to 10,000 kV, 0 to 100 mm, at most 100 micrometre off focus, a share of amplitude
    /// contrast in 0..=1.
    pub(crate) fn is_valid(&self) -> bool {
        let Self { voltage_kv, cs_mm, defocus_um, amplitude_contrast, envelope } = *self;
        (1.0..=1e4).contains(&voltage_kv)
            && (0.0..=100.0).contains(&cs_mm)
            && (-100.0..=100.0).contains(&defocus_um)
            && (0.0..=1.0).contains(&amplitude_contrast)
            && envelope.is_valid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Without amplitude contrast and aberration, the zeros lie where `defocus lambda k^2` is a whole number.
    #[test]
    fn zeros_lie_where_the_formula_puts_them() {
        let ctf = CtfParams { cs_mm: 0.0, amplitude_contrast: 0.0, ..CtfParams::default() };
        for n in 1..5 {
            let k = (f64::from(n) / (3e4 * electron_wavelength(300.0))).sqrt();
            assert_relative_eq!(ctf.transfer(k), 0.0, epsilon = 1e-9);
            assert!(ctf.transfer(0.99 * k) * ctf.transfer(1.01 * k) < 0.0);
        }
    }
}
