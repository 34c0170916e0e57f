use std::path::PathBuf;

use cryoet_core::{Region, Volume, VolumeSink, VolumeSource, VoxelSize, ndarray::Array3};
use proptest::prelude::*;

use super::*;
use crate::{ReadVolumeError, inspect_volume, open_volume, read_labels, read_volume, write_labels, write_volume};

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.mrc");
    (folder, path)
}

/// A 2 x 3 x 4 file of mode 2 with voxel z * 100 + y * 10 + x, to be spoilt.
fn sample() -> Vec<u8> {
    let (_folder, path) = scratch();
    let volume = Volume::new(Array3::from_shape_fn((2, 3, 4), |(z, y, x)| (z * 100 + y * 10 + x) as f32))
        .with_voxel_size(VoxelSize::new(5.0, 4.0, 3.0).unwrap())
        .with_origin([3.0, 2.0, 1.0]);
    write_volume(&path, &volume).unwrap();
    std::fs::read(&path).unwrap()
}

fn put(bytes: &mut [u8], word: usize, value: i32) {
    bytes[4 * (word - 1)..4 * word].copy_from_slice(&value.to_le_bytes());
}

fn read(bytes: &[u8]) -> Result<Volume<f32>, ReadVolumeError> {
    let (_folder, path) = scratch();
    std::fs::write(&path, bytes).unwrap();
    read_volume(&path)
}

fn warnings(bytes: &[u8]) -> Vec<String> {
    let (_folder, path) = scratch();
    std::fs::write(&path, bytes).unwrap();
    inspect_volume(&path).unwrap().warnings
}

#[test]
fn the_mrc_crate_reads_what_we_write() {
    let (_folder, path) = scratch();
    std::fs::write(&path, sample()).unwrap();
    let theirs = mrc::open(&path).unwrap();
    let header = theirs.header();
    assert_eq!((header.nx, header.ny, header.nz, header.mode), (4, 3, 2, 2));
    assert_eq!(header.voxel_size(), [3.0, 4.0, 5.0]);
    assert_eq!(header.origin, [1.0, 2.0, 3.0]);
    assert_eq!((header.dmin, header.dmax, header.dmean), (0.0, 123.0, 61.5));
    assert!(header.validate());
}

#[test]
fn no_voxel_size_stays_none() {
    let (_folder, path) = scratch();
    write_volume(&path, &Volume::new(Array3::zeros((2, 3, 4)))).unwrap();
    assert_eq!(read_volume(&path).unwrap().voxel_size(), None);
}

#[test]
fn truncated_names_bytes_expected_and_found() {
    let bytes = sample();
    let message = read(&bytes[..bytes.len() - 3]).unwrap_err().to_string();
    assert!(message.contains("v.mrc") && message.contains("1120 bytes") && message.contains("has 1117"), "{message}");
    let message = read(&bytes[..300]).unwrap_err().to_string();
    assert!(message.contains("1024 bytes") && message.contains("has 300"), "{message}");
}

#[test]
fn a_mode_that_does_not_exist() {
    let mut bytes = sample();
    for (mode, word) in [(7, "7"), (-1, "-1"), (5, "5"), (102, "102")] {
        put(&mut bytes, 4, mode);
        let message = read(&bytes).unwrap_err().to_string();
        assert!(message.contains("mode (byte 12)") && message.contains(word) && message.contains("expected 0"), "{message}");
    }
}

#[test]
fn a_header_of_10_to_the_18_voxels_is_refused_before_allocation() {
    let mut bytes = sample();
    for word in 1..=3 {
        put(&mut bytes, word, 1_000_000);
    }
    let message = read(&bytes).unwrap_err().to_string();
    assert!(message.contains("4000000000000001024 bytes"), "{message}");
    for word in 1..=3 {
        put(&mut bytes, word, i32::MAX);
    }
    assert!(matches!(read(&bytes), Err(ReadVolumeError::Truncated { .. })));
    put(&mut bytes, 1, -4);
    assert!(read(&bytes).unwrap_err().to_string().contains("nx (byte 0) is -4"));
}

