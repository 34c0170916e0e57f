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
