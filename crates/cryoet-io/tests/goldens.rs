//! Files that the Python packages of the field wrote (`oracles/oracles.py make`), and files for them to read.

use std::path::{Path, PathBuf};

use cryoet_core::{ClassLabel, Orientation, Particle, Position, Region, Score, Volume, VoxelSize, ndarray::Array3};
use cryoet_io::*;

const VOXEL_SIZE: f64 = 13.48;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)
}

/// The script's volume: 0 to 59 in rising order, less 20 where the type has a sign.
fn volume(less: i32) -> Array3<f32> {
    Array3::from_shape_fn((3, 4, 5), |(z, y, x)| (20 * z + 5 * y + x) as f32 - less as f32)
}

/// The script's three particles.
fn particles() -> Vec<Particle> {
    let rows = [
        ([10.5, 20.0, 30.25], [10.0, 20.0, 30.0], 0.75, 2),
        ([0.0; 3], [0.0; 3], 0.5, 1),
        ([44.0, 63.0, 99.0], [-120.0, 150.0, 75.0], 0.25, 2),
    ];
    let particle = |([z, y, x], [rot, tilt, psi], score, class): ([f64; 3], [f64; 3], f64, u8)| {
        Particle::new(ClassLabel::new(class), Position::new(z, y, x).unwrap())
            .with_orientation(Orientation::from_relion(rot, tilt, psi).unwrap())
            .with_score(Score::new(score).unwrap())
            .with_tomogram("TS_01")
    };
    rows.map(particle).to_vec()
}

fn read(name: &str) -> ParticleList {
    let voxel_size = VoxelSize::isotropic(VOXEL_SIZE).ok();
    let options = ReadParticles { voxel_size, shape: Some([45, 64, 100]), ..ReadParticles::default() };
    read_particles(golden(name), &options).unwrap()
}

fn assert_positions(list: &ParticleList) {
    assert_eq!(list.particles.len(), 3);
    for (ours, expected) in list.particles.iter().zip(particles()) {
        assert!(ours.position.distance(&expected.position) < 1e-3, "{:?}", ours.position);
    }
}

#[test]
fn mrcfile_wrote() {
    for (name, less) in [("int8", 20), ("int16", 20), ("float32", 20), ("uint16", 0), ("float16", 20)] {
        let path = golden(&format!("mrcfile_{name}.mrc"));
        let ours = read_volume(&path).unwrap();
        assert_eq!(ours.data(), &volume(less), "{name}");
        assert_eq!((ours.voxel_size().unwrap().zyx(), ours.origin()), ([VOXEL_SIZE; 3], [3.0, 2.0, 1.0]));
        let info = inspect_volume(&path).unwrap();
        assert_eq!((info.dtype.as_str(), info.warnings.len()), (name, 0));
        let header = read_mrc_header(&path).unwrap();
        assert_eq!((&header.extended_type(), header.extended()), (b"FEI1", b"seven..".as_slice()));
    }
    for name in ["mrcfile.mrc.gz", "mrcfile.mrc.bz2"] {
        assert_eq!(read_volume(golden(name)).unwrap().data(), &volume(20));
    }
}

#[test]
fn h5py_numpy_and_emfile_wrote() {
    for name in ["h5py_float16.h5", "h5py_int8.h5", "h5py_lzf.h5", "numpy_fortran_big_endian.npy", "emfile.em"] {
        assert_eq!(read_volume(golden(name)).unwrap().data(), &volume(20), "{name}");
    }
}

#[test]
fn h5py_wrote_truth_values() {
    let mask = golden("h5py_bool.h5");
    assert_eq!(read_labels(&mask).unwrap().data(), &volume(0).mapv(|v| u8::from(v % 3.0 == 1.0)));
    assert_eq!(inspect_volume(&mask).unwrap().dtype, "int8");
}

fn named(path: &Path, name: &str) -> Array3<f32> {
    let source = open_named_volume(path, name).unwrap();
    source.read_region(Region::whole(source.shape())).unwrap()
}

