use std::{collections::BTreeMap, path::PathBuf};

use cryoet_core::{Class, ClassLabel, ClassTable, Orientation, Particle, Position, Score, VoxelSize};
use proptest::prelude::*;

use super::*;

mod conversions;
mod copick_csv;
mod frames;
mod headerless;
mod json;
mod matlab;
mod relion;
mod round_trips;

fn read_text(name: &str, text: &str, options: &ReadParticles) -> Result<ParticleList, ReadParticlesError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    read_particles(&path, options)
}

fn error(name: &str, text: &str) -> String {
    let options = ReadParticles { axis_order: Some(AxisOrder::Xyz), ..ReadParticles::default() };
    let message = read_text(name, text, &options).unwrap_err().to_string();
    assert!(message.contains(name), "{message}");
    message
}

fn development(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("CRYOET_DATA").map(|root| PathBuf::from(root).join(name)).filter(|path| path.exists());
    if path.is_none() {
        eprintln!("skipped: {name} needs CRYOET_DATA");
    }
    path
}

fn table() -> ClassTable {
    ClassTable::new(vec![Class::new(ClassLabel::new(1), "3cf3"), Class::new(ClassLabel::new(2), "4d8q")]).unwrap()
}

fn particle() -> Particle {
    let mut particle = Particle::new(ClassLabel::new(2), Position::new(10.25, 20.0, 30.5).unwrap())
        .with_orientation(Orientation::from_relion(10.0, 20.0, 30.0).unwrap())
        .with_score(Score::new(0.75).unwrap())
        .with_size(57)
        .with_tomogram("TS_01");
    particle.extra.insert("note".into(), "a, \"b\" & <c>".into());
    particle
}

#[test]
fn csv_reads_columns_by_name_and_keeps_the_rest() {
    let text = "# a comment\nx,y,z,score,label\n240.5,510.5,170.5,0.4548,fiducial_or_artifact\n# another\n1,2,3,,\n";
    let list = read_text("p.csv", text, &ReadParticles::default()).unwrap();
    assert_eq!(list.particles.len(), 2);
    assert_eq!(list.particles[0].position.zyx(), [170.5, 510.5, 240.5]);
    assert_eq!(list.particles[0].score.unwrap().get(), 0.4548);
    assert_eq!(list.particles[0].extra["label"], "fiducial_or_artifact");
    assert_eq!((list.particles[1].score, list.particles[1].class.get()), (None, 1));
    assert!(list.particles[1].extra.is_empty());
}

#[test]
fn the_options_frame_and_tomogram_hold_for_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let voxel_size = VoxelSize::isotropic(7.0).unwrap();
    let mut list = ParticleList::new([1, 2, 2].map(|n| particle().with_tomogram(n.to_string())).to_vec());
    (list.voxel_size, list.shape) = (Some(voxel_size), Some([40, 64, 64]));
    let columns: Vec<String> = ["tomogram", "class", "z", "y", "x"].map(str::to_string).to_vec();
    let write = WriteParticles { axis_order: Some(AxisOrder::Xyz), tilt_series_pixel_size: Some(1.5), ..WriteParticles::default() };
    let read = ReadParticles {
        axis_order: Some(AxisOrder::Xyz),
        voxel_size: Some(voxel_size),
        shape: Some([40, 64, 64]),
        tomogram: Some("2".into()),
        ..ReadParticles::default()
    };
    for (name, named) in [
        ("p.csv", 2),
        ("p.xml", 2),
        ("p.txt", 3),
        ("p.star", 2),
        ("p.tbl", 2),
        ("p.em", 2),
        ("p.mod", 3),
        ("p.ndjson", 3),
        ("p.coords", 2),
        ("relion4.star", 2),
        ("stopgap.star", 2),
        ("copick.csv", 2),
    ] {
        let columns = if name == "p.coords" { columns.clone() } else { Vec::new() };
        let format = match name {
            "relion4.star" => Some(ParticleFormat::Relion4),
            "stopgap.star" => Some(ParticleFormat::Stopgap),
            "copick.csv" => Some(ParticleFormat::CopickCsv),
            _ => None,
        };
        let path = folder.path().join(name);
        write_particles(&path, &list, &WriteParticles { columns: columns.clone(), format, ..write.clone() }).unwrap();
        let back = read_particles(&path, &ReadParticles { columns, ..read.clone() }).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((back.voxel_size, back.shape, back.particles.len()), (list.voxel_size, list.shape, named), "{name}");
        assert!(
            back.particles.iter().all(|p| p.position.distance(&particle().position) < 1e-4),
            "{name}: {:?}",
            back.particles[0].position
        );
    }
}

