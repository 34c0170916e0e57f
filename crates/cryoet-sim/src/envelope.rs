use std::f64::consts::PI;

use crate::CtfParams;

/// The mass of an electron at rest, in kilovolt.
const REST_KV: f64 = 510.998_95;

/// What damps a microscope's contrast transfer towards high frequencies; each is off unless given.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Envelope {
    /// A Gaussian `exp(-(k / decay)^2)`, decay in 1 / Angstrom; SHREC'20: 0.4 of Nyquist, which is 0.02 at 10 Angstrom.
    pub decay: Option<f64>,
    /// Chromatic aberration in millimetre and energy spread in electron volt (standard deviation): the temporal envelope.
    pub chromatic: Option<Chromatic>,
    /// Half the angle of illumination in milliradian: the spatial envelope.
    pub illumination_mrad: Option<f64>,
}

/// What makes a beam's colours focus apart.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Chromatic {
    /// Chromatic aberration in millimetre.
    pub cc_mm: f64,
    /// Standard deviation of the electrons' energies in electron volt.
    pub energy_spread_ev: f64,
}

impl Envelope {
    /// SHREC'21's envelopes: Cc 2.7 mm, 0.7 eV, 0.03 mrad.
    ///
    /// ```
    /// use cryoet_sim::{CtfParams, Envelope};
    /// let ctf = CtfParams { envelope: Envelope::shrec21(), ..CtfParams::default() };
    /// assert!(ctf.damping(0.0) == 1.0 && ctf.damping(0.05) < 1.0 && ctf.damping(0.3) < ctf.damping(0.05));
    /// ```
    pub fn shrec21() -> Self {
        Self { decay: None, chromatic: Some(Chromatic { cc_mm: 2.7, energy_spread_ev: 0.7 }), illumination_mrad: Some(0.03) }
    }

    /// Whether all numbers make sense.
    pub(crate) fn is_valid(&self) -> bool {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        self.decay.is_none_or(positive)
            && self.chromatic.is_none_or(|c| (0.0..=100.0).contains(&c.cc_mm) && (0.0..=1e4).contains(&c.energy_spread_ev))
            && self.illumination_mrad.is_none_or(|angle| (0.0..=100.0).contains(&angle))
    }
}

impl CtfParams {
    /// What the envelopes leave of a spatial frequency `k` in 1 / Angstrom: the product of the Gaussian, of
    /// `exp(-(pi lambda spread k^2)^2 / 2)` with the spread of focus `Cc dE / V (1 + V / V0) / (1 + V / 2 V0)`, `V0` an electron's rest
    /// mass, and of `exp(-(pi alpha / lambda)^2 (Cs lambda^3 k^3 - defocus lambda k)^2)`.
    pub fn damping(&self, k: f64) -> f64 {
        let wavelength = self.wavelength();
        let mut exponent = 0.0;
        if let Some(decay) = self.envelope.decay {
            exponent += (k / decay).powi(2);
        }
        if self.envelope.chromatic.is_some() {
            exponent += 0.5 * (PI * wavelength * self.focal_spread() * k * k).powi(2);
        }
        if let Some(angle) = self.envelope.illumination_mrad {
            let (cs, defocus) = (self.cs_mm * 1e7, self.defocus_um * 1e4);
            let slope = cs * wavelength.powi(3) * k.powi(3) - defocus * wavelength * k;
            exponent += (PI * angle * 1e-3 / wavelength * slope).powi(2);
        }
        (-exponent).exp()
    }

    /// The standard deviation of focus in Angstrom that the energy spread makes; 0 without.
    fn focal_spread(&self) -> f64 {
        self.envelope.chromatic.map_or(0.0, |Chromatic { cc_mm, energy_spread_ev }| {
            let ratio = self.voltage_kv / REST_KV;
            cc_mm * 1e7 * energy_spread_ev / (self.voltage_kv * 1e3) * (1.0 + ratio) / (1.0 + 0.5 * ratio)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// The temporal envelope is the mean over focus of the phase that focus gives.
    #[test]
    fn temporal_damping_is_a_mean_over_focus() {
        let chromatic = Some(Chromatic { cc_mm: 2.7, energy_spread_ev: 0.7 });
        let ctf = CtfParams { envelope: Envelope { chromatic, ..Envelope::default() }, ..CtfParams::default() };
        for k in [0.05, 0.1, 0.2, 0.3] {
            let (mut mean, mut weight) = (0.0, 0.0);
            for i in -4000..=4000 {
                let t = f64::from(i) / 500.0;
                let gaussian = (-0.5 * t * t).exp();
                mean += gaussian * (PI * ctf.wavelength() * k * k * ctf.focal_spread() * t).cos();
                weight += gaussian;
            }
            assert_relative_eq!(ctf.damping(k), mean / weight, epsilon = 1e-6);
        }
    }

    /// The spatial envelope is the mean over directions of the slope of the aberration; it leaves the frequency of even phase alone.
    #[test]
    fn spatial_damping_spares_even_phase() {
        let ctf = CtfParams { envelope: Envelope { illumination_mrad: Some(0.5), ..Envelope::default() }, ..CtfParams::default() };
        let even = (ctf.defocus_um * 1e4 / (ctf.cs_mm * 1e7)).sqrt() / ctf.wavelength();
        assert_relative_eq!(ctf.damping(even), 1.0, epsilon = 1e-9);
        assert!(ctf.damping(0.7 * even) < 0.9 && ctf.damping(1.1 * even) < 0.9);
        let slope = |k: f64| (ctf.aberration(k + 1e-6) - ctf.aberration(k - 1e-6)) / 2e-6;
        let angle = 0.5e-3;
        for k in [0.05, 0.1] {
            assert_relative_eq!(ctf.damping(k), (-(0.5 * angle / ctf.wavelength() * slope(k)).powi(2)).exp(), max_relative = 1e-4);
        }
    }

    #[test]
    fn the_gaussian_falls_to_one_over_e() {
        let ctf = CtfParams { envelope: Envelope { decay: Some(0.02), ..Envelope::default() }, ..CtfParams::default() };
        assert_relative_eq!(ctf.damping(0.02), (-1.0_f64).exp(), max_relative = 1e-12);
        assert!(!Envelope { decay: Some(0.0), ..Envelope::default() }.is_valid());
    }
}
