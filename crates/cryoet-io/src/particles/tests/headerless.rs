use super::*;

fn with(columns: &str) -> ReadParticles {
    ReadParticles { columns: columns.split(' ').map(str::to_string).collect(), ..ReadParticles::default() }
}

#[test]
fn columns_are_said_and_never_guessed() {
    let text = "# made by hand\n30 20 10\n\n 3.5,2.5 , 1.5\n";
    for name in ["p.txt", "p.csv", "p.coords", "p.dat"] {
        let list = read_text(name, text, &with("x y z")).unwrap();
        assert_eq!(list.particles.iter().map(|p| p.position.zyx()).collect::<Vec<_>>(), [[10.0, 20.0, 30.0], [1.5, 2.5, 3.5]]);
    }
    assert_eq!(read_text("p.txt", text, &with("z y x")).unwrap().particles[0].position.zyx(), [30.0, 20.0, 10.0]);
    assert!(read_text("p.coords", text, &ReadParticles::default()).unwrap_err().to_string().contains("its columns in order"));
    assert!(read_text("p.coords", text, &with("x y")).unwrap_err().to_string().contains("no column \"z\""));
    assert!(read_text("p.coords", text, &with("x y z z")).unwrap_err().to_string().contains("two columns are named \"z\""));
    assert!(read_text("p.coords", text, &with("class x y z")).unwrap_err().to_string().contains("line 2: 3 words"));
    assert!(read_text("p.coords", "1 2 3\n1 b 3", &with("x y z")).unwrap_err().to_string().contains("line 2, column 2 (y): found \"b\""));
}

#[test]
fn classes_angles_skipped_columns_and_extras() {
    let options = ReadParticles { classes: table(), ..with("class z y x rot tilt psi - - note") };
    let list = read_text("p.txt", "4d8q 1 2 3 10 20 30 a b c\n1 1 2 3 nan nan nan a b nan\n", &options).unwrap();
    assert_eq!((list.particles[0].class.get(), list.particles[0].position.zyx()), (2, [1.0, 2.0, 3.0]));
    assert!(list.particles[0].orientation.unwrap().angle_to(&Orientation::from_relion(10.0, 20.0, 30.0).unwrap()) < 1e-9);
    assert_eq!(list.particles[0].extra, BTreeMap::from([("note".to_string(), "c".to_string())]));
    assert_eq!((list.particles[1].orientation, list.particles[1].extra.len()), (None, 0));
}

#[test]
fn angstrom_and_the_first_voxel() {
    let angstrom = ReadParticles { unit: Some(CoordinateUnit::Angstrom), ..with("x y z") };
    assert!(read_text("p.xyz", "30 20 10", &angstrom).unwrap_err().to_string().contains("need the voxel size"));
    let angstrom = ReadParticles { voxel_size: Some(VoxelSize::isotropic(10.0).unwrap()), first_voxel: Some(0.5), ..angstrom };
    assert_eq!(read_text("p.xyz", "30 20 10", &angstrom).unwrap().particles[0].position.zyx(), [0.5, 1.5, 2.5]);
}

#[test]
fn what_is_written_is_read_and_what_is_lost_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.coords");
    let mut list = ParticleList::new(vec![particle()]);
    list.particles[0].extra = BTreeMap::from([("note".to_string(), "n".to_string())]);
    list.voxel_size = Some(VoxelSize::isotropic(4.0).unwrap());
    let columns: Vec<String> = "tomogram class x y z score size rot tilt psi note".split(' ').map(str::to_string).collect();
    for unit in [CoordinateUnit::Voxels, CoordinateUnit::Angstrom] {
        let write = WriteParticles { columns: columns.clone(), unit: Some(unit), first_voxel: Some(1.0), ..WriteParticles::default() };
        let dropped = write_particles(&path, &list, &write).unwrap();
        assert_eq!(dropped.iter().map(ToString::to_string).collect::<Vec<_>>(), ["voxel size"]);
        let read = ReadParticles {
            columns: columns.clone(),
            unit: Some(unit),
            first_voxel: Some(1.0),
            voxel_size: list.voxel_size,
            ..ReadParticles::default()
        };
        let back = read_particles(&path, &read).unwrap();
        same(&back.particles[0], &list.particles[0]).unwrap();
        assert_eq!(back.particles[0].extra, list.particles[0].extra);
    }
    let write = WriteParticles { columns: vec!["x".into(), "y".into(), "z".into()], ..WriteParticles::default() };
    let lost: Vec<String> = write_particles(&path, &list, &write).unwrap().into_iter().map(|dropped| dropped.field).collect();
    assert_eq!(lost, ["voxel size", "class", "orientation", "score", "size", "tomogram", "further columns"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "30.5 20 10.25\n");
    assert!(write_particles(&path, &list, &WriteParticles::default()).unwrap_err().to_string().contains("its columns in order"));
    list.particles[0].tomogram = Some("a b".into());
    let write = WriteParticles { columns, ..WriteParticles::default() };
    assert!(write_particles(&path, &list, &write).unwrap_err().to_string().contains("tomogram"));
}

