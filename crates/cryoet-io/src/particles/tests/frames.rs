//! Lists that state one voxel size and are wanted in another.

use super::*;

fn at(voxel: f64) -> ReadParticles {
    ReadParticles { voxel_size: Some(VoxelSize::isotropic(voxel).unwrap()), ..ReadParticles::default() }
}

fn relabelled(voxel: f64) -> ReadParticles {
    ReadParticles { stated_voxel_size: at(voxel).voxel_size, ..at(voxel) }
}

#[test]
fn the_place_in_angstrom_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = ParticleList::new(vec![particle()]);
    (list.voxel_size, list.shape) = (at(10.0).voxel_size, Some([40, 64, 64]));
    for (format, extension) in [
        (ParticleFormat::Csv, "csv"),
        (ParticleFormat::Relion3, "star"),
        (ParticleFormat::Relion31, "star"),
        (ParticleFormat::Dynamo, "tbl"),
        (ParticleFormat::ImodModel, "mod"),
    ] {
        let path = folder.path().join("p").with_extension(extension);
        write_particles(&path, &list, &WriteParticles { format: Some(format), ..WriteParticles::default() }).unwrap();
        let read = |options: &ReadParticles| {
            let list = read_particles(&path, options).unwrap();
            (list.voxel_size.unwrap().mean(), list.particles[0].position)
        };
        let place = particle().position;
        let half = Position::new(place.z() / 2.0, place.y() / 2.0, place.x() / 2.0).unwrap();
        for (options, size, expected) in [
            (ReadParticles::default(), 10.0, place),
            (at(10.0005), 10.0005, place),
            (at(20.0), 20.0, half),
            (relabelled(20.0), 20.0, place),
        ] {
            let (found, position) = read(&options);
            assert!((found - size).abs() < 1e-9 && position.distance(&expected) < 1e-5, "{format}: {found} {position:?}");
        }
    }
}

#[test]
fn a_size_in_voxels_keeps_its_volume() {
    let text = "z,y,x,size,voxel_size\n8,8,8,1000,5\n8,8,8,3,5\n8,8,8,0,5\n8,8,8,,5\n";
    let sizes = |options: &ReadParticles| -> Vec<Option<u64>> {
        read_text("p.csv", text, options).unwrap().particles.iter().map(|particle| particle.size).collect()
    };
    assert_eq!(sizes(&at(10.0)), [Some(125), Some(1), Some(0), None]);
    assert_eq!(sizes(&at(2.5)), [Some(8000), Some(24), Some(0), None]);
    // Another voxel size for the same voxels: their number stays.
    assert_eq!(sizes(&relabelled(10.0)), [Some(1000), Some(3), Some(0), None]);
}

#[test]
fn every_optics_group_has_its_own_pixel_size() {
    let head = "data_optics\nloop_\n_rlnOpticsGroup\n_rlnImagePixelSize\n1 5\n2 10\n\ndata_particles\nloop_\n_rlnMicrographName\n_rlnCoordinateX\n\
        _rlnCoordinateY\n_rlnCoordinateZ\n_rlnOriginXAngst\n_rlnOriginYAngst\n_rlnOpticsGroup\n";
    let text = format!("{head}a 42 20 10 10 0 1\nb 42 20 10 10 0 2\n");
    let list = read_text("p.star", &text, &at(10.0)).unwrap();
    let places: Vec<_> = list.particles.iter().map(|particle| particle.position.zyx()).collect();
    // The origin is 2 pixels of the first group's and 1 of the second's; a missing one of z is 0.
    assert_eq!(places, [[5.0, 10.0, 20.0], [10.0, 20.0, 41.0]]);
    let own = read_text("p.star", &text, &ReadParticles::default()).unwrap();
    assert_eq!((own.voxel_size, own.particles[0].position.x()), (None, 40.0));
    let same = read_text("p.star", &text, &relabelled(20.0)).unwrap();
    assert_eq!((same.voxel_size.unwrap().mean(), same.particles[0].position.x()), (20.0, 40.0));
    for (missing, columns) in [("_rlnOriginYAngst", "rlnOriginXAngst"), ("_rlnAngleRot", "rlnAngleTilt")] {
        let broken = text.replace(missing, "_other").replace("_rlnOriginXAngst", &format!("_{columns}"));
        assert!(read_text("p.star", &broken, &at(10.0)).unwrap_err().to_string().contains("not all"), "{missing}");
    }
}

