//! From every format to every other: places to 1e-3 voxel, angles to 1e-3 degree, and what cannot be held is said.

use super::*;

/// What a format holds besides positions.
struct Holds {
    format: ParticleFormat,
    extension: &'static str,
    orientations: bool,
    scores: bool,
    classes: bool,
}

const fn holds(format: ParticleFormat, extension: &'static str, [orientations, scores, classes]: [bool; 3]) -> Holds {
    Holds { format, extension, orientations, scores, classes }
}

const FORMATS: [Holds; 15] = [
    holds(ParticleFormat::Csv, "csv", [true; 3]),
    holds(ParticleFormat::DeepFinderXml, "xml", [true; 3]),
    holds(ParticleFormat::Shrec, "txt", [true, false, true]),
    holds(ParticleFormat::Relion3, "star", [true; 3]),
    holds(ParticleFormat::Relion31, "star", [true; 3]),
    holds(ParticleFormat::Relion4, "star", [true; 3]),
    holds(ParticleFormat::Relion5, "star", [true; 3]),
    holds(ParticleFormat::Stopgap, "star", [true; 3]),
    holds(ParticleFormat::Copick, "json", [true, true, false]),
    holds(ParticleFormat::CopickCsv, "csv", [true, true, false]),
    holds(ParticleFormat::PortalNdjson, "ndjson", [true, false, false]),
    holds(ParticleFormat::Dynamo, "tbl", [true; 3]),
    holds(ParticleFormat::ImodModel, "mod", [false, false, true]),
    holds(ParticleFormat::EmMotl, "em", [true; 3]),
    holds(ParticleFormat::Text, "coords", [true, true, true]),
];

fn columns(format: ParticleFormat) -> Vec<String> {
    let columns: &[&str] = if format == ParticleFormat::Text { &["class", "x", "z", "y", "rot", "tilt", "psi", "score"] } else { &[] };
    columns.iter().map(|name| (*name).to_string()).collect()
}

/// What a list becomes in a file, and what was said to be lost.
fn through(format: &Holds, list: &ParticleList, shape: [usize; 3]) -> (ParticleList, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p").with_extension(format.extension);
    let write = WriteParticles {
        format: Some(format.format),
        axis_order: Some(AxisOrder::Zyx),
        columns: columns(format.format),
        tilt_series_pixel_size: Some(1.35),
        ..WriteParticles::default()
    };
    let read = ReadParticles {
        axis_order: Some(AxisOrder::Zyx),
        columns: columns(format.format),
        voxel_size: VoxelSize::isotropic(7.84).ok(),
        shape: Some(shape),
        class: ClassLabel::new(7),
        ..ReadParticles::default()
    };
    let dropped = write_particles(&path, list, &write).unwrap_or_else(|error| panic!("{}: {error}", format.format));
    let mut back = read_particles(&path, &read).unwrap_or_else(|error| panic!("{}: {error}", format.format));
    // What a format does not say, who converts says for it: the tomogram's name.
    back.tomogram = Some("1".into());
    (back, dropped.iter().map(ToString::to_string).collect())
}

/// Columns that mean something to RELION's readers and come from elsewhere neither move nor turn a particle.
#[test]
fn columns_that_relion_applies_do_not_come_along() {
    let text = "tomogram,z,y,x,rlnOriginXAngst,rlnOriginYAngst,rlnOriginZAngst,rlnTomoSubtomogramRot,motl_idx,kept\n1,10,20,30,50,60,70,45,1,yes\n";
    let options = ReadParticles { voxel_size: VoxelSize::isotropic(7.84).ok(), shape: Some([45, 64, 101]), ..ReadParticles::default() };
    let list = read_text("p.csv", text, &options).unwrap();
    assert_eq!(list.particles[0].extra.len(), 6);
    for format in FORMATS.iter().filter(|format| format.format.is_star() && format.format != ParticleFormat::Stopgap) {
        let (back, dropped) = through(format, &list, [45, 64, 101]);
        assert!(back.particles[0].position.distance(&list.particles[0].position) < 1e-3, "{}", format.format);
        assert_eq!((back.particles[0].orientation, back.particles[0].extra["kept"].as_str()), (None, "yes"));
        for name in ["rlnOriginXAngst", "rlnTomoSubtomogramRot", "motl_idx"] {
            assert!(dropped.contains(&format!("{name} of 1 particle")), "{}: {dropped:?}", format.format);
        }
    }
}

