use cryoet_core::VoxelSize;

/// A Fourier shell correlation: how alike two volumes are at each frequency.
///
/// ```
/// use cryoet_core::{VoxelSize, ndarray::Array3};
/// use cryoet_average::fsc;
/// let map = Array3::from_shape_fn((16, 16, 16), |(z, y, x)| ((z * 31 + y * 17 + x * 7) % 23) as f32);
/// let curve = fsc(map.view(), map.view())?;
/// assert_eq!(curve.frequencies[1], 1.0 / 16.0);
/// assert!(curve.values.iter().all(|v| (v - 1.0).abs() < 1e-9));
/// assert_eq!(curve.resolution(0.143, VoxelSize::isotropic(10.0)?), 20.0); // nothing finer than Nyquist's
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FscCurve {
    /// Frequency of each shell in cycles per voxel, a shell per bin, from 0 to 0.5 or, of odd boxes, a bin less.
    pub frequencies: Vec<f64>,
    /// The correlation of each shell, in \[-1, 1\]; 0 where a volume has nothing there.
    pub values: Vec<f64>,
}

impl FscCurve {
    /// The frequency in cycles per voxel at which the curve first falls below a threshold, linear between shells; the last shell's if it never does, and
    /// 0 if it already has at the first shell, whose wave is as long as the box: nothing coarser is measured, so the threshold is not reached.
    pub fn crossing(&self, threshold: f64) -> f64 {
        // Shell 0 is the mean.
        let shells: Vec<(f64, f64)> = self.frequencies.iter().copied().zip(self.values.iter().copied()).collect();
        match shells.windows(2).position(|pair| pair[1].1 < threshold) {
            Some(0) => 0.0,
            Some(place) => {
                let [(from, before), (to, value)] = [shells[place], shells[place + 1]];
                from + (before - threshold) / (before - value) * (to - from)
            }
            None => shells.last().map_or(0.0, |last| last.0),
        }
    }

    /// The resolution in Angstrom at a threshold: 0.143 between two halves of the data (Rosenthal and Henderson 2003), 0.5 against a
    /// map that is known. Infinite where the threshold is not reached, as [`crossing`](Self::crossing) says; never coarser than the box.
    pub fn resolution(&self, threshold: f64, voxel_size: VoxelSize) -> f64 {
        voxel_size.mean() / self.crossing(threshold)
    }

    /// The curve as CSV: a header, then frequency in cycles per voxel and correlation, a line for each shell.
    pub fn to_csv(&self) -> String {
        let lines = self.frequencies.iter().zip(&self.values).map(|(frequency, value)| format!("{frequency:.6},{value:.6}\n"));
        std::iter::once("frequency,fsc\n".to_owned()).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_linear_between_shells() {
        let curve = FscCurve { frequencies: vec![0.0, 0.1, 0.2, 0.3], values: vec![1.0, 0.9, 0.4, 0.1] };
        assert!((curve.crossing(0.5) - 0.18).abs() < 1e-12);
        assert!((curve.resolution(0.5, VoxelSize::isotropic(9.0).unwrap()) - 50.0).abs() < 1e-9);
        // What is beyond the last shell was not measured; what has no frequency is none.
        assert_eq!(curve.crossing(0.05), 0.3);
        assert_eq!(FscCurve { frequencies: vec![0.0, 0.1], ..curve.clone() }.crossing(0.05), 0.1);
        assert_eq!(FscCurve { frequencies: Vec::new(), values: Vec::new() }.crossing(0.5), 0.0);
        let of_noise = FscCurve { values: vec![1.0, 0.1, 0.0, 0.0], ..curve.clone() };
        assert_eq!(of_noise.crossing(0.143), 0.0);
        assert_eq!(of_noise.resolution(0.143, VoxelSize::isotropic(9.0).unwrap()), f64::INFINITY);
        // Just above at the first shell: at most the box's edge.
        let coarse = FscCurve { values: vec![1.0, 0.144, -1.0, 0.0], ..curve.clone() };
        assert!((0.1..0.101).contains(&coarse.crossing(0.143)));
        assert_eq!(curve.to_csv().lines().nth(2), Some("0.100000,0.900000"));
    }
}
