//! Which part of the decoder's stages a part of the answer needs. Only the encoder has to see a tile's whole halo.

use cryoet_core::Region;

/// Two kernels of 3^3 look 2 voxels both ways, the 2^3 kernel after upsampling 1 towards the end; rounded up to the granularity.
pub(super) const MARGIN: usize = 4;

/// The parts of the decoder's stages, each in voxels of its own scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Needed {
    /// Of the stage at full scale; bounds are multiples of 4.
    pub(super) fine: Region,
    /// Of the stage at half scale; bounds are even.
    pub(super) coarse: Region,
}

impl Needed {
    /// What a window of the answer needs of a tile of the given shape, a multiple of 4 on each axis.
    pub(super) fn for_window(window: Region, shape: [usize; 3]) -> Self {
        let fine = widened(window, shape, 4);
        Self { fine, coarse: widened(halved(fine), shape.map(|n| n / 2), 2) }
    }
}

/// The same region at half scale.
pub(super) fn halved(region: Region) -> Region {
    Region::new(region.start.map(|n| n / 2), region.size.map(|n| n / 2))
}

/// A region counted from the start of another that holds it.
pub(super) fn within(outer: Region, inner: Region) -> Region {
    Region::new(std::array::from_fn(|axis| inner.start[axis] - outer.start[axis]), inner.size)
}

/// A region with the margin around it, its bounds multiples of `align`, cut at the borders.
fn widened(region: Region, shape: [usize; 3], align: usize) -> Region {
    let (first, last) = (region.start, region.end());
    let start: [usize; 3] = std::array::from_fn(|axis| (first[axis] / align * align).saturating_sub(MARGIN));
    let end: [usize; 3] = std::array::from_fn(|axis| (last[axis].div_ceil(align) * align + MARGIN).min(shape[axis]));
    Region::new(start, std::array::from_fn(|axis| end[axis] - start[axis]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_end_at_borders() {
        let whole = Needed::for_window(Region::whole([8, 12, 16]), [8, 12, 16]);
        assert_eq!((whole.fine, whole.coarse), (Region::whole([8, 12, 16]), Region::whole([4, 6, 8])));
        let part = Needed::for_window(Region::new([33, 36, 0], [30, 41, 10]), [100, 120, 60]);
        assert_eq!((part.fine.start, part.fine.end()), ([28, 32, 0], [68, 84, 16]));
        assert_eq!((part.coarse.start, part.coarse.end()), ([10, 12, 0], [38, 46, 12]));
    }
}
