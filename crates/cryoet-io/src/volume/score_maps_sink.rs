use std::{
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use cryoet_core::{Region, SinkError, ndarray::ArrayView3};
use half::f16;

use super::{
    NpyVoxel, VolumeFormat, WriteVolumeError,
    block_writer::BlockWriter,
    hdf5_writer,
    named::{Half, score_map_names},
    write::extension,
};
use crate::WriteWholeError;

/// Score maps as [`write_score_maps`](crate::write_score_maps) writes them, region by region and in any order; what is never written is 0.
///
/// Nothing stands under the file's name until [`finish`](Self::finish); a sink dropped before leaves nothing behind.
#[derive(Debug)]
pub struct ScoreMapsSink {
    path: PathBuf,
    /// The maps one after another along z.
    block: BlockWriter,
    head: Vec<u8>,
    shape: [usize; 3],
}

/// Starts an HDF5 file of score maps of a shape (z, y, x): `class0` of the background, `class1` and so on, 16-bit floats.
///
/// # Errors
/// An extension that is not HDF5's, a file that cannot be written, a shape of more bytes than a file can have.
///
/// ```
/// use cryoet_core::{Region, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.h5");
/// let mut sink = cryoet_io::create_score_maps_sink(&path, [4, 6, 8], 3)?;
/// sink.write_region(2, [1, 2, 3], Array3::from_elem((2, 2, 2), 0.75).view())?;
/// sink.finish()?;
/// let of_class_2 = cryoet_io::open_named_volume(&path, "class2")?.read_region(Region::whole([4, 6, 8]))?;
/// assert_eq!((of_class_2[[2, 3, 4]], of_class_2[[0, 0, 0]]), (0.75, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create_score_maps_sink(path: impl AsRef<Path>, shape: [usize; 3], maps: usize) -> Result<ScoreMapsSink, WriteVolumeError> {
    let path = path.as_ref().to_path_buf();
    if VolumeFormat::of_extension(&path) != Some(VolumeFormat::Hdf5) {
        return Err(extension(&path));
    }
    let most = i64::MAX as u64;
    let bytes = shape.iter().try_fold(2 * maps as u64, |bytes, &n| bytes.checked_mul(n as u64)).filter(|&bytes| bytes < most);
    let Some(bytes) = bytes else { return Err(WriteVolumeError::Shape { path, shape }) };
    let names = score_map_names(maps);
    let head = hdf5_writer::head::<Half>(&names.iter().map(|name| (name.as_str(), shape)).collect::<Vec<_>>());
    let stacked = [shape[0] * maps, shape[1], shape[2]];
    let block = BlockWriter::create(&path, stacked, head.len() as u64, bytes);
    let block = block.map_err(|source| WriteWholeError { path: path.clone(), source })?;
    Ok(ScoreMapsSink { path, block, head, shape })
}

impl ScoreMapsSink {
    /// Writes a region of a map, counted from 0, the background's.
    ///
    /// # Errors
    /// A region or map beyond the file's, or whatever the system reports.
    pub fn write_region(&mut self, map: usize, start: [usize; 3], scores: ArrayView3<'_, f32>) -> Result<(), SinkError> {
        Region::new(start, scores.dim().into()).check_inside(self.shape)?;
        let stacked = [map.saturating_mul(self.shape[0]).saturating_add(start[0]), start[1], start[2]];
        self.block.write(&self.path, stacked, scores, |score, bytes| Half(f16::from_f32(score)).put(bytes))
    }

    /// Writes the headers, flushes the file to the disk and gives it its name.
    ///
    /// # Errors
    /// Whatever the system reports; then nothing stands under the name but what stood there before.
    pub fn finish(self) -> Result<(), WriteVolumeError> {
        let Self { path, block: BlockWriter { mut file, .. }, head, .. } = self;
        let finish = || {
            file.writer.seek(SeekFrom::Start(0))?;
            file.writer.write_all(&head)?;
            file.finish()
        };
        finish().map_err(|source| WriteWholeError { path, source }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryoet_core::{Volume, ndarray::Array3, ndarray::s};

    #[test]
    fn region_by_region_gives_the_bytes_of_whole_maps() {
        let folder = tempfile::tempdir().unwrap();
        let maps: Vec<_> = (0..3)
            .map(|map| Volume::new(Array3::from_shape_fn((5, 6, 7), |(z, y, x)| (map * 210 + z * 42 + y * 7 + x) as f32 / 630.0)))
            .collect();
        crate::write_score_maps(folder.path().join("whole.h5"), &maps).unwrap();
        let mut sink = create_score_maps_sink(folder.path().join("parts.h5"), [5, 6, 7], 3).unwrap();
        for start in [3, 0] {
            for (index, map) in maps.iter().enumerate() {
                let end = if start == 0 { 3 } else { 5 };
                sink.write_region(index, [start, 0, 0], map.data().slice(s![start..end, .., ..4])).unwrap();
                sink.write_region(index, [start, 0, 4], map.data().slice(s![start..end, .., 4..])).unwrap();
            }
        }
        assert!(sink.write_region(3, [0, 0, 0], maps[0].view()).is_err());
        assert!(sink.write_region(0, [1, 0, 0], maps[0].view()).is_err());
        sink.finish().unwrap();
        let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(bytes("parts.h5"), bytes("whole.h5"));
        assert!(matches!(create_score_maps_sink(folder.path().join("s.mrc"), [1; 3], 1), Err(WriteVolumeError::Extension { .. })));
    }
}
