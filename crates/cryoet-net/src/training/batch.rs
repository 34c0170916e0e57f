use cryoet_core::ClassLabel;
use cryoet_core::ndarray::s;
use tch::Tensor;

use super::data::PreparedTomogram;
use super::sampler::PatchPlan;
use crate::device::Device;
use crate::normalisation::{Normalisation, ZScore};
use crate::torch_error::TorchError;

/// Patches on the device: input (batch, 1, z, y, x), target channels (batch, z, y, x; i64), validity (same; f32).
pub(super) struct Batch {
    pub(super) input: Tensor,
    pub(super) target: Tensor,
    pub(super) valid: Tensor,
}

impl Batch {
    pub(super) fn cut(
        tomograms: &[PreparedTomogram],
        plans: &[PatchPlan],
        normalisation: Normalisation,
        device: Device,
    ) -> Result<Self, TorchError> {
        let size = plans.first().map_or([0; 3], |plan| plan.size);
        let voxels = size.iter().product::<usize>() * plans.len();
        let (mut values, mut targets, mut valid) = (Vec::with_capacity(voxels), Vec::with_capacity(voxels), Vec::with_capacity(voxels));
        for plan in plans {
            let tomogram = &tomograms[plan.tomogram];
            let ([z, y, x], [dz, dy, dx]) = (plan.start, plan.size);
            let window = s![z..z + dz, y..y + dy, x..x + dx];
            let first = values.len();
            values.extend(plan.turn.apply(tomogram.volume.slice(window)).iter());
            if normalisation == Normalisation::DeepFinder {
                let z_score = ZScore::of(&values[first..]);
                values[first..].iter_mut().for_each(|value| *value = z_score.apply(*value));
            }
            for &channel in &plan.turn.apply(tomogram.channels.slice(window)) {
                let ignored = channel == ClassLabel::IGNORE.get();
                targets.push(if ignored { 0 } else { i64::from(channel) });
                valid.push(if ignored { 0f32 } else { 1.0 });
            }
        }
        let [dz, dy, dx] = size.map(|n| n as i64);
        let batch = plans.len() as i64;
        let place = |tensor: Tensor, shape: &[i64]| tensor.f_view(shape)?.f_to_device(device.torch());
        Ok(Self {
            input: place(Tensor::f_from_slice(&values)?, &[batch, 1, dz, dy, dx])?,
            target: place(Tensor::f_from_slice(&targets)?, &[batch, dz, dy, dx])?,
            valid: place(Tensor::f_from_slice(&valid)?, &[batch, dz, dy, dx])?,
        })
    }
}