#[test]
fn every_format_of_voxels_takes_a_number_of_the_first_one() {
    let folder = tempfile::tempdir().unwrap();
    let list = ParticleList { tomogram: Some("1".into()), ..ParticleList::new(vec![particle()]) };
    let sized = VoxelSize::isotropic(10.0).unwrap();
    let framed = ParticleList { voxel_size: Some(sized), shape: Some([40, 40, 40]), ..list.clone() };
    let read = ReadParticles { axis_order: Some(AxisOrder::Xyz), first_voxel: Some(1.0), ..ReadParticles::default() };
    for format in [
        ParticleFormat::Csv,
        ParticleFormat::DeepFinderXml,
        ParticleFormat::Shrec,
        ParticleFormat::Relion3,
        ParticleFormat::Relion31,
        ParticleFormat::Stopgap,
        ParticleFormat::PortalNdjson,
        ParticleFormat::Dynamo,
        ParticleFormat::ImodModel,
        ParticleFormat::EmMotl,
    ] {
        let path = folder.path().join("list");
        let plain =
            WriteParticles { format: Some(format), axis_order: read.axis_order, first_voxel: Some(0.0), ..WriteParticles::default() };
        write_particles(&path, &list, &plain).unwrap();
        let as_one = ReadParticles { format: Some(format), ..read.clone() };
        let moved = read_particles(&path, &as_one).unwrap().particles[0].position.zyx();
        let expected = list.particles[0].position.zyx().map(|at| at - 1.0);
        assert!(moved.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "{format}: {moved:?}");
        write_particles(&path, &list, &WriteParticles { first_voxel: Some(1.0), ..plain }).unwrap();
        let back = read_particles(&path, &as_one).unwrap().particles[0].position.zyx();
        assert!(back.iter().zip(list.particles[0].position.zyx()).all(|(a, b)| (a - b).abs() < 1e-4), "{format}: {back:?}");
    }
    for format in [ParticleFormat::Relion4, ParticleFormat::Relion5, ParticleFormat::Copick, ParticleFormat::CopickCsv] {
        let path = folder.path().join("framed");
        let plain = WriteParticles { format: Some(format), tilt_series_pixel_size: Some(2.0), ..WriteParticles::default() };
        write_particles(&path, &framed, &plain).unwrap();
        let as_one = ReadParticles { format: Some(format), voxel_size: Some(sized), shape: framed.shape, ..read.clone() };
        let refused = read_particles(&path, &as_one).unwrap_err();
        assert!(matches!(refused, ReadParticlesError::FirstVoxel { format: found, .. } if found == format), "{refused}");
        let refused = write_particles(&path, &framed, &WriteParticles { first_voxel: Some(1.0), ..plain }).unwrap_err();
        assert!(matches!(refused, WriteParticlesError::FirstVoxel { .. }), "{refused}");
    }
}

#[test]
fn a_csv_counts_its_first_voxel_in_its_own_voxels() {
    let options = ReadParticles { first_voxel: Some(1.0), voxel_size: VoxelSize::isotropic(10.0).ok(), ..ReadParticles::default() };
    let list = read_text("p.csv", "z,y,x,voxel_size\n1,3,5,5\n", &options).unwrap();
    assert_eq!(list.particles[0].position.zyx(), [0.0, 1.0, 2.0]);
}
