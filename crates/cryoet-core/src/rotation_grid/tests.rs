use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Largest and root mean square angle from random orientations, and from those near the grid's worst, to the grid.
fn distances(grid: &RotationGrid, symmetry: Symmetry, samples: usize) -> (f64, f64) {
    let group = symmetry.rotations().unwrap();
    let nodes: Vec<[f64; 4]> = grid.orientations().iter().map(Orientation::quaternion).collect();
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let (mut worst, mut squares) = (0.0_f64, 0.0);
    for _ in 0..samples {
        let wxyz: [f64; 4] = loop {
            let inside_cube = std::array::from_fn(|_| random.random_range(-1.0..1.0));
            let norm: f64 = inside_cube.iter().map(|c: &f64| c * c).sum();
            if (0.01..1.0).contains(&norm) {
                break inside_cube;
            }
        };
        let place = Orientation::from_quaternion(wxyz).unwrap();
        let mut nearest = 0.0_f64;
        for equivalent in group.iter().map(|g| g.then(&place).quaternion()) {
            for node in &nodes {
                let dot: f64 = node.iter().zip(equivalent).map(|(a, b)| a * b).sum();
                nearest = nearest.max(dot.abs());
            }
        }
        let angle = 2.0 * nearest.min(1.0).acos().to_degrees();
        worst = worst.max(angle);
        squares += angle * angle / samples as f64;
    }
    (worst, squares.sqrt())
}

#[test]
fn the_covering_radius_is_as_stated() {
    let groups = [
        (Symmetry::Cyclic(1), 20.0),
        (Symmetry::Cyclic(1), 11.0),
        (Symmetry::Cyclic(4), 12.0),
        (Symmetry::Dihedral(2), 12.0),
        (Symmetry::Dihedral(7), 12.0),
        (Symmetry::Tetrahedral, 12.0),
        (Symmetry::Octahedral, 12.0),
        (Symmetry::Icosahedral, 8.0),
    ];
    for (symmetry, step) in groups {
        let grid = RotationGrid::covering(step, symmetry).unwrap();
        let (worst, mean) = distances(&grid, symmetry, 2000);
        println!("{symmetry:?} {step}: {} rotations, worst {:.3} steps, rms {:.3}", grid.len(), worst / step, mean / step);
        assert!(worst < 0.85 * step, "{symmetry:?}: {worst}");
        assert!(mean < 0.52 * step, "{symmetry:?}: {mean}");
        let volume = 8.0 * PI * PI / step.to_radians().powi(3) / symmetry.rotations().unwrap().len() as f64;
        assert!((0.95 * volume..2.0 * volume).contains(&(grid.len() as f64)), "{symmetry:?}: {} for {volume}", grid.len());
    }
}

#[test]
fn refuses_what_is_no_step() {
    for step in [0.0, -1.0, f64::NAN, 181.0, 0.1] {
        assert!(matches!(RotationGrid::covering(step, Symmetry::default()), Err(RotationError::Step { .. })), "{step}");
    }
    assert_eq!(RotationGrid::from_orientations(Vec::new()), Err(RotationError::Empty));
    assert_eq!(RotationGrid::covering(180.0, Symmetry::default()).unwrap().len(), 4);
}
