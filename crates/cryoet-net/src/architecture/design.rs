use cryoet_core::Region;
use tch::{TchError, Tensor};

use super::{Halo, Head, LayerShape, Layers};

/// Everything there is to know of a network. A new one is a file that implements this, and a variant of
/// [`Architecture`](super::Architecture).
pub(super) trait Design {
    /// Whether such a network can be; what was expected where it cannot.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// See [`Architecture::granularity`](super::Architecture::granularity).
    fn granularity(&self) -> usize;

    /// See [`Architecture::halo`](super::Architecture::halo).
    fn halo(&self) -> Halo;

    /// See [`Architecture::fast_halo`](super::Architecture::fast_halo).
    fn fast_halo(&self) -> Halo;

    /// See [`Architecture::layers`](super::Architecture::layers).
    fn layers(&self) -> Vec<LayerShape>;

    /// See [`Architecture::heads`](super::Architecture::heads).
    fn heads(&self) -> Vec<Head>;

    /// The voxels along an axis that a tile's last layers compute: all, unless the network can do with less.
    fn fine_length(&self, _core: usize, input: usize) -> usize {
        input
    }

    /// Bytes at the peak of a forward pass in numbers of `number` bytes, grey values apart. Scores are f32 whatever the pass computes in.
    fn peak_bytes(&self, input: usize, fine: usize, number: usize) -> usize;

    /// Multiplications of a forward pass.
    fn work(&self, input: usize, fine: usize) -> usize;

    /// What all heads answer within a window of the input, their channels one after another.
    fn forward(&self, layers: &dyn Layers, input: &Tensor, window: Region) -> Result<Tensor, TchError>;
}

/// The extent z, y, x of a tensor (batch, channel, z, y, x).
pub(super) fn extent(x: &Tensor) -> [usize; 3] {
    let size = x.size();
    std::array::from_fn(|axis| size[axis + 2] as usize)
}

/// A view of a region.
pub(super) fn cut(x: &Tensor, region: Region) -> Result<Tensor, TchError> {
    let mut view = x.shallow_clone();
    for axis in 0..3 {
        view = view.f_narrow(axis as i64 + 2, region.start[axis] as i64, region.size[axis] as i64)?;
    }
    Ok(view)
}

/// A region by itself, so that the rest is freed.
pub(super) fn cut_out(x: Tensor, region: Region) -> Result<Tensor, TchError> {
    if region == Region::whole(extent(&x)) {
        return Ok(x);
    }
    let view = cut(&x, region)?;
    let mut copy = view.f_empty_like()?;
    copy.f_copy_(&view)?;
    Ok(copy)
}
