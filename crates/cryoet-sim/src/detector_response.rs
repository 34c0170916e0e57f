use std::f64::consts::PI;

/// How a detector passes on signal (MTF) and how much of the ratio of signal to noise it keeps (DQE): curves over spatial frequency
/// from 0 to the detector's Nyquist frequency, at even distances, linear between.
///
/// ```
/// use cryoet_sim::DetectorResponse;
/// let detector = DetectorResponse::counting(0.8);
/// assert_eq!(detector.efficiency(0.0, 10.0), 0.8);
/// assert!((detector.transfer(0.05, 10.0) - 2.0 / std::f64::consts::PI).abs() < 1e-3); // sinc(1/2) at Nyquist
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct DetectorResponse {
    /// The modulation transfer function from frequency 0 to Nyquist.
    pub mtf: Vec<f64>,
    /// The detective quantum efficiency from frequency 0 to Nyquist.
    pub dqe: Vec<f64>,
    /// The detector's own pixel on the specimen in Angstrom, where images are binned; none where they are not.
    #[cfg_attr(feature = "serde", serde(default))]
    pub pixel: Option<f64>,
}

/// Points on a curve that follows a formula.
const POINTS: usize = 65;

/// A counting detector that sees 8 of 10 electrons: about a K2 in counting mode at low dose rate (McMullan et al. 2014).
impl Default for DetectorResponse {
    fn default() -> Self {
        Self::counting(0.8)
    }
}

impl DetectorResponse {
    /// A detector that loses and blurs nothing.
    pub fn perfect() -> Self {
        Self { mtf: vec![1.0], dqe: vec![1.0], pixel: None }
    }

    /// A detector that counts a share of the electrons, each in the square pixel it hits: MTF `sinc(x / 2)` and DQE
    /// `share sinc(x / 2)^2`, x the frequency over Nyquist.
    pub fn counting(share: f64) -> Self {
        let sinc = |i: usize| {
            let x = 0.5 * PI * i as f64 / (POINTS - 1) as f64;
            if x > 0.0 { x.sin() / x } else { 1.0 }
        };
        let mtf: Vec<f64> = (0..POINTS).map(sinc).collect();
        let dqe = mtf.iter().map(|v| share * v * v).collect();
        Self { mtf, dqe, pixel: None }
    }

    /// The MTF at a spatial frequency in 1 / Angstrom, for images of a pixel size in Angstrom.
    pub fn transfer(&self, k: f64, pixel_size: f64) -> f64 {
        at(&self.mtf, 2.0 * k * self.pixel.unwrap_or(pixel_size))
    }

    /// The DQE at a spatial frequency in 1 / Angstrom, for images of a pixel size in Angstrom.
    pub fn efficiency(&self, k: f64, pixel_size: f64) -> f64 {
        at(&self.dqe, 2.0 * k * self.pixel.unwrap_or(pixel_size))
    }

    /// Whether both curves have points, within 0 and 1, and the efficiency none at 0.
    pub(crate) fn is_valid(&self) -> bool {
        let within = |curve: &[f64], least: f64| !curve.is_empty() && curve.iter().all(|v| (least..=1.0).contains(v));
        within(&self.mtf, 0.0) && within(&self.dqe, 1e-6) && self.pixel.is_none_or(|pixel| pixel.is_finite() && pixel > 0.0)
    }
}

/// A curve at a share of Nyquist; beyond, its last value.
fn at(curve: &[f64], share: f64) -> f64 {
    let place = share.max(0.0) * (curve.len() as f64 - 1.0);
    let below = (place as usize).min(curve.len().saturating_sub(1));
    let above = (below + 1).min(curve.len().saturating_sub(1));
    let weight = (place - below as f64).clamp(0.0, 1.0);
    match (curve.get(below), curve.get(above)) {
        (Some(a), Some(b)) => a + weight * (b - a),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_read_between_their_points() {
        let detector = DetectorResponse { mtf: vec![1.0, 0.6, 0.2], dqe: vec![0.9], pixel: Some(5.0) };
        assert!((detector.transfer(0.05, 10.0) - 0.6).abs() < 1e-12); // half of Nyquist at 5 Angstrom
        assert!((detector.transfer(0.075, 10.0) - 0.4).abs() < 1e-12);
        assert_eq!(detector.transfer(1.0, 10.0), 0.2);
        assert_eq!(detector.efficiency(0.07, 10.0), 0.9);
        assert!(detector.is_valid());
        assert!(!DetectorResponse { dqe: vec![0.5, 0.0], ..detector }.is_valid());
    }
}
