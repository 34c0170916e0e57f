use super::*;

/// A pair of angles that Dynamo and RELION hold for the same particle, from the tests of the package eulerangles.
#[test]
fn dynamo_and_relion_angles_of_one_particle() {
    let mut row = vec!["0"; 35];
    (row[6], row[7], row[8], row[21]) = ("-47.2730", "1.1777", "-132.3000", "1");
    let list = read_text("p.tbl", &row.join(" "), &ReadParticles::default()).unwrap();
    let relion = Orientation::from_relion(137.7, 1.1777, 42.727).unwrap();
    assert!(list.particles[0].orientation.unwrap().angle_to(&relion) < 1e-6);
}

#[test]
fn dynamo_counts_from_the_first_voxels_corner() {
    let Some(folder) = development("formats/dynamotable") else { return };
    let list = read_particles(folder.join("t_complex.tbl"), &ReadParticles::default()).unwrap();
    let first = &list.particles[0];
    // x y z 1018.9 759.36 641.59, shifts -1.4197 0.57826 1.5785.
    let expected = Position::new(641.59 + 1.5785 - 0.5, 759.36 + 0.57826 - 0.5, 1018.9 - 1.4197 - 0.5).unwrap();
    assert!(first.position.distance(&expected) < 1e-9);
    assert_eq!((first.score.unwrap().get(), first.tomogram.as_deref(), first.class.get()), (0.052575, Some("1"), 1));
    assert_eq!(first.extra["dynamo.1"], "2");
    assert!(read_particles(folder.join("t_double.tbl"), &ReadParticles::default()).is_ok());
    let one = ReadParticles { first_voxel: Some(1.0), ..ReadParticles::default() };
    let moved = &read_particles(folder.join("t_complex.tbl"), &one).unwrap().particles[0];
    assert!((moved.position.x() - (first.position.x() - 0.5)).abs() < 1e-9);
    assert!(error("p.tbl", "1 2 3\n").contains("line 1: 3 columns"));
    assert!(error("p.tbl", &["x"; 30].join(" ")).contains("line 1, column"));
}

#[test]
fn stopgap_adds_shifts_and_counts_from_one() {
    let text = "data_stopgap_motivelist\nloop_\n_motl_idx\n_tomo_num\n_object\n_halfset\n_orig_x\n_orig_y\n_orig_z\n_score\n_x_shift\n_y_shift\n\
        _z_shift\n_phi\n_psi\n_the\n_class\n5 2 7 B 101 51 11 0.25 0.5 -0.25 0 10 20 30 0\n";
    let list = read_text("p.star", text, &ReadParticles::default()).unwrap();
    let particle = &list.particles[0];
    assert_eq!(particle.position.zyx(), [10.0, 49.75, 100.5]);
    assert!(particle.orientation.unwrap().angle_to(&Orientation::from_zxz(10.0, 20.0, 30.0).unwrap()) < 1e-9);
    assert_eq!((particle.class.get(), particle.extra["halfset"].as_str(), particle.extra["object"].as_str()), (1, "B", "7"));
    assert!(error("p.star", &text.replace("_orig_x", "_orig_u")).contains("no column orig_x"));
}

#[test]
fn em_motive_lists() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.em");
    let mut one = particle();
    one.tomogram = Some("3".into());
    one.extra = BTreeMap::from([("motl.6".to_string(), "4".to_string())]);
    write_particles(&path, &ParticleList::new(vec![one.clone()]), &WriteParticles::default()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let number = |row: usize| f32::from_le_bytes(bytes[512 + 4 * (row - 1)..512 + 4 * row].try_into().unwrap());
    // x = 30.5 counted from one is 31.5, which rounds to 32 and a shift of -0.5.
    assert_eq!([8, 11, 10, 13, 5, 20, 1, 6].map(number), [32.0, -0.5, 11.0, 0.25, 3.0, 2.0, 0.75, 4.0]);
    let back = &read_particles(&path, &ReadParticles::default()).unwrap().particles[0];
    assert_eq!((back.position, &back.extra["motl.6"]), (one.position, &"4".to_string()));
    std::fs::write(&path, &bytes[..540]).unwrap();
    assert!(read_particles(&path, &ReadParticles::default()).unwrap_err().to_string().contains("byte 512: truncated"));
    std::fs::write(&path, &bytes[..40]).unwrap();
    assert!(read_particles(&path, &ReadParticles::default()).unwrap_err().to_string().contains("byte 0"));
    let mut volume = bytes.clone();
    volume[4] = 7;
    std::fs::write(&path, volume).unwrap();
    assert!(read_particles(&path, &ReadParticles::default()).unwrap_err().to_string().contains("expected a motive list"));
}

/// The centre of voxel 0, 0, 0 is the point 0.5, 0.5, 0 of an IMOD model.
#[test]
fn imod_models() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.mod");
    let mut list = ParticleList::new(vec![Particle::new(ClassLabel::new(7), Position::from_index([0; 3]))]);
    list.voxel_size = Some(VoxelSize::isotropic(13.48).unwrap());
    list.shape = Some([10, 20, 30]);
    assert_eq!(write_particles(&path, &list, &WriteParticles::default()).unwrap(), vec![]);
    let bytes = std::fs::read(&path).unwrap();
    let point: Vec<f32> = bytes[bytes.len() - 16..bytes.len() - 4].chunks(4).map(|b| f32::from_be_bytes(b.try_into().unwrap())).collect();
    assert_eq!(point, [0.5, 0.5, 0.0]);
    let back = read_particles(&path, &ReadParticles::default()).unwrap();
    assert_eq!((back.voxel_size, back.shape, back.particles[0].class.get()), (list.voxel_size, list.shape, 7));
    assert_eq!(back.particles[0].position, list.particles[0].position);
    std::fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    assert!(read_particles(&path, &ReadParticles::default()).unwrap_err().to_string().contains("ends before IEOF"));
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    assert!(
        read_particles(&path, &ReadParticles::default()).unwrap_err().to_string().contains("a contour's points takes 12 bytes, 7 are left")
    );
    let Some(folder) = development("formats/imodmodel") else { return };
    let points = |name: &str| read_particles(folder.join(name), &ReadParticles::default()).unwrap().particles.len();
    assert_eq!(points("two_contour_example.mod"), 25);
    for name in ["meshed_contour_example.mod", "meshed_curvature_example.mod", "multiple_objects_example.mod", "slicer_angle_example.mod"] {
        assert!(points(name) > 0, "{name}");
    }
}

/// Found by fuzzing: shifts and positions of 32 bits can add up to what 32 bits do not hold.
#[test]
fn numbers_beyond_32_bits_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let far = Particle::new(ClassLabel::new(1), Position::new(6e38, 1.0, 2.0).unwrap());
    let sure = super::particle().with_score(Score::new(-1e300).unwrap());
    for (name, particle, refused) in [
        ("p.em", far.clone(), Some("z: \"6e38\"")),
        ("p.mod", far, Some("z: \"6e38\"")),
        ("p.em", sure.clone(), Some("score: \"-1e300\"")),
        ("p.mod", sure, None),
    ] {
        let list = ParticleList::new(vec![super::particle(), particle]);
        let written = write_particles(folder.path().join(name), &list, &WriteParticles::default());
        match refused {
            Some(what) => {
                let message = written.unwrap_err().to_string();
                assert!(message.contains("particle 1") && message.contains(what), "{message}");
            }
            None => drop(written.unwrap()),
        }
    }
}
