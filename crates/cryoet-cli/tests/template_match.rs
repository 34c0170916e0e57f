//! Simulated particles found again by their own shape.

mod command;

use std::path::Path;

use command::{run, succeed};
use cryoet::VoxelSize;
use cryoet::io::{read_volume, write_volume};
use cryoet::ndarray::Array3;

/// A small tomogram of six particles of one kind, and the path of its mask, which serves as a template.
fn simulated(at: &Path) -> String {
    succeed(at, "simulate --preset small --shape 40,80,80 --particles 6 --complexes 1qvr --snr 1 --seed 3 -o data");
    let mask = std::fs::read_dir(at.join("data/masks")).unwrap().next().unwrap().unwrap().path();
    mask.strip_prefix(at).unwrap().display().to_string()
}

const TOMOGRAM: &str = "data/tomogram-1/tomogram.mrc";

fn recall(at: &Path, picks: &str, distance: usize) -> f64 {
    let report = succeed(at, &format!("evaluate --truth data/tomogram-1/particles.csv --picks {picks} --distance {distance} --json"));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report["localisation"]["recall"].as_f64().unwrap()
}

#[test]
fn finds_simulated_particles_with_their_poses() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let map = simulated(at);
    let line = format!(
        "match {TOMOGRAM} --template {map} --step 30 --tilts -60,60 --distance 8 --most 6 --min-score 0 --scores s.mrc --orientations o.mrc -o picks.csv"
    );
    succeed(at, &line);
    assert!(recall(at, "picks.csv", 4) > 0.8);
    let picks = std::fs::read_to_string(at.join("picks.csv")).unwrap();
    assert_eq!(picks.lines().count(), 7);
    assert!(picks.lines().skip(1).all(|row| !row.contains(",,,")), "every pick has angles: {picks}");
    for name in ["s.mrc", "picks.csv.record.json", "o.mrc", "o.mrc.csv", "o.mrc.record.json"] {
        assert!(at.join(name).exists(), "{name}");
    }
    // Every voxel's orientation is a row of the table.
    let info: serde_json::Value = serde_json::from_str(&succeed(at, "info o.mrc --json")).unwrap();
    let rows = std::fs::read_to_string(at.join("o.mrc.csv")).unwrap().lines().count() - 1;
    assert!(info["max"].as_f64().unwrap() < rows as f64 && info["min"].as_f64().unwrap() >= 0.0, "{info} {rows}");
}

#[test]
fn searches_coarse_to_fine_in_a_region_with_whitening_and_contrast_transfer() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let map = simulated(at);
    let search = format!("match {TOMOGRAM} --template {map} --step 40 --tilts -60,60 --distance 8 --min-score 0");
    let report = succeed(at, &format!("{search} --candidates 12 --most 6 --fine-step 20 --audit-every 3 --whiten -o fine.csv --json"));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let of_template = &report["templates"][0];
    // Some may have moved too near to better ones.
    let found = of_template["candidates"].as_u64().unwrap();
    assert!((9..=12).contains(&found), "{report}");
    assert_eq!(of_template["audit"]["checked"], 4, "{report}");
    assert!(recall(at, "fine.csv", 4) > 0.6);
    let scores = |name: &str| -> Vec<f64> {
        let text = std::fs::read_to_string(at.join(name)).unwrap();
        let column = text.lines().next().unwrap().split(',').position(|name| name == "score").unwrap();
        text.lines().skip(1).map(|row| row.split(',').nth(column).unwrap().parse().unwrap()).collect()
    };
    // A region: the particles' boxes. A mask: a ball on the map's grid.
    let template = read_volume(at.join(&map)).unwrap();
    let near = |(z, y, x): (usize, usize, usize)| [z, y, x].iter().map(|i| i.abs_diff(13).pow(2)).sum::<usize>() <= 144;
    let ball = Array3::from_shape_fn(template.data().dim(), |at| if near(at) { 1.0 } else { 0.0 });
    write_volume(at.join("ball.mrc"), &template.with_data(ball)).unwrap();
    succeed(at, &format!("{search} --region data/tomogram-1/hitboxes.mrc -o region.csv"));
    assert!(recall(at, "region.csv", 4) > 0.6);
    succeed(at, &format!("{search} --defocus 3 --mask ball.mrc -o all.csv"));
    assert!(scores("all.csv").len() > scores("region.csv").len());
    // The other hand of a particle without mirror symmetry scores lower.
    succeed(at, &format!("{search} --mirrored --most 6 -o mirrored.csv"));
    succeed(at, &format!("{search} --most 6 -o plain.csv"));
    let mean = |name: &str| scores(name).iter().sum::<f64>();
    assert!(mean("mirrored.csv") < mean("plain.csv"), "{} {}", mean("mirrored.csv"), mean("plain.csv"));
}