#[test]
fn an_extended_header_is_skipped() {
    let mut bytes = sample();
    put(&mut bytes, 24, 161);
    bytes.splice(1024..1024, vec![0xff; 161]);
    assert_eq!(read(&bytes).unwrap().data()[[1, 2, 3]], 123.0);
    put(&mut bytes, 24, -5);
    assert!(read(&bytes).unwrap_err().to_string().contains("nsymbt"));
    put(&mut bytes, 24, i32::MAX);
    assert!(matches!(read(&bytes), Err(ReadVolumeError::Truncated { .. })));
}

#[test]
fn permuted_axes_are_put_in_order() {
    let plain = read(&sample()).unwrap();
    for map in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        // The file's column, row and section axes run along x (1), y (2) or z (3).
        let along: [usize; 3] = map.map(|m: i32| [4, 3, 2][m as usize - 1]);
        let mut bytes = sample();
        bytes.truncate(1024);
        for (word, value) in [(1, along[0]), (2, along[1]), (3, along[2])] {
            put(&mut bytes, word, value as i32);
        }
        for (word, value) in (17..).zip(map) {
            put(&mut bytes, word, value);
        }
        for section in 0..along[2] {
            for row in 0..along[1] {
                for column in 0..along[0] {
                    let mut zyx = [0; 3];
                    for (m, index) in map.into_iter().zip([column, row, section]) {
                        zyx[3 - m as usize] = index;
                    }
                    bytes.extend(plain.data()[zyx].to_le_bytes());
                }
            }
        }
        assert_eq!(read(&bytes).unwrap(), plain, "{map:?}");
    }
    let mut bytes = sample();
    put(&mut bytes, 18, 1);
    assert!(read(&bytes).unwrap_err().to_string().contains("mapc, mapr, maps"));
}

#[test]
fn both_byte_orders_and_a_missing_machine_stamp() {
    let little = sample();
    let mut big = little.clone();
    for word in big.chunks_exact_mut(4) {
        word.reverse();
    }
    big[208..212].copy_from_slice(b"MAP ");
    let expected = read(&little).unwrap();
    for stamp in [[0x11, 0x11, 0, 0], [0; 4], [0x44, 0x44, 0, 0]] {
        big[212..216].copy_from_slice(&stamp);
        assert_eq!(read(&big).unwrap(), expected);
        assert_eq!(warnings(&big).is_empty(), stamp[0] == 0x11);
    }
    let mut unstamped = little;
    unstamped[208..216].fill(0);
    assert_eq!(read(&unstamped).unwrap(), expected);
    assert_eq!(warnings(&unstamped).len(), 2);
}

