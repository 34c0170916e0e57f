use cryoet_core::Region;
use cryoet_core::ndarray::{Array3, ArrayView3, s};
use tch::{Kind, Tensor};

use crate::architecture::Architecture;
use crate::network::{Network, to_device};
use crate::torch_error::TorchError;
use crate::turn::Turn;

/// What the heads of a network answer (channels, z, y, x), on the device, f32, within a window of a normalised block, which is zero-padded at its
/// end to the granularity. With a turn the block is turned, its answer turned back.
pub(super) fn answers(network: &Network, block: ArrayView3<'_, f32>, window: Region, turn: Turn) -> Result<Tensor, TorchError> {
    let _no_grad = tch::no_grad_guard();
    let input = input(network, block, turn)?;
    let mut turned_window = window;
    for &axis in turn.reversed_axes() {
        turned_window.start[axis] = input.size()[axis + 2] as usize - window.end()[axis];
    }
    // Channel after channel: libtorch's soft-max and maximum are several times slower across adjacent channels.
    let answers = network.answers_within(&input, turned_window)?.f_squeeze_dim(0)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let axes: Vec<i64> = turn.reversed_axes().iter().map(|&axis| axis as i64 + 1).collect();
    let upright = if axes.is_empty() { answers } else { answers.f_flip(axes.as_slice())? };
    Ok(upright)
}

/// The probabilities (channels, z, y, x) of background and classes in a network's answers.
pub(super) fn probabilities(architecture: Architecture, answers: &Tensor) -> Result<Tensor, TorchError> {
    let _no_grad = tch::no_grad_guard();
    Ok(architecture.logits(answers, 0)?.f_softmax(0, Kind::Float)?)
}

/// The winning channel and its probability of soft-max scores (channels, z, y, x).
pub(super) fn winners(scores: &Tensor) -> Result<(Array3<u8>, Array3<f32>), TorchError> {
    let _no_grad = tch::no_grad_guard();
    let (best, channel) = scores.f_max_dim(0, false)?;
    let size: Vec<usize> = best.size().iter().map(|&n| n as usize).collect();
    let best = crate::network::to_vec(&best)?;
    let channel = channel.f_to_kind(Kind::Uint8)?.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
    let mut channels = vec![0u8; best.len()];
    channel.f_copy_data(&mut channels, best.len())?;
    let size = [size[0], size[1], size[2]];
    let misshapen = |_| TorchError::misshapen(size);
    Ok((Array3::from_shape_vec(size, channels).map_err(misshapen)?, Array3::from_shape_vec(size, best).map_err(misshapen)?))
}

/// A block, zero-padded and turned, as a network takes it.
fn input(network: &Network, block: ArrayView3<'_, f32>, turn: Turn) -> Result<Tensor, TorchError> {
    let g = network.architecture().granularity();
    let (z, y, x) = block.dim();
    let mut padded = Array3::zeros((z.div_ceil(g) * g, y.div_ceil(g) * g, x.div_ceil(g) * g));
    padded.slice_mut(s![..z, ..y, ..x]).assign(&block);
    let turned = turn.apply(padded.view());
    let turned = turned.as_standard_layout();
    let (z, y, x) = turned.dim();
    let size = [1, 1, z as i64, y as i64, x as i64];
    let values = turned.as_slice().ok_or_else(|| TorchError::misshapen([z, y, x]))?;
    to_device(values, &size, network.device(), network.precision())
}
