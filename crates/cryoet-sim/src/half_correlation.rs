use cryoet_core::ndarray::ArrayView3;

/// How well two halves of a data set agree.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HalfCorrelation {
    /// The correlation coefficient of the halves' values.
    pub correlation: f64,
    /// The ratio of signal to noise of either half: `c / (1 - c)`.
    pub snr: f64,
}

impl HalfCorrelation {
    /// Compares two volumes of one shape, such as reconstructions from even and odd tilts; none where shapes differ or a half is
    /// even.
    ///
    /// ```
    /// use cryoet_core::ndarray::Array3;
    /// use cryoet_sim::HalfCorrelation;
    /// let signal = Array3::from_shape_fn((4, 4, 4), |(z, y, x)| (z + 2 * y + x) as f32);
    /// assert!(HalfCorrelation::of(signal.view(), signal.view()).unwrap().correlation > 0.999);
    /// ```
    pub fn of(even: ArrayView3<'_, f32>, odd: ArrayView3<'_, f32>) -> Option<Self> {
        if even.dim() != odd.dim() || even.is_empty() {
            return None;
        }
        let mean = |view: ArrayView3<'_, f32>| view.iter().map(|&v| f64::from(v)).sum::<f64>() / view.len() as f64;
        let (a, b) = (mean(even), mean(odd));
        let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
        for (&x, &y) in even.iter().zip(odd.iter()) {
            let (x, y) = (f64::from(x) - a, f64::from(y) - b);
            (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y);
        }
        let correlation = ab / (aa * bb).sqrt();
        correlation.is_finite().then(|| Self { correlation, snr: correlation / (1.0 - correlation) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use cryoet_core::ndarray::Array3;

    /// A signal of variance 1 in two draws of noise of variance 4 has a correlation of 1 / 5 and a ratio of 1 / 4.
    #[test]
    fn tells_the_ratio_of_signal_to_noise() {
        let mut drawn = Array3::<f32>::zeros((3, 60, 3600));
        crate::add_solvent_noise(drawn.view_mut(), 1.0, 2);
        let part = |i: usize| drawn.index_axis(cryoet_core::ndarray::Axis(0), i).to_owned().into_shape_with_order((60, 60, 60)).unwrap();
        let (signal, noise) = (part(0), [part(1), part(2)]);
        let [even, odd] = noise.map(|n| &signal + &(2.0_f32 * &n));
        let halves = HalfCorrelation::of(even.view(), odd.view()).unwrap();
        assert_relative_eq!(halves.correlation, 0.2, epsilon = 0.01);
        assert_relative_eq!(halves.snr, 0.25, epsilon = 0.02);
        assert!(HalfCorrelation::of(even.view(), Array3::zeros((60, 60, 60)).view()).is_none());
        assert!(HalfCorrelation::of(even.view(), Array3::zeros((1, 1, 1)).view()).is_none());
    }
}
