use std::{ops::Range, path::Path};

use super::{
    ReadVolumeError,
    element::Element,
    packed::{Bytes, Packed},
};

/// What an array's header says.
pub(super) struct Header {
    element: Element,
    big_endian: bool,
    fortran: bool,
    start: usize,
    shape: [u64; 3],
}

impl Header {
    /// Bytes that header and array take.
    pub(super) fn promised(&self) -> u128 {
        Packed::block_bytes(self.element, self.shape).saturating_add(self.start as u128)
    }
}

/// Opens NumPy's array file, which lies at these bytes of a file.
pub(super) fn open(path: &Path, bytes: Bytes, at: Range<usize>) -> Result<Packed, ReadVolumeError> {
    let content = &bytes.get()[at.clone()];
    let Header { element, big_endian, fortran, start, shape } = header(path, content)?;
    Packed::check_length(path, content.len(), start, element, shape)?;
    let shape = shape.map(|n| n as usize);
    // An empty array may have axes of any length; their strides are never used.
    let strides = if fortran { [1, shape[0], shape[0].saturating_mul(shape[1])] } else { [shape[1].saturating_mul(shape[2]), shape[2], 1] };
    Ok(Packed {
        path: path.to_path_buf(),
        bytes,
        element,
        big_endian,
        start: at.start + start,
        shape,
        strides,
        voxel_size: None,
        origin: [0.0; 3],
        statistics: None,
    })
}

/// Reads the header of versions 1 to 3: three axes z, y, x, C or Fortran order. What lies behind it is not looked at.
pub(super) fn header(path: &Path, content: &[u8]) -> Result<Header, ReadVolumeError> {
    let field = |field: &str, found: String, expected: &str| ReadVolumeError::Header {
        path: path.to_path_buf(),
        field: field.into(),
        found,
        expected: expected.into(),
    };
    let truncated = |expected: usize| ReadVolumeError::Truncated {
        path: path.to_path_buf(),
        part: "the NPY header",
        expected: expected as u128,
        found: content.len() as u64,
    };
    let head = content.get(..12).ok_or_else(|| truncated(12))?;
    if !head.starts_with(b"\x93NUMPY") {
        return Err(field("the beginning of the NPY array", format!("{:02x?}", &head[..6]), "\\x93NUMPY"));
    }
    let (header_at, length) = match head[6] {
        1 => (10, usize::from(u16::from_le_bytes([head[8], head[9]]))),
        2 | 3 => (12, u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize),
        version => return Err(field("NPY version (byte 6)", version.to_string(), "1, 2 or 3")),
    };
    let start = header_at + length;
    let header = String::from_utf8_lossy(content.get(header_at..start).ok_or_else(|| truncated(start))?);
    let entry = |key: &str| entry(&header, key).ok_or_else(|| field("NPY header", header.trim().into(), &format!("an entry '{key}'")));

    let descr = entry("descr")?.trim_matches(['\'', '"']);
    let (order, kind) = descr.split_at_checked(1).unwrap_or((descr, ""));
    let element = match kind {
        "i1" => Element::I8,
        "u1" | "b1" => Element::U8,
        "i2" => Element::I16,
        "u2" => Element::U16,
        "i4" => Element::I32,
        "u4" => Element::U32,
        "i8" => Element::I64,
        "u8" => Element::U64,
        "f2" => Element::F16,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ => return Err(field("NPY descr", descr.into(), "bool, an integer of 1 to 8 bytes or a float of 2 to 8 bytes")),
    };
    let big_endian = match order {
        "<" | "|" => false,
        ">" => true,
        "=" => cfg!(target_endian = "big"),
        _ => return Err(field("NPY descr", descr.into(), "<, >, = or | and a type")),
    };
    let fortran = match entry("fortran_order")? {
        "True" => true,
        "False" => false,
        other => return Err(field("NPY fortran_order", other.into(), "True or False")),
    };
    let text = entry("shape")?;
    let axes: Option<Vec<u64>> =
        text.trim_matches(['(', ')']).split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect();
    let shape: [u64; 3] =
        axes.and_then(|axes| axes.try_into().ok()).ok_or_else(|| field("NPY shape", text.into(), "three axes (z, y, x)"))?;
    Ok(Header { element, big_endian, fortran, start, shape })
}

/// The value of a key in the header's Python dictionary, whose values are strings, booleans and tuples of integers.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'")).or_else(|| header.split_once(&format!("\"{key}\"")))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim_end())
}
