//! Mean-shift against the golden results of scikit-learn 1.3.2 that `goldens/make.py` makes.

use std::path::Path;

use cryoet_cluster::{ClusterParams, MeanShift, cluster_labels, mean_shift, mean_shift_from};
use cryoet_core::ndarray::{Array1, Array2, Array3};

fn read<T: ndarray_npy::ReadableElement>(name: &str, what: &str) -> Array2<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/{name}.{what}.npy"));
    ndarray_npy::read_npy(path).unwrap()
}

fn rows(array: &Array2<f64>) -> Vec<[f64; 3]> {
    array.outer_iter().map(|row| [row[0], row[1], row[2]]).collect()
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

/// The same clusters: as many, in the same order, centres as near as rounding, labels equal up to exact ties.
fn check(name: &str, ours: &MeanShift, points: &[[f64; 3]], centres: &[[f64; 3]], labels: &Array1<i16>) {
    assert_eq!(ours.centres.len(), centres.len(), "{name}: number of clusters");
    for (ours, theirs) in ours.centres.iter().zip(centres) {
        assert!(distance(*ours, *theirs) < 1e-9, "{name}: {ours:?} is not {theirs:?}");
    }
    for ((&ours, &theirs), &point) in ours.labels.iter().zip(labels).zip(points) {
        let tie = distance(point, centres[ours as usize]) - distance(point, centres[theirs as usize]);
        assert!(ours as i16 == theirs || tie.abs() < 1e-9, "{name}: {point:?} belongs to {ours}, expected {theirs}");
    }
}

#[test]
fn every_case_agrees() {
    let cases = include_str!("goldens/cases.txt");
    assert!(cases.lines().count() >= 15);
    for line in cases.lines() {
        let [name, bandwidth, seeding, kind] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let bandwidth: f64 = bandwidth.parse().unwrap();
        let points = match kind {
            "lattice" => rows(&read::<i16>(name, "points").mapv(f64::from)),
            _ => rows(&read::<f64>(name, "points")),
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/{name}.labels.npy"));
        let labels: Array1<i16> = ndarray_npy::read_npy(path).unwrap();
        let centres = rows(&read::<f64>(name, "centres"));
        let ours = match seeding {
            "binned" => mean_shift(&points, bandwidth),
            "points" => mean_shift_from(&points, &points, bandwidth, &()),
            _ => mean_shift_from(&points, &rows(&read::<f64>(name, "seeds")), bandwidth, &()),
        };
        check(name, &ours.unwrap(), &points, &centres, &labels);
        if kind == "lattice" && seeding == "binned" {
            as_a_volume(name, bandwidth, &points, &centres, &labels);
        }
    }
}

/// The same points as a label volume: positions are the centres, sizes the numbers of labels up to ties.
fn as_a_volume(name: &str, radius: f64, points: &[[f64; 3]], centres: &[[f64; 3]], labels: &Array1<i16>) {
    let extent = |axis: usize| points.iter().map(|p| p[axis] as usize).max().unwrap_or(0) + 2;
    let mut volume = Array3::<u8>::zeros((extent(0), extent(1), extent(2)));
    for point in points {
        volume[point.map(|c| c as usize)] = 1;
    }
    let found = cluster_labels(volume.view(), None, &ClusterParams { radius, ..ClusterParams::default() }, &()).unwrap();
    let nearest = |point: [f64; 3]| centres.iter().map(|&c| distance(point, c)).fold(f64::INFINITY, f64::min);
    let ties = points.iter().filter(|&&p| centres.iter().filter(|&&c| distance(p, c) < nearest(p) + 1e-9).count() > 1).count();
    let mut differ = 0;
    for (i, &centre) in centres.iter().enumerate() {
        let theirs = labels.iter().filter(|&&label| label as usize == i).count() as u64;
        let ours = found.iter().find(|p| distance(p.position.zyx(), centre) < 1e-9).and_then(|p| p.size).unwrap_or(0);
        differ += theirs.abs_diff(ours);
    }
    assert!(differ <= 2 * ties as u64, "{name}: {differ} voxels in other clusters, {ties} ties");
}

/// Class after class that does not occur: names and sizes are those of a vote over scikit-learn's clusters.
#[test]
fn a_missing_class_moves_no_names() {
    let points = rows(&read::<i16>("class-missing", "points").mapv(f64::from));
    let path = |what: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/class-missing.{what}.npy"));
    let classes: Array1<i16> = ndarray_npy::read_npy(path("classes")).unwrap();
    let votes = read::<i16>("class-missing", "votes");
    let centres = rows(&read::<f64>("class-missing", "centres"));
    let mut volume = Array3::<u8>::zeros((20, 20, 40));
    for (point, &class) in points.iter().zip(&classes) {
        volume[point.map(|c| c as usize)] = class as u8;
    }
    let found = cluster_labels(volume.view(), None, &ClusterParams { radius: 4.0, ..ClusterParams::default() }, &()).unwrap();
    assert_eq!(found.len(), votes.nrows());
    for ((particle, centre), vote) in found.iter().zip(centres).zip(votes.outer_iter()) {
        assert!(distance(particle.position.zyx(), centre) < 1e-9);
        assert_eq!((i16::from(particle.class.get()), particle.size), (vote[0], Some(vote[1] as u64)));
    }
}
