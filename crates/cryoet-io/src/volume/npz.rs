use std::{
    io::{self, Read},
    path::Path,
};

use flate2::bufread::DeflateDecoder;

use super::{
    ReadVolumeError, npy,
    packed::{Bytes, Packed},
    several::choose,
};

/// Bytes that one byte can unpack to: a length of 258 in two bits.
const MOST_DEFLATED: u64 = 1032;
/// More than any header of an array takes.
const LONGEST_HEADER: u64 = 128 << 10;

/// An array in a ZIP archive, as its central directory has it.
#[derive(Debug)]
struct Entry {
    name: String,
    encrypted: bool,
    method: u16,
    packed: u64,
    size: u64,
    header_at: u64,
}

/// The names of the arrays, without `.npy`.
pub(super) fn names(path: &Path, bytes: &[u8]) -> Result<Vec<String>, ReadVolumeError> {
    Ok(entries(path, bytes)?.into_iter().map(|entry| entry.name).collect())
}

/// Opens an array of NumPy's archive: where it is stored it stays in the file's map, where it is deflated it is unpacked into memory.
pub(super) fn open(path: &Path, bytes: Bytes, name: Option<&str>) -> Result<Packed, ReadVolumeError> {
    let mut entries = entries(path, bytes.get())?;
    let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
    let entry = entries.swap_remove(choose(path, &names, name)?);
    let zip = Zip { path, bytes: bytes.get() };
    let local = zip.at(entry.header_at, 30, "a local header")?;
    let start = entry.header_at as usize + 30 + usize::from(u16_at(local, 26)) + usize::from(u16_at(local, 28));
    zip.at(start as u64, entry.packed, "an array")?;
    let end = start + entry.packed as usize;
    match entry.method {
        _ if entry.encrypted => Err(zip.field(&format!("array {:?}", entry.name), "encrypted".into(), "no encryption")),
        0 => npy::open(path, bytes, start..end),
        8 => {
            let packed = &bytes.get()[start..end];
            let io = |source| ReadVolumeError::Io { path: path.to_path_buf(), source };
            if entry.size > entry.packed.saturating_mul(MOST_DEFLATED) {
                let found = format!("{} bytes packed into {}", entry.size, entry.packed);
                return Err(zip.field(&format!("the size of array {:?}", entry.name), found, "at most 1032 for each packed byte"));
            }
            let promised = npy::header(path, &inflate(packed, entry.size.min(LONGEST_HEADER)).map_err(io)?)?.promised();
            if promised > u128::from(entry.size) {
                return Err(ReadVolumeError::Truncated {
                    path: path.to_path_buf(),
                    part: "an array",
                    expected: promised,
                    found: entry.size,
                });
            }
            // No more than the file's entry has, and that is a 64-bit number.
            let content = inflate(packed, promised as u64).map_err(io)?;
            let length = content.len();
            npy::open(path, Bytes::Unpacked(content), 0..length)
        }
        method => Err(zip.field(&format!("the compression of array {:?}", entry.name), method.to_string(), "0 (stored) or 8 (deflated)")),
    }
}

/// Unpacks what the directory promises, growing only as it comes.
fn inflate(packed: &[u8], size: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    DeflateDecoder::new(packed).take(size).read_to_end(&mut content)?;
    Ok(content)
}

struct Zip<'a> {
    path: &'a Path,
    bytes: &'a [u8],
}

impl<'a> Zip<'a> {
    fn at(&self, start: u64, length: u64, part: &'static str) -> Result<&'a [u8], ReadVolumeError> {
        let end = start.saturating_add(length);
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        range.and_then(|(start, end)| self.bytes.get(start..end)).ok_or_else(|| ReadVolumeError::Truncated {
            path: self.path.to_path_buf(),
            part,
            expected: end.into(),
            found: self.bytes.len() as u64,
        })
    }

    fn field(&self, field: &str, found: String, expected: &str) -> ReadVolumeError {
        ReadVolumeError::Header { path: self.path.to_path_buf(), field: field.into(), found, expected: expected.into() }
    }

    /// How many entries the central directory has, and where it starts.
    fn directory(&self) -> Result<(u64, u64), ReadVolumeError> {
        // The last record is 22 bytes and a comment of at most 65535.
        let tail = self.bytes.len().saturating_sub(22 + 65535);
        let record = (tail..self.bytes.len().saturating_sub(21)).rev().find(|&at| self.bytes[at..].starts_with(b"PK\x05\x06"));
        let Some(record) = record else {
            return Err(self.field("the end of the ZIP archive", "no directory".into(), "PK\\x05\\x06: the file may be cut short"));
        };
        let (count, start) = (u64::from(u16_at(self.bytes, record + 10)), u64::from(u32_at(self.bytes, record + 16)));
        if count < u64::from(u16::MAX) && start < u64::from(u32::MAX) {
            return Ok((count, start));
        }
        let Some(locator) = record.checked_sub(20).filter(|&at| self.bytes[at..].starts_with(b"PK\x06\x07")) else {
            return Ok((count, start));
        };
        let large = self.at(u64_at(self.bytes, locator + 8), 56, "the ZIP64 directory's end")?;
        Ok((u64_at(large, 32), u64_at(large, 48)))
    }
}

fn entries(path: &Path, bytes: &[u8]) -> Result<Vec<Entry>, ReadVolumeError> {
    let zip = Zip { path, bytes };
    let (count, mut at) = zip.directory()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let head = zip.at(at, 46, "the ZIP directory")?;
        if !head.starts_with(b"PK\x01\x02") {
            return Err(zip.field(&format!("the ZIP directory (byte {at})"), format!("{:02x?}", &head[..4]), "PK\\x01\\x02"));
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| u64::from(u16_at(head, at)));
        let text = String::from_utf8_lossy(zip.at(at + 46, name, "a name in the ZIP directory")?).into_owned();
        let mut extra = zip.at(at + 46 + name, extra, "a field of the ZIP directory")?;
        at += 46 + name + extra.len() as u64 + comment;
        let (mut size, mut packed, mut header_at) = (u64::from(u32_at(head, 24)), u64::from(u32_at(head, 20)), u64::from(u32_at(head, 42)));
        // Field 1 holds 64-bit numbers for those that are all ones, in this order.
        while extra.len() >= 4 {
            let (id, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            let mut field = extra[4..].get(..length).unwrap_or_default();
            if id == 1 {
                for number in [&mut size, &mut packed, &mut header_at] {
                    if *number == u64::from(u32::MAX) && field.len() >= 8 {
                        (*number, field) = (u64_at(field, 0), &field[8..]);
                    }
                }
            }
            extra = extra.get(4 + length..).unwrap_or_default();
        }
        if let Some(name) = text.strip_suffix(".npy") {
            let encrypted = u16_at(head, 8) & 1 == 1;
            entries.push(Entry { name: name.into(), encrypted, method: u16_at(head, 10), packed, size, header_at });
        }
    }
    Ok(entries)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