#[test]
fn csv_errors_name_line_and_column() {
    let message = error("p.csv", "class,z,y,x\n1,2,3,4\n1,2,three,4\n");
    assert!(message.contains("line 3, column 3 (y)") && message.contains("\"three\""), "{message}");
    assert!(error("p.csv", "class,z,y,x\n1,nan,3,4\n").contains("line 2, column 2 (z)"));
    assert!(error("p.csv", "class,z,y,x\n0,2,3,4\n").contains("1..=254"));
    assert!(error("p.csv", "class,z,y,x\n,2,3,4\n").contains("column 1 (class)"));
    assert!(error("p.csv", "class,z,y,x\n1,2,3\n").contains("3 columns, expected the header's 4"));
    assert!(error("p.csv", "class,z,y\n1,2,3\n").contains("no column \"x\""));
    assert!(error("p.csv", "z,y,x,x\n1,2,3,4\n").contains("two columns are named \"x\""));
    assert!(error("p.csv", "z,y,x,rot,tilt,psi\n1,2,3,4,,5\n").contains("column 5 (tilt)"));
    assert!(error("p.csv", "z,y,x,size\n1,2,3,4.5\n").contains("column 4 (size)"));
    assert!(error("p.csv", "z,y,x,voxel_size\n1,2,3,0\n").contains("voxel size 0"));
    assert!(error("p.csv", "z,y,x,voxel_size\n1,2,3,10\n1,2,3,11\n").contains("line 3"));
}

#[test]
fn csv_classes_by_name() {
    let options = ReadParticles { classes: table(), ..ReadParticles::default() };
    let list = read_text("p.csv", "class_name,z,y,x\n4d8q,1,2,3\n", &options).unwrap();
    assert_eq!(list.particles[0].class.get(), 2);
    assert!(read_text("p.csv", "class_name,z,y,x\n1abc,1,2,3\n", &options).unwrap_err().to_string().contains("1abc"));
}

