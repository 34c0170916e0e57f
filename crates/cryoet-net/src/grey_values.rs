//! Grey values as a network sees them.

use cryoet_core::ndarray::{Array3, s};
use cryoet_core::{FiniteStatistics, Progress, Region, SourceError, Statistics, StatisticsError, VolumeSource};

use crate::normalisation::ZScore;
use crate::smoothing::Smoothing;

/// The statistics of a volume of finite voxels, in a pass that can be stopped.
pub(crate) fn statistics(volume: &dyn VolumeSource<f32>, progress: &dyn Progress) -> Result<Statistics, StatisticsError> {
    let all = FiniteStatistics::of(volume, progress)?;
    match all.statistics {
        Some(statistics) if all.nan + all.infinite == 0 => Ok(statistics),
        // A second pass finds the first voxel that is not finite.
        _ => Statistics::of(volume),
    }
}

/// Scales and smooths.
pub(crate) fn scale_and_smooth(values: &mut Array3<f32>, z_score: ZScore, smoothing: &Smoothing) {
    values.mapv_inplace(|value| z_score.apply(value));
    smoothing.apply(values);
}

/// A region scaled and smoothed, zero where it reaches beyond the volume's end.
///
/// As much around it is read as the low-pass looks at, so that its voxels are to the bit those of the whole volume treated so.
pub(crate) fn read_scaled(
    volume: &dyn VolumeSource<f32>,
    region: Region,
    z_score: ZScore,
    smoothing: &Smoothing,
) -> Result<Array3<f32>, SourceError> {
    let (shape, end, reach) = (volume.shape(), region.end(), smoothing.reach());
    let start = region.start.map(|i| i.saturating_sub(reach));
    let around = Region::new(start, std::array::from_fn(|axis| (end[axis] + reach).min(shape[axis]) - start[axis]));
    let mut values = volume.read_region(around)?;
    scale_and_smooth(&mut values, z_score, smoothing);
    let [z, y, x]: [usize; 3] = std::array::from_fn(|axis| region.start[axis] - start[axis]);
    let [dz, dy, dx]: [usize; 3] = std::array::from_fn(|axis| end[axis].min(shape[axis]) - region.start[axis]);
    let inside = values.slice_move(s![z..z + dz, y..y + dy, x..x + dx]);
    if [dz, dy, dx] == region.size {
        return Ok(inside);
    }
    let mut padded = Array3::zeros(region.size);
    padded.slice_mut(s![..dz, ..dy, ..dx]).assign(&inside);
    Ok(padded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::{Cancelled, Volume};

    #[test]
    fn a_region_is_that_of_the_whole_and_zero_beyond() {
        let volume = Volume::new(Array3::from_shape_fn((9, 14, 20), |(z, y, x)| ((z * 7 + y * 13 + x * 29) % 31) as f32));
        let (smoothing, z_score) = (Smoothing::new(1.0), ZScore::new(&statistics(&volume, &()).unwrap()));
        let mut whole = volume.data().clone();
        scale_and_smooth(&mut whole, z_score, &smoothing);
        for region in [Region::whole([9, 14, 20]), Region::new([2, 0, 7], [4, 8, 8]), Region::new([6, 6, 12], [4, 8, 12])] {
            let read = read_scaled(&volume, region, z_score, &smoothing).unwrap();
            for (index, value) in read.indexed_iter() {
                let at = [index.0 + region.start[0], index.1 + region.start[1], index.2 + region.start[2]];
                assert_eq!(value.to_bits(), whole.get(at).copied().unwrap_or(0.0).to_bits(), "{region:?}, {at:?}");
            }
        }
    }

    #[test]
    fn statistics_stop_when_asked_and_name_what_is_not_finite() {
        let mut volume = Volume::new(Array3::<f32>::zeros((4, 5, 6)));
        let stop = |_: u64, _: u64| Err(Cancelled);
        assert!(matches!(statistics(&volume, &stop), Err(StatisticsError::Cancelled(_))));
        volume.data_mut()[[1, 2, 3]] = f32::NAN;
        assert!(matches!(statistics(&volume, &()), Err(StatisticsError::NonFinite { index: [1, 2, 3], .. })));
    }
}
