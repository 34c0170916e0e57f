use super::*;

fn written(list: &ParticleList, format: ParticleFormat, options: &WriteParticles) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.star");
    write_particles(&path, list, &WriteParticles { format: Some(format), ..options.clone() }).unwrap();
    std::fs::read_to_string(&path).unwrap()
}

fn framed(voxel: f64, shape: [usize; 3]) -> ReadParticles {
    ReadParticles { voxel_size: Some(VoxelSize::isotropic(voxel).unwrap()), shape: Some(shape), ..ReadParticles::default() }
}

#[test]
fn relion_5_subtracts_origins_and_keeps_every_column() {
    let text = "data_optics\nloop_\n_rlnOpticsGroup\n_rlnVoltage\n_rlnTomoTiltSeriesPixelSize\n1 300 2.5\n2 200 2.5\n\ndata_particles\nloop_\n\
        _rlnTomoName #1\n_rlnCenteredCoordinateXAngst\n_rlnCenteredCoordinateYAngst\n_rlnCenteredCoordinateZAngst\n_rlnAngleRot\n_rlnAngleTilt\n\
        _rlnAnglePsi\n_rlnOpticsGroup\n_rlnOriginXAngst\n_rlnOriginYAngst\n_rlnOriginZAngst\n_rlnClassNumber\n_rlnGroupNumber\n\
        TS_01 -100 50 0 10 20 30 2 10 0 -5 3 77\n";
    let list = read_text("p.star", text, &framed(10.0, [45, 64, 100])).unwrap();
    let particle = &list.particles[0];
    // Centres are 22.5, 32, 50; the origin is subtracted.
    assert_eq!(particle.position.zyx(), [23.0, 37.0, 39.0]);
    assert_eq!((particle.class.get(), particle.tomogram.as_deref()), (3, Some("TS_01")));
    assert_eq!((particle.extra["rlnGroupNumber"].as_str(), particle.extra["optics.rlnVoltage"].as_str()), ("77", "200"));
    let again = written(&list, ParticleFormat::Relion5, &WriteParticles::default());
    assert!(again.contains("data_optics") && again.contains("-110.000000 50.000000 5.000000 3 10.000000 20.000000 30.000000"), "{again}");
    assert_eq!(read_text("p.star", &again, &framed(10.0, [45, 64, 100])).unwrap().particles[0].extra["optics.rlnVoltage"], "200");
    for missing in [ReadParticles::default(), ReadParticles { shape: None, ..framed(10.0, [1; 3]) }] {
        assert!(matches!(read_text("p.star", text, &missing), Err(ReadParticlesError::Needs { .. })));
    }
}

#[test]
fn frames_by_name_and_a_single_tomogram() {
    let text = "data_particles\nloop_\n_rlnTomoName\n_rlnCenteredCoordinateXAngst\n_rlnCenteredCoordinateYAngst\n_rlnCenteredCoordinateZAngst\na 0 0 0\nb 0 0 0\n";
    let frame = |n: usize| TomogramFrame::new([n; 3], VoxelSize::isotropic(4.0).unwrap());
    let tomograms = BTreeMap::from([("a".to_string(), frame(10)), ("b".to_string(), frame(11))]);
    let options = ReadParticles { tomograms, ..ReadParticles::default() };
    let list = read_text("p.star", text, &options).unwrap();
    assert_eq!(list.particles[0].position.zyx(), [5.0; 3]);
    assert_eq!(list.particles[1].position.zyx(), [5.5; 3]);
    let only = read_text("p.star", text, &ReadParticles { tomogram: Some("b".into()), ..options }).unwrap();
    assert_eq!(only.particles.len(), 1);
}

