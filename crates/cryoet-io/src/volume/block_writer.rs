use std::{
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use cryoet_core::{Region, SinkError, ndarray::ArrayView3};

use crate::{WriteWholeError, write_whole::WholeFile};

/// A file with a block of numbers in C order that is written region by region; what is never written is 0.
#[derive(Debug)]
pub(crate) struct BlockWriter {
    pub(crate) file: WholeFile,
    pub(crate) shape: [usize; 3],
    /// Byte of the file at which the block starts.
    pub(crate) start: u64,
    row: Vec<u8>,
}

impl BlockWriter {
    /// Starts a file that is as long as the block needs from the beginning.
    pub(crate) fn create(path: &Path, shape: [usize; 3], start: u64, bytes: u64) -> io::Result<Self> {
        let file = WholeFile::create(path)?;
        // Sets the length without writing: what is never written reads as 0.
        file.writer.get_ref().set_len(bytes.saturating_add(start))?;
        Ok(Self { file, shape, start, row: Vec::new() })
    }

    /// Writes a region; `put` appends a number's bytes, always as many.
    pub(crate) fn write<T: Copy>(
        &mut self,
        path: &Path,
        start: [usize; 3],
        voxels: ArrayView3<'_, T>,
        put: impl FnMut(T, &mut Vec<u8>),
    ) -> Result<(), SinkError> {
        let region = Region::new(start, voxels.dim().into());
        region.check_inside(self.shape)?;
        self.rows(region, voxels, put).map_err(|source| SinkError::Write {
            start,
            size: region.size,
            source: Box::new(WriteWholeError { path: path.to_path_buf(), source }),
        })
    }

    fn rows<T: Copy>(&mut self, region: Region, voxels: ArrayView3<'_, T>, mut put: impl FnMut(T, &mut Vec<u8>)) -> io::Result<()> {
        let [_, ny, nx] = self.shape.map(|n| n as u64);
        let rows_touch = region.size[2] == self.shape[2];
        for (dz, plane) in voxels.outer_iter().enumerate() {
            for (dy, row) in plane.outer_iter().enumerate() {
                self.row.clear();
                for &voxel in row {
                    put(voxel, &mut self.row);
                }
                if dy == 0 || !rows_touch {
                    let [z, y, x] = [region.start[0] + dz, region.start[1] + dy, region.start[2]].map(|n| n as u64);
                    let bytes = (self.row.len() / region.size[2].max(1)) as u64;
                    self.file.writer.seek(SeekFrom::Start(((z * ny + y) * nx + x) * bytes + self.start))?;
                }
                self.file.writer.write_all(&self.row)?;
            }
        }
        Ok(())
    }
}