#[test]
fn empty_binary_and_unknown_files() {
    assert!(error("p.csv", " \n").contains("empty"));
    assert!(error("p.xml", "").contains("empty"));
    assert!(error("p.dat", "hello").contains("known particle list"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    std::fs::write(&path, b"z,y,x\n1,2,\xff\n").unwrap();
    assert!(read_particles(&path, &ReadParticles::default()).unwrap_err().to_string().contains("line 2: byte 10"));
    assert!(read_particles(folder.path().join("none.csv"), &ReadParticles::default()).is_err());
}

#[test]
fn xml_that_is_no_object_list() {
    assert!(error("p.xml", "<html>\n<body/></html>").contains("line 1: element <html>, expected <objlist>"));
    assert!(error("p.xml", "<objlist>\n <thing/></objlist>").contains("line 2: element <thing>, expected <object>"));
    assert!(error("p.xml", "hello").contains("text \"hello\""));
    assert!(
        error("p.xml", "<objlist>\n<object class_label=\"1\" x=\"1\" y=\"2\"/></objlist>")
            .contains("line 2: <object> without the attribute z")
    );
    assert!(error("p.xml", "<objlist><object class_label=\"1\" x=\"1\" y=\"2\" z=\"b\"/></objlist>").contains("line 1, z: found \"b\""));
    assert!(
        error("p.xml", "<objlist>\n<object class_label=\"1\" x=\"1\" y=\"2\" z=\"3\" psi=\"4\"/></objlist>")
            .contains("line 2: <object> without")
    );
    assert!(error("p.xml", "<objlist>\n<object class_label=\"1\" x=\"1\" y=\"2\" z=\"3\"/>\n").contains("before </objlist>"));
    assert!(error("p.xml", "<objlist></objlist><objlist/>").contains("element <objlist>"));
    assert!(error("p.xml", "<objlist>\n<object x=1/></objlist>").contains("line 2"));
    assert!(error("p.xml", "<objlist></wrong>").contains("line 1"));
}

#[test]
fn xml_of_napari_and_extras() {
    let text = r#"<?xml version="1.0"?>
        <objlist><object tomo_idx="" obj_id="5" class_label="1" x="1.500" y="2" z="3" cluster_size="27.0"/></objlist>"#;
    let list = read_text("p.xml", text, &ReadParticles::default()).unwrap();
    let particle = &list.particles[0];
    assert_eq!((particle.tomogram.as_deref(), particle.size), (None, Some(27)));
    assert_eq!(particle.extra["obj_id"], "5");
    assert_eq!(particle.position.zyx(), [3.0, 2.0, 1.5]);
}

#[test]
fn shrec_needs_the_axis_order() {
    let text = "3cf3 1 2 3 10 20 30\n4d8q 4 5 6 nan nan nan\n";
    assert!(read_text("p.txt", text, &ReadParticles::default()).unwrap_err().to_string().contains("axis order"));
    for (order, zyx) in [(AxisOrder::Xyz, [3.0, 2.0, 1.0]), (AxisOrder::Zyx, [1.0, 2.0, 3.0])] {
        let list =
            read_text("p.txt", text, &ReadParticles { axis_order: Some(order), classes: table(), ..ReadParticles::default() }).unwrap();
        assert_eq!(list.particles[0].position.zyx(), zyx);
        assert_eq!(list.particles[1].orientation, None);
        assert_eq!(list.particles[1].class.get(), 2);
    }
    assert!(error("p.txt", "3cf3 1 2 3\n").contains("line 1, word 1"));
    assert!(error("p.txt", "1 1 2 3\n1 1 2 3 4\n").contains("line 2: 5 words"));
    assert!(error("p.txt", "1 1 2 c\n").contains("word 4"));
}

/// R = Rz(a1) Rx(a2) Rz(a3): with a2 = 90 the reference's z points along Rz(a1) (-y).
#[test]
fn shrec_angles() {
    let options = ReadParticles { axis_order: Some(AxisOrder::Xyz), ..ReadParticles::default() };
    let list = read_text("p.txt", "1 0 0 0 90 90 35\n", &options).unwrap();
    let [z, y, x] = list.particles[0].orientation.unwrap().rotate_zyx([1.0, 0.0, 0.0]);
    assert!(z.abs() < 1e-9 && y.abs() < 1e-9 && (x - 1.0).abs() < 1e-9, "{z} {y} {x}");
}

#[test]
fn relion_5_counts_from_the_centre_of_odd_and_even_tomograms() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.star");
    let mut list = ParticleList::new(vec![particle()]);
    list.voxel_size = Some(VoxelSize::isotropic(10.0).unwrap());
    list.shape = Some([45, 64, 64]);
    for (star_centre, z) in
        [(StarCentre::Half, "-122.500000"), (StarCentre::FlooredHalf, "-117.500000"), (StarCentre::HalfLessOne, "-112.500000")]
    {
        write_particles(&path, &list, &WriteParticles { star_centre, ..WriteParticles::default() }).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let row: Vec<&str> = text.lines().find(|line| line.starts_with("TS_01")).unwrap().split_whitespace().collect();
        assert_eq!(row[3], z);
        assert_eq!(&row[4..9], ["2", "10.000000", "20.000000", "30.000000", "0.75"]);
    }
    list.particles[0].tomogram = Some("a b".into());
    write_particles(&path, &list, &WriteParticles::default()).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("\"a b\" "));
    list.particles[0].tomogram = None;
    assert!(write_particles(&path, &list, &WriteParticles::default()).unwrap_err().to_string().contains("tomogram's name"));
    list.tomogram = Some("TS_01".into());
    list.voxel_size = None;
    assert!(write_particles(&path, &list, &WriteParticles::default()).unwrap_err().to_string().contains("voxel size"));
}

#[test]
fn says_what_was_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = ParticleList::new(vec![particle(), Particle::new(ClassLabel::new(1), Position::from_index([0; 3]))]);
    list.voxel_size = Some(VoxelSize::isotropic(10.0).unwrap());
    let options = WriteParticles { axis_order: Some(AxisOrder::Xyz), ..WriteParticles::default() };
    let dropped = |name: &str, list: &ParticleList| -> Vec<String> {
        write_particles(folder.path().join(name), list, &options).unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(dropped("p.csv", &list), Vec::<String>::new());
    assert_eq!(dropped("p.xml", &list), ["voxel size"]);
    assert_eq!(
        dropped("p.txt", &list),
        ["voxel size", "tomogram of 1 particle", "score of 1 particle", "size of 1 particle", "further columns of 1 particle"]
    );
    list.particles[0].extra.insert("score".into(), "x".into());
    assert_eq!(dropped("p.csv", &list), ["score of 1 particle"]);
}

