//! The twelve complexes of SHREC'20 as skeletons of rods, with the figures of that paper's Table 1.

use std::f64::consts::PI;

use crate::Rod;
use crate::calibration::Fit;

/// One row of Table 1, and what brings our skeleton to it.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// Molecular weight in kDa.
    pub(crate) mass: f64,
    /// Volume in cubic nanometre.
    pub(crate) volume: f64,
    /// Surface in square nanometre; what the fit was made for.
    #[cfg_attr(not(test), expect(dead_code))]
    pub(crate) area: f64,
    skeleton: fn() -> Vec<Rod>,
    /// Found by `Fit::of`; the ignored test `print_fits` prints them anew.
    fit: Fit,
}

impl Entry {
    pub(crate) fn rods(&self) -> Vec<Rod> {
        self.fit.apply(&(self.skeleton)())
    }
}

const fn fit(thickness: f64, scale: f64, centroid: [f64; 3]) -> Fit {
    Fit { thickness, scale, centroid }
}

/// By mass, as in the paper.
pub(crate) const ENTRIES: [Entry; 12] = [
    Entry { name: "1s3x", mass: 42.75, volume: 104.1, area: 122.0, skeleton: hook, fit: fit(1.8473, 10.3651, [-0.0834, -0.1359, 0.2441]) },
    Entry { name: "3qm1", mass: 62.62, volume: 139.1, area: 144.9, skeleton: trefoil, fit: fit(1.9369, 10.6348, [0.0430, 0.1644, 0.3341]) },
    Entry {
        name: "3gl1",
        mass: 84.61,
        volume: 207.0,
        area: 202.6,
        skeleton: two_lobes,
        fit: fit(1.5669, 12.4086, [-0.0495, 0.0282, 0.2427]),
    },
    Entry {
        name: "3h84",
        mass: 158.08,
        volume: 375.3,
        area: 399.0,
        skeleton: zigzag,
        fit: fit(1.0564, 18.0718, [0.3742, -0.1327, 0.1981]),
    },
    Entry {
        name: "2cg9",
        mass: 188.73,
        volume: 394.2,
        area: 380.5,
        skeleton: two_strands,
        fit: fit(1.5970, 13.0353, [-0.5049, 0.1036, -0.0466]),
    },
    Entry { name: "3d2f", mass: 236.11, volume: 521.9, area: 497.9, skeleton: fork, fit: fit(1.0602, 18.4668, [-0.5895, 0.1271, 0.3377]) },
    Entry {
        name: "1u6g",
        mass: 238.82,
        volume: 498.5,
        area: 488.0,
        skeleton: pretzel,
        fit: fit(1.3710, 13.9136, [0.1264, 0.5192, -0.5578]),
    },
    Entry {
        name: "3cf3",
        mass: 541.74,
        volume: 1123.0,
        area: 805.7,
        skeleton: double_ring,
        fit: fit(1.5733, 12.0902, [-0.4543, -0.0005, 0.0867]),
    },
    Entry { name: "1bxn", mass: 559.96, volume: 978.9, area: 614.4, skeleton: cube, fit: fit(1.3810, 10.6396, [0.0357, 0.0373, 0.0145]) },
    Entry {
        name: "1qvr",
        mass: 593.36,
        volume: 1255.0,
        area: 1159.0,
        skeleton: spoked_ring,
        fit: fit(1.5872, 11.1884, [0.1488, -0.0002, 0.0897]),
    },
    Entry {
        name: "4cr2",
        mass: 1309.28,
        volume: 3085.0,
        area: 1971.0,
        skeleton: capped_barrel,
        fit: fit(1.5580, 12.0949, [0.5503, 0.5876, 0.3782]),
    },
    Entry {
        name: "4d8q",
        mass: 1952.74,
        volume: 2152.0,
        area: 1331.0,
        skeleton: hollow_cage,
        fit: fit(1.5518, 10.9913, [0.0301, -0.0005, 0.1095]),
    },
];

// Skeletons below are in nanometre, z, y, x; the fit's scale turns them into Angstrom.

fn rod(from: [f64; 3], to: [f64; 3], radius: f64) -> Rod {
    Rod { from, to, radius }
}

fn ball(at: [f64; 3], radius: f64) -> Rod {
    rod(at, at, radius)
}

/// `n` points on a circle about z, the first `phase` degrees from x.
fn ring(n: usize, radius: f64, z: f64, phase: f64) -> Vec<[f64; 3]> {
    let angle = |i: usize| 2.0 * PI * i as f64 / n as f64 + phase.to_radians();
    (0..n).map(|i| [z, radius * angle(i).sin(), radius * angle(i).cos()]).collect()
}

