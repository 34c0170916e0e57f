use std::{
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use cryoet_core::{SinkError, VolumeSink, ndarray::ArrayView3};

use super::{WriteVolumeError, block_writer::BlockWriter};
use crate::WriteWholeError;

pub(super) mod sealed {
    pub trait Sealed {}
}

/// A number that NPY, NPZ and HDF5 files hold as it is: `i8`, `u8`, `i16`, `u16`, `u32`, `f32`.
pub trait NpyVoxel: Copy + sealed::Sealed {
    #[doc(hidden)]
    const DESCR: &'static str;
    #[doc(hidden)]
    fn put(self, bytes: &mut Vec<u8>);
}

macro_rules! npy_voxel {
    ($($type:ty: $descr:literal),*) => {$(
        impl sealed::Sealed for $type {}

        impl NpyVoxel for $type {
            const DESCR: &'static str = $descr;

            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

npy_voxel!(i8: "|i1", u8: "|u1", i16: "<i2", u16: "<u2", u32: "<u4", f32: "<f4");

/// An NPY file that is written region by region, in any order; voxels never written are 0.
///
/// [`create_npy_sink`](crate::create_npy_sink) has an example.
///
/// Nothing stands under the file's name until [`finish`](Self::finish); a sink dropped before leaves nothing behind.
#[derive(Debug)]
pub struct NpySink<T> {
    path: PathBuf,
    block: BlockWriter,
    header: Vec<u8>,
    voxel: std::marker::PhantomData<T>,
}

/// Starts an NPY file of a shape (z, y, x); the format has neither voxel size nor origin.
///
/// # Errors
/// A file that cannot be written, a shape of more bytes than a file can have.
///
/// ```
/// use cryoet_core::{VolumeSink, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("labels.npy");
/// let mut sink = cryoet_io::create_npy_sink::<u8>(&path, [4, 8, 8])?;
/// for z in (0..4).rev() {
///     sink.write_region([z, 0, 0], Array3::from_elem((1, 8, 8), z as u8).view())?;
/// }
/// sink.finish()?;
/// assert_eq!(cryoet_io::read_labels(&path)?.data()[[3, 7, 0]], 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create_npy_sink<T: NpyVoxel>(path: impl AsRef<Path>, shape: [usize; 3]) -> Result<NpySink<T>, WriteVolumeError> {
    let path = path.as_ref().to_path_buf();
    let header = header(T::DESCR, shape);
    let bytes = shape.iter().try_fold(size_of::<T>() as u64, |bytes, &n| bytes.checked_mul(n as u64)).filter(|&b| b < i64::MAX as u64);
    let Some(bytes) = bytes else { return Err(WriteVolumeError::Shape { path, shape }) };
    let block = BlockWriter::create(&path, shape, header.len() as u64, bytes);
    let block = block.map_err(|source| WriteWholeError { path: path.clone(), source })?;
    Ok(NpySink { path, block, header, voxel: std::marker::PhantomData })
}

/// NumPy's header of version 1, padded so that the voxels start at a multiple of 64 bytes.
pub(super) fn header(descr: &str, [z, y, x]: [usize; 3]) -> Vec<u8> {
    let entries = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({z}, {y}, {x}), }}");
    let length = (10 + entries.len() + 1).next_multiple_of(64) - 10;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((length as u16).to_le_bytes());
    header.extend(entries.as_bytes());
    header.resize(9 + length, b' ');
    header.push(b'\n');
    header
}

impl<T: NpyVoxel> NpySink<T> {
    /// Writes the header, flushes the file to the disk and gives it its name.
    ///
    /// # Errors
    /// Whatever the system reports; then nothing stands under the name but what stood there before.
    pub fn finish(self) -> Result<(), WriteVolumeError> {
        let Self { path, block: BlockWriter { mut file, .. }, header, .. } = self;
        let finish = || {
            file.writer.seek(SeekFrom::Start(0))?;
            file.writer.write_all(&header)?;
            file.finish()
        };
        finish().map_err(|source| WriteWholeError { path, source }.into())
    }
}

impl<T: NpyVoxel> VolumeSink<T> for NpySink<T> {
    fn shape(&self) -> [usize; 3] {
        self.block.shape
    }

    fn write_region(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        self.block.write(&self.path, start, voxels, T::put)
    }
}
