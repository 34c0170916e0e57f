use std::{
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use cryoet_core::{SinkError, VolumeSink, VoxelSize, ndarray::ArrayView3};

use super::{HEADER_BYTES, MrcHeader};
use crate::{WriteVolumeError, WriteWholeError, volume::BlockWriter};

mod sealed {
    pub trait Sealed {}
}

/// A number that an MRC file holds as it is: `i8`, `i16`, `f32`, `u16` (modes 0, 1, 2, 6).
pub trait MrcVoxel: Copy + sealed::Sealed {
    #[doc(hidden)]
    const MODE: i32;
    #[doc(hidden)]
    const BYTES: usize;
    #[doc(hidden)]
    fn put(self, bytes: &mut Vec<u8>);
    #[doc(hidden)]
    fn number(self) -> f64;
}

macro_rules! mrc_voxel {
    ($($type:ty: $mode:literal),*) => {$(
        impl sealed::Sealed for $type {}

        impl MrcVoxel for $type {
            const MODE: i32 = $mode;
            const BYTES: usize = size_of::<$type>();

            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn number(self) -> f64 {
                self.into()
            }
        }
    )*};
}

mrc_voxel!(i8: 0, i16: 1, f32: 2, u16: 6);

/// An MRC file that is written region by region, in any order; voxels never written are 0.
///
/// [`create_mrc_sink`](crate::create_mrc_sink) has an example.
///
/// Nothing stands under the file's name until [`finish`](Self::finish); a sink dropped before leaves nothing behind.
/// The header's statistics are of all voxels, those never written among them; where more were handed in than there are, so that some
/// were written twice, they are marked as unknown.
#[derive(Debug)]
pub struct MrcSink<T> {
    path: PathBuf,
    block: BlockWriter,
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
    kept: Option<MrcHeader>,
    statistics: Running,
    voxel: std::marker::PhantomData<T>,
}

/// Starts an MRC file of a shape (z, y, x), with its voxel size and its origin (Angstrom; z, y, x).
///
/// # Errors
/// A file that cannot be written, an axis longer than MRC can say.
///
/// ```
/// use cryoet_core::{VolumeSink, VoxelSize, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.mrc");
/// let mut sink = cryoet_io::create_mrc_sink::<f32>(&path, [4, 8, 8], Some(VoxelSize::isotropic(13.48)?), [0.0; 3])?;
/// for z in (0..4).rev() {
///     sink.write_region([z, 0, 0], Array3::from_elem((1, 8, 8), z as f32).view())?;
/// }
/// sink.finish()?;
/// let volume = cryoet_io::read_volume(&path)?;
/// assert_eq!(volume.data()[[3, 7, 0]], 3.0);
/// assert_eq!(volume.voxel_size().unwrap().zyx(), [13.48; 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create_mrc_sink<T: MrcVoxel>(
    path: impl AsRef<Path>,
    shape: [usize; 3],
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
) -> Result<MrcSink<T>, WriteVolumeError> {
    create(path.as_ref(), shape, voxel_size, origin, None)
}

/// Starts an MRC file like [`create_mrc_sink`], and copies the labels, the cell angles, the space group, the start indices and the
/// extended header of another file into it.
///
/// # Errors
/// As [`create_mrc_sink`].
///
/// ```
/// use cryoet_core::{Volume, VolumeSink, ndarray::Array3};
/// let folder = tempfile::tempdir()?;
/// let (old, new) = (folder.path().join("old.mrc"), folder.path().join("new.mrc"));
/// cryoet_io::write_volume(&old, &Volume::new(Array3::zeros((2, 3, 4))))?;
/// let header = cryoet_io::read_mrc_header(&old)?;
/// let mut sink = cryoet_io::create_mrc_sink_like::<f32>(&new, [2, 3, 4], None, [0.0; 3], &header)?;
/// sink.write_region([0, 0, 0], Array3::ones((2, 3, 4)).view())?;
/// sink.finish()?;
/// assert_eq!(cryoet_io::read_mrc_header(&new)?.labels(), header.labels());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create_mrc_sink_like<T: MrcVoxel>(
    path: impl AsRef<Path>,
    shape: [usize; 3],
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
    header: &MrcHeader,
) -> Result<MrcSink<T>, WriteVolumeError> {
    create(path.as_ref(), shape, voxel_size, origin, Some(header.clone()))
}

fn create<T: MrcVoxel>(
    path: &Path,
    shape: [usize; 3],
    voxel_size: Option<VoxelSize>,
    origin: [f64; 3],
    kept: Option<MrcHeader>,
) -> Result<MrcSink<T>, WriteVolumeError> {
    let path = path.to_path_buf();
    let start = (HEADER_BYTES + kept.as_ref().map_or(0, |kept| kept.extended.len())) as u64;
    let bytes = shape.iter().try_fold(T::BYTES as u64, |product, &n| product.checked_mul(n as u64));
    let (Some(bytes), true) = (bytes, shape.iter().all(|&n| i32::try_from(n).is_ok())) else {
        return Err(WriteVolumeError::Shape { path, shape });
    };
    let block = BlockWriter::create(&path, shape, start, bytes).map_err(|source| WriteWholeError { path: path.clone(), source })?;
    Ok(MrcSink { path, block, voxel_size, origin, kept, statistics: Running::default(), voxel: std::marker::PhantomData })
}

