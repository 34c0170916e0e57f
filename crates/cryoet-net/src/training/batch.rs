use tch::{Kind, Tensor};

use super::densities::Densities;
use super::patches::Patches;
use crate::device::Device;
use crate::torch_error::TorchError;

/// Patches on the device: input (batch, 1, z, y, x), target channels (batch, z, y, x; i64), validity (same; f32).
pub(super) struct Batch {
    pub(super) input: Tensor,
    pub(super) target: Tensor,
    pub(super) valid: Tensor,
    /// For networks that learn it.
    pub(super) density: Option<Density>,
}

/// What a batch would be without noise.
pub(super) struct Density {
    /// (batch, 1, z, y, x).
    pub(super) target: Tensor,
    /// (batch, 1, 1, 1, 1): 1 where it is known, else 0.
    pub(super) known: Tensor,
    /// The share of patches of which it is known.
    pub(super) share: f64,
}

impl Batch {
    pub(super) fn new(patches: &Patches, device: Device) -> Result<Self, TorchError> {
        let [dz, dy, dx] = patches.size.map(|n| n as i64);
        let batch = patches.count as i64;
        let place = |tensor: Tensor, shape: &[i64], kind| tensor.f_view(shape)?.f_to_device(device.torch())?.f_to_kind(kind);
        let density = |densities: &Densities| {
            Ok::<_, TorchError>(Density {
                target: place(Tensor::f_from_slice(&densities.values)?, &[batch, 1, dz, dy, dx], Kind::Float)?,
                known: place(Tensor::f_from_slice(&densities.known)?, &[batch, 1, 1, 1, 1], Kind::Float)?,
                share: densities.known.iter().map(|&known| f64::from(known)).sum::<f64>() / densities.known.len().max(1) as f64,
            })
        };
        Ok(Self {
            density: patches.densities.as_ref().map(density).transpose()?,
            input: place(Tensor::f_from_slice(&patches.values)?, &[batch, 1, dz, dy, dx], Kind::Float)?,
            target: place(Tensor::f_from_slice(&patches.channels)?, &[batch, dz, dy, dx], Kind::Int64)?,
            valid: place(Tensor::f_from_slice(&patches.valid)?, &[batch, dz, dy, dx], Kind::Float)?,
        })
    }
}
