use std::{
    io::{self, Read},
    path::Path,
};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;

use super::{ReadVolumeError, VolumeFormat};
use crate::mrc::{HEADER_BYTES, Header};

/// Unpacks an MRC file from gzip or bzip2, where the bytes are of either; none where they are not.
///
/// What is unpacked is bounded by what the header inside promises, and grows only as it comes.
pub(super) fn unpack(path: &Path, bytes: &[u8]) -> Option<Result<Vec<u8>, ReadVolumeError>> {
    if bytes.starts_with(b"\x1f\x8b") {
        Some(unpack_mrc(path, MultiGzDecoder::new(bytes)))
    } else if bytes.starts_with(b"BZh") {
        Some(unpack_mrc(path, MultiBzDecoder::new(bytes)))
    } else {
        None
    }
}

fn unpack_mrc(path: &Path, mut reader: impl Read) -> Result<Vec<u8>, ReadVolumeError> {
    let io = |source: io::Error| ReadVolumeError::Io { path: path.to_path_buf(), source };
    let mut content = Vec::new();
    reader.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut content).map_err(io)?;
    let inner = Path::new(path.file_stem().unwrap_or_default());
    if VolumeFormat::of(&content, inner) != Some(VolumeFormat::Mrc) {
        return Err(ReadVolumeError::UnknownFormat { path: path.to_path_buf() });
    }
    let header = Header::parse(path, &content)?;
    let length = header.file_bytes();
    // One byte more shows that the stream ends where it should, and makes its checksum be looked at.
    let rest = u64::try_from(length - HEADER_BYTES as u128).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(rest).read_to_end(&mut content).map_err(io)?;
    Ok(content)
}
