//! Every method on volumes of one voxel, one row and one plane, with radii from less than a voxel to more than any volume.

use cryoet_cluster::{ClusterParams, Connectivity, Method, Relief, Watershed, cluster_labels};
use cryoet_core::Particle;
use cryoet_core::ndarray::Array3;

fn methods() -> Vec<Method> {
    let mut methods = vec![Method::MeanShift, Method::EveryVoxel, Method::Peaks];
    for connectivity in [Connectivity::Faces, Connectivity::Edges, Connectivity::Corners] {
        methods.extend([Method::Components(connectivity), Method::Seeded(connectivity)]);
        for relief in [Relief::Distance, Relief::Score] {
            methods.extend([0.0, 0.3, 1e300].map(|depth| Method::Watershed(Watershed { relief, connectivity, depth })));
        }
    }
    methods
}

/// The particles lie in the volume, and hold as many voxels as given between them.
fn check(particles: &[Particle], shape: [usize; 3], voxels: u64) {
    assert_eq!(particles.iter().filter_map(|particle| particle.size).sum::<u64>(), voxels);
    for particle in particles {
        let score = particle.score.map_or(f64::NAN, |score| score.get());
        assert!((0.0..=1.0).contains(&score) && (1..255).contains(&particle.class.get()), "{particle:?}");
        assert!(particle.position.voxel(shape).is_some(), "{particle:?} outside {shape:?}");
    }
}

#[test]
fn every_method_gives_each_voxel_to_one_particle() {
    for shape in [[1, 1, 1], [1, 1, 90], [1, 70, 1], [65, 1, 1], [1, 20, 21], [20, 1, 21], [20, 21, 1], [2, 3, 130]] {
        let all_or_mixed: [fn(usize) -> u8; 2] = [|_| 1, |i| [1, 0, 2, 2, 255, 254, 1][i * i * 31 % 127 % 7]];
        for labels_of in all_or_mixed {
            let at = |(z, y, x): (usize, usize, usize)| (z * shape[1] + y) * shape[2] + x;
            let labels = Array3::from_shape_fn(shape, |i| labels_of(at(i)));
            let voxels = labels.iter().filter(|&&label| label != 0 && label != 255).count() as u64;
            for sure in [0, 5] {
                let scores = Array3::from_shape_fn(shape, |i| (at(i) * 37 % 101 % 6).min(sure) as f32 / 5.0);
                for method in methods() {
                    for radius in [0.3, 1.0, 5.0, 27.9, 1e6] {
                        for per_class in [false, true] {
                            let params = ClusterParams { method: method.clone(), radius, per_class, ..ClusterParams::default() };
                            let particles = cluster_labels(labels.view(), Some(scores.view()), &params, &()).unwrap();
                            // The centroid of a component may lie out of reach of its voxels.
                            let lost = params.per_class || particles.is_empty();
                            if !(lost && matches!(method, Method::Seeded(_))) {
                                check(&particles, shape, voxels);
                            }
                        }
                    }
                }
            }
        }
    }
}
