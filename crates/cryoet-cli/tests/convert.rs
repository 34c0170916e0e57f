//! Lists and volumes from format to format, and what is said about them.

mod command;

use std::path::Path;

use command::{run, succeed};
use serde_json::Value;

fn refuse(folder: &Path, line: &str) -> (Option<i32>, String) {
    let output = run(folder, line);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn info(folder: &Path, line: &str) -> Value {
    serde_json::from_str(&succeed(folder, &format!("info {line} --json"))).unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// A tomogram of 4 x 5 x 7 voxels of 10 Angstrom, by way of EM, which has no voxel size.
fn tomogram(folder: &Path) {
    let mut bytes = vec![0u8; 512];
    (bytes[0], bytes[3], bytes[4], bytes[8], bytes[12]) = (6, 5, 7, 5, 4);
    bytes.extend((0..4 * 5 * 7).flat_map(|n| (n as f32 / 2.0).to_le_bytes()));
    std::fs::write(folder.join("t.em"), bytes).unwrap();
    succeed(folder, "convert t.em t.mrc --voxel-size 10");
}

#[test]
fn text_without_a_header_in_angstrom_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("points.txt"), "20 40 5\n10 0 30\n").unwrap();
    succeed(at, "convert points.txt p.csv --columns x,y,z --unit angstrom --voxel-size 10");
    let csv = read(at, "p.csv");
    assert!(csv.contains(",1,0.5,4,2,") && csv.contains(",1,3,0,1,"), "{csv}");
    succeed(at, "convert p.csv back.txt --output-columns x,y,z --output-unit angstrom");
    assert_eq!(read(at, "back.txt"), "20 40 5\n10 0 30\n");
    succeed(at, "convert points.txt q.coords --columns x,y,z --first-voxel 1 --output-columns class,z,y,x");
    assert_eq!(read(at, "q.coords"), "1 4 39 19\n1 29 -1 9\n");
    let (code, message) = refuse(at, "convert points.txt r.csv --columns x,y,z --unit angstrom");
    assert!(code == Some(1) && message.contains("need the voxel size"), "{message}");
    let (code, message) = refuse(at, "convert points.txt r.csv --columns x,y");
    assert!(code == Some(2) && message.contains("\"z\"") && message.contains("--columns"), "{message}");
    let (code, message) = refuse(at, "convert points.txt r.csv --columns class,z,y,x,x");
    assert!(code == Some(2) && message.contains("two columns are named \"x\" (--columns)"), "{message}");
    std::fs::write(at.join("bare.csv"), "1,5,10,10\n").unwrap();
    let (code, message) = refuse(at, "convert bare.csv r.csv");
    assert!(code == Some(1) && message.contains("no header") && message.contains("--columns"), "{message}");
    assert!(!at.join("r.csv").exists());
}

#[test]
fn relion_5_lists_with_the_tomogram_they_count_in() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    std::fs::write(at.join("p.csv"), "tomogram,class,z,y,x\nt,1,1,2,3\nt,1,0.25,4,6\n").unwrap();
    succeed(at, "convert p.csv p.star --like t.mrc");
    let (code, message) = refuse(at, "convert p.star back.csv");
    assert!(code == Some(1) && message.contains("--like"), "{message}");
    succeed(at, "convert p.star back.csv --like t.mrc");
    let back = read(at, "back.csv");
    assert!(back.contains("t,1,1,2,3,") && back.contains("t,1,0.25,4,6,"), "{back}");
    assert_eq!(info(at, "p.star --like t.mrc")["count"], 2);
    succeed(at, "evaluate --truth p.csv --picks back.csv --distance 0.01");
}

