use std::path::PathBuf;

use cryoet_core::{Region, Volume, VolumeSink, VoxelSize, ndarray::Array3};
use ndarray_npy::{ReadNpyExt, write_npy};
use proptest::prelude::*;

use super::*;

/// A file of the development data, where it is at hand.
fn development(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("CRYOET_DATA").map(|root| PathBuf::from(root).join(name)).filter(|path| path.exists());
    if path.is_none() {
        eprintln!("skipped: {name} needs CRYOET_DATA");
    }
    path
}

#[test]
fn empty_missing_and_unknown_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.mrc");
    assert!(read_volume(&path).unwrap_err().to_string().contains("v.mrc"));
    std::fs::write(&path, "").unwrap();
    assert!(matches!(read_volume(&path), Err(ReadVolumeError::Empty { .. })));
    assert!(read_volume(folder.path()).unwrap_err().to_string().contains("folder"));
    let text = folder.path().join("v.txt");
    std::fs::write(&text, "hello").unwrap();
    let message = read_volume(&text).unwrap_err().to_string();
    assert!(message.contains("v.txt") && message.contains("MRC, NPY, NPZ, HDF5"), "{message}");
}

#[test]
fn content_goes_before_extension() {
    let folder = tempfile::tempdir().unwrap();
    let (npy, mrc) = (folder.path().join("v.npy"), folder.path().join("v.mrc"));
    write_volume(&npy, &Volume::new(Array3::ones((2, 3, 4)))).unwrap();
    std::fs::rename(&npy, &mrc).unwrap();
    assert_eq!(inspect_volume(&mrc).unwrap().format, VolumeFormat::Npy);
}

#[test]
fn npy_of_numpys_types_and_orders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    let ids = Array3::from_shape_fn((2, 3, 4), |(z, y, x)| (z * 100 + y * 10 + x) as i64);
    write_npy(&path, &ids).unwrap();
    assert_eq!(read_ids(&path).unwrap().data()[[1, 2, 3]], 123);
    // Reversed axes of a C-ordered array are an array in Fortran order.
    write_npy(&path, &ids.clone().reversed_axes()).unwrap();
    let fortran = read_volume(&path).unwrap();
    assert_eq!(fortran.shape(), [4, 3, 2]);
    assert_eq!(fortran.data()[[3, 2, 1]], 123.0);
    let region = open_volume(&path).unwrap().read_region(Region::new([3, 1, 0], [1, 2, 2])).unwrap();
    assert_eq!(region.iter().copied().collect::<Vec<_>>(), [13.0, 113.0, 23.0, 123.0]);
    write_npy(&path, &ids.mapv(|v| v == 12)).unwrap();
    assert_eq!(read_labels(&path).unwrap().data().sum(), 1);
    write_npy(&path, &ids.mapv(|v| v as f64 / 2.0)).unwrap();
    let message = read_labels(&path).unwrap_err().to_string();
    assert!(message.contains("voxel [0, 0, 1]") && message.contains("0.5") && message.contains("0..=255"), "{message}");
}

#[test]
fn npy_regions_in_any_order_make_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    let whole = Array3::from_shape_fn((3, 4, 5), |(z, y, x)| (z * 20 + y * 5 + x) as i16 - 7);
    let mut sink = create_npy_sink::<i16>(&path, [3, 4, 5]).unwrap();
    for z in (0..3).rev() {
        for (x, width) in [(2, 3), (0, 2)] {
            sink.write_region([z, 0, x], whole.slice(cryoet_core::ndarray::s![z..z + 1, .., x..x + width])).unwrap();
        }
    }
    assert!(sink.write_region([0, 0, 1], whole.view()).is_err());
    assert!(!path.exists());
    sink.finish().unwrap();
    assert_eq!(Array3::<i16>::read_npy(std::fs::File::open(&path).unwrap()).unwrap(), whole);
    drop(create_npy_sink::<f32>(&path, [1, 1, 1]).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(matches!(create_npy_sink::<f32>(&path, [usize::MAX, 2, 2]), Err(WriteVolumeError::Shape { .. })));
}