/// RELION keeps coordinates from the centre of the unbinned tomogram, and voxel i of a binned one is voxel i times the binning of that.
#[test]
fn relion_5_centres_of_extents_that_binning_does_not_divide() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("tomograms.star");
    let (pixel, binning, sizes) = (1.35, 7.4074, [2001.0, 4092.0, 5760.0]);
    std::fs::write(
        &set,
        format!(
            "data_global\nloop_\n_rlnTomoName\n_rlnTomoTiltSeriesPixelSize\n_rlnTomoTomogramBinning\n_rlnTomoSizeX\n_rlnTomoSizeY\n\
            _rlnTomoSizeZ\nTS_01 {pixel} {binning} {} {} {}\n",
            sizes[2], sizes[1], sizes[0]
        ),
    )
    .unwrap();
    let tomograms = read_relion_tomograms(&set).unwrap();
    assert_eq!(tomograms["TS_01"].shape, [270, 552, 778]);
    let angstrom = [-431.5, 1220.25, 2001.0];
    let text = format!(
        "data_particles\nloop_\n_rlnTomoName\n_rlnCenteredCoordinateZAngst\n_rlnCenteredCoordinateYAngst\n_rlnCenteredCoordinateXAngst\n\
        TS_01 {} {} {}\n",
        angstrom[0], angstrom[1], angstrom[2]
    );
    for (star_centre, half) in [(StarCentre::Half, [1000.5, 2046.0, 2880.0]), (StarCentre::FlooredHalf, [1000.0, 2046.0, 2880.0])] {
        let list =
            read_text("p.star", &text, &ReadParticles { star_centre, tomograms: tomograms.clone(), ..ReadParticles::default() }).unwrap();
        let found = list.particles[0].position.zyx();
        for axis in 0..3 {
            let expected = (angstrom[axis] / pixel + half[axis]) / binning;
            assert!((found[axis] - expected).abs() < 1e-9, "{star_centre:?}: {found:?}");
        }
        let again =
            written(&list, ParticleFormat::Relion5, &WriteParticles { star_centre, tomograms: tomograms.clone(), ..Default::default() });
        assert!(again.contains("TS_01 2001.000000 1220.250000 -431.500000"), "{again}");
    }
    let alone = ReadParticles { star_centre: StarCentre::HalfLessOne, tomograms, ..ReadParticles::default() };
    let z = read_text("p.star", &text, &alone).unwrap().particles[0].position.z();
    assert!((z - (angstrom[0] / (pixel * binning) + 134.0)).abs() < 1e-9, "{z}");
}

#[test]
fn relion_4_counts_in_pixels_of_the_tilt_series() {
    let text = "data_optics\nloop_\n_rlnOpticsGroup\n_rlnTomoTiltSeriesPixelSize\n1 2.5\n\ndata_particles\nloop_\n_rlnTomoName\n_rlnCoordinateX\n\
        _rlnCoordinateY\n_rlnCoordinateZ\n_rlnTomoSubtomogramRot\n_rlnTomoSubtomogramTilt\n_rlnTomoSubtomogramPsi\n_rlnOriginXAngst\n\
        _rlnOriginYAngst\n_rlnOriginZAngst\n_rlnOpticsGroup\nTS_01 400 200 100 90 0 0 10 0 0 1\n";
    let unbinned = read_text("p.star", text, &ReadParticles::default()).unwrap();
    assert_eq!(unbinned.voxel_size.unwrap().zyx(), [2.5; 3]);
    // The subtomogram is turned by -90 degrees about z, so the origin along its x points along -y.
    let turn = Orientation::from_relion(90.0, 0.0, 0.0).unwrap();
    let origin = turn.rotate_zyx([0.0, 0.0, 4.0]);
    let expected = Position::new(100.0 - origin[0], 200.0 - origin[1], 400.0 - origin[2]).unwrap();
    assert!((origin[1] + 4.0).abs() < 1e-9 && unbinned.particles[0].position.distance(&expected) < 1e-9);
    assert!(unbinned.particles[0].orientation.unwrap().angle_to(&turn) < 1e-9);
    let binned = read_text("p.star", text, &framed(10.0, [1; 3])).unwrap();
    assert!((binned.particles[0].position.y() * 4.0 - expected.y()).abs() < 1e-9);
    let again = written(&binned, ParticleFormat::Relion4, &WriteParticles::default());
    assert!(again.contains("_rlnTomoTiltSeriesPixelSize"), "{again}");
    let back = read_text("p.star", &again, &framed(10.0, [1; 3])).unwrap();
    assert!(back.particles[0].position.distance(&binned.particles[0].position) < 1e-5);
}

