use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use cryoet_core::{Region, Statistics, VoxelSize, ndarray::Array3};
use memmap2::Mmap;

use super::{
    ReadVolumeError,
    element::{Element, Unfit, Voxel},
};
use crate::large_pages::prefer_large_pages;

/// A file's bytes.
#[derive(Debug)]
pub(crate) enum Bytes {
    Mapped(Mapped),
    Unpacked(Vec<u8>),
    Empty,
}

/// A file mapped into memory.
#[derive(Debug)]
pub(crate) struct Mapped {
    map: Mmap,
    #[cfg(unix)]
    file: File,
}

/// A long run is read by so many bytes at a time: they stay in the processor's cache until they are decoded.
#[cfg(unix)]
const PIECE: usize = 256 << 10;

/// Runs of more bytes are read; shorter ones are taken from the map, whose pages then count among the process's.
#[cfg(unix)]
const MAPPED: usize = 16 << 10;

/// From a region of so many bytes on, pages are given back once it is read: a whole file taken region by region is never held as a whole.
const GIVEN_BACK: usize = 4 << 20;

impl Bytes {
    pub(crate) fn map(path: &Path) -> Result<Self, ReadVolumeError> {
        let io = |source: io::Error| ReadVolumeError::Io { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if metadata.is_dir() {
            return Err(io(io::Error::new(io::ErrorKind::IsADirectory, "is a folder")));
        }
        if metadata.len() == 0 {
            return Ok(Self::Empty);
        }
        // SAFETY: the map is private to this crate, read-only and only ever seen as bytes. What remains is the risk every mapped file
        // has: another program that cuts it short while it is read; writers of this project rename instead.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        Ok(Self::Mapped(Mapped {
            map,
            #[cfg(unix)]
            file,
        }))
    }

    /// Tells the system whether rows here and there are read next, each without its neighbourhood, or the bytes one after the other.
    fn will_be_read(&self, scattered: bool) {
        // Only advice: where it is refused, reading is slower and no less right.
        #[cfg(unix)]
        if let Self::Mapped(Mapped { map, .. }) = self {
            let _ = map.advise(if scattered { memmap2::Advice::Random } else { memmap2::Advice::Normal });
        }
    }

    /// Gives back the pages of a range that were mapped for reading; the next look at them takes them from the file again.
    fn is_read(&self, start: usize, length: usize) {
        #[cfg(unix)]
        if let Self::Mapped(Mapped { map, .. }) = self {
            // SAFETY: the map is shared and read-only, so that its pages hold nothing but what the file holds. Only advice, as above.
            let _ = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, length) };
        }
        #[cfg(not(unix))]
        let _ = (start, length);
    }

    pub(crate) fn get(&self) -> &[u8] {
        match self {
            Self::Mapped(Mapped { map, .. }) => map,
            Self::Unpacked(content) => content,
            Self::Empty => &[],
        }
    }

    /// Hands on the bytes of a range piece by piece. A long run of a file is read, not mapped: that costs no fault for every few pages.
    fn each_piece<E: From<io::Error>>(&self, start: usize, length: usize, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        #[cfg(unix)]
        if let (Self::Mapped(Mapped { file, .. }), true) = (self, length > MAPPED) {
            let mut piece = vec![0; PIECE.min(length)];
            let mut at = start;
            while at < start + length {
                let piece = &mut piece[..PIECE.min(start + length - at)];
                std::os::unix::fs::FileExt::read_exact_at(file, piece, at as u64)?;
                take(piece)?;
                at += piece.len();
            }
            return Ok(());
        }
        take(&self.get()[start..start + length])
    }
}

/// A volume that lies in a file as one block of numbers, in any order of axes.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Bytes,
    pub(crate) element: Element,
    pub(crate) big_endian: bool,
    /// Byte of the file at which the block starts.
    pub(crate) start: usize,
    /// Extent z, y, x.
    pub(crate) shape: [usize; 3],
    /// Numbers from one voxel to the next along z, y, x.
    pub(crate) strides: [usize; 3],
    pub(crate) voxel_size: Option<VoxelSize>,
    pub(crate) origin: [f64; 3],
    /// What the header says of the voxels, where that can be true.
    pub(crate) statistics: Option<Statistics>,
}