#[test]
fn npz_that_is_broken() {
    let good = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/numpy.npz")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npz");
    let message = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        open_named_volume(&path, "tomogram").err().unwrap().to_string()
    };
    assert!(message(&good[..good.len() - 1]).contains("no directory"));
    assert!(message(&good[..4]).contains("no directory"));
    let end = good.windows(4).rposition(|four| four == b"PK\x05\x06").unwrap();
    let spoilt = |at: usize, bytes: &[u8]| [&good[..at], bytes, &good[at + bytes.len()..]].concat();
    assert!(message(&spoilt(end + 16, &[0xfe; 4])).contains("the ZIP directory takes"));
    assert!(message(&spoilt(end + 16, &[0; 4])).contains("the ZIP directory (byte 0)"));
    let first = good.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    assert!(message(&spoilt(first + 10, &[99, 0])).contains("is 99, expected 0 (stored) or 8 (deflated)"));
    assert!(message(&spoilt(first + 8, &[1])).contains("encrypted"));
    assert!(message(&spoilt(first + 42, &[0xfd; 4])).contains("a local header takes"));
    assert!(message(&spoilt(first + 20, &[0xfd; 8])).contains("an array takes"));
}

/// An archive of one deflated array, its directory saying a size.
fn deflated_npz(name: &str, array: &[u8], size: u32) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(array).unwrap();
    let packed = encoder.finish().unwrap();
    let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    common.extend((packed.len() as u32).to_le_bytes());
    common.extend(size.to_le_bytes());
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0; 2]);
    let mut zip = [b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat();
    let directory = zip.len() as u32;
    zip.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 14], name.as_bytes()].concat());
    let length = zip.len() as u32 - directory;
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend([length.to_le_bytes(), directory.to_le_bytes()].concat());
    zip.extend([0; 2]);
    zip
}

/// Sizes are compared before anything is unpacked: the directory's with the packed bytes, the header's with the directory's.
#[test]
fn npz_that_promises_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    write_volume(&path, &Volume::new(Array3::from_elem((3, 4, 5), 0.5))).unwrap();
    let array = std::fs::read(&path).unwrap();
    let path = folder.path().join("v.npz");
    let read = |size: usize| {
        std::fs::write(&path, deflated_npz("v.npy", &array, size as u32)).unwrap();
        read_volume(&path)
    };
    assert_eq!(read(array.len()).unwrap().data()[[2, 3, 4]], 0.5);
    assert!(read(1 << 30).unwrap_err().to_string().contains("at most 1032 for each packed byte"));
    let short = read(array.len() - 1).unwrap_err().to_string();
    assert!(short.contains(&format!("an array takes {} bytes, the file has {}", array.len(), array.len() - 1)), "{short}");
}

#[test]
fn npy_that_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    write_volume(&path, &Volume::new(Array3::ones((2, 3, 4)))).unwrap();
    let good = std::fs::read(&path).unwrap();
    let message = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        read_volume(&path).unwrap_err().to_string()
    };
    assert!(message(&good[..good.len() - 1]).contains("truncated"));
    assert!(message(&good[..8]).contains("the NPY header"));
    assert!(message(&good[..40]).contains("the NPY header"));
    let replace = |from: &str, to: &str| {
        let text: String = good.iter().map(|&b| b as char).collect();
        assert!(text.contains(from));
        text.replace(from, to).chars().map(|c| c as u8).collect::<Vec<u8>>()
    };
    assert!(message(&replace("(2, 3, 4)", "(2, 12)  ")).contains("three axes"));
    assert!(message(&replace("'<f4'", "'<c8'")).contains("NPY descr is <c8"));
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000000), }\n";
    let huge = [b"\x93NUMPY\x01\x00", [header.len() as u8, 0].as_slice(), header.as_bytes()].concat();
    assert!(message(&huge).contains("takes 4000000000000000091 bytes"), "{}", message(&huge));
}