#[test]
fn relion_3_and_its_relatives_count_in_voxels() {
    let old = "data_\nloop_\n_rlnMicrographName\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n_rlnOriginX\n_rlnOriginY\n_rlnOriginZ\n\
        _rlnMagnification\n_rlnDetectorPixelSize\na.mrc 30 20 10 1 2 -3 10000 7.5\n";
    let list = read_text("p.star", old, &ReadParticles::default()).unwrap();
    assert_eq!(list.particles[0].position.zyx(), [13.0, 18.0, 29.0]);
    assert_eq!(list.voxel_size.unwrap().zyx(), [7.5; 3]);
    assert_eq!(list.particles[0].tomogram.as_deref(), Some("a.mrc"));
    let new = written(&list, ParticleFormat::Relion31, &WriteParticles::default());
    assert!(new.contains("_rlnImagePixelSize") && new.contains("a.mrc 29.000000 18.000000 13.000000 1"), "{new}");
    let again = read_text("p.star", &new, &ReadParticles::default()).unwrap();
    assert_eq!((again.voxel_size, again.particles[0].position), (list.voxel_size, list.particles[0].position));
    let angst = new.replace("_rlnClassNumber #5\n", "_rlnClassNumber #5\n_rlnOriginXAngst\n_rlnOriginYAngst\n_rlnOriginZAngst\n");
    let angst = angst.replace("13.000000 1 ", "13.000000 1 15 0 0 ");
    assert_eq!(read_text("p.star", &angst, &ReadParticles::default()).unwrap().particles[0].position.x(), 27.0);
}

#[test]
fn star_errors_name_the_line() {
    let head = "data_\nloop_\n_rlnMicrographName\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n";
    assert!(error("p.star", &format!("{head}a 1 2 x\n")).contains("line 7, rlnCoordinateZ: found \"x\""));
    assert!(error("p.star", &format!("{head}a 1 2\n")).contains("line 7: 3 values, expected one for each of the 4 columns"));
    assert!(error("p.star", "data_\nloop_\n_a\n1\n").contains("no particle list"));
    assert!(error("p.star", "data_\nloop_\n_rlnCoordinateX\n1\n").contains("one or two axes"));
    assert!(error("p.star", "hello").contains("no STAR file"));
    assert!(
        error("p.star", &format!("{}a 1 2 3 300\n", head.replace("_rlnCoordinateZ\n", "_rlnCoordinateZ\n_rlnClassNumber\n")))
            .contains("a class of 0..=254")
    );
}

/// Real files; cylindra's wrote the tomogram set with binning 1.
#[test]
fn published_relion_files() {
    let Some(folder) = development("formats/cylindra_relion5") else { return };
    let tomograms = read_relion_tomograms(folder.join("Tomograms/job_tomo/tomograms.star")).unwrap();
    assert_eq!((tomograms["TS_01"].shape, tomograms["TS_02"].voxel_size.zyx()), ([44, 136, 84], [10.52; 3]));
    let options = ReadParticles { tomograms, ..ReadParticles::default() };
    let list = read_particles(folder.join("Refine3D/job_refine/run_it050_data.star"), &options).unwrap();
    assert_eq!(list.particles.len(), 5);
    let first = &list.particles[0];
    assert!((first.position.x() - (42.0 + (-176.94 + 2.41904) / 10.52)).abs() < 1e-9);
    assert_eq!((first.extra["rlnRandomSubset"].as_str(), first.extra["optics.rlnImageSize"].as_str()), ("1", "64"));
    assert_eq!(read_particles(folder.join("Picks/job_picks/particles.star"), &options).unwrap().particles.len(), 5);
}

#[test]
fn files_of_the_star_parsers_own_tests() {
    let Some(folder) = development("formats/starfile") else { return };
    for entry in std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().extension().is_some_and(|e| e == "star")) {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let place = crate::particles::read::Place::new(std::path::Path::new("sample"));
        let blocks = crate::particles::star::parse(place, &text).unwrap_or_else(|error| panic!("{:?}: {error}", entry.path()));
        for block in &blocks {
            block.each_row(place, |_, _| Ok(())).unwrap_or_else(|error| panic!("{:?}: {error}", entry.path()));
        }
        assert!(!blocks.is_empty());
    }
    let options = ReadParticles::default();
    assert!(read_particles(development("formats/starfile/one_loop.star").unwrap(), &options).is_ok());
}

/// Found by fuzzing: such optics were taken for the particles.
#[test]
fn optics_with_columns_of_coordinates_are_no_particles() {
    let optics = "data_optics\nloop_\n_rlnOpticsGroup\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n1 7 7 7\n\n";
    let particles = "data_particles\nloop_\n_rlnMicrographName\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\na 3 2 1\nb 6 5 4\n";
    let list = read_text("p.star", &format!("{optics}{particles}"), &ReadParticles::default()).unwrap();
    assert_eq!(list.particles.iter().map(|p| p.position.zyx()).collect::<Vec<_>>(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    assert!(error("p.star", optics).contains("this is no particle list"));
}