#[test]
fn several_volumes_in_a_file() {
    let npz = golden("numpy.npz");
    assert_eq!(volume_names(&npz).unwrap(), ["tomogram", "labels"]);
    assert_eq!((named(&npz, "tomogram"), named(&npz, "labels")), (volume(20), volume(0)));
    assert!(read_volume(&npz).unwrap_err().to_string().contains(r#"holds 2: ["tomogram", "labels"]"#));
    assert_eq!(read_volume(golden("numpy_compressed.npz")).unwrap().data(), &volume(20));

    let scores = golden("h5py_scores.h5");
    let names: Vec<String> = (0..12).map(|label| format!("class{label}")).collect();
    assert_eq!(volume_names(&scores).unwrap(), names);
    assert_eq!(named(&scores, "class11"), volume(20) + 11.0);
    assert!(read_volume(&scores).unwrap_err().to_string().contains("no volume \"dataset\""));

    let groups = golden("h5py_groups.h5");
    assert_eq!(volume_names(&groups).unwrap(), ["tomograms/t", "tomograms/more/u"]);
    assert_eq!((named(&groups, "tomograms/t"), named(&groups, "/tomograms/more/u")), (volume(20), volume(0)));
    let message = open_named_volume(&groups, "t").err().unwrap().to_string();
    assert!(message.contains(r#"no volume "t", found ["tomograms/names", "tomograms/t", "tomograms/more/u"]"#), "{message}");
    let message = open_named_volume(golden("mrcfile_float32.mrc"), "0").err().unwrap().to_string();
    assert!(message.contains("no named volumes"), "{message}");

    let complex = golden("mrcfile_complex.mrc");
    assert_eq!(named(&complex, "imaginary")[[0, 0, 0]], 20.0);
    assert_eq!(named(&complex, "magnitude")[[1, 0, 0]], 0.0);
    let stack = golden("mrcfile_stack.mrc");
    assert_eq!(volume_names(&stack).unwrap(), ["0", "1"]);
    assert_eq!((named(&stack, "0"), named(&stack, "1")), (volume(20), volume(20) + 100.0));
}

#[test]
fn an_hdf5_file_that_promises_10_to_the_18_voxels() {
    let path = golden("h5py_promises.h5");
    let message = read_volume(&path).unwrap_err().to_string();
    assert!(message.contains("1000000000000000000 voxels") && message.contains("read it region by region"), "{message}");
    let corner = open_volume(&path).unwrap().read_region(Region::new([999_990, 5, 5], [2, 2, 2])).unwrap();
    assert_eq!(corner, Array3::from_elem((2, 2, 2), 3.0));
}

#[cfg(feature = "zarr")]
#[test]
fn zarr_python_wrote() {
    for name in ["blosc_lz4", "blosc_zstd", "gzip", "zstd", "plain", "v3_zstd", "v3_gzip", "v3_blosc", "v3_sharded"] {
        let path = golden("zarr").join(name).with_extension("zarr");
        let ours = read_volume(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(ours.data(), &volume(20), "{name}");
        assert_eq!((ours.voxel_size().unwrap().zyx(), ours.origin()), ([VOXEL_SIZE; 3], [3.0, 2.0, 1.0]), "{name}");
        let region = Region::new([1, 1, 2], [2, 3, 2]);
        let expected = volume(20).slice(cryoet_core::ndarray::s![1..3, 1..4, 2..4]).to_owned();
        assert_eq!(open_volume(&path).unwrap().read_region(region).unwrap(), expected, "{name}");
    }
}

#[test]
fn starfile_wrote() {
    let list = read("starfile_relion5.star");
    assert_positions(&list);
    for (ours, expected) in list.particles.iter().zip(particles()) {
        assert!(ours.orientation.unwrap().angle_to(&expected.orientation.unwrap()) < 1e-3);
        assert_eq!((ours.class, ours.score, &ours.tomogram), (expected.class, expected.score, &expected.tomogram));
    }
    assert_eq!((list.particles[0].extra["note"].as_str(), list.particles[0].extra["optics.rlnVoltage"].parse()), ("a b", Ok(300.0)));
}

#[test]
fn dynamotable_imodmodel_and_copick_wrote() {
    let table = read("dynamotable.tbl");
    assert_positions(&table);
    assert_eq!((table.particles[2].class.get(), table.particles[2].score.unwrap().get()), (2, 0.25));
    assert_positions(&read("imodmodel.mod"));
    let table = read("copick.csv");
    assert_positions(&table);
    for (ours, expected) in table.particles.iter().zip(particles()) {
        assert!(ours.orientation.unwrap().angle_to(&expected.orientation.unwrap()) < 1e-3);
        assert_eq!((ours.score, &ours.tomogram), (expected.score, &expected.tomogram));
    }
    let picks = read("copick.json");
    assert_positions(&picks);
    assert_eq!((picks.particles[1].score.unwrap().get(), picks.voxel_size.unwrap().zyx()), (0.5, [VOXEL_SIZE; 3]));
}

/// Two volumes in a file; the second's voxels are 50 more.
fn write_pair<T: NpyVoxel>(path: &Path, less: i32, convert: impl Fn(f32) -> T) {
    let [first, second] = [0.0, 50.0].map(|more| volume(less).mapv(|v| convert(v + more)));
    write_named_volumes(path, &[("first", first.view()), ("zweite \u{e5}", second.view())]).unwrap();
}

/// Writes the files that `oracles/oracles.py check` reads, where the variable `CRYOET_IO_WRITE` names a folder.
#[test]
fn writes_for_the_oracles() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("CRYOET_IO_WRITE").map_or(scratch.path().to_path_buf(), PathBuf::from);
    let voxel_size = VoxelSize::isotropic(VOXEL_SIZE).unwrap();
    let tomogram = Volume::new(volume(20)).with_voxel_size(voxel_size).with_origin([1.0, 2.0, 3.0]);
    write_volume(folder.join("volume.mrc"), &tomogram).unwrap();
    for name in ["volume.npy", "volume.npz", "volume.h5", "volume.em"] {
        write_volume(folder.join(name), &tomogram).unwrap();
    }
    write_labels(folder.join("labels.h5"), &Volume::new(volume(0).mapv(|v| v as u8))).unwrap();
    let scores: Vec<_> = (0..13).map(|class| Volume::new(volume(20) + class as f32)).collect();
    write_score_maps(folder.join("scores.h5"), &scores).unwrap();
    write_pair(&folder.join("named.npz"), 20, |v| v as i16);
    write_pair(&folder.join("named_int8.h5"), 20, |v| v as i8);
    write_pair(&folder.join("named_uint8.h5"), 0, |v| v as u8);
    write_pair(&folder.join("named_int16.h5"), 20, |v| v as i16);
    write_pair(&folder.join("named_uint16.h5"), 0, |v| v as u16);
    write_pair(&folder.join("named_uint32.h5"), 0, |v| v as u32);
    write_pair(&folder.join("named_float32.h5"), 20, |v| v);
    #[cfg(feature = "zarr")]
    for (name, version) in [("volume_04.zarr", OmeZarrVersion::V04), ("volume_05.zarr", OmeZarrVersion::V05)] {
        let params = OmeZarrParams { version, chunk: [2; 3], levels: 2 };
        let origin = tomogram.origin();
        let mut sink = create_ome_zarr_sink::<f32>(folder.join(name), tomogram.shape(), Some(voxel_size), origin, params).unwrap();
        cryoet_core::VolumeSink::write_region(&mut sink, [0; 3], tomogram.view()).unwrap();
        sink.finish().unwrap();
    }
    write_labels(folder.join("labels.mrc"), &Volume::new(volume(0).mapv(|v| v as u8))).unwrap();
    let mut list = ParticleList { voxel_size: Some(voxel_size), shape: Some([45, 64, 100]), ..ParticleList::new(particles()) };
    for (name, format) in [
        ("relion5.star", ParticleFormat::Relion5),
        ("relion4.star", ParticleFormat::Relion4),
        ("relion31.star", ParticleFormat::Relion31),
        ("relion3.star", ParticleFormat::Relion3),
        ("dynamo.tbl", ParticleFormat::Dynamo),
        ("imod.mod", ParticleFormat::ImodModel),
        ("motl.em", ParticleFormat::EmMotl),
        ("copick.csv", ParticleFormat::CopickCsv),
    ] {
        let tilt_series_pixel_size = Some(VOXEL_SIZE / 4.0);
        let options = WriteParticles { format: Some(format), tilt_series_pixel_size, ..WriteParticles::default() };
        write_particles(folder.join(name), &list, &options).unwrap();
    }
    for particle in &mut list.particles {
        particle.class = ClassLabel::new(1);
    }
    assert_eq!(write_particles(folder.join("copick.json"), &list, &WriteParticles::default()).unwrap()[0].field, "tomogram shape");
}
