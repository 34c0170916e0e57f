use std::path::Path;

use crate::volume::{Bytes, Element, Packed, ReadVolumeError};

/// Bytes before the voxels.
pub(crate) const HEADER_BYTES: usize = 512;

/// The header of an EM file, of TOM, PyTom and Artiatomi.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) big_endian: bool,
    pub(crate) element: Element,
    /// Extent z, y, x.
    pub(crate) shape: [u64; 3],
}

/// What is wrong with a header, and at which byte.
#[derive(Debug)]
pub(crate) struct HeaderError {
    pub(crate) at: usize,
    pub(crate) field: &'static str,
    pub(crate) found: String,
    pub(crate) expected: &'static str,
    pub(crate) message: String,
}

impl HeaderError {
    fn new(at: usize, field: &'static str, found: String, expected: &'static str) -> Self {
        let message = format!("{field} is {found}, expected {expected}");
        Self { at, field, found, expected, message }
    }
}

impl Header {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let Some(head) = bytes.get(..HEADER_BYTES) else {
            return Err(HeaderError::new(0, "the EM header", format!("{} bytes", bytes.len()), "512 bytes"));
        };
        // OS-9, VAX, Convex, SGI, Sun and Mac were big-endian; the PC (6) is what is written today.
        let big_endian = match head[0] {
            6 | 1 => false,
            0 | 2 | 3 | 4 | 5 => true,
            other => return Err(HeaderError::new(0, "the EM machine (byte 0)", other.to_string(), "0..=6")),
        };
        let element = match head[3] {
            1 => Element::I8,
            2 => Element::I16,
            4 => Element::I32,
            5 => Element::F32,
            9 => Element::F64,
            other => return Err(HeaderError::new(3, "the EM data type (byte 3)", other.to_string(), "1, 2, 4, 5 or 9")),
        };
        let extent = |at: usize, field: &'static str| {
            let raw = [head[at], head[at + 1], head[at + 2], head[at + 3]];
            let n = if big_endian { i32::from_be_bytes(raw) } else { i32::from_le_bytes(raw) };
            u64::try_from(n).map_err(|_| HeaderError::new(at, field, n.to_string(), "0 or more voxels"))
        };
        let shape = [extent(12, "nz (byte 12)")?, extent(8, "ny (byte 8)")?, extent(4, "nx (byte 4)")?];
        Ok(Self { big_endian, element, shape })
    }

    /// The header of a little-endian file of 32-bit floats; extents fit 32 bits.
    pub(crate) fn float([nz, ny, nx]: [usize; 3]) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[0] = 6;
        header[3] = 5;
        for (at, n) in [(4, nx), (8, ny), (12, nz)] {
            header[at..at + 4].copy_from_slice(&(n as u32).to_le_bytes());
        }
        header
    }
}

/// Opens an EM volume to be read region by region.
pub(crate) fn open(path: &Path, bytes: Bytes) -> Result<Packed, ReadVolumeError> {
    let header = Header::parse(bytes.get()).map_err(|error| ReadVolumeError::Header {
        path: path.to_path_buf(),
        field: error.field.into(),
        found: error.found,
        expected: error.expected.into(),
    })?;
    Packed::check_length(path, bytes.get().len(), HEADER_BYTES, header.element, header.shape)?;
    let shape = header.shape.map(|n| n as usize);
    Ok(Packed {
        path: path.to_path_buf(),
        bytes,
        element: header.element,
        big_endian: header.big_endian,
        start: HEADER_BYTES,
        shape,
        strides: [shape[1].saturating_mul(shape[2]), shape[2], 1],
        voxel_size: None,
        origin: [0.0; 3],
        statistics: None,
    })
}
