//! Volumes from format to format, block by block.

mod command;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use command::{run, succeed};
use cryoet::io::{
    create_mrc_sink_like, inspect_volume, read_ids, read_labels, read_mrc_header, read_volume, write_ids, write_labels, write_volume,
};
use cryoet::ndarray::Array3;
use cryoet::{Volume, VolumeSink, VoxelSize, bin_mean};

fn refuse(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    assert!(!output.status.success(), "{line}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Bytes of an MRC header of signed bytes.
fn header([nz, ny, nx]: [u32; 3], extended: u32) -> [u8; 1024] {
    let mut header = [0; 1024];
    for (word, value) in [(1, nx), (2, ny), (3, nz), (8, nx), (9, ny), (10, nz), (17, 1), (18, 2), (19, 3), (23, 1), (24, extended)] {
        header[4 * (word - 1)..4 * word].copy_from_slice(&value.to_le_bytes());
    }
    for (word, angstrom) in [(11, 10 * nx), (12, 10 * ny), (13, 10 * nz)] {
        header[4 * (word - 1)..4 * word].copy_from_slice(&(angstrom as f32).to_le_bytes());
    }
    header[208..216].copy_from_slice(b"MAP \x44\x44\0\0");
    header
}

#[test]
fn blocks_make_the_whole_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // More than one block of planes, and of rows of chunks.
    let shape = [70, 260, 250];
    let grey = Volume::new(Array3::from_shape_fn(shape, |(z, y, x)| (z * 3 + y * 7 + x) as f32 / 8.0 - 40.0));
    let grey = grey.with_voxel_size(VoxelSize::isotropic(7.84).unwrap()).with_origin([1.0, 2.0, 3.0]);
    write_volume(at.join("v.mrc"), &grey).unwrap();
    let labels = Volume::new(Array3::from_shape_fn(shape, |(z, y, x)| ((z + y * 3 + x) % 200) as u8));
    write_labels(at.join("l.mrc"), &labels).unwrap();
    let ids = Volume::new(Array3::from_shape_fn(shape, |(z, y, x)| (z * 1000 + y * 300 + x) as u32));
    write_ids(at.join("i.npy"), &ids).unwrap();
    let mut outputs = vec!["npy", "npz", "h5", "em", "mrc"];
    if cfg!(feature = "zarr") {
        outputs.push("zarr");
    }
    for output in outputs {
        for (input, name) in [("v.mrc", "grey"), ("l.mrc", "labels"), ("i.npy", "ids")] {
            succeed(at, &format!("convert {input} {name}.{output}"));
        }
        assert!(read_volume(at.join(format!("grey.{output}"))).unwrap().data() == grey.data(), "{output}");
        assert!(read_labels(at.join(format!("labels.{output}"))).unwrap().data() == labels.data(), "{output}");
        assert!(read_ids(at.join(format!("ids.{output}"))).unwrap().data() == ids.data(), "{output}");
        // And back, from what is now the format that is read.
        succeed(at, &format!("convert grey.{output} back.mrc"));
        assert!(read_volume(at.join("back.mrc")).unwrap().data() == grey.data(), "{output}");
    }
    assert_eq!(inspect_volume(at.join("labels.mrc")).unwrap().dtype, "uint16");
    succeed(at, "convert v.mrc third.mrc --bin 3");
    let (third, expected) = (read_volume(at.join("third.mrc")).unwrap(), bin_mean(&grey, 3).unwrap());
    assert!(third.data() == expected.data());
    assert!((third.voxel_size().unwrap().mean() - 23.52).abs() < 1e-6 && (third.origin()[0] - 8.84).abs() < 1e-5);
    assert!(refuse(at, "convert v.mrc none.mrc --bin 71").contains("binning factor 71"));
    for input in ["l.mrc", "i.npy"] {
        let line = format!("convert {input} none.mrc --bin 2");
        assert!(refuse(at, &line).contains("--kind grey") && run(at, &line).status.code() == Some(2) && !at.join("none.mrc").exists());
        succeed(at, &format!("{line} --kind grey"));
        std::fs::remove_file(at.join("none.mrc")).unwrap();
    }
    assert!(refuse(at, "convert l.mrc none.mrc --bin 2 --kind labels").contains("means nothing"));
}

#[test]
fn the_header_of_an_mrc_file_of_labels_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut file = File::create(at.join("old.mrc")).unwrap();
    file.write_all(&header([2, 3, 4], 7)).unwrap();
    file.write_all(b"seven..").unwrap();
    file.write_all(&[1; 24]).unwrap();
    drop(file);
    succeed(at, "convert old.mrc new.mrc");
    let kept = read_mrc_header(at.join("new.mrc")).unwrap();
    assert_eq!((kept.extended(), inspect_volume(at.join("new.mrc")).unwrap().dtype.as_str()), (b"seven..".as_slice(), "int8"));
    let mut sink = create_mrc_sink_like::<u16>(at.join("ids.mrc"), [1, 1, 2], None, [0.0; 3], &kept).unwrap();
    sink.write_region([0; 3], Array3::from_elem((1, 1, 2), 60_000).view()).unwrap();
    sink.finish().unwrap();
    succeed(at, "convert ids.mrc again.mrc");
    assert_eq!(read_mrc_header(at.join("again.mrc")).unwrap(), kept);
    assert_eq!(inspect_volume(at.join("again.mrc")).unwrap().dtype, "uint16");
    let said = String::from_utf8_lossy(&run(at, "convert ids.mrc other.mrc --voxel-size 5").stderr).into_owned();
    assert!(said.contains("will not hold: extended header of 7 bytes"), "{said}");
}

