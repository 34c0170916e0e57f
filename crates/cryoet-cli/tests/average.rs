//! Simulated particles averaged, and turned into training labels.

mod command;

use command::{run, succeed};
use cryoet::io::write_volume;
use cryoet::ndarray::Array3;
use cryoet::{Volume, VoxelSize};

#[test]
fn averages_a_data_set_and_draws_its_shape() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    succeed(at, "simulate --preset small --shape 40,80,80 --particles 8 --complexes 1qvr --snr 1 --count 2 --seed 3 -o data");
    let report =
        succeed(at, "average data/dataset.toml --box 24 --tilts -60,60 --iterations 1 --control --targets --mass 500 -o out --json");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["tomograms"], 2, "{report}");
    assert!(report["particles"].as_u64().unwrap() >= 8, "{report}");
    let resolution = report["resolution_0.143"].as_f64().unwrap();
    assert!(resolution > 19.0 && resolution < 200.0, "{report}");
    for name in ["average.mrc", "half-1.mrc", "half-2.mrc", "fsc.csv", "fsc.png", "particles.csv", "mask.mrc", "record.json"] {
        assert!(at.join("out").join(name).exists(), "{name}");
    }
    assert!(std::fs::read_to_string(at.join("out/fsc.csv")).unwrap().starts_with("frequency,resolution_angstrom,fsc,control\n"));
    // The labels are shapes where the particles lie.
    let labels = succeed(at, "info out/tomogram-1-labels.mrc --json");
    let labels: serde_json::Value = serde_json::from_str(&labels).unwrap();
    assert_eq!(labels["shape"], serde_json::json!([40, 80, 80]), "{labels}");
    assert!(labels["labels"]["1"].as_u64().unwrap() > 200, "{labels}");
}

#[test]
fn refuses_what_makes_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.mrc"), "").unwrap();
    std::fs::write(folder.path().join("none.csv"), "tomogram,class,z,y,x\n").unwrap();
    for (line, code) in [
        ("average t.mrc --box 24 -o out", 2),
        ("average t.mrc --particles none.csv -o out", 2),
        ("average t.mrc --particles none.csv --box 24 --symmetry X3 -o out", 2),
        ("average t.mrc --particles none.csv --box 24 --mass 100 -o out", 2),
        ("average t.mrc --particles none.csv --box 24 -o out", 1),
        ("average t.mrc --particles missing.csv --box 24 -o out", 1),
    ] {
        let output = run(folder.path(), line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn lists_are_read_in_their_tomograms_frame_and_failures_leave_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let volume = |value: fn(usize) -> f32| {
        let voxels = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| value(z * 31 + y * 17 + x * 7));
        Volume::new(voxels).with_voxel_size(VoxelSize::isotropic(10.0).ok())
    };
    write_volume(at.join("t.mrc"), &volume(|i| (i * i % 23) as f32)).unwrap();
    write_volume(at.join("flat.mrc"), &volume(|_| 1.0)).unwrap();
    let mask = Volume::new(Array3::from_elem((8, 8, 8), 1.0)).with_voxel_size(VoxelSize::isotropic(40.0).ok());
    write_volume(at.join("coarse.mrc"), &mask).unwrap();
    let entry = "name = '../out-of-it'\nvolume = 't.mrc'\nlabels = 't.mrc'\nparticles = 'p.csv'\nsplit = 'train'\n";
    std::fs::write(at.join("escaped.toml"), format!("classes = 'c.toml'\n[[tomogram]]\n{entry}")).unwrap();
    std::fs::write(at.join("c.toml"), "[[class]]\nlabel = 1\nname = 'a'\n").unwrap();
    std::fs::create_dir(at.join("sub")).unwrap();
    std::fs::copy(at.join("t.mrc"), at.join("sub/t.mrc")).unwrap();
    std::fs::write(at.join("p.csv"), "tomogram,class,z,y,x\nt,1,8,8,9\nt,1,8,15,8\nt,1,15,8,8\nt,1,15,15,8\n").unwrap();
    succeed(at, "convert p.csv p.star --like t.mrc");
    for list in ["p.csv", "p.star"] {
        succeed(at, &format!("average t.mrc --particles {list} --box 8 --iterations 0 -o {list}-out"));
        let refined = std::fs::read_to_string(at.join(format!("{list}-out/particles.csv"))).unwrap();
        assert!(refined.contains("8,8,9") || refined.contains("8.0,8.0,9.0"), "{list}: {refined}");
    }
    for (line, code) in [
        ("average flat.mrc --particles p.csv --box 8 -o out", 1),
        ("average t.mrc sub/t.mrc --particles p.csv --box 8 -o out", 2),
        ("average t.mrc --particles p.csv --class 0 --box 8 -o out", 2),
        ("average t.mrc --particles p.csv --box 26 --control -o out", 1),
        ("average t.mrc --particles p.csv --box 8 --mask coarse.mrc -o out", 1),
        ("average escaped.toml --box 8 --iterations 0 --targets -o out", 1),
        ("average t.mrc --particles p.csv --box 8 --iterations 0 --reference t.mrc -o out", 2),
        ("average t.mrc --particles p.csv --box 8 --iterations 0 --everywhere 1 -o out", 2),
        ("average t.mrc --particles p.csv --box 8 --iterations 0 --low-pass 40 -o out", 2),
        ("average t.mrc --particles p.csv --box 8 --low-pass 5 -o out", 2),
        ("average flat.mrc --particles p.csv --box 8 -o out/in/it", 1),
    ] {
        let output = run(at, line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!at.join("out").exists() && !at.join("out-of-it-labels.mrc").exists());
    }
    // What was refined stays where it has no shape, and is told; the shape of an earlier average goes.
    let targets = "average t.mrc --particles p.csv --box 8 --iterations 0 --targets --threshold";
    succeed(at, &format!("{targets} 0 -o out"));
    assert!(at.join("out/mask.mrc").exists() && at.join("out/t-labels.mrc").exists());
    // An input that would go is refused, and what no average wrote stays.
    let output = run(at, "average t.mrc --particles p.csv --box 8 --iterations 0 --mask out/mask.mrc -o out");
    assert!(output.status.code() == Some(2) && at.join("out/mask.mrc").exists());
    for name in ["mask.mrc", "t-labels.mrc"] {
        std::fs::copy(at.join("out").join(name), at.join("sub").join(name)).unwrap();
    }
    succeed(at, "average t.mrc --particles p.csv --box 8 --iterations 0 -o sub");
    assert!(at.join("sub/mask.mrc").exists() && at.join("sub/t-labels.mrc").exists());
    let output = run(at, &format!("{targets} 1000 -o out"));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("4 particles"));
    assert!(at.join("out/average.mrc").exists() && !at.join("out/mask.mrc").exists() && !at.join("out/t-labels.mrc").exists());
}