#[test]
fn volumes_in_every_format_and_their_statistics() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    let noted = info(at, "t.mrc");
    assert_eq!((&noted["statistics"], &noted["nan"], &noted["max"]), (&"header".into(), &Value::Null, &69.5.into()));
    let computed = info(at, "t.mrc --compute");
    assert_eq!((&computed["statistics"], &computed["nan"]), (&"computed".into(), &0.into()));
    for name in ["min", "max", "mean", "std"] {
        assert!((noted[name].as_f64().unwrap() - computed[name].as_f64().unwrap()).abs() < 1e-4, "{name}");
    }
    for name in ["v.npy", "v.npz", "v.h5", "v.em"] {
        succeed(at, &format!("convert t.mrc {name}"));
        let other = info(at, name);
        assert_eq!((&other["statistics"], &other["shape"]), (&"computed".into(), &noted["shape"]), "{name}");
        assert_eq!((&other["mean"], &other["std"]), (&computed["mean"], &computed["std"]), "{name}");
    }
    let mut bytes = std::fs::read(at.join("v.npy")).unwrap();
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(at.join("nan.npy"), bytes).unwrap();
    let holed = info(at, "nan.npy");
    assert_eq!((&holed["nan"], &holed["infinite"], &holed["max"]), (&1.into(), &0.into(), &69.0.into()));
    assert!(holed["warnings"][0].as_str().unwrap().contains("1 voxel is NaN"));
}

#[test]
fn outputs_of_no_format() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    let (code, message) = refuse(at, "convert t.mrc t.tif");
    assert!(code == Some(2) && message.contains(".mrc .npy .npz .h5 .em"), "{message}");
    let (code, message) = refuse(at, "convert t.mrc t.csv");
    assert!(code == Some(2) && message.contains("cannot become a particle list"), "{message}");
    if cfg!(feature = "zarr") {
        for _ in 0..2 {
            succeed(at, "convert t.mrc t.zarr");
        }
        assert_eq!(info(at, "t.zarr")["voxel_size"], serde_json::json!([10.0, 10.0, 10.0]));
        succeed(at, "convert t.zarr back.mrc");
        assert_eq!(info(at, "back.mrc")["max"], 69.5);
        let record: Value = serde_json::from_str(&read(at, "back.mrc.record.json")).unwrap();
        assert_eq!(record["inputs"][0]["sha256"].as_str().unwrap().len(), 64);
    } else {
        let (code, message) = refuse(at, "convert t.mrc t.zarr");
        assert!(code == Some(2) && message.contains("feature zarr"), "{message}");
    }
}

#[test]
fn one_of_several_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // A stack of two volumes of 1 x 1 x 2 voxels, mode 0.
    let mut bytes = vec![0u8; 1024];
    for (word, value) in [(1, 2), (2, 1), (3, 2), (8, 2), (9, 1), (10, 1), (17, 1), (18, 2), (19, 3), (23, 401)] {
        bytes[4 * (word - 1)] = value as u8;
        bytes[4 * (word - 1) + 1] = (value >> 8) as u8;
    }
    bytes[208..216].copy_from_slice(b"MAP DD\0\0");
    bytes.extend([1, 2, 3, 4]);
    std::fs::write(at.join("stack.mrc"), bytes).unwrap();
    let (code, message) = refuse(at, "info stack.mrc");
    assert!(code == Some(1) && message.contains("holds 2: [\"0\", \"1\"] (--volume NAME"), "{message}");
    assert_eq!(info(at, "stack.mrc --volume 1")["max"], 4.0);
    succeed(at, "convert stack.mrc one.mrc --volume 1");
    assert_eq!(info(at, "one.mrc")["min"], 3.0);
    assert_eq!(refuse(at, "convert stack.mrc two.mrc --volume 2").0, Some(1));
}

#[test]
fn lists_keep_their_place_in_angstrom() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    std::fs::write(at.join("p.csv"), "tomogram,class,z,y,x,voxel_size\nt,1,2,4,6,5\n").unwrap();
    succeed(at, "convert p.csv q.csv --like t.mrc");
    assert!(read(at, "q.csv").contains("t,1,1,2,3,"), "{}", read(at, "q.csv"));
    for line in ["convert p.csv r.csv --voxel-size 10", "convert p.csv r.csv --voxel-size 10 --like t.mrc"] {
        succeed(at, line);
        let text = read(at, "r.csv");
        assert!(text.contains("t,1,2,4,6,") && text.trim_end().ends_with(",10"), "{text}");
    }
}