/// Why numbers were not decoded.
enum Failed {
    Io(io::Error),
    Unfit(Unfit),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Packed {
    /// Bytes that a block of the shape takes; never overflows.
    pub(crate) fn block_bytes(element: Element, shape: [u64; 3]) -> u128 {
        // Three factors of 31 bits and one of 8: no header can overflow 128 bits; 64-bit ones saturate.
        shape.iter().fold(element.bytes() as u128, |product, &n| product.saturating_mul(u128::from(n)))
    }

    /// Checks that the block ends inside the file; call before anything is allocated.
    pub(crate) fn check_length(path: &Path, length: usize, start: usize, element: Element, shape: [u64; 3]) -> Result<(), ReadVolumeError> {
        let expected = Self::block_bytes(element, shape).saturating_add(start as u128);
        let found = length as u64;
        if expected > u128::from(found) {
            let part = "the volume with what precedes it";
            return Err(ReadVolumeError::Truncated { path: path.to_path_buf(), part, expected, found });
        }
        Ok(())
    }

    /// The region's voxels; the caller has checked that it lies inside.
    pub(crate) fn read<V: Voxel>(&self, region: Region) -> Result<Array3<V>, ReadVolumeError> {
        let unfit = |index: usize, value: f64| {
            let [_, ny, nx] = region.size;
            let inside = [index / (ny * nx), index / nx % ny, index % nx];
            let voxel = std::array::from_fn(|axis| region.start[axis] + inside[axis]);
            ReadVolumeError::Voxel { path: self.path.clone(), voxel, value, expected: V::EXPECTED }
        };
        let mut voxels = Vec::with_capacity(region.voxels());
        prefer_large_pages(&mut voxels);
        let mut run = |first: [usize; 3], numbers: usize| {
            let before = voxels.len();
            self.decode(first, numbers, &mut voxels).map_err(|failed| match failed {
                Failed::Unfit(Unfit { index, value }) => unfit(before + index, value),
                Failed::Io(source) => ReadVolumeError::Io { path: self.path.clone(), source },
            })
        };
        let ([z0, y0, x0], [z1, y1, x1]) = (region.start, region.end());
        let (whole_rows, whole_planes) = (x1 - x0 == self.strides[1], (y1 - y0).checked_mul(self.strides[1]) == Some(self.strides[0]));
        self.bytes.will_be_read(!(self.strides[2] == 1 && whole_rows));
        if region.voxels() == 0 {
        } else if self.strides[2] == 1 && whole_rows && whole_planes {
            run(region.start, region.voxels())?;
        } else if self.strides[2] == 1 && whole_rows {
            for z in z0..z1 {
                run([z, y0, x0], region.size[1] * region.size[2])?;
            }
        } else if self.strides[2] == 1 {
            for z in z0..z1 {
                for y in y0..y1 {
                    run([z, y, x0], region.size[2])?;
                }
            }
        } else {
            for z in z0..z1 {
                for y in y0..y1 {
                    for x in x0..x1 {
                        run([z, y, x], 1)?;
                    }
                }
            }
        }
        let size = self.element.bytes();
        if region.voxels().saturating_mul(size) >= GIVEN_BACK {
            let place = |voxel: [usize; 3]| self.start + size * (0..3).map(|axis| voxel[axis] * self.strides[axis]).sum::<usize>();
            let first = place(region.start);
            self.bytes.is_read(first, place(region.end().map(|end| end - 1)) + size - first);
        }
        Array3::from_shape_vec(region.size, voxels).map_err(|error| ReadVolumeError::Header {
            path: self.path.clone(),
            field: "shape".into(),
            found: format!("{:?}", region.size),
            expected: error.to_string(),
        })
    }

    fn decode<V: Voxel>(&self, first: [usize; 3], numbers: usize, voxels: &mut Vec<V>) -> Result<(), Failed> {
        let offset: usize = (0..3).map(|axis| first[axis] * self.strides[axis]).sum();
        let (size, before) = (self.element.bytes(), voxels.len());
        self.bytes.each_piece(self.start + offset * size, numbers * size, |piece| {
            let done = voxels.len() - before;
            let decoded = self.element.decode(self.big_endian, piece, voxels);
            decoded.map_err(|Unfit { index, value }| Failed::Unfit(Unfit { index: done + index, value }))
        })
    }
}
