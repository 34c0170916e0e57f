use std::fmt;

use cryoet_core::ndarray::Array3;
use cryoet_core::{Progress, Region, SourceError, Statistics, StatisticsError, Volume, VolumeSource, VoxelSize};

use crate::grey_values::{read_scaled, scale_and_smooth, statistics};
use crate::normalisation::ZScore;
use crate::smoothing::Smoothing;

/// Where a training tomogram's grey values are: in memory, or in a file from which each patch is read.
///
/// ```
/// use cryoet_core::{Volume, ndarray::Array3};
/// use cryoet_net::TrainingVolume;
/// let here: TrainingVolume = Volume::new(Array3::<f32>::zeros((8, 8, 8))).into();
/// // Whatever is read region by region: what `open_volume` of cryoet-io returns, say.
/// let there = TrainingVolume::from_source(Box::new(Volume::new(Array3::<f32>::zeros((8, 8, 8)))));
/// assert_eq!(here.shape(), there.shape());
/// ```
pub struct TrainingVolume(Kind);

enum Kind {
    Memory(Volume<f32>),
    Source(Box<dyn VolumeSource<f32> + Send>),
}

impl fmt::Debug for TrainingVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.0 {
            Kind::Memory(_) => "memory",
            Kind::Source(_) => "source",
        };
        f.debug_struct("TrainingVolume").field("shape", &self.shape()).field("in", &place).finish()
    }
}

impl From<Volume<f32>> for TrainingVolume {
    fn from(volume: Volume<f32>) -> Self {
        Self(Kind::Memory(volume))
    }
}

impl TrainingVolume {
    /// A volume that stays where it is: patches are read as they are needed, by several threads at once.
    pub fn from_source(source: Box<dyn VolumeSource<f32> + Send>) -> Self {
        Self(Kind::Source(source))
    }

    /// The extent z, y, x.
    pub fn shape(&self) -> [usize; 3] {
        self.source().shape()
    }

    /// The voxel size, where known.
    pub fn voxel_size(&self) -> Option<VoxelSize> {
        self.source().voxel_size()
    }

    fn source(&self) -> &dyn VolumeSource<f32> {
        match &self.0 {
            Kind::Memory(volume) => volume,
            Kind::Source(source) => source.as_ref(),
        }
    }
}

/// Grey values as the network sees them.
pub(super) enum GreyValues {
    /// Scaled and smoothed beforehand.
    Memory(Array3<f32>),
    /// Scaled and smoothed when read.
    Source { source: Box<dyn VolumeSource<f32> + Send>, z_score: ZScore, smoothing: Smoothing },
}

impl fmt::Debug for GreyValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GreyValues").finish_non_exhaustive()
    }
}

impl GreyValues {
    /// Reads the statistics; scales and smooths what is in memory.
    pub(super) fn prepare(
        volume: TrainingVolume,
        smoothing: &Smoothing,
        progress: &dyn Progress,
    ) -> Result<(Self, Statistics), StatisticsError> {
        let statistics = statistics(volume.source(), progress)?;
        let z_score = ZScore::new(&statistics);
        let grey = match volume.0 {
            Kind::Memory(volume) => {
                let mut values = volume.into_data();
                scale_and_smooth(&mut values, z_score, smoothing);
                Self::Memory(values)
            }
            Kind::Source(source) => Self::Source { source, z_score, smoothing: smoothing.clone() },
        };
        Ok((grey, statistics))
    }

    /// A region inside the volume, to the bit the same from either place.
    pub(super) fn read(&self, region: Region) -> Result<Array3<f32>, SourceError> {
        match self {
            Self::Memory(values) => values.view().read_region(region),
            Self::Source { source, z_score, smoothing } => {
                region.check_inside(source.shape())?;
                read_scaled(source.as_ref(), region, *z_score, smoothing)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_gives_the_same_bits_as_memory() {
        let volume = Volume::new(Array3::from_shape_fn((9, 14, 20), |(z, y, x)| ((z * 7 + y * 13 + x * 29) % 31) as f32));
        let smoothing = Smoothing::new(1.0);
        let here = GreyValues::prepare(volume.clone().into(), &smoothing, &()).unwrap().0;
        let there = GreyValues::prepare(TrainingVolume::from_source(Box::new(volume)), &smoothing, &()).unwrap().0;
        for region in [Region::whole([9, 14, 20]), Region::new([2, 0, 7], [4, 8, 8]), Region::new([5, 6, 12], [4, 8, 8])] {
            let (a, b) = (here.read(region).unwrap(), there.read(region).unwrap());
            assert!(a.iter().zip(&b).all(|(a, b)| a.to_bits() == b.to_bits()), "{region:?}");
        }
        assert!(there.read(Region::new([6, 0, 0], [4, 8, 8])).is_err());
    }
}