#[test]
fn a_full_label_range_survives_mrc() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.mrc");
    let labels = Volume::new(Array3::from_shape_fn((1, 16, 16), |(_, y, x)| (16 * y + x) as u8));
    write_labels(&path, &labels).unwrap();
    assert_eq!(read_labels(&path).unwrap(), labels);
}

#[test]
fn unwritable_extensions_and_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let volume = Volume::new(Array3::zeros((1, 1, 1)));
    let message = write_volume(folder.path().join("v.tif"), &volume).unwrap_err().to_string();
    assert!(message.contains("v.tif") && message.contains("\"tif\""), "{message}");
    assert!(matches!(
        crate::create_mrc_sink::<f32>(folder.path().join("v.mrc"), [1 << 40, 1, 1], None, [0.0; 3]),
        Err(WriteVolumeError::Shape { .. })
    ));
}

#[test]
fn samples_of_every_mode() {
    let Some(folder) = development("formats/mrc") else { return };
    for (file, expected) in
        [("mode0_le.mrc", "mode0.npy"), ("mode1_le.mrc", "mode1.npy"), ("mode6_le.mrc", "mode6.npy"), ("mode12_le.mrc", "mode12.npy")]
    {
        let (ours, expected) = (read_volume(folder.join(file)).unwrap(), read_volume(folder.join(expected)).unwrap());
        assert_eq!(ours.data(), expected.data(), "{file}");
    }
    for file in ["bad_mode.mrc", "trunc_data.mrc"] {
        read_volume(folder.join(file)).unwrap_err();
    }
    assert_eq!(read_volume(folder.join("mode2_be.mrc")).unwrap(), read_volume(folder.join("mode2_le.mrc")).unwrap());
    read_volume(folder.join("ext_ccp4_160.mrc")).unwrap();
    // Complex numbers are one volume only by name.
    let complex = folder.join("mode4_le.mrc");
    let message = read_volume(&complex).unwrap_err().to_string();
    assert!(message.contains(r#"["real", "imaginary", "magnitude", "phase"]"#), "{message}");
    let npy = std::fs::read(folder.join("mode4.npy")).unwrap();
    let (numbers, _) = npy[npy.len() - 1680..].as_chunks::<4>();
    let pairs: Vec<[f32; 2]> = numbers.chunks(2).map(|pair| [f32::from_le_bytes(pair[0]), f32::from_le_bytes(pair[1])]).collect();
    for (name, part) in [
        ("real", pairs.iter().map(|[re, _]| *re).collect::<Vec<_>>()),
        ("imaginary", pairs.iter().map(|[_, im]| *im).collect()),
        ("magnitude", pairs.iter().map(|[re, im]| re.hypot(*im)).collect()),
        ("phase", pairs.iter().map(|[re, im]| im.atan2(*re)).collect()),
    ] {
        let volume = open_named_volume(&complex, name).unwrap();
        assert_eq!(volume.read_region(Region::whole(volume.shape())).unwrap().as_slice().unwrap(), part, "{name}");
    }
}

#[test]
fn hdf5_of_deepfinder() {
    let Some(folder) = development("deepfinder-2018") else { return };
    let tomogram = read_volume(folder.join("tomo8_data.h5")).unwrap();
    assert_eq!(tomogram.shape(), [100, 100, 100]);
    assert_eq!(inspect_volume(folder.join("tomo8_data.h5")).unwrap().dtype, "float32");
    let labels = read_labels(folder.join("tomo8_target.h5")).unwrap();
    assert_eq!(labels.data().iter().max(), Some(&9));
    let region = Region::new([10, 20, 30], [5, 6, 7]);
    let part = open_volume(folder.join("tomo8_data.h5")).unwrap().read_region(region).unwrap();
    assert_eq!(part, tomogram.data().slice(cryoet_core::ndarray::s![10..15, 20..26, 30..37]));
    let message = read_labels(folder.join("tomo8_data.h5")).unwrap_err().to_string();
    assert!(message.contains("expected an integer of 0..=255"), "{message}");
}

#[test]
fn hdf5_of_no_voxels_whose_other_extents_are_huge() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.h5");
    let mut bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/h5py_int8.h5")).unwrap();
    let shape = |extents: [u64; 3]| extents.map(u64::to_le_bytes).concat();
    let at = bytes.windows(24).position(|window| window == shape([3, 4, 5])).unwrap();
    bytes[at..at + 24].copy_from_slice(&shape([u64::MAX << 56, 0, 5]));
    std::fs::write(&path, bytes).unwrap();
    let refused = read_volume(&path).unwrap_err().to_string();
    assert!(refused.contains("at most 2^60 voxels"), "{refused}");
}

#[test]
fn hdf5_that_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.h5");
    std::fs::write(&path, b"\x89HDF\r\n\x1a\nnothing more").unwrap();
    let message = read_volume(&path).unwrap_err().to_string();
    assert!(message.contains("v.h5") && message.contains("HDF5"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn volumes_survive_mrc_and_npy(shape in [1usize..6, 1..6, 1..6], seed in any::<u32>(), size in 0.1f64..50.0, origin in -1e4f64..1e4) {
        let folder = tempfile::tempdir().unwrap();
        let data = Array3::from_shape_fn(shape, |(z, y, x)| f32::from_bits(seed.wrapping_mul((z * 31 + y * 7 + x) as u32 | 1)));
        let volume = Volume::new(data).with_voxel_size(VoxelSize::isotropic(size).unwrap()).with_origin([origin, 0.0, -origin]);
        let (mrc, npy) = (folder.path().join("v.mrc"), folder.path().join("v.npy"));
        write_volume(&mrc, &volume).unwrap();
        let back = read_volume(&mrc).unwrap();
        let bits = |array: &Array3<f32>| array.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(back.data()), bits(volume.data()));
        prop_assert!(back.voxel_size().unwrap().relative_difference(&volume.voxel_size().unwrap()) < 1e-6);
        prop_assert!((0..3).all(|axis| (back.origin()[axis] - volume.origin()[axis]).abs() < 1e-3));
        write_volume(&npy, &volume).unwrap();
        let theirs = Array3::<f32>::read_npy(std::fs::File::open(&npy).unwrap()).unwrap();
        prop_assert_eq!(bits(&theirs), bits(volume.data()));
        prop_assert_eq!(bits(read_volume(&npy).unwrap().data()), bits(volume.data()));
    }

    #[test]
    fn volumes_survive_hdf5_npz_and_em(shape in [1usize..6, 1..6, 1..6], seed in any::<u32>()) {
        let folder = tempfile::tempdir().unwrap();
        let data = Array3::from_shape_fn(shape, |(z, y, x)| f32::from_bits(seed.wrapping_mul((z * 31 + y * 7 + x) as u32 | 1)));
        // HDF5 comes back through 64 bits, which keep no NaN's payload.
        let volume = Volume::new(data.mapv(|v| if v.is_nan() { 0.5 } else { v }));
        let labels = Volume::new(data.mapv(|v| v.to_bits() as u8));
        for name in ["v.h5", "v.npz", "v.em"] {
            let path = folder.path().join(name);
            write_volume(&path, &volume).unwrap();
            let bits = |array: &Array3<f32>| array.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(read_volume(&path).unwrap().data()), bits(volume.data()), "{}", name);
            write_labels(&path, &labels).unwrap();
            prop_assert_eq!(&read_labels(&path).unwrap(), &labels, "{}", name);
        }
    }

    #[test]
    fn ids_survive(shape in [1usize..5, 1..5, 1..5], largest in 0u32..=1 << 24) {
        let folder = tempfile::tempdir().unwrap();
        let ids = Volume::new(Array3::from_shape_fn(shape, |(z, y, x)| largest / (1 + z + y + x) as u32));
        for name in ["v.mrc", "v.npy", "v.npz", "v.h5", "v.em"] {
            write_ids(folder.path().join(name), &ids).unwrap();
            prop_assert_eq!(&read_ids(folder.path().join(name)).unwrap(), &ids);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000), magic in 0..4) {
        let folder = tempfile::tempdir().unwrap();
        let mut content = match magic { 0 => b"\x93NUMPY\x01\x00".to_vec(), 1 => b"\x89HDF\r\n\x1a\n".to_vec(), _ => Vec::new() };
        content.extend(bytes);
        if magic == 2 && content.len() > 212 {
            content[208..212].copy_from_slice(b"MAP ");
        }
        let path = folder.path().join("v.mrc");
        std::fs::write(&path, content).unwrap();
        let _ = (read_volume(&path), read_labels(&path), inspect_volume(&path).is_ok());
    }
}

