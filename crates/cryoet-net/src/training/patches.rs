use cryoet_core::{ClassLabel, Region, VolumeSource};

use super::data::{DataError, PreparedTomogram};
use super::densities::Densities;
use super::sampler::PatchPlan;
use crate::normalisation::{Normalisation, ZScore};

/// The patches of a step in memory, one after another, each z, y, x.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Patches {
    pub(super) count: usize,
    /// The extent of each, z, y, x.
    pub(super) size: [usize; 3],
    pub(super) values: Vec<f32>,
    /// Output channels; 0 where ignored.
    pub(super) channels: Vec<u8>,
    /// 0 where ignored, else 1.
    pub(super) valid: Vec<u8>,
    /// For networks that learn them.
    pub(super) densities: Option<Densities>,
}

impl Patches {
    /// Cuts, turns and, where the recipe says so, scales patches one by one.
    pub(super) fn cut(tomograms: &[PreparedTomogram], plans: &[PatchPlan], normalisation: Normalisation) -> Result<Self, DataError> {
        let size = plans.first().map_or([0; 3], |plan| plan.size);
        let voxels = size.iter().product::<usize>() * plans.len();
        let (mut values, mut channels, mut valid) = (Vec::with_capacity(voxels), Vec::with_capacity(voxels), Vec::with_capacity(voxels));
        for plan in plans {
            let tomogram = &tomograms[plan.tomogram];
            let region = Region::new(plan.start, plan.size);
            let read = |source| DataError::Read { name: tomogram.name.clone(), source };
            let first = values.len();
            values.extend(plan.turn.apply(tomogram.read(region)?.view()).iter());
            if normalisation == Normalisation::DeepFinder {
                let z_score = ZScore::of(&values[first..]);
                values[first..].iter_mut().for_each(|value| *value = z_score.apply(*value));
            }
            let labels = tomogram.channels.view().read_region(region).map_err(read)?;
            for &channel in &plan.turn.apply(labels.view()) {
                let ignored = channel == ClassLabel::IGNORE.get();
                channels.push(if ignored { 0 } else { channel });
                valid.push(u8::from(!ignored));
            }
        }
        Ok(Self { count: plans.len(), size, values, channels, valid, densities: None })
    }
}
