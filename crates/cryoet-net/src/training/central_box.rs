use cryoet_core::Region;

/// A box about the centre of at most `voxels` voxels, its starts and edges multiples of the granularity.
pub(super) fn central_box(shape: [usize; 3], voxels: usize, granularity: usize) -> Region {
    let total: usize = shape.iter().product();
    let shrink = (voxels.max(1) as f64 / total.max(1) as f64).min(1.0);
    // Thin axes keep their length; the loss of volume is shared by the two longest.
    let mut size = shape;
    let mut order = [0, 1, 2];
    order.sort_by_key(|&axis| std::cmp::Reverse(shape[axis]));
    for &axis in &order[..2] {
        size[axis] = ((shape[axis] as f64 * shrink.sqrt()) as usize).max(granularity);
    }
    let size: [usize; 3] = std::array::from_fn(|axis| (size[axis] / granularity * granularity).clamp(granularity, shape[axis]));
    Region::new(std::array::from_fn(|axis| (shape[axis] - size[axis]) / 2 / granularity * granularity), size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_lie_inside() {
        for (shape, voxels) in [([100, 100, 100], 2_000_000), ([64, 512, 512], 2_000_000), ([7, 9, 300], 100)] {
            let region = central_box(shape, voxels, 4);
            region.check_inside(shape).unwrap();
            assert!(region.size.iter().chain(&region.start).all(|length| length.is_multiple_of(4)));
        }
    }
}