/// Packs bytes as gzip or bzip2.
fn packed(name: &str, bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    if name.ends_with("gz") {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    } else {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }
}

#[test]
fn mrc_in_gzip_and_bzip2() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("v.mrc");
    let volume = Volume::new(Array3::from_shape_fn((5, 6, 7), |(z, y, x)| (z * 100 + y * 10 + x) as f32));
    write_volume(&plain, &volume).unwrap();
    let bytes = std::fs::read(&plain).unwrap();
    for name in ["v.mrc.gz", "v.mrc.bz2"] {
        let path = folder.path().join(name);
        let good = packed(name, &bytes);
        std::fs::write(&path, &good).unwrap();
        assert_eq!(read_volume(&path).unwrap(), volume);
        let region = open_volume(&path).unwrap().read_region(Region::new([4, 5, 6], [1, 1, 1])).unwrap();
        assert_eq!(region[[0, 0, 0]], 456.0);
        assert_eq!(crate::read_mrc_header(&path).unwrap(), crate::read_mrc_header(&plain).unwrap());
        // Cut in the stream; cut in the volume; more than the header promises; no MRC inside.
        std::fs::write(&path, &good[..good.len() - 10]).unwrap();
        assert!(read_volume(&path).unwrap_err().to_string().contains(name));
        std::fs::write(&path, packed(name, &bytes[..bytes.len() - 4])).unwrap();
        assert!(matches!(read_volume(&path), Err(ReadVolumeError::Truncated { .. })));
        std::fs::write(&path, packed(name, &[bytes.as_slice(), &[0; 1_000_000]].concat())).unwrap();
        assert!(inspect_volume(&path).unwrap().warnings.iter().any(|warning| warning.contains("follow the volume")));
        std::fs::write(folder.path().join("x.gz"), packed(name, b"hello")).unwrap();
        assert!(matches!(read_volume(folder.path().join("x.gz")), Err(ReadVolumeError::UnknownFormat { .. })));
    }
    let Some(samples) = development("formats/mrc") else { return };
    assert_eq!(read_volume(samples.join("mode2_le.mrc.gz")).unwrap(), read_volume(samples.join("mode2_le.mrc")).unwrap());
}

