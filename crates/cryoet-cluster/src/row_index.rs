use std::ops::Range;

use crate::foreground::Foreground;

/// Where each row along x begins in the foreground, to find voxels by their place.
pub(crate) struct RowIndex<'a> {
    shape: [usize; 3],
    indices: &'a [u32],
    starts: Vec<usize>,
}

impl<'a> RowIndex<'a> {
    pub(crate) fn new(foreground: &'a Foreground) -> Self {
        let shape @ [nz, ny, nx] = foreground.shape();
        let indices = foreground.indices();
        let mut starts = vec![0; nz * ny + 1];
        for &index in indices {
            starts[index as usize / nx + 1] += 1;
        }
        for row in 0..nz * ny {
            starts[row + 1] += starts[row];
        }
        Self { shape, indices, starts }
    }

    /// Which voxels of the foreground lie at `xs` in a row; the row must lie in the volume.
    pub(crate) fn range(&self, z: usize, y: usize, xs: Range<usize>) -> Range<usize> {
        let row = z * self.shape[1] + y;
        let (start, first) = (self.starts[row], row * self.shape[2]);
        let voxels = &self.indices[start..self.starts[row + 1]];
        let place = |x: usize| start + voxels.partition_point(|&index| (index as usize) < first + x);
        place(xs.start)..place(xs.end)
    }

    /// The place in the foreground of a voxel, or none for background; the voxel must lie in the volume.
    pub(crate) fn find(&self, [z, y, x]: [usize; 3]) -> Option<usize> {
        let row = z * self.shape[1] + y;
        let (start, end) = (self.starts[row], self.starts[row + 1]);
        let index = (row * self.shape[2] + x) as u32;
        self.indices[start..end].binary_search(&index).ok().map(|at| start + at)
    }

    /// The voxel moved by a step, where that stays in the volume.
    pub(crate) fn step(&self, voxel: [usize; 3], by: [isize; 3]) -> Option<[usize; 3]> {
        let mut moved = voxel;
        for axis in 0..3 {
            moved[axis] = voxel[axis].checked_add_signed(by[axis]).filter(|&c| c < self.shape[axis])?;
        }
        Some(moved)
    }
}
