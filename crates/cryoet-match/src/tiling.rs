use cryoet_core::Region;

use crate::fourier::fast_length;

/// The smallest tiles are this many templates wide: below, most of a tile would be overlap.
const LEAST_TEMPLATES: usize = 2;

/// A volume's parts, each with the surroundings a template needs, all transformed with one plan.
#[derive(Debug)]
pub(crate) struct Tiling {
    /// The transforms' shape, z, y, x.
    pub(crate) transform: [usize; 3],
    /// The parts of the answer, in order; together the whole volume, each voxel once.
    pub(crate) parts: Vec<Region>,
}

impl Tiling {
    /// Parts of about equal size whose transforms are at most `tile` voxels an edge, or two templates, up to rounding to a length that
    /// transforms fast.
    pub(crate) fn new(shape: [usize; 3], template: usize, tile: usize) -> Self {
        let most = tile.max(LEAST_TEMPLATES * template) - (template - 1);
        let extent = shape.map(|n| n.div_ceil(n.div_ceil(most)));
        let starts = |axis: usize| (0..shape[axis]).step_by(extent[axis]);
        let mut parts = Vec::new();
        for z in starts(0) {
            for y in starts(1) {
                for x in starts(2) {
                    let start = [z, y, x];
                    parts.push(Region::new(start, std::array::from_fn(|i| extent[i].min(shape[i] - start[i]))));
                }
            }
        }
        Self { transform: extent.map(|n| fast_length(n + template - 1)), parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_cover_each_voxel_once_and_fit(shape in prop::array::uniform3(3_usize..40), template in 3_usize..9, tile in 0_usize..60) {
            prop_assume!(shape.iter().all(|&n| n >= template));
            let tiling = Tiling::new(shape, template, tile);
            let voxels: usize = tiling.parts.iter().map(Region::voxels).sum();
            prop_assert_eq!(voxels, shape.iter().product::<usize>());
            for part in &tiling.parts {
                prop_assert!(part.check_inside(shape).is_ok());
                prop_assert!((0..3).all(|i| part.size[i] + template - 1 <= tiling.transform[i]));
            }
        }
    }
}
