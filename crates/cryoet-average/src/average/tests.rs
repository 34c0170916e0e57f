use super::*;
use crate::phantom::{Phantom, density, draw, without_wedge};
use crate::{fsc, fsc_masked};
use cryoet_core::{ClassLabel, Particle, Position, Wedge};

const SIZE: usize = 20;

fn particle(at: [f64; 3], orientation: Orientation) -> Particle {
    Particle::new(ClassLabel::new(1), Position::new(at[0], at[1], at[2]).unwrap()).with_orientation(orientation)
}

/// The least-squares scale of a to b, and the largest difference that is left over the largest value, within a radius.
fn difference(a: &Volume<f32>, b: &Volume<f32>, radius: f64) -> f64 {
    let middle = box_centre(SIZE) as f64;
    let inside = |(z, y, x): (usize, usize, usize)| [z, y, x].iter().map(|&i| (i as f64 - middle).powi(2)).sum::<f64>() <= radius * radius;
    let pairs: Vec<(f64, f64)> =
        a.data().indexed_iter().filter(|(place, _)| inside(*place)).map(|(place, &v)| (f64::from(v), f64::from(b.data()[place]))).collect();
    let n = pairs.len() as f64;
    let (mean_a, mean_b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let scale =
        pairs.iter().map(|p| (p.0 - mean_a) * (p.1 - mean_b)).sum::<f64>() / pairs.iter().map(|p| (p.0 - mean_a).powi(2)).sum::<f64>();
    let most = pairs.iter().map(|p| p.1.abs()).fold(0.0, f64::max);
    pairs.iter().map(|p| (scale * (p.0 - mean_a) - (p.1 - mean_b)).abs()).fold(0.0, f64::max) / most
}

#[test]
fn without_wedge_and_noise_copies_in_any_pose_average_to_the_map() {
    let mut voxels = cryoet_core::ndarray::Array3::zeros([50; 3]);
    let poses = [
        particle([12.3, 12.0, 11.6], Orientation::from_zxz(20.0, 70.0, 50.0).unwrap()),
        particle([36.8, 12.4, 12.5], Orientation::from_zxz(-120.0, 10.0, 130.0).unwrap()),
        particle([12.0, 36.5, 24.2], Orientation::identity()),
    ];
    poses.iter().for_each(|pose| draw(&mut voxels, pose.position.zyx(), &pose.orientation.unwrap()));
    let tomogram = Volume::new(voxels);
    for pose in &poses {
        let map = average(&[TomogramParticles::new(&tomogram, std::slice::from_ref(pose))], &AverageParams::new(SIZE), &()).unwrap();
        assert!(difference(&map, &density(SIZE), 9.0) < 0.05, "{}", difference(&map, &density(SIZE), 9.0));
    }
    let map = average(&[TomogramParticles::new(&tomogram, &poses)], &AverageParams::new(SIZE), &()).unwrap();
    assert!(difference(&map, &density(SIZE), 9.0) < 0.05);
}

#[test]
fn where_the_wedges_cover_everything_the_average_is_the_map() {
    // Two particles of which one lies so that its beam is the other's tilt axis.
    let quarter = Orientation::from_relion(0.0, 90.0, 90.0).unwrap();
    let of = |orientation: Orientation| {
        let mut voxels = cryoet_core::ndarray::Array3::zeros([40; 3]);
        draw(&mut voxels, [20.0; 3], &orientation);
        Volume::new(without_wedge(&voxels))
    };
    let upright = of(Orientation::identity());
    let lying = of(quarter);
    let wedge = Wedge::new(-60.0, 60.0);
    let [first, second] = [[particle([20.0; 3], Orientation::identity())], [particle([20.0; 3], quarter)]];
    let sets = [TomogramParticles::new(&upright, &first).with_wedge(wedge), TomogramParticles::new(&lying, &second).with_wedge(wedge)];
    let both = average(&sets, &AverageParams::new(SIZE), &()).unwrap();
    let alone = average(&sets[..1], &AverageParams::new(SIZE), &()).unwrap();
    let error = |map: &Volume<f32>| difference(map, &density(SIZE), 8.0);
    println!("{} from both, {} from one", error(&both), error(&alone));
    assert!(error(&both) < 0.1, "{}", error(&both));
    assert!(error(&alone) > 3.0 * error(&both));
    // Without the wedges the frequencies that one of them lacks count for half.
    let blind: Vec<TomogramParticles<'_>> = sets.iter().map(|set| TomogramParticles { wedge: None, ..*set }).collect();
    assert!(error(&average(&blind, &AverageParams::new(SIZE), &()).unwrap()) > 2.0 * error(&both));
}

#[test]
fn the_average_of_true_poses_in_noise_is_the_density() {
    let phantom = Phantom::new(3, 0.5, 1);
    let map = average(&phantom.with(&phantom.truth), &AverageParams::new(SIZE), &()).unwrap();
    assert_eq!(map.voxel_size().unwrap().zyx(), [10.0; 3]);
    let ball = cryoet_core::soft_sphere(SIZE, 7.0, 2.0).mapv(|w| w as f32);
    let curve = fsc_masked(map.view(), density(SIZE).view(), ball.view(), 1).unwrap();
    assert!(curve.values[1..4].iter().all(|&v| v > 0.95), "{curve:?}");
    // The blobs fade below the noise of 27 particles at a quarter of a cycle per voxel.
    assert!(curve.crossing(0.5) > 0.2, "{curve:?}");
}

#[test]
fn symmetry_counts_each_particle_in_all_its_orientations() {
    let phantom = Phantom::new(1, 0.0, 4);
    let params = AverageParams { symmetry: Symmetry::Cyclic(2), ..AverageParams::new(SIZE - 1) };
    let map = average(&phantom.with(&phantom.truth), &params, &()).unwrap().into_data();
    let turned = map.slice(cryoet_core::ndarray::s![.., ..;-1, ..;-1]);
    let most = map.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    let worst = map.iter().zip(turned).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-4 * most, "{worst} of {most}");
    // As two particles, one in each of the equivalent orientations.
    let half_turn = Orientation::from_zxz(180.0, 0.0, 0.0).unwrap();
    let one = &phantom.truth[0];
    let two = [one.clone(), one.clone().with_orientation(half_turn.then(&one.orientation.unwrap()))];
    let same = average(&phantom.with(&two), &AverageParams::new(SIZE - 1), &()).unwrap();
    assert!(fsc(same.view(), map.view()).unwrap().values[..8].iter().all(|&v| v > 0.9999));
    for (symmetry, order) in
        [(Symmetry::Dihedral(3), 6), (Symmetry::Tetrahedral, 12), (Symmetry::Octahedral, 24), (Symmetry::Icosahedral, 60)]
    {
        let params = AverageParams { symmetry, ..params };
        let map = average(&phantom.with(&phantom.truth), &params, &()).unwrap();
        let turns = symmetry.rotations().unwrap();
        assert_eq!(turns.len(), order);
        // The average of the average's own copies is itself.
        let particles: Vec<Particle> = turns.iter().map(|turn| particle([9.0; 3], *turn)).collect();
        let again = average(&[TomogramParticles::new(&map, &particles)], &AverageParams::new(SIZE - 1), &()).unwrap();
        let curve = fsc(again.view(), map.view()).unwrap();
        println!("{symmetry:?} {curve:?}");
        assert!(curve.values[1..6].iter().all(|&v| v > 0.97), "{symmetry:?}");
    }
}