#[test]
fn between_any_two_formats() {
    for shape in [[45, 64, 101], [46, 65, 100]] {
        let place = |n: u32| Position::new(f64::from(n) * 3.37 + 0.25, 63.125 - f64::from(n), f64::from(n * n) / 7.0).unwrap();
        let particles = (0..9).map(|n| {
            let turn = Orientation::from_relion(f64::from(n) * 40.0 - 170.0, f64::from(n) * 22.5, 179.0 - f64::from(n) * 31.0).unwrap();
            let particle = Particle::new(ClassLabel::new(7), place(n)).with_orientation(turn).with_tomogram("1");
            particle.with_score(Score::new(f64::from(n) / 8.0 - 0.25).unwrap()).with_size(100)
        });
        let mut list = ParticleList::new(particles.collect());
        (list.voxel_size, list.shape) = (VoxelSize::isotropic(7.84).ok(), Some(shape));
        for first in &FORMATS {
            let (between, _) = through(first, &list, shape);
            for second in &FORMATS {
                let (back, dropped) = through(second, &between, shape);
                let pair = format!("{} to {}", first.format, second.format);
                assert_eq!(back.particles.len(), list.particles.len(), "{pair}");
                for (ours, theirs) in back.particles.iter().zip(&list.particles) {
                    assert!(ours.position.distance(&theirs.position) < 1e-3, "{pair}: {:?} {:?}", ours.position, theirs.position);
                    assert_eq!(ours.class, theirs.class, "{pair}");
                    if first.orientations && second.orientations {
                        let angle = ours.orientation.unwrap().angle_to(&theirs.orientation.unwrap());
                        assert!(angle < 1e-3, "{pair}: {angle} degrees");
                    }
                    if first.scores && second.scores {
                        assert!((ours.score.unwrap().get() - theirs.score.unwrap().get()).abs() < 1e-6, "{pair}");
                    }
                }
                let said = |what: &str| dropped.iter().any(|field| field.starts_with(what));
                assert!(!first.orientations || second.orientations || said("orientation"), "{pair}: {dropped:?}");
                assert!(!first.scores || second.scores || said("score"), "{pair}: {dropped:?}");
                assert!(second.classes || second.format == ParticleFormat::Copick || said("class"), "{pair}: {dropped:?}");
                let sized = between.particles.iter().any(|particle| particle.size.is_some());
                let keeps_size = matches!(second.format, ParticleFormat::Csv | ParticleFormat::DeepFinderXml);
                assert!(!sized || keeps_size || said("size"), "{pair}: {dropped:?}");
            }
        }
    }
}

#[test]
fn content_goes_before_the_extension_of_another_format() {
    let folder = tempfile::tempdir().unwrap();
    let at = Position::new(1.0, 2.0, 3.0).unwrap();
    let mut list = ParticleList::new(vec![Particle::new(ClassLabel::new(1), at)]);
    list.voxel_size = Some(VoxelSize::isotropic(10.0).unwrap());
    (list.shape, list.tomogram) = (Some([8, 8, 8]), Some("1".into()));
    let read = ReadParticles { voxel_size: list.voxel_size, shape: list.shape, ..ReadParticles::default() };
    for format in [
        ParticleFormat::Csv,
        ParticleFormat::DeepFinderXml,
        ParticleFormat::Relion3,
        ParticleFormat::Relion5,
        ParticleFormat::Stopgap,
        ParticleFormat::Copick,
        ParticleFormat::CopickCsv,
        ParticleFormat::PortalNdjson,
        ParticleFormat::ImodModel,
        ParticleFormat::EmMotl,
    ] {
        for name in ["p.csv", "p.star", "p.txt", "p.json", "p.tbl", "p.em", "p.xml", "p"] {
            let path = folder.path().join(name);
            write_particles(&path, &list, &WriteParticles { format: Some(format), ..WriteParticles::default() }).unwrap();
            assert_eq!(particle_format(&path, &read).unwrap(), format, "{name}");
            assert_eq!(read_particles(&path, &read).unwrap().particles[0].position, at, "{format} as {name}");
        }
    }
    let text = "# version 30001\n\ndata_particles\nloop_\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n3 2 1\n";
    assert_eq!(read_text("p.csv", text, &read).unwrap().particles[0].position, at);
    let text = "<?xml version=\"1.0\"?>\n<objlist><object class_label=\"1\" x=\"3\" y=\"2\" z=\"1\"/></objlist>";
    assert_eq!(read_text("p.txt", text, &read).unwrap().particles[0].position, at);
    assert!(error("p.csv", "1,5,10,10\n").contains("no header"));
}
