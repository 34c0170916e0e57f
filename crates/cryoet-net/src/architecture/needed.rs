//! Which part of a decoder's stages a part of the answer needs. Only the encoder has to see a tile's whole halo.

use cryoet_core::Region;

/// Voxels that a stage computes around what the next finer one takes of it. Two kernels of 3^3 look 2 voxels both ways, a 2^3 kernel after
/// upsampling 1 towards the end; where a second decoder sees what a first made of the same stage, both look 2 voxels.
pub(super) const MARGIN: usize = 4;

/// The parts of a decoder's stages that a window of the answer needs of a tile, finest first, each in voxels of its own scale: bounds are even.
///
/// The tile's extent is a multiple of two to the number of stages on each axis.
pub(super) fn needed<const STAGES: usize>(window: Region, shape: [usize; 3]) -> [Region; STAGES] {
    let mut finer = window;
    std::array::from_fn(|stage| {
        let wanted = if stage == 0 { finer } else { halved(finer) };
        finer = widened(wanted, shape.map(|n| n >> stage));
        finer
    })
}

/// The same region at half scale.
pub(super) fn halved(region: Region) -> Region {
    Region::new(region.start.map(|n| n / 2), region.size.map(|n| n / 2))
}

/// A region counted from the start of another that holds it.
pub(super) fn within(outer: Region, inner: Region) -> Region {
    Region::new(std::array::from_fn(|axis| inner.start[axis] - outer.start[axis]), inner.size)
}

/// A region with the margin around it, its bounds even, cut at the borders.
fn widened(region: Region, shape: [usize; 3]) -> Region {
    let (first, last) = (region.start, region.end());
    let start: [usize; 3] = std::array::from_fn(|axis| (first[axis] / 2 * 2).saturating_sub(MARGIN));
    let end: [usize; 3] = std::array::from_fn(|axis| (last[axis].next_multiple_of(2) + MARGIN).min(shape[axis]));
    Region::new(start, std::array::from_fn(|axis| end[axis] - start[axis]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_end_at_borders() {
        assert_eq!(needed(Region::whole([8, 12, 16]), [8, 12, 16]), [Region::whole([8, 12, 16]), Region::whole([4, 6, 8])]);
        let [fine, coarse] = needed(Region::new([33, 36, 0], [30, 41, 10]), [100, 120, 60]);
        assert_eq!((fine.start, fine.end()), ([28, 32, 0], [68, 82, 14]));
        assert_eq!((coarse.start, coarse.end()), ([10, 12, 0], [38, 46, 12]));
    }
}
