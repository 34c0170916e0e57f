//! Scores against the golden ones of pyTME that `goldens/make.py` makes.

use std::path::Path;

use cryoet_core::ndarray::{Array3, s};
use cryoet_core::{Orientation, Volume};
use cryoet_match::{MatchParams, RotationGrid, Search, Template, TemplateMask};

fn read(name: &str) -> Array3<f32> {
    ndarray_npy::read_npy(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/{name}.npy"))).unwrap()
}

#[test]
fn scores_agree() {
    let tomogram = Volume::new(read("tomogram"));
    let (templates, masks, expected) = (read("templates"), read("masks"), read("scores"));
    // The templates are turned already.
    let grid = RotationGrid::from_orientations(vec![Orientation::identity()]).unwrap();
    let n = templates.dim().1;
    let mut best = Array3::from_elem(tomogram.shape(), f32::MIN);
    for first in (0..templates.dim().0).step_by(n) {
        let part = |volume: &Array3<f32>| volume.slice(s![first..first + n, .., ..]).to_owned();
        let template = Template::new(Volume::new(part(&templates)), TemplateMask::Shape(part(&masks))).unwrap();
        let found = Search::new(&tomogram, &template, &grid, MatchParams::default()).unwrap().run(&()).unwrap();
        best.zip_mut_with(found.scores.data(), |best, &score| *best = best.max(score));
    }
    let half = n / 2;
    let inside = best.slice(s![half..best.dim().0 - half, half..best.dim().1 - half, half..best.dim().2 - half]);
    assert_eq!(inside.dim(), expected.dim());
    let worst = inside.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("largest difference of {} scores: {worst:.1e}", expected.len());
    assert!(worst < 1e-4, "{worst}");
    assert!(expected.iter().any(|&v| v > 0.8), "nothing to find");
}