#[test]
fn what_is_no_label_and_no_id_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut ids = Array3::from_elem((3, 4, 5), 7u32);
    ids[[2, 1, 3]] = (1 << 24) + 1;
    write_ids(at.join("i.npy"), &Volume::new(ids)).unwrap();
    for output in ["i.mrc", "i.em"] {
        let said = refuse(at, &format!("convert i.npy {output}"));
        assert!(said.contains("voxel [2, 1, 3]") && said.contains("16777217") && !at.join(output).exists(), "{said}");
    }
    succeed(at, "convert i.npy i.h5");
    let said = refuse(at, "convert i.npy l.npy --kind labels");
    assert!(said.contains("voxel [2, 1, 3]") && !at.join("l.npy").exists(), "{said}");
    let said = String::from_utf8_lossy(&run(at, "convert i.npy g.mrc --kind grey").stderr).into_owned();
    assert!(said.contains("rounded to 32-bit floats"), "{said}");
    write_volume(at.join("g.npy"), &Volume::new(Array3::from_elem((3, 4, 5), 0.5))).unwrap();
    assert!(refuse(at, "convert g.npy l.npy --kind ids").contains("voxel [0, 0, 0]"));
}

/// The largest memory that a conversion had, in bytes; as exact as the system keeps it for every process that ends.
#[cfg(target_os = "linux")]
#[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
fn most_memory(folder: &Path, line: &str) -> u64 {
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_cryoet")).current_dir(folder).args(line.split_whitespace()).spawn().unwrap();
    // SAFETY: both places may be written to, all zeros are valid in them, and nobody else waits for this child.
    let (status, usage) = unsafe {
        let (mut status, mut usage) = (0, std::mem::zeroed::<libc::rusage>());
        assert_eq!(libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage), child.id() as libc::pid_t);
        (status, usage)
    };
    assert_eq!(status, 0, "{line}");
    usage.ru_maxrss as u64 * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn a_volume_is_not_held() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (name, shape) in [("small.mrc", [4, 64, 64]), ("large.mrc", [512, 512, 512])] {
        let mut file = File::create(at.join(name)).unwrap();
        file.write_all(&header(shape, 0)).unwrap();
        file.set_len(1024 + shape.iter().map(|&n| u64::from(n)).product::<u64>()).unwrap();
    }
    let most = |name: &str, output: &str| most_memory(at, &format!("convert {name}.mrc {name}.{output}"));
    let mut outputs = vec!["npy", "map"];
    if cfg!(feature = "zarr") {
        outputs.push("zarr");
    }
    for output in outputs {
        let (small, large) = (most("small", output), most("large", output));
        eprintln!("to {output}: {small} bytes, of a volume of 134 MB {large} bytes");
        assert!(large < small + (70 << 20), "{output}: {small} bytes for a small volume, {large} for a large one");
    }
}