/// Rods from each point to its neighbour, the last to the first.
fn closed(points: &[[f64; 3]], radius: f64) -> Vec<Rod> {
    (0..points.len()).map(|i| rod(points[i], points[(i + 1) % points.len()], radius)).collect()
}

/// Rods from each point to the next.
fn open(points: &[[f64; 3]], radius: f64) -> Vec<Rod> {
    points.windows(2).map(|pair| rod(pair[0], pair[1], radius)).collect()
}

/// Rods from each point to its partner.
fn paired(from: &[[f64; 3]], to: &[[f64; 3]], radius: f64) -> Vec<Rod> {
    from.iter().zip(to).map(|(&a, &b)| rod(a, b, radius)).collect()
}

/// An Hsp70 nucleotide-binding domain: two arms of unequal length over a base, a cleft between them.
fn hook() -> Vec<Rod> {
    vec![
        rod([-1.4, -1.0, 0.0], [-1.4, 1.0, 0.3], 1.0),
        rod([-1.4, -1.0, 0.0], [1.6, -1.4, -0.3], 0.9),
        rod([-1.4, 1.0, 0.3], [1.0, 1.3, 0.8], 0.9),
        ball([1.6, -1.0, 0.9], 0.8),
    ]
}

/// A flat body of three unequal lobes with a knob above.
fn trefoil() -> Vec<Rod> {
    vec![
        ball([0.0, 0.0, 1.7], 1.25),
        ball([0.2, 1.5, -0.8], 1.1),
        ball([-0.2, -1.3, -1.0], 1.0),
        ball([1.3, 0.5, 0.2], 0.7),
        ball([0.0; 3], 1.0),
    ]
}

/// Two bodies and a bent link.
fn two_lobes() -> Vec<Rod> {
    vec![
        rod([-1.8, -0.8, 0.0], [-1.6, 0.9, 0.4], 1.3),
        rod([1.8, -0.5, -0.6], [1.9, 0.5, 1.2], 1.2),
        rod([-1.6, 0.9, 0.4], [1.8, -0.5, -0.6], 0.8),
    ]
}

/// A flat zigzag of four legs with one end turned out of the plane.
fn zigzag() -> Vec<Rod> {
    let points = [[0.0, -4.5, -2.0], [0.3, -2.0, 2.0], [0.0, 0.0, -2.0], [-0.3, 2.2, 2.0], [2.6, 4.2, 0.5]];
    open(&points, 1.0)
}

/// Two strands wound around each other, joined above, apart below.
fn two_strands() -> Vec<Rod> {
    let strand = |turn: f64, spread: f64| -> Vec<[f64; 3]> {
        (0..=5)
            .map(|i| {
                let share = f64::from(i) / 5.0;
                let angle = (turn + 150.0 * share).to_radians();
                let radius = 0.4 + spread * share;
                [4.5 - 9.0 * share, radius * angle.sin(), radius * angle.cos()]
            })
            .collect()
    };
    let mut rods = open(&strand(0.0, 2.4), 1.0);
    rods.extend(open(&strand(180.0, 2.0), 1.0));
    rods
}

/// A long stem that forks, with a foot across its end.
fn fork() -> Vec<Rod> {
    let mut rods = open(&[[-5.5, 0.0, 0.0], [-1.5, 0.6, 0.0], [1.0, 0.0, 0.3]], 1.2);
    rods.push(rod([1.0, 0.0, 0.3], [4.2, 3.0, 0.8], 1.1));
    rods.push(rod([1.0, 0.0, 0.3], [3.2, -3.4, -0.8], 1.0));
    rods.push(rod([-5.5, 0.0, -0.4], [-5.2, -0.6, 2.8], 1.0));
    rods
}

/// An open coil, with a rod across it.
fn pretzel() -> Vec<Rod> {
    let coil: Vec<_> = (0..=9)
        .map(|i| {
            let angle = (30.0 * f64::from(i)).to_radians();
            [-2.2 + 0.5 * f64::from(i), 4.0 * angle.sin(), 4.0 * angle.cos()]
        })
        .collect();
    let mut rods = open(&coil, 1.1);
    rods.push(rod([-2.2, 0.0, 4.0], [2.3, 0.6, -4.0], 0.9));
    rods
}

/// Two unequal rings of six, with outer domains on one side.
fn double_ring() -> Vec<Rod> {
    let lower = ring(6, 3.6, -1.8, 0.0);
    let upper = ring(6, 3.2, 1.8, 18.0);
    let outer = ring(6, 6.2, -2.6, 16.0);
    let mut rods = closed(&lower, 1.3);
    rods.extend(closed(&upper, 1.2));
    rods.extend(paired(&lower, &upper, 1.2));
    rods.extend(paired(&lower, &outer, 1.0));
    rods.push(ball([4.2, 0.0, 2.6], 1.2));
    rods
}