#[test]
fn em_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.em");
    let mut bytes = crate::em::Header::float([2, 3, 4]).to_vec();
    bytes.extend((0..24u8).flat_map(|i| f32::from(i).to_le_bytes()));
    std::fs::write(&path, &bytes).unwrap();
    let volume = read_volume(&path).unwrap();
    assert_eq!((volume.shape(), volume.data()[[1, 2, 3]], inspect_volume(&path).unwrap().format), ([2, 3, 4], 23.0, VolumeFormat::Em));
    std::fs::write(&path, &bytes[..600]).unwrap();
    assert!(read_volume(&path).unwrap_err().to_string().contains("takes 608 bytes, the file has 600"));
    bytes[3] = 8;
    std::fs::write(&path, &bytes).unwrap();
    assert!(read_volume(&path).unwrap_err().to_string().contains("the EM data type (byte 3) is 8"));
}

#[test]
fn several_volumes_are_written_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let volume = |less: i16| Array3::from_shape_fn((2, 3, 5), |(z, y, x)| (z * 100 + y * 10 + x) as i16 - less);
    let names: Vec<String> = (0..20).map(|n| format!("volume {n} \u{e5}")).collect();
    let volumes: Vec<Array3<i16>> = (0..20).map(volume).collect();
    let named: Vec<_> = names.iter().zip(&volumes).map(|(name, volume)| (name.as_str(), volume.view())).collect();
    for file in ["v.h5", "v.npz"] {
        let path = folder.path().join(file);
        write_named_volumes(&path, &named).unwrap();
        assert_eq!(volume_names(&path).unwrap().len(), 20);
        for (name, volume) in &named {
            let source = open_named_volume(&path, name).unwrap();
            assert_eq!(source.read_region(Region::whole([2, 3, 5])).unwrap(), volume.mapv(f32::from), "{file}: {name}");
        }
        let one = volumes[0].view();
        for (names, wrong) in [(["a", "a"], "two volumes have it"), (["a", ""], "expected 1 to 255"), (["a", "b/c"], "without /")] {
            let message = write_named_volumes(&path, &names.map(|name| (name, one))).unwrap_err().to_string();
            assert!(message.contains(wrong), "{message}");
        }
        write_named_volumes::<u8>(&path, &[]).unwrap();
        assert!(volume_names(&path).unwrap().is_empty());
    }
    assert!(matches!(write_named_volumes(folder.path().join("v.mrc"), &named), Err(WriteVolumeError::Extension { .. })));
    let empty = Array3::<f32>::zeros((0, 3, 4));
    write_named_volumes(folder.path().join("v.h5"), &[("dataset", empty.view())]).unwrap();
    assert_eq!(read_volume(folder.path().join("v.h5")).unwrap().shape(), [0, 3, 4]);
}