#[test]
fn what_cannot_be_searched_is_refused_before_any_search() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let map = simulated(at);
    let template = read_volume(at.join(&map)).unwrap();
    let nan = template.data().mapv(|_| f32::NAN);
    write_volume(at.join("nan.mrc"), &template.with_data(nan)).unwrap();
    let tomogram = read_volume(at.join(TOMOGRAM)).unwrap();
    let region = tomogram.data().mapv(|_| 1.0_f32);
    write_volume(at.join("region.mrc"), &tomogram.with_data(region).with_voxel_size(VoxelSize::isotropic(99.0).ok())).unwrap();
    let plain = template.data().mapv(|v| v + 1.0);
    write_volume(at.join("flat.mrc"), &template.with_data(plain)).unwrap();
    write_volume(at.join("constant.mrc"), &tomogram.with_data(tomogram.data().mapv(|_| 1.0))).unwrap();
    let output = run(at, &format!("match constant.mrc --template {map} -o p.csv"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cryoet: constant.mrc: the tomogram has the value 1"), "{output:?}");
    // A step that makes a search of minutes.
    let twos = template.data().mapv(|_| 2.0_f32);
    write_volume(at.join("twos.mrc"), &template.with_data(twos)).unwrap();
    for (options, code, message) in [
        ("--template nan.mrc", 1, "nan.mrc: "),
        ("--region region.mrc", 1, "voxel sizes differ"),
        ("--mask twos.mrc", 1, "cryoet: twos.mrc: "),
        ("--radius 90", 1, "its --radius is 90"),
        ("--template flat.mrc --defocus 1e9", 1, ".mrc: turned to orientation 0 of the grid and filtered"),
        ("--tilts 60,-60", 2, "cryoet: a wedge from 60 to -60"),
        ("--false-positives 1e12", 2, "less than half of the"),
    ] {
        let start = std::time::Instant::now();
        let output = run(at, &format!("match {TOMOGRAM} --template {map} {options} --step 8 -o p.csv"));
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(code) && text.contains(message), "{options}: {text}");
        assert!(start.elapsed().as_secs() < 30, "{options}");
    }
}

#[test]
fn blobs_are_found_without_a_template() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    simulated(at);
    succeed(at, &format!("dog {TOMOGRAM} --most 12 -o blobs.csv"));
    // A blob's centre is not the particle's: these are longer than wide.
    assert!(recall(at, "blobs.csv", 6) > 0.8);
    for line in ["dog none.mrc -o p.csv", "dog data/tomogram-1/tomogram.mrc --ratio 0.5 -o p.csv"] {
        assert_eq!(run(at, line).status.code(), Some(1), "{line}");
    }
    assert_eq!(run(at, "dog data/tomogram-1/tomogram.mrc -o p.txtx").status.code(), Some(2));
}

#[test]
fn refuses_what_makes_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.mrc"), "").unwrap();
    for (line, code) in [
        ("match t.mrc --template t.mrc --symmetry X3 -o p.csv", 2),
        ("match t.mrc --template t.mrc --symmetry C1,C2 -o p.csv", 2),
        ("match t.mrc --template t.mrc --radius 3,4 -o p.csv", 2),
        ("match t.mrc --template t.mrc --distance 3,4 -o p.csv", 2),
        ("match t.mrc --template t.mrc --overlap-radii 3,4 -o p.csv", 2),
        ("match t.mrc --template t.mrc --mask t.mrc --mask t.mrc -o p.csv", 2),
        ("match t.mrc --template t.mrc --mask t.mrc --radius 3 -o p.csv", 2),
        ("match t.mrc --template t.mrc --tilts 60 -o p.csv", 2),
        ("match t.mrc --template t.mrc --voltage 200 -o p.csv", 2),
        ("match t.mrc --template t.mrc --step 10 --fine-step 10 -o p.csv", 2),
        ("match t.mrc --template t.mrc --audit-every 3 -o p.csv", 2),
        ("match t.mrc --template t.mrc --template u.mrc --scores s.mrc -o p.csv", 2),
        ("match t.mrc --template t.mrc --template u.mrc --orientations s.mrc -o p.csv", 2),
        ("match t.mrc --template t.mrc --orientations s.txt -o p.csv", 2),
        ("match t.mrc --template t.mrc -o p.csv", 1),
    ] {
        let output = run(folder.path(), line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!folder.path().join("p.csv").exists());
    }
}

/// A rod of 12 x 4 x 4 carbons with an arm, 4 Angstrom apart.
fn atoms() -> String {
    let rod = (0..192).map(|i| [i % 12, i / 12 % 4, i / 48]);
    let arm = (0..48).map(|i| [8 + i % 4, 4 + i / 4 % 4, i / 16]);
    let row = |(i, [x, y, z]): (usize, [usize; 3])| {
        let [x, y, z] = [x, y, z].map(|n| 4.0 * n as f64);
        format!("HETATM{i:5}  C1  XYZ A   1    {x:8.3}{y:8.3}{z:8.3}  1.00  0.00           C\n")
    };
    rod.chain(arm).enumerate().map(row).collect()
}

#[test]
fn a_template_may_be_atoms() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("maps")).unwrap();
    std::fs::write(at.join("maps/hook.pdb"), atoms()).unwrap();
    succeed(at, "simulate --preset small --shape 30,64,64 --particles 4 --complexes hook --maps maps --snr 2 --seed 5 -o data");
    let search = format!("match {TOMOGRAM} --step 40 --tilts -60,60 --most 4 --min-score 0");
    succeed(at, &format!("{search} --template maps/hook.pdb -o picks.csv"));
    assert!(recall(at, "picks.csv", 3) > 0.7);
    let report = run(at, "average data/dataset.toml --box 16 --tilts -60,60 --reference maps/hook.pdb --iterations 1 -o out");
    assert!(report.status.success(), "{report:?}");
    std::fs::write(at.join("none.pdb"), "REMARK\n").unwrap();
    let output = run(at, &format!("{search} --template none.pdb -o p.csv"));
    assert!(output.status.code() == Some(1) && String::from_utf8_lossy(&output.stderr).contains("none.pdb: "), "{output:?}");
    let tomogram = read_volume(at.join(TOMOGRAM)).unwrap();
    write_volume(at.join("unknown.mrc"), &tomogram.with_voxel_size(None)).unwrap();
    let output = run(at, "match unknown.mrc --template maps/hook.pdb -o p.csv");
    assert!(String::from_utf8_lossy(&output.stderr).contains("maps/hook.pdb: atoms are drawn for a tomogram"), "{output:?}");
}
