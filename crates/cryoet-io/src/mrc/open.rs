use std::path::Path;

use super::{HEADER_BYTES, Header};
use crate::volume::{Bytes, Packed, ReadVolumeError};

/// Opens an MRC file to be read region by region, with what was forgiven.
pub(crate) fn open(path: &Path, bytes: Bytes) -> Result<(Packed, Vec<String>), ReadVolumeError> {
    let header = Header::parse(path, bytes.get())?;
    let start = HEADER_BYTES + header.extended;
    Packed::check_length(path, &bytes, start, header.element, header.shape)?;
    let shape = header.shape.map(|n| n as usize);

    let mut strides = [0; 3];
    let mut stride = 1usize;
    for file_axis in 0..3 {
        if let Some(axis) = header.file_axis.iter().position(|&a| a == file_axis) {
            strides[axis] = stride;
            stride = stride.saturating_mul(shape[axis]);
        }
    }
    let mut warnings = header.warnings;
    let left = bytes.get().len() as u128 - start as u128 - Packed::block_bytes(header.element, header.shape);
    if left > 0 {
        warnings.push(format!("at least {left} bytes follow the volume"));
    }
    let packed = Packed {
        path: path.to_path_buf(),
        bytes,
        element: header.element,
        big_endian: header.big_endian,
        start,
        shape,
        strides,
        voxel_size: header.voxel_size,
        origin: header.origin,
    };
    Ok((packed, warnings))
}
