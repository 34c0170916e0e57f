//! Electrons in flight: wavelength and interaction, relativistic.

use std::f64::consts::PI;

/// Planck's constant in J s, CODATA 2018.
const PLANCK: f64 = 6.626_070_15e-34;
/// The electron's mass in kg, CODATA 2018.
const MASS: f64 = 9.109_383_701_5e-31;
/// The elementary charge in C, CODATA 2018.
const CHARGE: f64 = 1.602_176_634e-19;
/// The speed of light in m / s.
const LIGHT: f64 = 299_792_458.0;

/// The wavelength of electrons in Angstrom, for an acceleration in kilovolt.
///
/// ```
/// assert!((cryoet_sim::electron_wavelength(300.0) - 0.0196875).abs() < 1e-7);
/// ```
pub fn electron_wavelength(voltage_kv: f64) -> f64 {
    let energy = CHARGE * voltage_kv * 1e3;
    let momentum = (2.0 * MASS * energy + (energy / LIGHT).powi(2)).sqrt();
    PLANCK / momentum * 1e10
}

/// The phase in rad that a volt along an Angstrom gives an electron accelerated by so many kilovolt.
///
/// ```
/// assert!((cryoet_sim::interaction_constant(300.0) - 6.526e-4).abs() < 1e-7); // 6.526e6 rad / (V m)
/// ```
pub fn interaction_constant(voltage_kv: f64) -> f64 {
    let gamma = 1.0 + CHARGE * voltage_kv * 1e3 / (MASS * LIGHT * LIGHT);
    let wavelength = electron_wavelength(voltage_kv) * 1e-10;
    2.0 * PI * gamma * MASS * CHARGE * wavelength / (PLANCK * PLANCK) * 1e-10
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// Textbook values at 200 kV: 2.5079 pm and 7.288e6 rad / (V m).
    #[test]
    fn agrees_with_the_textbook_at_200_kv() {
        assert_relative_eq!(electron_wavelength(200.0), 0.025079, max_relative = 1e-4);
        assert_relative_eq!(interaction_constant(200.0), 7.288e-4, max_relative = 1e-3);
    }
}
