use cryoet_core::ndarray::{Array3, Axis, Slice, Zip};

/// The kernel ends at this many standard deviations.
const REACH: f64 = 3.0;

/// A Gaussian low-pass before the network, its output scaled so that white noise of deviation 1 keeps that deviation.
///
/// Per voxel a particle is weaker than the noise. A network without normalisation layers needs hundreds of steps before its first layers
/// average enough voxels to see anything; with the noise of neighbouring voxels averaged beforehand it starts to learn at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Smoothing {
    /// The weights of offsets 0, 1, 2, ...; empty when nothing is smoothed.
    weights: Vec<f32>,
}

impl Smoothing {
    /// Of a standard deviation in voxels; 0 leaves everything as it is.
    pub(crate) fn new(sigma: f64) -> Self {
        if sigma <= 0.0 {
            return Self { weights: Vec::new() };
        }
        let half: Vec<f64> = (0..=(REACH * sigma).ceil() as usize).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
        let both_sides = |part: &dyn Fn(f64) -> f64| part(half[0]) + 2.0 * half[1..].iter().map(|&w| part(w)).sum::<f64>();
        let noise = both_sides(&|w| w * w).sqrt();
        Self { weights: half.iter().map(|w| (w / noise) as f32).collect() }
    }

    /// How far an output voxel looks, in voxels.
    pub(crate) fn reach(&self) -> usize {
        self.weights.len().saturating_sub(1)
    }

    /// Smooths in place; beyond the borders lies zero.
    pub(crate) fn apply(&self, volume: &mut Array3<f32>) {
        if self.weights.is_empty() {
            return;
        }
        for axis in 0..3 {
            let axis = Axis(axis);
            let source = volume.clone();
            let length = source.len_of(axis);
            volume.mapv_inplace(|value| value * self.weights[0]);
            for (offset, &weight) in self.weights.iter().enumerate().skip(1).take_while(|(offset, _)| *offset < length) {
                let (head, tail) = (Slice::from(..length - offset), Slice::from(offset..));
                let add = |out: &mut f32, &value: &f32| *out += weight * value;
                Zip::from(volume.slice_axis_mut(axis, tail)).and(source.slice_axis(axis, head)).for_each(add);
                Zip::from(volume.slice_axis_mut(axis, head)).and(source.slice_axis(axis, tail)).for_each(add);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn a_point_becomes_a_gaussian_of_unit_energy() {
        let mut volume = Array3::zeros((15, 15, 15));
        volume[[7, 7, 7]] = 1.0;
        Smoothing::new(1.0).apply(&mut volume);
        assert_relative_eq!(volume.iter().map(|v: &f32| v * v).sum::<f32>(), 1.0, epsilon = 1e-5);
        assert_relative_eq!(volume[[8, 6, 7]] / volume[[7, 7, 7]], (-1.0f32).exp(), epsilon = 1e-5);
        assert_eq!(volume[[7, 7, 11]], 0.0);
    }

    #[test]
    fn zero_changes_nothing_and_thin_volumes_work() {
        let start = Array3::from_shape_fn((1, 2, 9), |(_, y, x)| (y + x) as f32);
        let mut volume = start.clone();
        Smoothing::new(0.0).apply(&mut volume);
        assert_eq!(volume, start);
        Smoothing::new(2.0).apply(&mut volume);
        assert!(volume.iter().all(|value| value.is_finite()));
    }
}
