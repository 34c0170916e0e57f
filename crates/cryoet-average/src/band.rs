use crate::FscCurve;

/// Bins over which the first low-pass falls from 1 to 0.
const FALL: f64 = 2.0;

/// The threshold between two halves of the data (Rosenthal and Henderson 2003).
pub(crate) const GOLD_STANDARD: f64 = 0.143;

/// How much each frequency of a reference counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Band {
    /// Up to a frequency in cycles per voxel.
    LowPass(f64),
    /// For each shell what the halves' correlation says of the signal in the whole: `2 c / (1 + c)`, up to where it first falls below 0.143.
    Agreement(Vec<f64>),
}

impl Band {
    /// The band of a correlation between halves; at least the first two shells count.
    pub(crate) fn of(curve: &FscCurve) -> Self {
        let sure = curve.values.iter().skip(1).position(|&v| v < GOLD_STANDARD).map_or(curve.values.len(), |shell| shell + 1).max(3);
        let weight = |(shell, &value): (usize, &f64)| {
            let value = value.max(GOLD_STANDARD);
            if shell < sure { 2.0 * value / (1.0 + value) } else { 0.0 }
        };
        Self::Agreement(curve.values.iter().enumerate().map(weight).collect())
    }

    /// The weight of a frequency in cycles per box of `size` voxels.
    pub(crate) fn weight(&self, frequency: f64, size: usize) -> f64 {
        match self {
            Self::LowPass(cutoff) => (1.0 - (frequency - cutoff * size as f64) / FALL).clamp(0.0, 1.0),
            Self::Agreement(weights) => weights.get(frequency.round() as usize).copied().unwrap_or(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_halves() {
        let curve = FscCurve { frequencies: (0..6).map(|i| f64::from(i) / 10.0).collect(), values: vec![1.0, 1.0, 0.5, 0.2, 0.1, 0.9] };
        let band = Band::of(&curve);
        assert_eq!(band.weight(1.2, 10), 1.0);
        assert!((band.weight(2.0, 10) - 2.0 / 3.0).abs() < 1e-12);
        assert!(band.weight(3.4, 10) > 0.3 && band.weight(4.0, 10) == 0.0 && band.weight(5.0, 10) == 0.0 && band.weight(90.0, 10) == 0.0);
        let none = Band::of(&FscCurve { values: vec![0.0; 6], ..curve });
        assert!(none.weight(2.0, 10) > 0.0 && none.weight(3.0, 10) == 0.0);
        let low = Band::LowPass(0.2);
        assert_eq!([low.weight(2.0, 10), low.weight(3.0, 10), low.weight(4.0, 10)], [1.0, 0.5, 0.0]);
    }
}
