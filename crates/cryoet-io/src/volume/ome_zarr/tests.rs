use std::path::Path;

use cryoet_core::{ClassLabel, Region, Volume, VolumeSink, VoxelSize, bin_mean, ndarray::Array3};

use crate::*;

fn volume() -> Volume<f32> {
    Volume::new(Array3::from_shape_fn((5, 70, 9), |(z, y, x)| (z * 1000 + y * 10 + x) as f32))
        .with_voxel_size(VoxelSize::new(12.0, 10.0, 11.0).unwrap())
        .with_origin([1.0, -2.0, 3.5])
}

fn versions() -> [OmeZarrParams; 2] {
    [OmeZarrVersion::V04, OmeZarrVersion::V05].map(|version| OmeZarrParams { version, chunk: [2, 32, 4], levels: 2 })
}

#[test]
fn regions_in_any_order_make_the_whole_in_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let volume = volume();
    for (number, params) in versions().into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.zarr"));
        let mut sink = create_ome_zarr_sink::<f32>(&path, volume.shape(), volume.voxel_size(), volume.origin(), params).unwrap();
        for (start, size) in [([2, 0, 0], [3, 70, 9]), ([0, 31, 5], [2, 39, 4]), ([0, 0, 0], [2, 31, 9]), ([0, 31, 0], [2, 39, 5])] {
            let region = Region::new(start, size);
            sink.write_region(start, cryoet_core::VolumeSource::read_region(&volume, region).unwrap().view()).unwrap();
        }
        assert!(sink.write_region([5, 0, 0], Array3::zeros((1, 1, 1)).view()).is_err());
        assert!(!path.exists());
        sink.finish().unwrap();
        assert_eq!(read_volume(&path).unwrap(), volume);
        let source = open_volume(&path).unwrap();
        let region = Region::new([1, 30, 3], [3, 10, 4]);
        assert_eq!(source.read_region(region).unwrap(), cryoet_core::VolumeSource::read_region(&volume, region).unwrap());
        assert!(source.read_region(Region::new([0, 0, 0], [6, 1, 1])).is_err());
        let info = inspect_volume(&path).unwrap();
        assert_eq!((info.format, info.dtype.as_str()), (VolumeFormat::OmeZarr, "float32"));
        // The coarser level is what binning makes of the whole, with its frame.
        assert_eq!(volume_names(&path).unwrap(), ["0", "1"]);
        let (half, expected) = (open_named_volume(&path, "1").unwrap(), bin_mean(&volume, 2).unwrap());
        assert_eq!((half.voxel_size(), half.origin()), (expected.voxel_size(), expected.origin()));
        assert_eq!(&half.read_region(Region::whole(half.shape())).unwrap(), expected.data());
        assert!(open_named_volume(&path, "2").err().unwrap().to_string().contains("no volume \"2\", found [\"0\", \"1\"]"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), number + 1);
    }
}

#[test]
fn labels_and_ids_keep_their_numbers_and_replace_old_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.zarr");
    write_volume(&path, &volume()).unwrap();
    let labels = Volume::new(Array3::from_shape_fn((2, 16, 16), |(_, y, x)| (16 * y + x) as u8));
    write_labels(&path, &labels).unwrap();
    assert_eq!(read_labels(&path).unwrap(), labels);
    assert_eq!(open_named_volume(&path, "1").unwrap().read_region(Region::new([0, 1, 2], [1, 1, 1])).unwrap()[[0, 0, 0]], 36.0);
    let ids = Volume::new(Array3::from_elem((2, 3, 4), u32::MAX));
    write_ids(&path, &ids).unwrap();
    assert_eq!(read_ids(&path).unwrap(), ids);
    assert!(read_labels(&path).unwrap_err().to_string().contains("voxel [0, 0, 0]"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(ClassLabel::new(labels.data()[[0, 2, 4]]).get(), 36);
}

#[test]
fn units_transformations_and_axes_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.zarr");
    write_volume(&path, &volume()).unwrap();
    let text = std::fs::read_to_string(path.join(".zattrs")).unwrap();
    let with = |new: &str| {
        std::fs::write(path.join(".zattrs"), new).unwrap();
        inspect_volume(&path)
    };
    let nanometres = with(&text.replace("angstrom", "nanometer")).unwrap();
    assert_eq!((nanometres.voxel_size.unwrap().zyx(), nanometres.origin), ([120.0, 100.0, 110.0], [10.0, -20.0, 35.0]));
    let unknown = with(&text.replace("angstrom", "parsec")).unwrap();
    assert_eq!((unknown.voxel_size, unknown.origin), (None, [0.0; 3]));
    // A scale of all levels is applied after a level's own.
    let common =
        text.replacen("\"datasets\"", "\"coordinateTransformations\": [{\"type\": \"scale\", \"scale\": [2, 2, 2]}], \"datasets\"", 1);
    let common = with(&common).unwrap();
    assert_eq!((common.voxel_size.unwrap().zyx(), common.origin), ([24.0, 20.0, 22.0], [2.0, -4.0, 7.0]));
    let renamed = with(&text.replacen("\"name\": \"z\"", "\"name\": \"t\"", 1));
    assert!(renamed.unwrap_err().to_string().contains("expected z, y and x"));
    assert!(with("{").unwrap_err().to_string().contains(".zattrs"));
    assert!(with("{}").unwrap_err().to_string().contains("no multiscales"));
    // A level by itself is a plain Zarr array.
    assert_eq!(read_volume(path.join("0")).unwrap().data(), volume().data());
    std::fs::remove_file(path.join("0/.zarray")).unwrap();
    with(&text).unwrap_err();
    assert!(read_volume(folder.path()).unwrap_err().to_string().contains("is a folder"));
}