#[test]
fn several_tomograms_in_one_list() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    std::fs::write(at.join("p.csv"), "tomogram,class,z,y,x\na,1,1,2,3\nb,1,0,4,6\n").unwrap();
    let (code, message) = refuse(at, "convert p.csv p.star --like t.mrc");
    assert!(code == Some(2) && message.contains("(a, b)"), "{message}");
    let (code, message) = refuse(at, "convert p.csv p.star --like t.mrc --tomogram c");
    assert!(code == Some(1) && message.contains("a, b"), "{message}");
    succeed(at, "convert p.csv one.star --like t.mrc --tomogram a");
    let set = "data_global\nloop_\n_rlnTomoName\n_rlnTomoTiltSeriesPixelSize\n_rlnTomoTomogramBinning\n_rlnTomoSizeX\n_rlnTomoSizeY\n_rlnTomoSizeZ\n\
        a 2.5 4 28 20 16\nb 2.5 2 56 40 33\n";
    std::fs::write(at.join("tomograms.star"), set).unwrap();
    succeed(at, "convert p.csv p.star --tomogram-set tomograms.star");
    let (code, message) = refuse(at, "convert p.star back.csv --like t.mrc");
    assert!(code == Some(2) && message.contains("--tomogram-set"), "{message}");
    succeed(at, "convert p.star back.csv --tomogram-set tomograms.star");
    let back = read(at, "back.csv");
    assert!(back.contains("a,1,1,2,3,") && back.contains("b,1,0,4,6,"), "{back}");
}

#[test]
fn either_list_says_its_centre() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    std::fs::write(at.join("p.csv"), "tomogram,class,z,y,x\nt,1,1,2,3\n").unwrap();
    succeed(at, "convert p.csv p.star --like t.mrc --output-star-centre half-less-one");
    succeed(at, "convert p.star back.csv --like t.mrc --star-centre half-less-one");
    assert!(read(at, "back.csv").contains("t,1,1,2,3,"));
    succeed(at, "convert p.star back.csv --like t.mrc");
    assert!(read(at, "back.csv").contains("t,1,2,3,4,"));
}

#[cfg(feature = "zarr")]
#[test]
fn a_folder_of_another_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    std::fs::create_dir(at.join("run.zarr")).unwrap();
    std::fs::write(at.join("run.zarr/notes.txt"), "mine").unwrap();
    let (code, message) = refuse(at, "convert t.mrc run.zarr");
    assert!(code == Some(1) && message.contains("notes.txt"), "{message}");
    assert_eq!(read(at, "run.zarr/notes.txt"), "mine");
}

#[test]
fn what_a_volumes_output_cannot_hold_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    let (code, message) = refuse(at, "convert t.mrc v.npy");
    assert!(code == Some(0) && message.contains("will not hold: voxel size"), "{message}");
    let mut bytes = std::fs::read(at.join("t.mrc")).unwrap();
    bytes[92] = 8;
    bytes.splice(1024..1024, *b"extended");
    std::fs::write(at.join("e.mrc"), bytes).unwrap();
    let (code, message) = refuse(at, "convert e.mrc f.mrc");
    assert!(code == Some(0) && message.is_empty(), "{message}");
    assert_eq!(std::fs::read(at.join("f.mrc")).unwrap()[1024..1032], *b"extended");
    let (_, message) = refuse(at, "convert e.mrc g.mrc --bin 2");
    assert!(message.contains("extended header of 8 bytes"), "{message}");
    for output in ["out", "out.foo"] {
        let (code, message) = refuse(at, &format!("convert t.mrc {output}"));
        assert!(code == Some(2) && message.contains(".mrc .npy") && message.contains(".csv .xml"), "{message}");
    }
}

