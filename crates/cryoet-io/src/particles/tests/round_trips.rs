use super::*;

fn options() -> (ReadParticles, WriteParticles) {
    let read = ReadParticles {
        axis_order: Some(AxisOrder::Xyz),
        voxel_size: Some(VoxelSize::isotropic(7.84).unwrap()),
        shape: Some([65, 100, 101]),
        ..ReadParticles::default()
    };
    let write = WriteParticles { axis_order: Some(AxisOrder::Xyz), tilt_series_pixel_size: Some(1.96), ..WriteParticles::default() };
    (read, write)
}

/// Every format with its extension, and whether it holds orientations, scores, classes, tomogram names.
const FORMATS: [(ParticleFormat, &str, bool, bool, bool, bool); 11] = [
    (ParticleFormat::Csv, "csv", true, true, true, true),
    (ParticleFormat::DeepFinderXml, "xml", true, true, true, true),
    (ParticleFormat::Shrec, "txt", true, false, true, false),
    (ParticleFormat::Relion3, "star", true, true, true, true),
    (ParticleFormat::Relion31, "star", true, true, true, true),
    (ParticleFormat::Relion4, "star", true, true, true, true),
    (ParticleFormat::Relion5, "star", true, true, true, true),
    (ParticleFormat::Stopgap, "star", true, true, true, false),
    (ParticleFormat::Dynamo, "tbl", true, true, true, false),
    (ParticleFormat::EmMotl, "em", true, true, true, false),
    (ParticleFormat::ImodModel, "mod", false, false, true, false),
];

fn check(list: &ParticleList, centre: StarCentre) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let (mut read, mut write) = options();
    (read.star_centre, write.star_centre) = (centre, centre);
    for (format, extension, orientations, scores, classes, names) in FORMATS {
        let path = folder.path().join("p").with_extension(extension);
        write_particles(&path, list, &WriteParticles { format: Some(format), ..write.clone() }).unwrap();
        let back = read_particles(&path, &read).unwrap();
        prop_assert_eq!(back.particles.len(), list.particles.len(), "{}", format);
        // A model holds its points class by class.
        let mut expected: Vec<&Particle> = list.particles.iter().collect();
        if format == ParticleFormat::ImodModel {
            expected.sort_by_key(|particle| particle.class);
        }
        for (ours, theirs) in back.particles.iter().zip(expected) {
            prop_assert!(ours.position.distance(&theirs.position) < 1e-3, "{} {:?} {:?}", format, ours.position, theirs.position);
            if let (true, Some(expected)) = (orientations, theirs.orientation) {
                prop_assert!(ours.orientation.unwrap().angle_to(&expected) < 1e-3, "{}", format);
            }
            if let (true, Some(expected)) = (scores, theirs.score) {
                prop_assert!((ours.score.unwrap().get() - expected.get()).abs() <= 1e-6 * expected.get().abs(), "{}", format);
            }
            prop_assert!(!classes || ours.class == theirs.class, "{}", format);
            prop_assert!(!names || ours.tomogram == theirs.tomogram, "{}", format);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn positions_angles_scores_and_classes_survive_every_format(
        particles in proptest::collection::vec(any_particle(), 1..8),
        centre in prop_oneof![Just(StarCentre::Half), Just(StarCentre::FlooredHalf), Just(StarCentre::HalfLessOne)],
    ) {
        let mut list = ParticleList::new(particles);
        for particle in &mut list.particles {
            particle.tomogram.get_or_insert_with(|| "TS".into());
            particle.extra.retain(|name, _| !name.starts_with("rln") && name != "motl_idx");
        }
        (list.voxel_size, list.shape) = (options().0.voxel_size, options().0.shape);
        check(&list, centre)?;
    }

    #[test]
    fn lists_survive_json(particles in proptest::collection::vec(any_particle(), 1..8), oriented in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let mut list = ParticleList::new(particles);
        for particle in &mut list.particles {
            (particle.class, particle.tomogram) = (ClassLabel::new(5), Some("TS".into()));
            particle.orientation = oriented.then(|| particle.orientation.unwrap_or_default());
        }
        list.voxel_size = options().0.voxel_size;
        for (name, scores) in [("p.json", true), ("p.ndjson", false)] {
            let path = folder.path().join(name);
            write_particles(&path, &list, &WriteParticles::default()).unwrap();
            let back = read_particles(&path, &options().0).unwrap();
            prop_assert_eq!(back.particles.len(), list.particles.len());
            for (ours, theirs) in back.particles.iter().zip(&list.particles) {
                prop_assert!(ours.position.distance(&theirs.position) < 1e-6);
                prop_assert_eq!(ours.orientation.is_some(), theirs.orientation.is_some());
                if let (Some(a), Some(b)) = (ours.orientation, theirs.orientation) {
                    prop_assert!(a.angle_to(&b) < 1e-5);
                }
                prop_assert!(!scores || ours.score == theirs.score);
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..900), head in 0..6usize, name in 0..9usize) {
        let names = ["p.star", "p.tbl", "p.json", "p.ndjson", "p.mod", "p.em", "p.csv", "p.xml", "p.txt"];
        let heads: [&[u8]; 6] = [b"", b"IMODV1.2", b"\x06\0\0\x05\x14\0\0\0", b"data_\nloop_\n_rlnCoordinateX\n", b"{\"points\": [", b"<objlist>"];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(names[name]);
        std::fs::write(&path, [heads[head], &bytes].concat()).unwrap();
        let _ = read_particles(&path, &options().0);
    }
}

#[test]
fn coordinates_that_overflow_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let far = Particle::new(ClassLabel::new(1), Position::new(1.0, 1e308, 2.0).unwrap());
    let mut list = ParticleList::new(vec![Particle::new(ClassLabel::new(1), Position::new(1.0, 2.0, 3.0).unwrap()), far]);
    list.voxel_size = Some(VoxelSize::isotropic(10.0).unwrap());
    (list.shape, list.tomogram) = (Some([4, 5, 6]), Some("t".into()));
    let angstrom = WriteParticles { unit: Some(CoordinateUnit::Angstrom), ..WriteParticles::default() };
    let as_format = |format| WriteParticles { format: Some(format), tilt_series_pixel_size: Some(0.5), ..WriteParticles::default() };
    for (name, options) in [
        ("p.star", WriteParticles::default()),
        ("p.star", as_format(ParticleFormat::Relion4)),
        ("p.json", WriteParticles::default()),
        ("p.csv", as_format(ParticleFormat::CopickCsv)),
        ("p.ndjson", angstrom.clone()),
        ("p.xyz", WriteParticles { columns: ["x", "y", "z"].map(str::to_string).to_vec(), ..angstrom }),
    ] {
        let path = folder.path().join(name);
        let error = write_particles(&path, &list, &options).unwrap_err();
        assert!(error.to_string().contains("particle 1, y: \"inf\""), "{name}: {error}");
        assert!(!path.exists(), "{name}");
    }
}
