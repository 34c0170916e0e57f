use cryoet_core::ndarray::{Array3, Zip};
use cryoet_core::{ClassLabel, Region};

/// Sets every voxel outside the annotated boxes to [`ClassLabel::IGNORE`], so that what nobody looked at teaches nothing.
///
/// `labels` is `[z, y, x]`; boxes may overlap and reach beyond the volume. Without a box everything is ignored.
///
/// ```
/// use cryoet_core::ndarray::Array3;
/// use cryoet_core::Region;
/// use cryoet_targets::ignore_outside;
/// let mut labels = Array3::<u8>::zeros((4, 4, 10));
/// ignore_outside(&mut labels, &[Region::new([0, 0, 0], [4, 4, 5])]);
/// assert_eq!((labels[[0, 0, 4]], labels[[0, 0, 5]]), (0, 255));
/// ```
pub fn ignore_outside(labels: &mut Array3<u8>, annotated: &[Region]) {
    let shape: [usize; 3] = labels.dim().into();
    let mut seen = Array3::from_elem(shape, false);
    for region in annotated {
        let ([z, y, x], [ez, ey, ex]) = (region.start, region.end());
        let [ez, ey, ex] = [ez.min(shape[0]), ey.min(shape[1]), ex.min(shape[2])];
        if z < ez && y < ey && x < ex {
            seen.slice_mut(cryoet_core::ndarray::s![z..ez, y..ey, x..ex]).fill(true);
        }
    }
    Zip::from(labels).and(&seen).for_each(|label, &seen| {
        if !seen {
            *label = ClassLabel::IGNORE.get();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_may_overlap_and_reach_beyond() {
        let mut labels = Array3::<u8>::ones((6, 6, 6));
        let boxes = [Region::new([0, 0, 0], [2, 6, 6]), Region::new([1, 4, 4], [99, usize::MAX, 99]), Region::new([9, 9, 9], [1, 1, 1])];
        ignore_outside(&mut labels, &boxes);
        for ((z, y, x), &label) in labels.indexed_iter() {
            let inside = z < 2 || z >= 1 && y >= 4 && x >= 4;
            assert_eq!(label, if inside { 1 } else { 255 });
        }
        ignore_outside(&mut labels, &[]);
        assert!(labels.iter().all(|&label| label == 255));
    }
}