#[test]
fn info_tells_the_star_dialect_and_copick_objects_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("p.star"), "data_\nloop_\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n1 2 3\n").unwrap();
    assert_eq!(info(at, "p.star")["format"], "RELION 3 STAR");
    let picks = r#"{"pickable_object_name": "ribosome", "voxel_spacing": 10, "points": [{"location": {"x": 1, "y": 2, "z": 3}}]}"#;
    std::fs::write(at.join("p.json"), picks).unwrap();
    let (code, message) = refuse(at, "convert p.json p.csv");
    assert!(code == Some(0) && message.contains("ribosome is read as class 1"), "{message}");
}

#[test]
fn star_files_of_every_program_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    tomogram(at);
    std::fs::write(at.join("p.csv"), "tomogram,class,z,y,x,score,rot,tilt,psi\n7,1,1,2,3,0.5,0,0,0\n7,2,0.25,4,6,0.25,0,0,0\n").unwrap();
    for (star, format, further) in [
        ("relion5", "RELION 5 STAR", ""),
        ("relion4", "RELION 4 STAR", " --output-tilt-series-pixel-size 2.5"),
        ("relion31", "RELION 3.1 STAR", ""),
        ("relion3", "RELION 3 STAR", ""),
        ("stopgap", "STOPGAP STAR", ""),
    ] {
        succeed(at, &format!("convert p.csv p.star --like t.mrc --output-star {star}{further}"));
        assert_eq!(info(at, "p.star --like t.mrc")["format"], format);
        succeed(at, "convert p.star back.csv --like t.mrc");
        let back = read(at, "back.csv");
        assert!(back.contains("7,1,1,2,3,0.5,") && back.contains("7,2,0.25,4,6,0.25,"), "{star}: {back}");
    }
    // Pixels of the tilt series, of which the file itself says nothing.
    let bare = "data_\nloop_\n_rlnTomoName\n_rlnCoordinateX\n_rlnCoordinateY\n_rlnCoordinateZ\n7 12 8 4\n";
    std::fs::write(at.join("bare.star"), bare).unwrap();
    let (code, message) = refuse(at, "convert bare.star back.csv --like t.mrc");
    assert!(code == Some(1) && message.contains("--tilt-series-pixel-size"), "{message}");
    succeed(at, "convert bare.star back.csv --like t.mrc --tilt-series-pixel-size 2.5");
    assert!(read(at, "back.csv").contains("7,1,1,2,3,"));
    let (code, message) = refuse(at, "convert p.csv q.star --like t.mrc --output-star relion4");
    assert!(code == Some(1) && message.contains("--output-tilt-series-pixel-size"), "{message}");
    for line in ["convert p.csv q.csv --output-star relion4", "convert p.csv q.star --output-tilt-series-pixel-size 2 --like t.mrc"] {
        let (code, message) = refuse(at, line);
        assert!(code == Some(2) && message.contains("--output-star"), "{message}");
    }
    assert!(!at.join("q.star").exists() && !at.join("q.csv").exists());
}

#[test]
fn what_a_list_does_not_say_is_asked_for_by_option() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let picks = r#"{"pickable_object_name": "ribosome", "points": [{"location": {"x": 1, "y": 2, "z": 3}}]}"#;
    std::fs::write(at.join("p.json"), picks).unwrap();
    std::fs::write(at.join("p.txt"), "1 2 3 4\n").unwrap();
    std::fs::write(at.join("p.csv"), "tomogram,z,y,x\nt,1,2,3\n").unwrap();
    for (line, option) in [
        ("convert p.json q.csv", "--like"),
        ("convert p.csv q.json", "--like"),
        ("convert p.csv q.star", "--tomogram-set"),
        ("convert p.txt q.csv", "--axis-order"),
        ("convert p.csv q.txt", "--output-axis-order"),
        ("convert p.csv q.xyz", "--output-columns"),
    ] {
        let (code, message) = refuse(at, line);
        assert!(code == Some(1) && message.contains(option), "{line}: {message}");
    }
    succeed(at, "convert p.csv q.csv --first-voxel 1");
    assert!(read(at, "q.csv").contains("t,1,0,1,2,"));
    let (code, message) = refuse(at, "convert p.json r.csv --first-voxel 1");
    assert!(code == Some(2) && message.contains("--first-voxel"), "{message}");
}