#[test]
fn a_stack_of_volumes_is_read_by_number() {
    let mut bytes = sample();
    put(&mut bytes, 23, 401);
    put(&mut bytes, 10, 1);
    let message = read(&bytes).unwrap_err().to_string();
    assert!(message.contains(r#"holds 2: ["0", "1"]"#), "{message}");
    let (_folder, path) = scratch();
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(crate::volume_names(&path).unwrap(), ["0", "1"]);
    let second = crate::open_named_volume(&path, "1").unwrap();
    assert_eq!((second.shape(), second.read_region(Region::new([0, 2, 3], [1, 1, 1])).unwrap()[[0, 0, 0]]), ([1, 3, 4], 123.0));
    assert!(crate::open_named_volume(&path, "2").err().unwrap().to_string().contains("no volume \"2\""));
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert!(crate::open_named_volume(&path, "0").err().unwrap().to_string().contains("truncated"));
    put(&mut bytes, 3, 3);
    put(&mut bytes, 10, 2);
    assert!(read(&bytes).unwrap_err().to_string().contains("401 with nz = 3, mz = 2"));
}

#[test]
fn imods_unsigned_bytes() {
    let (_folder, path) = scratch();
    write_labels(&path, &Volume::new(Array3::from_elem((1, 1, 1), 100))).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1024] = 200;
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(read_volume(&path).unwrap().data()[[0, 0, 0]], -56.0);
    let message = read_labels(&path).unwrap_err().to_string();
    assert!(message.contains("voxel [0, 0, 0]") && message.contains("-56"), "{message}");
    put(&mut bytes, 39, 1_146_047_817);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(read_labels(&path).unwrap().data()[[0, 0, 0]], 200);
}

#[test]
fn an_unfinished_sink_leaves_nothing() {
    let (folder, path) = scratch();
    let mut sink = create_mrc_sink::<i16>(&path, [4, 4, 4], None, [0.0; 3]).unwrap();
    sink.write_region([0, 0, 0], Array3::from_elem((4, 4, 4), 7).view()).unwrap();
    assert!(sink.write_region([1, 0, 0], Array3::from_elem((4, 4, 4), 7).view()).is_err());
    assert!(!path.exists());
    drop(sink);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_a_header_says_besides_survives() {
    let (folder, path) = scratch();
    let mut bytes = sample();
    for (word, value) in [(5, -7), (6, -8), (7, -9), (23, 0), (24, 161), (56, 2)] {
        put(&mut bytes, word, value);
    }
    bytes[104..108].copy_from_slice(b"FEI1");
    bytes[224..229].copy_from_slice(b"first");
    bytes[304..310].copy_from_slice(b"second");
    bytes.splice(1024..1024, (0..161u8).collect::<Vec<_>>());
    std::fs::write(&path, &bytes).unwrap();
    let header = read_mrc_header(&path).unwrap();
    assert_eq!((header.start(), header.space_group(), &header.extended_type()), ([-9, -8, -7], 0, b"FEI1"));
    assert_eq!(header.labels()[1], "second");
    let (volume, new) = (read_volume(&path).unwrap(), folder.path().join("new.mrc"));
    crate::write_volume_like(&new, &volume, &header).unwrap();
    assert_eq!((read_volume(&new).unwrap(), read_mrc_header(&new).unwrap()), (volume, header));
    let written = std::fs::read(&new).unwrap();
    assert_eq!(written[1024..1185], bytes[1024..1185]);
    std::fs::write(&path, &bytes[..1100]).unwrap();
    assert!(read_mrc_header(&path).unwrap_err().to_string().contains("takes 1185 bytes, the file has 1100"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn regions_in_any_order_make_the_whole(seed in any::<u64>(), order in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle()) {
        let (_folder, path) = scratch();
        let whole = Array3::from_shape_fn((5, 6, 7), |(z, y, x)| ((seed >> (z + y)) as u16 as f32) + x as f32);
        let mut sink = create_mrc_sink::<f32>(&path, [5, 6, 7], None, [0.0; 3]).unwrap();
        let spans = |bit: usize, n: usize| if bit == 0 { (0, n / 2) } else { (n / 2, n) };
        for corner in order {
            let ((z0, z1), (y0, y1), (x0, x1)) = (spans(corner & 1, 5), spans(corner >> 1 & 1, 6), spans(corner >> 2, 7));
            sink.write_region([z0, y0, x0], whole.slice(cryoet_core::ndarray::s![z0..z1, y0..y1, x0..x1])).unwrap();
        }
        sink.finish().unwrap();
        let read = read_volume(&path).unwrap();
        prop_assert_eq!(read.data(), &whole);
    }

    #[test]
    fn every_region_is_a_slice(start in [0usize..5, 0..6, 0..7], size in [0usize..6, 0..7, 0..8]) {
        let (_folder, path) = scratch();
        let volume = Volume::new(Array3::from_shape_fn((5, 6, 7), |(z, y, x)| (z * 100 + y * 10 + x) as f32));
        write_volume(&path, &volume).unwrap();
        let region = Region::new(start, size);
        let (ours, expected) = (open_volume(&path).unwrap().read_region(region), volume.read_region(region));
        match (ours, expected) {
            (Ok(ours), Ok(expected)) => prop_assert_eq!(ours, expected),
            (ours, expected) => prop_assert!(ours.is_err() && expected.is_err()),
        }
    }
}

#[test]
fn four_bits_a_voxel() {
    let mut bytes = sample();
    bytes.truncate(1024);
    for (word, value) in [(1, 3), (2, 2), (3, 2), (4, 101)] {
        put(&mut bytes, word, value);
    }
    // Rows of 3 voxels take 2 bytes.
    bytes.extend([0x21, 0x03, 0x54, 0xf6, 0x87, 0x09, 0xba, 0x0c]);
    let expected = Array3::from_shape_vec((2, 2, 3), (1..=12).map(|n| n as f32).collect()).unwrap();
    assert_eq!(read(&bytes).unwrap().data(), &expected);
    let (_folder, path) = scratch();
    std::fs::write(&path, &bytes).unwrap();
    let part = open_volume(&path).unwrap().read_region(Region::new([1, 0, 1], [1, 2, 2])).unwrap();
    assert_eq!(part.as_slice().unwrap(), [8.0, 9.0, 11.0, 12.0]);
    let message = read(&bytes[..bytes.len() - 1]).unwrap_err().to_string();
    assert!(message.contains("takes 1032 bytes, the file has 1031"), "{message}");
}

fn noted(bytes: &[u8]) -> Option<[f64; 4]> {
    let (_folder, path) = scratch();
    std::fs::write(&path, bytes).unwrap();
    let noted = inspect_volume(&path).unwrap().statistics;
    assert_eq!(open_volume(&path).unwrap().noted_statistics(), noted);
    noted.map(|s| [s.min.into(), s.max.into(), s.mean, s.std])
}

#[test]
fn statistics_of_the_header_where_they_can_be_true() {
    let mut bytes = sample();
    let computed = cryoet_core::Statistics::of(&read(&bytes).unwrap()).unwrap();
    let [min, max, mean, std] = noted(&bytes).unwrap();
    assert_eq!((min as f32, max as f32), (computed.min, computed.max));
    assert!((mean - computed.mean).abs() < 1e-4 && (std - computed.std).abs() < 1e-4);
    let float = |bytes: &mut [u8], word: usize, value: f32| put(bytes, word, value.to_bits() as i32);
    // Marked as unknown; the mean outside of the limits; a deviation that no such numbers have; not a number.
    for (word, value) in [(20, 1e9), (22, 124.0), (22, -1.0), (55, -1.0), (55, 62.5), (55, 0.0), (22, f32::NAN), (21, f32::INFINITY)] {
        let mut spoilt = bytes.clone();
        float(&mut spoilt, word, value);
        assert_eq!(noted(&spoilt), None, "word {word} = {value}");
    }
    for word in [20, 21, 22, 55] {
        float(&mut bytes, word, 0.0);
    }
    assert_eq!(noted(&bytes), None);
    // All voxels alike.
    for word in [20, 21, 22] {
        float(&mut bytes, word, 7.0);
    }
    assert_eq!(noted(&bytes), Some([7.0, 7.0, 7.0, 0.0]));
    // Mode 0 has no 200.
    put(&mut bytes, 4, 0);
    float(&mut bytes, 21, 200.0);
    float(&mut bytes, 55, 1.0);
    assert_eq!(noted(&bytes), None);
}

#[test]
fn statistics_of_what_was_never_written_and_written_twice() {
    let (_folder, path) = scratch();
    let mut sink = create_mrc_sink::<f32>(&path, [4, 1, 1], None, [0.0; 3]).unwrap();
    sink.write_region([1, 0, 0], Array3::from_elem((2, 1, 1), 6.0).view()).unwrap();
    sink.finish().unwrap();
    assert_eq!(noted(&std::fs::read(&path).unwrap()), Some([0.0, 6.0, 3.0, 3.0]));
    let mut sink = create_mrc_sink::<f32>(&path, [1, 1, 2], None, [0.0; 3]).unwrap();
    for value in [5.0, 6.0] {
        sink.write_region([0; 3], Array3::from_elem((1, 1, 2), value).view()).unwrap();
    }
    sink.finish().unwrap();
    assert_eq!(noted(&std::fs::read(&path).unwrap()), None);
}
