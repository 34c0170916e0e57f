use cryoet::ndarray::{Array2, Array3, Axis};
use cryoet::{Position, Region, VolumeSource};

use crate::failure::Failure;

/// A plane through a volume.
#[derive(Clone, Copy)]
pub(crate) enum Plane {
    /// Across the beam: rows along y, columns along x.
    Xy {
        /// The index along z.
        z: usize,
    },
    /// Along the beam, across the tilt axis: rows along z, columns along x.
    Xz {
        /// The index along y.
        y: usize,
    },
}

/// A slab about a plane.
pub(super) struct Section {
    /// The axis it cuts across: 0 (z) or 1 (y).
    axis: usize,
    index: usize,
    region: Region,
}

impl Section {
    /// The slab of a thickness about a plane, as far as it lies in the volume.
    pub(super) fn new(plane: Plane, shape: [usize; 3], thickness: usize) -> Self {
        let (axis, index) = match plane {
            Plane::Xy { z } => (0, z),
            Plane::Xz { y } => (1, y),
        };
        let start = index.saturating_sub(thickness / 2);
        let end = (index + thickness.div_ceil(2).max(1)).min(shape[axis]);
        let mut region = Region::whole(shape);
        (region.start[axis], region.size[axis]) = (start, end.saturating_sub(start));
        Self { axis, index, region }
    }

    /// The mean over the slab.
    pub(super) fn mean_of(&self, volume: &dyn VolumeSource<f32>) -> Result<Array2<f32>, Failure> {
        let slab: Array3<f32> = volume.read_region(self.region)?;
        slab.mean_axis(Axis(self.axis)).ok_or_else(|| Failure::new("the volume has no voxel"))
    }

    /// The voxels of the plane itself.
    pub(super) fn centre_of(&self, volume: &dyn VolumeSource<u8>) -> Result<Array2<u8>, Failure> {
        let mut plane = self.region;
        (plane.start[self.axis], plane.size[self.axis]) = (self.index, 1);
        Ok(volume.read_region(plane)?.index_axis_move(Axis(self.axis), 0))
    }

    /// Row and column of a ball's centre and the radius at which the plane cuts it, if it does.
    pub(super) fn cut(&self, position: Position, radius: f64) -> Option<([f64; 2], f64)> {
        let [z, y, x] = position.zyx();
        let (row, depth) = if self.axis == 0 { (y, z) } else { (z, y) };
        let cut = radius * radius - (depth - self.index as f64).powi(2);
        (cut > 0.0).then(|| ([row, x], cut.sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet::Volume;

    #[test]
    fn sections_lie_where_they_should() {
        let volume = Volume::new(Array3::from_shape_fn((9, 8, 7), |(z, y, x)| (100 * z + 10 * y + x) as f32));
        let xy = Section::new(Plane::Xy { z: 4 }, [9, 8, 7], 3).mean_of(&volume).unwrap();
        assert_eq!((xy.dim(), xy[[2, 5]]), ((8, 7), 425.0));
        let xz = Section::new(Plane::Xz { y: 7 }, [9, 8, 7], 1).mean_of(&volume).unwrap();
        assert_eq!((xz.dim(), xz[[3, 1]]), ((9, 7), 371.0));
    }

    #[test]
    fn a_ball_is_cut_where_the_plane_meets_it() {
        let section = Section::new(Plane::Xz { y: 10 }, [20, 20, 20], 1);
        let ball = Position::new(5.0, 13.0, 6.0).unwrap();
        assert_eq!(section.cut(ball, 5.0), Some(([5.0, 6.0], 4.0)));
        assert_eq!(section.cut(ball, 2.0), None);
    }
}
