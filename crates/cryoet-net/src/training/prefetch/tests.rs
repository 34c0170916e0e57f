use cryoet_core::ndarray::Array3;
use cryoet_core::{Class, ClassLabel, ClassTable, Region, SourceError, Volume, VolumeSource, VoxelSize};

use super::*;
use crate::Architecture;
use crate::smoothing::Smoothing;
use crate::training::data::prepare;
use crate::training::{TrainingTomogram, TrainingVolume};

/// Statistics can be read of it, small regions cannot.
struct Broken(Volume<f32>);

impl VolumeSource<f32> for Broken {
    fn shape(&self) -> [usize; 3] {
        self.0.shape()
    }

    fn voxel_size(&self) -> Option<VoxelSize> {
        None
    }

    fn read_region(&self, region: Region) -> Result<Array3<f32>, SourceError> {
        if region.size[1..] == self.shape()[1..] {
            return self.0.read_region(region);
        }
        Err(SourceError::Read { start: region.start, size: region.size, source: "the disk is gone".into() })
    }
}

fn source(volume: impl FnOnce(Volume<f32>) -> TrainingVolume) -> PatchSource {
    let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "a")]).unwrap();
    let params = TrainParams { steps: 40, batch: 3, patch: 8, shift: 4, smoothing: 1.0, ..TrainParams::default() };
    let grey = Volume::new(Array3::from_shape_fn((16, 20, 24), |(z, y, x)| ((z * 5 + y * 11 + x * 17) % 23) as f32));
    let labels = Array3::from_shape_fn((16, 20, 24), |(z, y, x)| if z < 2 { 255 } else { u8::from(y * x < 50) });
    let tomogram = TrainingTomogram::new("first", volume(grey), labels);
    let tomograms = prepare(vec![tomogram], &classes, &Smoothing::new(1.0), Architecture::DeepFinder { outputs: 2 }, &()).unwrap();
    PatchSource { sampler: Sampler::new(&tomograms, params.patch, 4).unwrap(), tomograms, params, denoises: false }
}

#[test]
fn patches_come_in_order_and_as_if_cut_on_the_spot() {
    let mut prefetch = Prefetch::new(source(Volume::into));
    let from_disk = source(|grey| TrainingVolume::from_source(Box::new(grey)));
    // As steps go on, after a step back, after a leap, and beyond the last step.
    for step in (0..12).chain([11, 12, 3, 4]).chain(37..43) {
        let patches = prefetch.take(step).unwrap();
        assert_eq!(patches, prefetch.source.cut(step).unwrap(), "step {step}");
        assert_eq!(patches, from_disk.cut(step).unwrap(), "step {step}");
    }
}

#[test]
fn threads_end_with_the_training() {
    let mut prefetch = Prefetch::new(source(Volume::into));
    let _ = prefetch.take(0).unwrap();
    let source = Arc::downgrade(&prefetch.source);
    assert!(source.strong_count() > 1);
    drop(prefetch);
    // Every thread held the data.
    assert_eq!(source.strong_count(), 0);
}

#[test]
fn what_cannot_be_read_is_told_at_its_step() {
    let mut prefetch = Prefetch::new(source(|grey| TrainingVolume::from_source(Box::new(Broken(grey)))));
    for step in 0..3 {
        assert!(matches!(prefetch.take(step), Err(DataError::Read { name, .. }) if name == "first"));
    }
}