#[test]
fn a_rows_pixel_size_follows_the_voxel_size() {
    let text = "data_\nloop_\n_rlnMicrographName\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n_rlnPixelSize\na 8 6 4 5\n";
    let list = read_text("p.star", text, &at(10.0)).unwrap();
    assert_eq!(list.particles[0].position.zyx(), [2.0, 3.0, 4.0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.star");
    for format in [ParticleFormat::Relion3, ParticleFormat::Relion31] {
        write_particles(&path, &list, &WriteParticles { format: Some(format), ..WriteParticles::default() }).unwrap();
        let back = read_particles(&path, &at(10.0)).unwrap();
        assert_eq!(back.particles[0].position, list.particles[0].position);
        assert_eq!(particle_format(&path, &ReadParticles::default()).unwrap(), format);
    }
}

#[test]
fn labels_go_before_names_that_look_like_them() {
    let classes = ClassTable::new(vec![Class::new(ClassLabel::new(1), "2"), Class::new(ClassLabel::new(2), "b")]).unwrap();
    let read = ReadParticles { classes: classes.clone(), axis_order: Some(AxisOrder::Xyz), ..ReadParticles::default() };
    let labels = |name: &str, text: &str| -> Vec<u8> {
        read_text(name, text, &read).unwrap().particles.iter().map(|particle| particle.class.get()).collect()
    };
    assert_eq!(labels("p.csv", "class,z,y,x,score\n2,1,1,1,nan\n1.0,1,1,1,\nb,1,1,1,1\n"), [2, 1, 2]);
    assert_eq!(labels("p.csv", "class_name,z,y,x\n2,1,1,1\nb,1,1,1\n"), [1, 2]);
    let star = "data_\nloop_\n_rlnMicrographName\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n_rlnClassNumber\n_rlnAutopickFigureOfMerit\na 1 1 1 2 nan\n";
    assert_eq!(labels("p.star", star), [2]);
    assert_eq!(read_text("p.star", star, &read).unwrap().particles[0].score, None);
    assert!(error("p.csv", "class,z,y,x\n1.5,2,3,4\n").contains("1..=254"));
    let list = ParticleList::new([1, 2].map(|class| Particle::new(ClassLabel::new(class), Position::from_index([1; 3]))).to_vec());
    let folder = tempfile::tempdir().unwrap();
    for name in ["p.txt", "p.mod"] {
        let path = folder.path().join(name);
        let write = WriteParticles { classes: classes.clone(), axis_order: Some(AxisOrder::Xyz), ..WriteParticles::default() };
        write_particles(&path, &list, &write).unwrap();
        let back: Vec<u8> = read_particles(&path, &read).unwrap().particles.iter().map(|particle| particle.class.get()).collect();
        assert_eq!(back, [1, 2], "{name}");
    }
}

#[test]
fn no_tomogram_is_number_0_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = ParticleList::new(vec![particle(), particle(), particle()]);
    list.particles[1].tomogram = None;
    list.particles[2].tomogram = Some("1".into());
    for (format, extension) in [(ParticleFormat::Stopgap, "star"), (ParticleFormat::Dynamo, "tbl"), (ParticleFormat::EmMotl, "em")] {
        let path = folder.path().join("p").with_extension(extension);
        write_particles(&path, &list, &WriteParticles { format: Some(format), ..WriteParticles::default() }).unwrap();
        let back = read_particles(&path, &ReadParticles::default()).unwrap();
        let names: Vec<_> = back.particles.iter().map(|particle| particle.tomogram.as_deref()).collect();
        assert_eq!(names, [Some("2"), None, Some("1")], "{format}");
    }
}

#[test]
fn relion_says_what_becomes_of_voxel_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.star");
    let mut list = ParticleList::new(vec![particle()]);
    (list.voxel_size, list.shape) = (Some(VoxelSize::new(10.0, 8.0, 8.0).unwrap()), Some([40, 64, 64]));
    let dropped = |format| -> Vec<String> {
        let write = WriteParticles { format: Some(format), ..WriteParticles::default() };
        write_particles(&path, &list, &write).unwrap().iter().map(ToString::to_string).collect()
    };
    let lost = dropped(ParticleFormat::Relion5);
    assert!(lost.contains(&"voxel size".into()) && lost.contains(&"tomogram shape".into()), "{lost:?}");
    assert!(dropped(ParticleFormat::Relion31).contains(&"voxel size along each axis (their mean is written)".into()));
}

#[test]
fn the_data_portals_scores() {
    let text = "{\"type\": \"point\", \"location\": {\"x\": 1, \"y\": 2, \"z\": 3}, \"score\": 0.5}\n{\"type\": \"point\", \"location\": {\"x\": 1, \"y\": 2, \"z\": 3}, \"score\": \"high\"}\n";
    let list = read_text("p.ndjson", text, &ReadParticles::default()).unwrap();
    assert_eq!(list.particles[0].score.unwrap().get(), 0.5);
    assert_eq!((list.particles[1].score, list.particles[1].extra["score"].as_str()), (None, "high"));
}