/// Four twisted pillars about a channel, capped above and below.
fn cube() -> Vec<Rod> {
    let mut rods = paired(&ring(4, 3.2, -2.8, -16.0), &ring(4, 3.2, 2.8, 16.0), 1.9);
    rods.extend(closed(&ring(4, 2.6, 4.4, 50.0), 0.9));
    rods.extend(closed(&ring(4, 2.6, -4.4, 40.0), 0.9));
    rods.push(ball([3.6, 3.6, 1.0], 1.3));
    rods
}

/// A ring of three tiers with six long spokes.
fn spoked_ring() -> Vec<Rod> {
    let tiers = [ring(6, 4.4, -3.6, 0.0), ring(6, 4.6, 0.0, 14.0), ring(6, 4.0, 3.4, 28.0)];
    let mut rods = Vec::new();
    for tier in &tiers {
        rods.extend(closed(tier, 1.0));
    }
    rods.extend(paired(&tiers[0], &tiers[1], 1.1));
    rods.extend(paired(&tiers[1], &tiers[2], 1.1));
    rods.extend(paired(&tiers[1], &ring(6, 9.0, 1.8, 36.0), 0.8));
    rods.push(ball([4.6, 0.0, 4.4], 1.2));
    rods
}

/// A barrel of four rings of seven, a ring of six upon it, and a lid to one side.
fn capped_barrel() -> Vec<Rod> {
    let rings: Vec<_> = [(-9.0, 0.0), (-5.6, 10.0), (-2.2, 20.0), (1.2, 30.0)].map(|(z, phase)| ring(7, 4.0, z, phase)).to_vec();
    let base = ring(6, 3.6, 5.0, 0.0);
    let mut rods = closed(&base, 1.3);
    for tier in &rings {
        rods.extend(closed(tier, 1.2));
    }
    for pair in rings.windows(2) {
        rods.extend(paired(&pair[0], &pair[1], 1.1));
    }
    rods.extend(paired(&rings[3][..6], &base, 1.0));
    rods.extend(open(&[[5.0, 3.6, 0.0], [7.5, 6.6, 1.2], [11.0, 6.0, 3.0], [13.5, 2.6, 3.6]], 1.4));
    rods.extend(open(&[[5.0, -1.8, 3.1], [8.6, -1.0, 4.6], [12.4, -0.8, 1.4]], 1.3));
    rods.push(rod([9.0, 6.6, 2.0], [10.5, 1.0, -3.2], 1.2));
    rods
}

/// Two rings of eight back to back, closing at both ends around a cavity.
fn hollow_cage() -> Vec<Rod> {
    let mut rods = Vec::new();
    for side in [-1.0, 1.0] {
        let equator = ring(8, 5.0, 1.5 * side, 0.0);
        let apex = ring(8, 4.2, 5.2 * side, 20.0 * side);
        rods.extend(closed(&equator, 1.1));
        rods.extend(paired(&equator, &apex, 1.4));
        rods.extend(paired(&apex, &ring(8, 2.2, 6.8 * side, 40.0 * side), 1.0));
    }
    rods.push(ball([2.0, 0.0, 6.8], 1.4));
    rods
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShapeMeasure;

    /// Table 1 of SHREC'20, volume and area; measured on a finer grid than the fit's.
    #[test]
    fn every_complex_has_its_volume_area_and_sphericity() {
        for entry in &ENTRIES {
            let measure = ShapeMeasure::of_rods(&entry.rods(), 100);
            let sphericity = PI.cbrt() * (6.0 * entry.volume).powf(2.0 / 3.0) / entry.area;
            assert!((measure.volume_nm3() / entry.volume - 1.0).abs() < 0.02, "{}: volume {}", entry.name, measure.volume_nm3());
            assert!((measure.area_nm2() / entry.area - 1.0).abs() < 0.03, "{}: area {}", entry.name, measure.area_nm2());
            assert!((measure.sphericity() / sphericity - 1.0).abs() < 0.03, "{}: sphericity {}", entry.name, measure.sphericity());
            assert!(measure.centroid.iter().all(|c| c.abs() < 0.5), "{}: centroid {:?}", entry.name, measure.centroid);
        }
    }

    #[test]
    #[ignore = "prints the fits for the table above; minutes without optimisation"]
    fn print_fits() {
        for entry in &ENTRIES {
            match Fit::of(&(entry.skeleton)(), entry.volume * 1e3, entry.area * 1e2) {
                Ok(Fit { thickness, scale, centroid: [z, y, x] }) => {
                    println!("{}: fit({thickness:.4}, {scale:.4}, [{z:.4}, {y:.4}, {x:.4}])", entry.name);
                }
                Err(error) => println!("{}: {error}", entry.name),
            }
        }
    }
}
