//! Simulated particles found again by their own shape.

mod command;

use command::{run, succeed};

#[test]
fn finds_simulated_particles_with_their_poses() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    succeed(at, "simulate --preset small --shape 40,80,80 --particles 6 --complexes 1qvr --snr 1 --seed 3 -o data");
    let mask = std::fs::read_dir(at.join("data/masks")).unwrap().next().unwrap().unwrap().path();
    let tomogram = "data/tomogram-1/tomogram.mrc";
    let line = format!(
        "match {tomogram} --template {} --step 30 --tilts -60,60 --distance 8 --most 6 --min-score 0 --scores s.mrc -o picks.csv",
        mask.strip_prefix(at).unwrap().display()
    );
    succeed(at, &line);
    let report = succeed(at, "evaluate --truth data/tomogram-1/particles.csv --picks picks.csv --distance 4 --json");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(report["localisation"]["recall"].as_f64().unwrap() > 0.8, "{report}");
    let picks = std::fs::read_to_string(at.join("picks.csv")).unwrap();
    assert_eq!(picks.lines().count(), 7);
    assert!(picks.lines().skip(1).all(|row| !row.contains(",,,")), "every pick has angles: {picks}");
    assert!(at.join("s.mrc").exists() && at.join("picks.csv.record.json").exists());
}

#[test]
fn refuses_what_makes_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.mrc"), "").unwrap();
    for (line, code) in [
        ("match t.mrc --template t.mrc --symmetry X3 -o p.csv", 2),
        ("match t.mrc --template t.mrc --symmetry C1,C2 -o p.csv", 2),
        ("match t.mrc --template t.mrc --tilts 60 -o p.csv", 2),
        ("match t.mrc --template t.mrc --template u.mrc --scores s.mrc -o p.csv", 2),
        ("match t.mrc --template t.mrc -o p.csv", 1),
    ] {
        let output = run(folder.path(), line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!folder.path().join("p.csv").exists());
    }
}
