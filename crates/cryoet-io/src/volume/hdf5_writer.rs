use std::{io::Write, path::Path};

use cryoet_core::ndarray::ArrayView3;

use super::{NpyVoxel, WriteVolumeError, lookup3::lookup3, rows::each_row};
use crate::write_whole;

/// An address that leads nowhere.
const UNDEFINED: [u8; 8] = [0xff; 8];

/// Bytes of the superblock.
const SUPERBLOCK: usize = 48;

/// Writes each volume as a contiguous data set of the root group: HDF5 1.8's superblock (version 2), object headers of version 2, links in
/// the root's own header.
pub(super) fn write<T: NpyVoxel>(path: &Path, volumes: &[(&str, ArrayView3<'_, T>)]) -> Result<(), WriteVolumeError> {
    let head = head::<T>(&volumes.iter().map(|(name, volume)| (*name, volume.dim().into())).collect::<Vec<_>>());
    Ok(write_whole(path, |file| {
        file.write_all(&head)?;
        volumes.iter().try_for_each(|(_, volume)| each_row(volume, |row| file.write_all(row)))
    })?)
}

/// All that comes before the numbers, of volumes by name and shape; the numbers of one volume follow those of the other without a gap.
pub(super) fn head<T: NpyVoxel>(volumes: &[(&str, [usize; 3])]) -> Vec<u8> {
    let sizes: Vec<u64> = volumes.iter().map(|(_, shape)| (shape.iter().product::<usize>() * size_of::<T>()) as u64).collect();
    // Headers have the same length wherever their data lie.
    let length = SUPERBLOCK
        + root(&volumes.iter().map(|(name, _)| (*name, 0)).collect::<Vec<_>>()).len()
        + volumes.iter().map(|(_, shape)| data_set::<T>(*shape, 0, 0).len()).sum::<usize>();
    let start = length.next_multiple_of(64) as u64;

    let (mut data_sets, mut links, mut at) = (Vec::new(), Vec::new(), start);
    for ((name, shape), size) in volumes.iter().zip(&sizes) {
        links.push((*name, data_sets.len() as u64));
        data_sets.extend(data_set::<T>(*shape, at, *size));
        at += size;
    }
    let before = (SUPERBLOCK + root(&links).len()) as u64;
    for (_, header) in &mut links {
        *header += before;
    }
    let mut head = superblock(at);
    head.extend(root(&links));
    head.extend(data_sets);
    head.resize(start as usize, 0);
    head
}

fn superblock(end: u64) -> Vec<u8> {
    // Version 2; addresses and lengths of 8 bytes; no flags.
    let mut block = b"\x89HDF\r\n\x1a\n\x02\x08\x08\x00".to_vec();
    block.extend(0u64.to_le_bytes());
    block.extend(UNDEFINED);
    block.extend(end.to_le_bytes());
    block.extend((SUPERBLOCK as u64).to_le_bytes());
    checked(block)
}

/// The root group's header, with a link to the header of each data set.
fn root(links: &[(&str, u64)]) -> Vec<u8> {
    // No heap and no index of names: the links are in this header.
    let mut messages = message(0x02, &[[0, 0].as_slice(), &UNDEFINED, &UNDEFINED].concat());
    messages.extend(message(0x0a, &[0, 0]));
    for (name, header) in links {
        // Version 1; flags: a length of 2 bytes (1), the character set is said (16); UTF-8 (1).
        let mut link = vec![1, 0x11, 1];
        link.extend((name.len() as u16).to_le_bytes());
        link.extend(name.as_bytes());
        link.extend(header.to_le_bytes());
        messages.extend(message(0x06, &link));
    }
    object(&messages)
}

/// A data set's header: extent, type, fill value 0, and where its numbers lie.
fn data_set<T: NpyVoxel>(shape: [usize; 3], at: u64, bytes: u64) -> Vec<u8> {
    // Version 2, three axes, no largest extent, simple.
    let mut space = vec![2, 3, 0, 1];
    space.extend(shape.iter().flat_map(|&n| (n as u64).to_le_bytes()));
    let mut layout = vec![3, 1];
    layout.extend(at.to_le_bytes());
    layout.extend(bytes.to_le_bytes());
    object(&[message(0x01, &space), message(0x03, &data_type(T::DESCR)), message(0x05, &[3, 0x0a]), message(0x08, &layout)].concat())
}

/// HDF5's description of NumPy's little-endian types.
fn data_type(descr: &str) -> Vec<u8> {
    let bytes = descr[2..].parse().unwrap_or(1u8);
    let bits = u16::from(bytes) * 8;
    let mut described = Vec::new();
    if descr.as_bytes()[1] == b'f' {
        // Exponent's place and bits, mantissa's place and bits, bias.
        let (exponent, mantissa, bias) = if bytes == 2 { (5, 10, 15u32) } else { (8, 23, 127) };
        // Class 1 of version 1; the mantissa's first bit is implied; where the sign is.
        described.extend([0x11, 0x20, bits as u8 - 1, 0, bytes, 0, 0, 0, 0, 0]);
        described.extend(bits.to_le_bytes());
        described.extend([mantissa, exponent, 0, mantissa]);
        described.extend(bias.to_le_bytes());
    } else {
        let signed = if descr.as_bytes()[1] == b'i' { 0x08 } else { 0 };
        described.extend([0x10, signed, 0, 0, bytes, 0, 0, 0, 0, 0]);
        described.extend(bits.to_le_bytes());
    }
    described
}

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend((content.len() as u16).to_le_bytes());
    message.push(0);
    message.extend(content);
    message
}

fn object(messages: &[u8]) -> Vec<u8> {
    // Version 2; flags: a length of 4 bytes.
    let mut header = b"OHDR\x02\x02".to_vec();
    header.extend((messages.len() as u32).to_le_bytes());
    header.extend(messages);
    checked(header)
}

fn checked(mut block: Vec<u8>) -> Vec<u8> {
    block.extend(lookup3(&block).to_le_bytes());
    block
}