#[test]
fn score_maps_of_16_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.h5");
    let maps: Vec<Volume<f32>> = (0..13).map(|class| Volume::new(Array3::from_elem((2, 2, 2), class as f32 / 13.0))).collect();
    write_score_maps(&path, &maps).unwrap();
    assert_eq!(volume_names(&path).unwrap()[12], "class12");
    let twelfth = open_named_volume(&path, "class12").unwrap().read_region(Region::whole([2, 2, 2])).unwrap();
    assert!((twelfth[[1, 1, 1]] - 12.0 / 13.0).abs() < 2.5e-4);
    assert!(write_score_maps(folder.path().join("scores.npz"), &maps).is_err());
}

/// Bytes of a mapped file that count among this process's.
#[cfg(target_os = "linux")]
fn resident(path: &std::path::Path) -> u64 {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let of_file = maps.lines().skip_while(|line| !line.ends_with(path.to_str().unwrap()));
    let line = of_file.skip(1).find(|line| line.starts_with("Rss:")).expect("the file is mapped");
    1024 * line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_taken_region_by_region_is_never_held_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    let whole = Array3::from_shape_fn((64, 512, 256), |(z, y, x)| (z * 100_000 + y * 256 + x) as f32);
    write_volume(&path, &Volume::new(whole.clone())).unwrap();
    let source = open_volume(&path).unwrap();
    let small = source.read_region(Region::new([5, 6, 7], [8, 9, 10])).unwrap();
    assert!(resident(&path) > 0, "rows of a small region are mapped, or this test shows nothing");
    for y in [0, 256] {
        for x in [0, 128] {
            let region = source.read_region(Region::new([0, y, x], [64, 256, 128])).unwrap();
            assert!(region == whole.slice(cryoet_core::ndarray::s![.., y..y + 256, x..x + 128]));
            // The system maps some pages around those that are touched, so also behind the region's end.
            assert!(resident(&path) <= 1 << 20, "{} bytes of 32 MB", resident(&path));
        }
    }
    assert!(source.read_region(Region::new([5, 6, 7], [8, 9, 10])).unwrap() == small);
}