#[test]
fn refuses_what_cannot_be_averaged() {
    let phantom = Phantom::new(1, 0.1, 4);
    let params = AverageParams::new(SIZE);
    let run = |sets: &[TomogramParticles<'_>], params: &AverageParams| average(sets, params, &()).unwrap_err();
    assert!(matches!(run(&[], &params), AverageError::TooFew { count: 0, .. }));
    assert!(matches!(run(&phantom.with(&[]), &params), AverageError::TooFew { count: 0, .. }));
    assert!(matches!(run(&phantom.with(&phantom.truth), &AverageParams::new(3)), AverageError::Size { size: 3, least: 4 }));
    // What one of several tomograms is refused for names it.
    let [first] = phantom.with(&phantom.truth);
    let second = |set| match run(&[first, set], &params) {
        AverageError::Tomogram { place: 1, error } => *error,
        other => other,
    };
    assert!(matches!(second(first.with_wedge(Wedge::new(60.0, -60.0))), AverageError::Wedge { .. }));
    let mut hole = phantom.tomogram.clone();
    hole.data_mut()[[10, 11, 12]] = f32::NAN;
    let error = run(&[first, TomogramParticles::new(&hole, &phantom.truth)], &params);
    assert!(matches!(error.cause(), AverageError::NonFinite { index: [10, 11, 12], .. }));
    assert!(error.to_string().starts_with("tomogram 1 (from 0): voxel [10, 11, 12]"), "{error}");
    let finer = phantom.tomogram.clone().with_voxel_size(cryoet_core::VoxelSize::isotropic(8.0).unwrap());
    assert!(matches!(second(TomogramParticles::new(&finer, &phantom.truth)), AverageError::VoxelSizes { .. }));
    let far = [particle([500.0, 3.0, 3.0], Orientation::identity())];
    assert!(matches!(second(phantom.with(&far)[0]), AverageError::Outside { .. }));
    let constant = Volume::new(Array3::from_elem([30; 3], 2.0_f32));
    let middle = [particle([15.0; 3], Orientation::identity())];
    assert!(matches!(run(&[TomogramParticles::new(&constant, &middle)], &params), AverageError::NoVariance { count: 1 }));
}
