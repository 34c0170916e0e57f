use super::*;

const RADII: [f64; 9] = [0.45, 0.6, 0.9, 1.5, 2.0, 3.3, 6.0, 11.7, 40.0];

/// The voxels about the surface of a ball at a place, as offsets from its centre.
fn shell(radius: f64, centre: [f64; 3]) -> Vec<[f64; 3]> {
    let reach = radius as i32 + 2;
    let mut offsets = Vec::new();
    for z in -reach..=reach {
        for y in -reach..=reach {
            for x in -reach..=reach {
                let offset = [f64::from(z) - centre[0], f64::from(y) - centre[1], f64::from(x) - centre[2]];
                if (offset.iter().map(|v| v * v).sum::<f64>().sqrt() - radius).abs() < 0.9 {
                    offsets.push(offset);
                }
            }
        }
    }
    offsets
}

const CENTRES: [[f64; 3]; 4] = [[0.0; 3], [0.5; 3], [0.25, -0.125, 0.4], [0.31, 0.17, -0.49]];

#[test]
fn the_voxels_shares_are_the_ball() {
    for radius in &RADII[..7] {
        for centre in CENTRES {
            let reach = *radius as i32 + 2;
            let mut sum = 0.0;
            for z in -reach..=reach {
                for y in -reach..=reach {
                    for x in -reach..=reach {
                        let offset = [f64::from(z) - centre[0], f64::from(y) - centre[1], f64::from(x) - centre[2]];
                        let share = shared_volume(*radius, offset);
                        assert!((-1e-12..=1.0 + 1e-12).contains(&share), "{share} at {offset:?}");
                        sum += share;
                    }
                }
            }
            assert!((sum - 4.0 / 3.0 * PI * radius.powi(3)).abs() < 1e-9, "{sum} for radius {radius}");
        }
    }
}

#[test]
fn agrees_with_supersampling() {
    const STEPS: usize = 20;
    for radius in [0.6, 1.5, 3.3] {
        for centre in CENTRES {
            for offset in shell(radius, centre) {
                let at = |axis: usize, step: usize| offset[axis] + (step as f64 + 0.5) / STEPS as f64 - 0.5;
                let inside = |i: usize| {
                    at(0, i / STEPS / STEPS).powi(2) + at(1, i / STEPS % STEPS).powi(2) + at(2, i % STEPS).powi(2) <= radius * radius
                };
                let sampled = (0..STEPS.pow(3)).filter(|&i| inside(i)).count() as f64 / STEPS.pow(3) as f64;
                assert!((sampled - shared_volume(radius, offset)).abs() < 0.02, "radius {radius}, {offset:?}: {sampled}");
                if (sampled - 0.5).abs() > 0.02 {
                    assert_eq!(half_covered(radius, offset), sampled > 0.5, "radius {radius}, {offset:?}: {sampled}");
                }
            }
        }
    }
}

#[test]
fn shortcuts_answer_as_the_volume_does() {
    let mut asked = 0;
    for radius in RADII {
        for centre in CENTRES {
            for offset in shell(radius, centre) {
                asked += 1;
                assert_eq!(half_covered(radius, offset), shared_volume(radius, offset) >= 0.5, "radius {radius}, {offset:?}");
            }
        }
    }
    assert!(asked > 100_000);
}

#[test]
fn bends_of_plain_directions() {
    let near = |direction, expected: f64| assert!((bend(direction) - expected).abs() < 1e-12, "{direction:?}: {}", bend(direction));
    near([0.0, -3.0, 0.0], 1.0 / 12.0); // a square
    near([2.0, 0.0, 2.0], 1.0 / 8.0); // a rectangle
    near([1.0, -1.0, 1.0], 5.0 / 48.0); // a hexagon
}