#[test]
fn published_lists() {
    let Some(folder) = development("") else { return };
    let old = ReadParticles { axis_order: Some(AxisOrder::Zyx), ..ReadParticles::default() };
    let list = read_particles(folder.join("deepfinder-2018/tomo8_objlist.xml"), &old).unwrap();
    assert_eq!(list.particles.len(), 27);
    let train = read_particles(folder.join("shrec-2019/object_list_train.xml"), &ReadParticles::default()).unwrap();
    assert_eq!(train.particles.len(), 22_446);
    assert_eq!(train.particles[0].position.zyx(), [144.0, 261.0, 46.0]);
    let (phi, psi, the) = train.particles[0].orientation.unwrap().to_zxz();
    assert!((phi + 142.0).abs() < 1e-9 && (psi - 20.0).abs() < 1e-9 && (the - 83.0).abs() < 1e-9);
    let ribosomes = read_particles(folder.join("empiar-10499/positions-x-below-326.csv"), &ReadParticles::default()).unwrap();
    assert_eq!(ribosomes.particles[0].position.zyx(), [170.5, 510.5, 240.5]);
}

prop_compose! {
    fn any_particle()(
        class in 1u8..=254,
        zyx in [-1e4f64..1e4, -1e4f64..1e4, -1e4f64..1e4],
        angles in proptest::option::of([-180f64..180.0, 0f64..180.0, -180f64..180.0]),
        score in proptest::option::of(-1e6f64..1e6),
        size in proptest::option::of(0u64..1 << 50),
        tomogram in proptest::option::of("[a-zA-Z0-9_.:/-]{1,12}"),
        extra in proptest::collection::btree_map("[a-zA-Z_][a-zA-Z0-9_.-]{2,8}", "[a-zA-Z0-9<>&\"',;äß]{1,9}", 0..3),
    ) -> Particle {
        let mut particle = Particle::new(ClassLabel::new(class), Position::new(zyx[0], zyx[1], zyx[2]).unwrap());
        particle.orientation = angles.map(|[rot, tilt, psi]| Orientation::from_relion(rot, tilt, psi).unwrap());
        particle.score = score.map(|score| Score::new(score).unwrap());
        particle.size = size;
        particle.tomogram = tomogram.map(Into::into);
        let reserved = |name: &str| ["rot", "psi", "phi", "the", "tilt", "size", "class", "score", "tomogram"].contains(&name);
        particle.extra = extra.into_iter().filter(|(name, _): &(String, String)| !reserved(name)).collect::<BTreeMap<_, _>>();
        particle
    }
}

fn same(ours: &Particle, theirs: &Particle) -> Result<(), TestCaseError> {
    prop_assert!(ours.position.distance(&theirs.position) < 1e-3);
    prop_assert_eq!(ours.orientation.is_some(), theirs.orientation.is_some());
    if let (Some(a), Some(b)) = (ours.orientation, theirs.orientation) {
        prop_assert!(a.angle_to(&b) < 1e-3);
    }
    prop_assert_eq!(ours.class, theirs.class);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn lists_survive_csv_and_xml(particles in proptest::collection::vec(any_particle(), 0..12), order in prop_oneof![Just(AxisOrder::Xyz), Just(AxisOrder::Zyx)]) {
        let folder = tempfile::tempdir().unwrap();
        let list = ParticleList::new(particles);
        for name in ["p.csv", "p.xml"] {
            let path = folder.path().join(name);
            let dropped = write_particles(&path, &list, &WriteParticles { axis_order: Some(order), ..WriteParticles::default() }).unwrap();
            prop_assert_eq!(dropped, vec![]);
            let back = read_particles(&path, &ReadParticles { axis_order: Some(order), ..ReadParticles::default() }).unwrap();
            prop_assert_eq!(back.particles.len(), list.particles.len());
            for (ours, theirs) in back.particles.iter().zip(&list.particles) {
                same(ours, theirs)?;
                prop_assert_eq!((ours.score, ours.size, &ours.tomogram, &ours.extra), (theirs.score, theirs.size, &theirs.tomogram, &theirs.extra));
            }
        }
    }

    #[test]
    fn lists_survive_shrec(particles in proptest::collection::vec(any_particle(), 1..12), order in prop_oneof![Just(AxisOrder::Xyz), Just(AxisOrder::Zyx)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.txt");
        let list = ParticleList::new(particles);
        write_particles(&path, &list, &WriteParticles { axis_order: Some(order), ..WriteParticles::default() }).unwrap();
        let back = read_particles(&path, &ReadParticles { axis_order: Some(order), ..ReadParticles::default() }).unwrap();
        prop_assert_eq!(back.particles.len(), list.particles.len());
        for (ours, theirs) in back.particles.iter().zip(&list.particles) {
            same(ours, theirs)?;
        }
    }

    #[test]
    fn no_text_panics(text in "(<objlist>)?[<>a-z\"=0-9,.# \n/-]{0,200}", name in prop_oneof![Just("p.csv"), Just("p.xml"), Just("p.txt")]) {
        let _ = read_text(name, &text, &ReadParticles { axis_order: Some(AxisOrder::Xyz), ..ReadParticles::default() });
    }
}
