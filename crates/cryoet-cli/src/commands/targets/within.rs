use cryoet::Region;
use serde::Serialize;

use crate::failure::Failure;
use crate::numbers;

/// Ranges of voxels z, y, x that were annotated.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Within([(usize, Option<usize>); 3]);

/// Reads `z0:z1,y0:y1,x0:x1`.
pub(super) fn within(text: &str) -> Result<Within, String> {
    numbers::ranges(text).map(Within)
}

impl Within {
    /// The region of a volume, which must hold it.
    pub(super) fn of(&self, shape: [usize; 3]) -> Result<Region, Failure> {
        let mut region = Region::whole(shape);
        for (axis, ((from, to), n)) in self.0.into_iter().zip(shape).enumerate() {
            let to = to.unwrap_or(n);
            if from >= to || to > n {
                let name = ["z", "y", "x"][axis];
                return Err(Failure::usage(format!("--within: {from}:{to} along {name} is empty or outside 0:{n}")));
            }
            (region.start[axis], region.size[axis]) = (from, to - from);
        }
        Ok(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::ndarray::Array3;
    use cryoet::targets::ignore_outside;

    #[test]
    fn voxels_outside_are_ignored() {
        let mut labels = Array3::<u8>::ones((4, 4, 4));
        ignore_outside(&mut labels, &[Within([(0, None), (1, Some(3)), (2, Some(4))]).of([4; 3]).unwrap()]);
        assert_eq!(labels.iter().filter(|&&label| label == 1).count(), 4 * 2 * 2);
        assert_eq!((labels[[0, 1, 2]], labels[[0, 0, 2]], labels[[0, 1, 1]]), (1, 255, 255));
    }

    #[test]
    fn ranges_that_are_empty_or_outside_are_refused() {
        let refused = |from, to| Within([(0, None), (from, to), (0, None)]).of([4; 3]).is_err_and(|failure| failure.code() == 2);
        assert!(refused(2, Some(2)) && refused(3, Some(1)) && refused(4, None) && refused(0, Some(5)));
    }
}
