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
    let mut start = HEADER_BYTES + header.extended;
    let [nz, ny, nx] = header.shape;
    Packed::check_length(path, bytes.get().len(), start, header.element, [nz.saturating_mul(header.volumes), ny, nx])?;
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
    let taken = block * u128::from(header.volumes) + (HEADER_BYTES + header.extended) as u128;
    let left = bytes.get().len() as u128 - taken;
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