#[test]
fn errors_name_their_tomogram_or_mask_and_tomograms_without_particles_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let voxels = Array3::from_shape_fn((24, 24, 24), |(z, y, x)| ((z * 31 + y * 17 + x * 7) % 23) as f32);
    let volume = |angstrom: f64, voxels: Array3<f32>| Volume::new(voxels).with_voxel_size(VoxelSize::isotropic(angstrom).ok());
    let mut hole = voxels.clone();
    hole[[8, 8, 8]] = f32::NAN;
    write_volume(at.join("a.mrc"), &volume(10.0, voxels.clone())).unwrap();
    write_volume(at.join("b.mrc"), &volume(10.0, hole)).unwrap();
    write_volume(at.join("c.mrc"), &volume(20.0, voxels.clone())).unwrap();
    write_volume(at.join("d.mrc"), &volume(10.0, voxels)).unwrap();
    write_volume(at.join("twos.mrc"), &volume(10.0, Array3::from_elem((8, 8, 8), 2.0))).unwrap();
    let entry = |name: &str| {
        format!("[[tomogram]]\nname = '{name}'\nvolume = '{name}.mrc'\nlabels = '{name}.mrc'\nparticles = 'p.csv'\nsplit = 'train'\n")
    };
    std::fs::write(at.join("d.toml"), format!("classes = 'c.toml'\n{}{}", entry("a"), entry("b"))).unwrap();
    std::fs::write(at.join("c.toml"), "[[class]]\nlabel = 1\nname = 'a'\n").unwrap();
    let list = |of: &str| -> String { [8, 9, 14, 15].map(|y| format!("{of},1,8,{y},8\n")).concat() };
    std::fs::write(at.join("p.csv"), format!("tomogram,class,z,y,x\n{}{}{}", list("a"), list("b"), list("c"))).unwrap();
    for (line, named) in [
        ("average a.mrc b.mrc c.mrc --particles p.csv --box 8 --iterations 0 -o out", "c.mrc: "),
        ("average b.mrc --particles p.csv --tomogram b --box 8 --iterations 0 -o out", "b.mrc: "),
        ("average a.mrc --particles p.csv --tomogram a --box 8 --mask twos.mrc -o out", "twos.mrc: "),
    ] {
        let output = run(at, line);
        assert!(!output.status.success(), "{line}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(named), "{line}: {error}");
    }
    for command in ["average d.toml --tomogram e", "average a.mrc d.mrc --particles p.csv --tomogram e"] {
        let output = run(at, &format!("{command} --box 8 --iterations 0 -o out"));
        assert!(output.status.code() == Some(2) && String::from_utf8_lossy(&output.stderr).contains("called so"), "{output:?}");
    }
    succeed(at, "average d.toml --tomogram a --box 8 --iterations 0 -o chosen");
    std::fs::write(at.join("a.csv"), format!("tomogram,class,z,y,x\n{}", list("a"))).unwrap();
    let output = run(at, "average a.mrc d.mrc --particles a.csv --box 8 --iterations 0 -o out");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("no particle of the class in d"), "{output:?}");
}
