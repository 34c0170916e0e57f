use std::f64::consts::{FRAC_PI_2, PI};

/// The contrast transfer of an underfocused microscope, positive at low frequencies: the template's sign is kept.
///
/// `sin(pi lambda D k^2 - pi / 2 Cs lambda^3 k^4 + asin(A))` at a frequency k, for a defocus D, spherical aberration Cs, amplitude contrast A
/// and the electron's wavelength lambda.
///
/// ```
/// use cryoet_match::Ctf;
/// let ctf = Ctf { amplitude: 0.0, ..Ctf::underfocus(30_000.0) }; // 3 micrometre
/// assert!(ctf.weight(0.0402) > 0.0);
/// assert_eq!(ctf.weight(0.0415), 0.0); // the first zero lies at 0.411 per nm, and nothing counts beyond
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ctf {
    /// Underfocus in Angstrom, positive.
    pub defocus: f64,
    /// Acceleration voltage in volts. Default 300,000.
    pub voltage: f64,
    /// Spherical aberration in Angstrom. Default 2.7e7 (2.7 mm).
    pub spherical_aberration: f64,
    /// Share of amplitude contrast, 0 to 1. Default 0.08, as in SHREC'20.
    pub amplitude: f64,
    /// Whether nothing counts beyond the first zero. Default yes, as the templates of SHREC'20 (section 3.7): tomograms whose transfer was
    /// not corrected; without, the oscillations beyond count with their signs.
    pub to_first_zero: bool,
}

impl Ctf {
    /// The defaults for an underfocus in Angstrom.
    pub const fn underfocus(angstrom: f64) -> Self {
        Self { defocus: angstrom, voltage: 300_000.0, spherical_aberration: 2.7e7, amplitude: 0.08, to_first_zero: true }
    }

    /// The weight in \[-1, 1\] of a frequency in cycles per Angstrom.
    pub fn weight(&self, frequency: f64) -> f64 {
        let phase = self.phase(frequency);
        // The phase rises up to its turning point, where the aberration takes over; beyond that it was past the zero, or never gets there.
        let beyond = phase >= PI || (frequency > self.turning_point() && self.phase(self.turning_point()) >= PI);
        if self.to_first_zero && beyond { 0.0 } else { phase.sin() }
    }

    /// The relativistic wavelength in Angstrom.
    fn wavelength(&self) -> f64 {
        12.264_259 / (self.voltage * (1.0 + 0.978_475_6e-6 * self.voltage)).sqrt()
    }

    fn phase(&self, frequency: f64) -> f64 {
        let (lambda, square) = (self.wavelength(), frequency * frequency);
        PI * lambda * self.defocus * square - FRAC_PI_2 * self.spherical_aberration * lambda.powi(3) * square * square
            + self.amplitude.asin()
    }

    /// The frequency of the largest phase.
    fn turning_point(&self) -> f64 {
        let lambda = self.wavelength();
        if self.spherical_aberration > 0.0 { (self.defocus / (self.spherical_aberration * lambda * lambda)).sqrt() } else { f64::INFINITY }
    }

    pub(crate) fn is_valid(&self) -> bool {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        positive(self.defocus)
            && positive(self.voltage)
            && self.spherical_aberration >= 0.0
            && self.spherical_aberration.is_finite()
            && (0.0..=1.0).contains(&self.amplitude)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wavelengths_are_those_of_the_textbooks() {
        let at = |voltage| Ctf { voltage, ..Ctf::underfocus(1e4) }.wavelength();
        assert!((at(300_000.0) - 0.019_687_5).abs() < 1e-6 && (at(200_000.0) - 0.025_079).abs() < 1e-6);
    }

    #[test]
    fn the_first_zero_of_3_micrometres_is_known() {
        // Amplitude contrast of 0.08 moves it from 0.411 to 0.406 per nm.
        let ctf = Ctf { to_first_zero: false, ..Ctf::underfocus(30_000.0) };
        assert!(ctf.weight(0.0405) > 0.0 && ctf.weight(0.0407) < 0.0);
        let cut = Ctf::underfocus(30_000.0);
        assert!(cut.weight(0.0405) > 0.0 && (407..500).all(|k| cut.weight(f64::from(k) * 1e-4) == 0.0));
        assert!((ctf.weight(0.0) - 0.08).abs() < 1e-12);
    }
}