#[test]
fn promises_beyond_any_file_are_refused_before_anything_is_made_of_them() {
    let folder = tempfile::tempdir().unwrap();
    for (number, params) in versions().into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.zarr"));
        let mut sink = create_ome_zarr_sink::<f32>(&path, volume().shape(), None, [0.0; 3], params).unwrap();
        sink.write_region([0; 3], volume().view()).unwrap();
        sink.finish().unwrap();
        let file = path.join(["0/.zarray", "0/zarr.json"][number]);
        let metadata: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let refused = |changed: &serde_json::Value| {
            std::fs::write(&file, changed.to_string()).unwrap();
            open_volume(&path).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let huge = serde_json::json!([1u64 << 40, 1u64 << 40, 1u64 << 40]);
        let mut array = metadata.clone();
        array["shape"] = huge.clone();
        assert!(refused(&array).contains("an array of shape"), "{number}");
        let mut chunk = metadata.clone();
        *chunk.pointer_mut(["/chunks", "/chunk_grid/configuration/chunk_shape"][number]).unwrap() = huge;
        assert!(refused(&chunk).contains("a chunk of shape"), "{number}");
        if number == 1 {
            let mut shards = metadata.clone();
            shards["chunk_grid"]["configuration"]["chunk_shape"] = serde_json::json!([1024, 1024, 1024]);
            let index = serde_json::json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
            shards["codecs"] = serde_json::json!([{"name": "sharding_indexed", "configuration":
                {"chunk_shape": [2, 2, 2], "codecs": metadata["codecs"], "index_codecs": index, "index_location": "end"}}]);
            assert!(refused(&shards).contains("expected at most 2^22 chunks"), "{number}");
            shards["codecs"][0]["configuration"]["chunk_shape"] = serde_json::json!([64, 64, 64]);
            assert!(!refused(&shards).contains("2^22"));
        }
        std::fs::write(&file, metadata.to_string()).unwrap();
        assert_eq!(read_volume(&path).unwrap().data(), volume().data());
    }
}

#[test]
fn a_chunk_that_promises_other_bytes_than_its_own_is_refused() {
    for golden in ["blosc_lz4", "blosc_zstd", "v3_blosc"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("volume.zarr");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/zarr").join(format!("{golden}.zarr"));
        copy(&source, &path);
        assert!(open_volume(&path).is_ok() && read_volume(&path).is_ok(), "{golden}");
        let chunk = ["0/0/0/0", "0/c/0/0/0"].map(|name| path.join(name)).into_iter().find(|chunk| chunk.is_file()).unwrap();
        let mut bytes = std::fs::read(&chunk).unwrap();
        bytes[7] = 0x20; // 512 MB more
        std::fs::write(&chunk, bytes).unwrap();
        let refused = read_volume(&path).unwrap_err().to_string();
        assert!(refused.contains("bytes under blosc, expected the chunk"), "{golden}: {refused}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { std::fs::copy(entry.path(), target).map(drop).unwrap() }
    }
}

#[test]
fn a_shape_of_10_to_the_18_voxels_is_refused_before_allocation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.zarr");
    write_volume(&path, &volume()).unwrap();
    let zarray = path.join("0/.zarray");
    let mut array: serde_json::Value = serde_json::from_slice(&std::fs::read(&zarray).unwrap()).unwrap();
    array["shape"] = serde_json::json!([1_000_000, 1_000_000, 1_000_000]);
    std::fs::write(&zarray, array.to_string()).unwrap();
    assert!(read_volume(&path).unwrap_err().to_string().contains("1000000000000000000 voxels"));
    let corner = open_volume(&path).unwrap().read_region(Region::new([999_999, 0, 0], [1, 1, 1])).unwrap();
    assert_eq!(corner[[0, 0, 0]], 0.0);
}
