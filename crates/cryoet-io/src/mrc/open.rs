use std::path::Path;

use super::{HEADER_BYTES, Header};
use crate::volume::{Bytes, ComplexPart, Element, Packed, ReadVolumeError, choose, none_wanted};

/// The names of a file's volumes: the numbers of a stack, the parts of complex numbers; none where it holds one of plain numbers.
pub(crate) fn names(path: &Path, bytes: &[u8]) -> Result<Vec<String>, ReadVolumeError> {
    Ok(names_in(&Header::parse(path, bytes)?))
}

fn names_in(header: &Header) -> Vec<String> {
    match header.element {
        Element::Complex16(_) | Element::Complex32(_) => ComplexPart::ALL.map(|(name, _)| name.to_string()).to_vec(),
        _ if header.volumes > 1 => (0..header.volumes).map(|number| number.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// Opens an MRC file to be read region by region, with what was forgiven.
pub(crate) fn open(path: &Path, bytes: Bytes, name: Option<&str>) -> Result<(Packed, Vec<String>), ReadVolumeError> {
    let mut header = Header::parse(path, bytes.get())?;
    let (expected, found) = (header.file_bytes(), bytes.get().len() as u64);
    if expected > u128::from(found) {
        let part = "the volume with what precedes it";
        return Err(ReadVolumeError::Truncated { path: path.to_path_buf(), part, expected, found });
    }
    let left = u128::from(found) - expected;
    let mut start = HEADER_BYTES + header.extended;
    let bytes = if header.halves {
        let unpacked = four_bits(&bytes.get()[start..expected as usize], &header);
        start = 0;
        Bytes::Unpacked(unpacked)
    } else {
        bytes
    };
    let block = Packed::block_bytes(header.element, header.shape);
    let names = names_in(&header);
    if names.is_empty() {
        none_wanted(path, name)?;
    } else {
        let chosen = choose(path, &names, name)?;
        match &mut header.element {
            Element::Complex16(part) | Element::Complex32(part) => *part = ComplexPart::ALL[chosen].1,
            // The file is as long as all volumes take.
            _ => start += chosen * block as usize,
        }
    }
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
        statistics: header.statistics,
    };
    Ok((packed, warnings))
}

/// A byte for each voxel of 4 bits, the first of a pair in the lower ones.
fn four_bits(packed: &[u8], header: &Header) -> Vec<u8> {
    let columns = header.file_axis.iter().position(|&axis| axis == 0).map_or(0, |axis| header.shape[axis] as usize);
    // Never more than twice what is there.
    let mut voxels = Vec::with_capacity(2 * packed.len());
    for row in packed.chunks_exact(columns.div_ceil(2).max(1)) {
        let row = row.iter().flat_map(|pair| [pair & 0x0f, pair >> 4]);
        voxels.extend(row.take(columns));
    }
    voxels
}
