use std::{io::Write, path::Path};

use cryoet_core::ndarray::ArrayView3;
use flate2::Crc;

use super::{NpyVoxel, WriteVolumeError, npy_sink::header, rows::each_row};
use crate::write_whole;

/// What stands for a number that the ZIP64 field says.
const IN_ZIP64: [u8; 4] = [0xff; 4];

/// The version of ZIP that knows 64-bit lengths.
const VERSION: [u8; 2] = [45, 0];

/// Names are UTF-8; nothing is packed; made on the first day that ZIP knows, so that the same volumes make the same file.
const FLAGS_METHOD_TIME: [u8; 8] = [0, 0x08, 0, 0, 0, 0, 0x21, 0];

/// Writes each volume as an array of NumPy's archive, as `numpy.savez` does.
pub(super) fn write<T: NpyVoxel>(path: &Path, volumes: &[(&str, ArrayView3<'_, T>)]) -> Result<(), WriteVolumeError> {
    let mut directory = Vec::new();
    let mut at = 0;
    Ok(write_whole(path, |file| {
        for (name, volume) in volumes {
            let npy = header(T::DESCR, volume.dim().into());
            let mut sum = Crc::new();
            sum.update(&npy);
            each_row(volume, |row| {
                sum.update(row);
                Ok(())
            })?;
            let size = (npy.len() + volume.len() * size_of::<T>()) as u64;
            let (name, sum) = (format!("{name}.npy"), sum.sum());

            let local = [b"PK\x03\x04".as_slice(), &description(sum, &name, 16), name.as_bytes(), &zip64(&[size, size])].concat();
            file.write_all(&local)?;
            file.write_all(&npy)?;
            each_row(volume, |row| file.write_all(row))?;
            directory.extend([b"PK\x01\x02".as_slice(), &VERSION, &description(sum, &name, 24)].concat());
            // No comment, the first disk, no attributes.
            directory.extend([0; 10]);
            directory.extend([IN_ZIP64.as_slice(), name.as_bytes(), &zip64(&[size, size, at])].concat());
            at += local.len() as u64 + size;
        }
        file.write_all(&directory)?;
        file.write_all(&end(volumes.len() as u64, at, directory.len() as u64))
    })?)
}

/// What a local header and the directory say alike; the lengths are in a ZIP64 field of so many bytes.
fn description(sum: u32, name: &str, zip64: u16) -> Vec<u8> {
    let lengths = [(name.len() as u16).to_le_bytes(), (zip64 + 4).to_le_bytes()].concat();
    [VERSION.as_slice(), &FLAGS_METHOD_TIME, &sum.to_le_bytes(), &IN_ZIP64, &IN_ZIP64, &lengths].concat()
}

fn zip64(numbers: &[u64]) -> Vec<u8> {
    let mut field = vec![1, 0, 8 * numbers.len() as u8, 0];
    field.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    field
}

/// The records that end an archive: ZIP64's, where it is, and the old one.
fn end(entries: u64, directory_at: u64, directory: u64) -> Vec<u8> {
    let mut end = [b"PK\x06\x06".as_slice(), &44u64.to_le_bytes(), &VERSION, &VERSION, &[0; 8]].concat();
    for number in [entries, entries, directory, directory_at] {
        end.extend(number.to_le_bytes());
    }
    end.extend([b"PK\x06\x07".as_slice(), &[0; 4], &(directory_at + directory).to_le_bytes(), &1u32.to_le_bytes()].concat());
    end.extend([b"PK\x05\x06".as_slice(), &[0; 4], &[0xff; 12], &[0; 2]].concat());
    end
}