impl<T: MrcVoxel> MrcSink<T> {
    /// Writes the header, flushes the file to the disk and gives it its name.
    ///
    /// # Errors
    /// Whatever the system reports; then nothing stands under the name but what stood there before.
    pub fn finish(mut self) -> Result<(), WriteVolumeError> {
        let header = self.header();
        let path = self.path;
        let finish = || {
            self.block.file.writer.seek(SeekFrom::Start(0))?;
            self.block.file.writer.write_all(&header)?;
            if let Some(kept) = &self.kept {
                self.block.file.writer.write_all(&kept.extended)?;
            }
            self.block.file.finish()
        };
        finish().map_err(|source| WriteWholeError { path, source }.into())
    }

    fn header(&self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        let mut put = |word: usize, bytes: [u8; 4]| header[4 * (word - 1)..4 * word].copy_from_slice(&bytes);
        let [nz, ny, nx] = self.block.shape.map(|n| i32::try_from(n).unwrap_or(i32::MAX));
        for (word, n) in
            [(1, nx), (2, ny), (3, nz), (4, T::MODE), (8, nx), (9, ny), (10, nz), (17, 1), (18, 2), (19, 3), (23, 1), (28, 20140)]
        {
            put(word, n.to_le_bytes());
        }
        // An unknown voxel size is a cell of length 0, as mrcfile leaves it.
        let size = self.voxel_size.map_or([0.0; 3], |size| size.zyx());
        for (word, angstrom, n) in [(11, size[2], nx), (12, size[1], ny), (13, size[0], nz)] {
            put(word, ((angstrom * f64::from(n)) as f32).to_le_bytes());
        }
        for (word, degrees) in [(14, 90.0f32), (15, 90.0), (16, 90.0)] {
            put(word, degrees.to_le_bytes());
        }
        for (word, value) in [20, 21, 22, 55].into_iter().zip(self.statistics.min_max_mean_rms(self.block.shape)) {
            put(word, value.to_le_bytes());
        }
        for (word, angstrom) in [(50, self.origin[2]), (51, self.origin[1]), (52, self.origin[0])] {
            put(word, (angstrom as f32).to_le_bytes());
        }
        put(53, *b"MAP ");
        put(54, [0x44, 0x44, 0, 0]);
        put(56, 1i32.to_le_bytes());
        let label = concat!("cryoet-io ", env!("CARGO_PKG_VERSION"));
        header[224..304].fill(b' ');
        header[224..224 + label.len()].copy_from_slice(label.as_bytes());
        if let Some(kept) = &self.kept {
            kept.put(&mut header);
        }
        header
    }
}

impl<T: MrcVoxel> VolumeSink<T> for MrcSink<T> {
    fn shape(&self) -> [usize; 3] {
        self.block.shape
    }

    fn write_region(&mut self, start: [usize; 3], voxels: ArrayView3<'_, T>) -> Result<(), SinkError> {
        let statistics = &mut self.statistics;
        self.block.write(&self.path, start, voxels, |voxel, bytes| {
            voxel.put(bytes);
            statistics.add(voxel.number());
        })
    }
}

/// Minimum, maximum, mean and deviation of the finite numbers handed in.
#[derive(Debug, Clone, Copy)]
struct Running {
    /// How many numbers were handed in.
    handed: u64,
    /// How many of them are finite.
    count: f64,
    min: f64,
    max: f64,
    sum: f64,
    squares: f64,
    /// The first number: sums are taken around it, so that a large mean costs no digits.
    shift: f64,
}

impl Default for Running {
    fn default() -> Self {
        Self { handed: 0, count: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, squares: 0.0, shift: 0.0 }
    }
}

impl Running {
    fn add(&mut self, value: f64) {
        self.handed += 1;
        if !value.is_finite() {
            return;
        }
        if self.count == 0.0 {
            self.shift = value;
        }
        let centred = value - self.shift;
        self.count += 1.0;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += centred;
        self.squares += centred * centred;
    }

    fn add_zeros(&mut self, zeros: f64) {
        // The shift is 0 still where nothing finite was handed in.
        self.count += zeros;
        (self.min, self.max) = (self.min.min(0.0), self.max.max(0.0));
        self.sum -= zeros * self.shift;
        self.squares += zeros * self.shift * self.shift;
    }

    /// As MRC2014 marks them where they are not known: max < min, mean < both, rms < 0.
    fn min_max_mean_rms(mut self, shape: [usize; 3]) -> [f32; 4] {
        let voxels = shape.iter().map(|&n| n as u64).product::<u64>();
        if self.handed < voxels {
            self.add_zeros((voxels - self.handed) as f64);
        }
        if self.count == 0.0 || self.handed > voxels {
            return [0.0, -1.0, -2.0, -1.0];
        }
        let mean = self.sum / self.count;
        let variance = (self.squares / self.count - mean * mean).max(0.0);
        [self.min as f32, self.max as f32, (self.shift + mean) as f32, variance.sqrt() as f32]
    }
}
