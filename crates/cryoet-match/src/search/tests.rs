use super::*;
use crate::tile_search::LEAST_VARIANCE;
use crate::turn::Turnable;
use crate::{Symmetry, TemplateMask};
use cryoet_core::{Cancelled, Orientation, VoxelSize, box_centre};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn noise(shape: [usize; 3], seed: u64) -> Array3<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array3::from_shape_simple_fn(shape, || random.random_range(-1.0_f32..1.0) + 5.0)
}

fn template(size: usize, sphere: bool, seed: u64) -> Template {
    let density = noise([size; 3], seed);
    let mask = if sphere {
        TemplateMask::Sphere { radius: (size / 2) as f64 - 0.8, edge: 0.7 }
    } else {
        let mut random = ChaCha8Rng::seed_from_u64(seed + 1);
        TemplateMask::Shape(Array3::from_shape_simple_fn([size; 3], || random.random_range(0.0..1.0)))
    };
    Template::new(Volume::new(density), mask).unwrap()
}

fn orientations(count: usize, seed: u64) -> RotationGrid {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut angle = || random.random_range(-180.0..180.0);
    RotationGrid::from_orientations((0..count).map(|_| Orientation::from_zxz(angle(), angle(), angle()).unwrap()).collect()).unwrap()
}

/// The definition, in f64 and voxel by voxel: the score of one orientation at one place, none where there is too little variance.
fn score(tomogram: &Array3<f32>, statistics: &Statistics, density: &[f32], mask: &[f32], size: usize, at: [usize; 3]) -> Option<f64> {
    let (mut weights, mut mean_t, mut mean_g) = (0.0, 0.0, 0.0);
    let mut triples = Vec::new();
    for z in 0..size {
        for y in 0..size {
            for x in 0..size {
                let [z_at, y_at, x_at]: [usize; 3] = std::array::from_fn(|i| (at[i] + [z, y, x][i]).wrapping_sub(box_centre(size)));
                let g = tomogram.get([z_at, y_at, x_at]).map_or(statistics.mean, |&v| f64::from(v));
                let k = (z * size + y) * size + x;
                let (w, t) = (f64::from(mask[k]), f64::from(density[k]));
                weights += w;
                mean_t += w * t;
                mean_g += w * g;
                triples.push((w, t, g));
            }
        }
    }
    (mean_t, mean_g) = (mean_t / weights, mean_g / weights);
    let (mut product, mut of_t, mut of_g) = (0.0, 0.0, 0.0);
    for (w, t, g) in triples {
        product += w * (t - mean_t) * (g - mean_g);
        of_t += w * (t - mean_t).powi(2);
        of_g += w * (g - mean_g).powi(2);
    }
    (of_g / weights >= LEAST_VARIANCE * statistics.std.powi(2)).then(|| product / (of_t * of_g).sqrt())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_score_is_the_definition(
        extra in prop::array::uniform3(0_usize..8), size in 4_usize..7, sphere: bool, flat: bool, tile in 0_usize..20, seed in 0_u64..1000,
    ) {
        let shape = extra.map(|n| n + size);
        let mut tomogram = noise(shape, seed);
        if flat {
            // A constant region, as at the border of a tomogram that was turned.
            tomogram.slice_mut(cryoet_core::ndarray::s![.., .., ..shape[2] / 2]).fill(4.0);
        }
        let template = template(size, sphere, seed + 2000);
        let grid = orientations(3, seed);
        let params = MatchParams { tile, ..MatchParams::default() };
        let tomogram = Volume::new(tomogram);
        let found = Search::new(&tomogram, &template, &grid, params).unwrap().run(&()).unwrap();
        let statistics = Statistics::of(&tomogram).unwrap();
        let density = Turnable::new(&template.voxels(), size, false);
        let mask = Turnable::new(&template.weights(), size, true);
        let turned: Vec<(Vec<f32>, Vec<f32>)> = grid.orientations().iter().map(|orientation| {
            let (mut t, mut w) = (Vec::new(), Vec::new());
            density.turned(orientation, &mut t);
            mask.turned(orientation, &mut w);
            (t, if sphere { template.weights() } else { w })
        }).collect();
        let (mut count, mut sum, mut squares) = (0, 0.0, 0.0);
        for ((z, y, x), &ours) in found.scores.data().indexed_iter() {
            let all: Vec<Option<f64>> =
                turned.iter().map(|(t, w)| score(tomogram.data(), &statistics, t, w, size, [z, y, x])).collect();
            for one in all.iter().flatten() {
                count += 1;
                sum += one;
                squares += one * one;
            }
            let best = all.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
            let rotation = found.rotations[[z, y, x]];
            if best == f64::NEG_INFINITY {
                prop_assert_eq!((ours, rotation), (0.0, NOT_SEARCHED));
            } else {
                // Little variance is known less well in f32.
                let tolerance = if flat && !sphere { 1e-3 } else { 1e-4 };
                prop_assert!((f64::from(ours) - best).abs() < tolerance, "{} {best}", ours);
                prop_assert!((all[rotation as usize].unwrap() - best).abs() < tolerance);
            }
            prop_assert!((-1.0..=1.0).contains(&ours));
        }
        prop_assert_eq!(found.statistics.count, count);
        let n = count as f64;
        prop_assert!((found.statistics.mean - sum / n).abs() < 1e-5);
        prop_assert!((found.statistics.std - (squares / n - (sum / n).powi(2)).sqrt()).abs() < 1e-4);
    }

    #[test]
    fn tiles_and_threads_change_nothing(tile in 0_usize..40, sphere: bool, seed in 0_u64..1000) {
        let tomogram = Volume::new(noise([17, 22, 30], seed));
        let template = template(7, sphere, seed);
        let grid = orientations(9, seed);
        let run = |tile, threads| {
            let params = MatchParams { tile, wedge: Some(Wedge::new(-60.0, 50.0)), ..MatchParams::default() };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Search::new(&tomogram, &template, &grid, params).unwrap().run(&()).unwrap())
        };
        let (one, three) = (run(tile, 1), run(tile, 3));
        prop_assert_eq!(&one, &three);
        let whole = run(200, 2);
        let worst = one.scores.data().iter().zip(whole.scores.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        prop_assert!(worst < 1e-5, "{worst}");
        prop_assert_eq!(one.statistics.count, whole.statistics.count);
        prop_assert!((one.statistics.std - whole.statistics.std).abs() < 1e-6);
    }
}

/// A particle without symmetry: blobs of different weight, at places z, y, x from its reference point.
const BLOBS: [([f64; 3], f64); 5] =
    [([0.0, 0.0, 0.0], 1.0), ([0.0, 0.0, 5.0], 1.0), ([0.0, 4.5, -2.0], 0.8), ([4.0, -2.0, -2.0], 0.9), ([-3.5, -3.0, 1.0], 0.7)];

/// The particle drawn at a place and in an orientation, from its blobs: no interpolation.
fn draw(volume: &mut Array3<f32>, at: [f64; 3], orientation: &Orientation) {
    for (offset, weight) in BLOBS {
        let turned = orientation.rotate_zyx(offset);
        for ((z, y, x), value) in volume.indexed_iter_mut() {
            let square: f64 = [z, y, x].iter().enumerate().map(|(i, &k)| (k as f64 - at[i] - turned[i]).powi(2)).sum();
            *value += (weight * (-square / (2.0 * 1.5 * 1.5)).exp()) as f32;
        }
    }
}

#[test]
fn finds_particles_where_and_as_they_lie() {
    let shape = [26, 44, 60];
    let step = 20.0;
    let truth = [
        ([12.0, 12.0, 12.0], (0.0, 0.0, 0.0)),
        ([13.0, 30.0, 14.0], (50.0, -70.0, 100.0)),
        ([11.0, 12.0, 33.0], (-130.0, 20.0, 60.0)),
        ([14.0, 31.0, 45.0], (10.0, 150.0, 140.0)),
    ];
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut tomogram: Array3<f32> = Array3::from_shape_simple_fn(shape, || random.sample::<f32, _>(rand_distr::StandardNormal) * 0.3);
    for (at, (phi, psi, the)) in truth {
        draw(&mut tomogram, at, &Orientation::from_zxz(phi, psi, the).unwrap());
    }
    // What the tilt series did not measure is not there.
    let wedge = Wedge::new(-60.0, 60.0);
    let fourier = crate::fourier::Fourier3::new(shape);
    let mut work = crate::fourier::Workspace::default();
    let mut spectrum = fourier.forward(tomogram.as_slice().unwrap(), shape, &mut work);
    let norm = 1.0 / fourier.voxels() as f32;
    spectrum.iter_mut().zip(fourier.frequencies()).for_each(|(bin, frequency)| *bin *= wedge.weight(frequency) as f32 * norm);
    let tomogram = Volume::new(Array3::from_shape_vec(shape, fourier.inverse(&spectrum, &mut work)).unwrap());

    let mut density = Array3::zeros((20, 20, 20));
    draw(&mut density, [10.0; 3], &Orientation::identity());
    let template = Template::new(Volume::new(density), TemplateMask::Sphere { radius: 8.0, edge: 2.0 }).unwrap();
    let grid = RotationGrid::covering(step, Symmetry::default()).unwrap();
    let params = MatchParams { wedge: Some(wedge), ..MatchParams::default() };
    let search = Search::new(&tomogram, &template, &grid, params).unwrap();
    let mask = Volume::new(Array3::from_shape_fn(shape, |(z, _, _)| (6..20).contains(&z)));
    let found = search.within(&mask).unwrap().run(&()).unwrap();

    let peaks = crate::PeakParams { most: Some(4), ..crate::PeakParams::new(8.0) };
    let particles = crate::find_peaks(&found, &grid, cryoet_core::ClassLabel::new(1), &peaks).unwrap();
    let mut angles = Vec::new();
    for (at, (phi, psi, the)) in truth {
        let orientation = Orientation::from_zxz(phi, psi, the).unwrap();
        let near = |particle: &&cryoet_core::Particle| {
            particle.position.distance(&cryoet_core::Position::new(at[0], at[1], at[2]).unwrap()) <= 1.0
        };
        let hit = particles.iter().find(near).unwrap_or_else(|| panic!("nothing at {at:?}: {particles:?}"));
        angles.push(hit.orientation.unwrap().angle_to(&orientation));
        assert!(hit.score.unwrap().get() > found.statistics.threshold(1e-3).unwrap());
    }
    // The nearest orientation of the grid is at most 0.85 steps away; noise may favour its neighbour.
    assert!(angles.iter().all(|&angle| angle < 1.3 * step), "{angles:?}");
    assert!(angles.iter().sum::<f64>() / 4.0 < 0.8 * step, "{angles:?}");
    assert_eq!(found.statistics.count, 14 * 44 * 60 * grid.len() as u64);
    assert!(found.rotations.indexed_iter().all(|((z, _, _), &index)| (index == NOT_SEARCHED) != (6..20).contains(&z)));
}

#[test]
fn symmetric_particles_are_found_in_an_equivalent_orientation() {
    let (symmetry, step) = (Symmetry::Dihedral(3), 20.0);
    let turns = symmetry.rotations().unwrap();
    let draw_all =
        |volume: &mut Array3<f32>, at, orientation: &Orientation| turns.iter().for_each(|turn| draw(volume, at, &turn.then(orientation)));
    let truth =
        [([10.0, 11.0, 12.0], (20.0, 10.0, 60.0)), ([11.0, 10.0, 33.0], (-130.0, 60.0, 100.0)), ([10.0, 11.0, 54.0], (75.0, -100.0, 30.0))];
    let mut tomogram = noise([21, 21, 66], 8).mapv(|v| 0.3 * v);
    let mut density = Array3::zeros((20, 20, 20));
    draw_all(&mut density, [10.0; 3], &Orientation::identity());
    truth.iter().for_each(|&(at, (phi, psi, the))| draw_all(&mut tomogram, at, &Orientation::from_zxz(phi, psi, the).unwrap()));
    let template = Template::new(Volume::new(density), TemplateMask::Sphere { radius: 8.0, edge: 2.0 }).unwrap();
    let grid = RotationGrid::covering(step, symmetry).unwrap();
    assert!(grid.len() * 4 < RotationGrid::covering(step, Symmetry::default()).unwrap().len());
    let tomogram = Volume::new(tomogram);
    let found = Search::new(&tomogram, &template, &grid, MatchParams::default()).unwrap().run(&()).unwrap();
    let mut apart: f64 = 0.0;
    for (at, (phi, psi, the)) in truth {
        let index = found.rotations[at.map(|c| c as usize)];
        let (ours, orientation) = (grid.get(index).unwrap(), Orientation::from_zxz(phi, psi, the).unwrap());
        assert!(symmetry.angle_between(ours, &orientation).unwrap() < step, "{at:?}");
        apart = apart.max(ours.angle_to(&orientation));
    }
    // Not all of them lie in the part of the orientations that is tried.
    assert!(apart > 60.0, "{apart}");
}

#[test]
fn noise_passes_the_threshold_as_often_as_expected() {
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let tomogram = Volume::new(Array3::from_shape_simple_fn([40, 40, 40], || random.sample::<f32, _>(rand_distr::StandardNormal)));
    let mut density = Array3::zeros((13, 13, 13));
    draw(&mut density, [6.0; 3], &Orientation::identity());
    let template = Template::new(Volume::new(density), TemplateMask::Sphere { radius: 6.0, edge: 0.0 }).unwrap();
    // One orientation: the count of scores above is then the count of voxels above.
    let grid = RotationGrid::from_orientations(vec![Orientation::identity()]).unwrap();
    let found = Search::new(&tomogram, &template, &grid, MatchParams::default()).unwrap().run(&()).unwrap();
    for expected in [64.0, 640.0, 6400.0] {
        let threshold = found.statistics.threshold(expected).unwrap();
        let passed = found.scores.data().iter().filter(|&&s| f64::from(s) > threshold).count() as f64;
        // Neighbouring scores are alike, so that counts vary more than their square root.
        assert!((passed / expected - 1.0).abs() < 0.5, "{passed} for {expected}");
    }
}

#[test]
fn gold_is_not_searched() {
    let mut tomogram = noise([30, 30, 30], 3);
    tomogram.slice_mut(cryoet_core::ndarray::s![14..17, 14..17, 14..17]).fill(60.0);
    let tomogram = Volume::new(tomogram);
    let template = template(7, true, 4);
    let grid = orientations(2, 1);
    let params = MatchParams { variance_limit: Some(5.0), ..MatchParams::default() };
    let found = Search::new(&tomogram, &template, &grid, params).unwrap().run(&()).unwrap();
    assert_eq!(found.rotations[[15, 15, 15]], NOT_SEARCHED);
    assert_ne!(found.rotations[[4, 4, 4]], NOT_SEARCHED);
    assert_eq!(found.statistics.count % 2, 0);
}

#[test]
fn refuses_what_cannot_be_searched() {
    let grid = orientations(2, 1);
    let small = template(7, true, 4);
    let new = |tomogram: Array3<f32>, params: MatchParams| {
        let tomogram = Volume::new(tomogram).with_voxel_size(VoxelSize::isotropic(10.0).unwrap());
        Search::new(&tomogram, &small, &grid, params).map(|_| ()).unwrap_err()
    };
    let params = MatchParams::default();
    assert!(matches!(new(noise([6, 20, 20], 1), params), MatchError::TemplateLarger { template: 7, .. }));
    assert!(matches!(new(Array3::from_elem((9, 9, 9), 2.5), params), MatchError::NoVariance { value: 2.5 }));
    assert!(matches!(new(Array3::from_elem((9, 9, 9), f32::NAN), params), MatchError::Tomogram(_)));
    assert!(matches!(new(Array3::zeros((0, 9, 9)), params), MatchError::Tomogram(_)));
    let wedge = MatchParams { wedge: Some(Wedge::new(10.0, f64::NAN)), ..params };
    assert!(matches!(new(noise([9, 9, 9], 1), wedge), MatchError::Wedge { .. }));
    let low_pass = MatchParams { low_pass: Some(LowPass { cutoff: 0.0, edge: 0.1 }), ..params };
    assert!(matches!(new(noise([9, 9, 9], 1), low_pass), MatchError::LowPass { .. }));
    let ctf = |defocus| MatchParams { ctf: Some(Ctf::underfocus(defocus)), ..params };
    assert!(matches!(new(noise([9, 9, 9], 1), ctf(-1.0)), MatchError::Ctf { .. }));
    let bare = Volume::new(noise([9, 9, 9], 1));
    assert!(matches!(Search::new(&bare, &small, &grid, ctf(3e4)).map(|_| ()), Err(MatchError::CtfWithoutVoxelSize)));
    assert!(matches!(new(noise([9, 9, 9], 1), MatchParams { variance_limit: Some(0.0), ..params }), MatchError::VarianceLimit { .. }));
    assert!(matches!(new(noise([9, 9, 9], 1), MatchParams { tile: usize::MAX, ..params }), MatchError::Tile { .. }));

    let other = Template::new(small.density().clone().with_voxel_size(VoxelSize::isotropic(8.0).unwrap()), small.mask().clone()).unwrap();
    let tomogram = Volume::new(noise([9, 9, 9], 1)).with_voxel_size(VoxelSize::isotropic(10.0).unwrap());
    assert!(matches!(Search::new(&tomogram, &other, &grid, params).map(|_| ()), Err(MatchError::VoxelSizes { .. })));
    let mask = Volume::new(Array3::from_elem((9, 9, 8), true));
    let search = Search::new(&tomogram, &small, &grid, params).unwrap();
    assert!(matches!(search.within(&mask).map(|_| ()), Err(MatchError::MaskShape { .. })));
}

#[test]
fn stops_when_asked_to() {
    let tomogram = Volume::new(noise([12, 12, 12], 1));
    let (small, grid) = (template(7, true, 4), orientations(50, 1));
    let search = Search::new(&tomogram, &small, &grid, MatchParams::default()).unwrap();
    let stop = |done: u64, total: u64| if done >= 3 && total == 50 { Err(Cancelled) } else { Ok(()) };
    assert!(matches!(search.run(&stop), Err(MatchError::Cancelled(_))));
}

#[test]
fn a_search_of_nothing_is_refused() {
    let tomogram = Volume::new(noise([12, 13, 14], 1));
    for sphere in [true, false] {
        let (template, grid) = (template(6, sphere, 2), orientations(2, 3));
        let nowhere = Volume::new(Array3::from_elem(tomogram.shape(), false));
        let search = Search::new(&tomogram, &template, &grid, MatchParams::default()).unwrap().within(&nowhere).unwrap();
        assert!(matches!(search.run(&()), Err(MatchError::NothingSearched)));
        let params = MatchParams { variance_limit: Some(1e-9), ..MatchParams::default() };
        let search = Search::new(&tomogram, &template, &grid, params).unwrap();
        assert!(matches!(search.run(&()), Err(MatchError::NothingSearched)));
    }
}

#[test]
fn voxels_that_are_no_cubes_are_refused() {
    let (template, grid) = (template(6, true, 2), orientations(1, 3));
    let search = |z: f64| {
        let tomogram = Volume::new(noise([12, 13, 14], 1)).with_voxel_size(VoxelSize::new(z, 10.0, 10.0).ok());
        Search::new(&tomogram, &template, &grid, MatchParams::default()).map(|_| ()).err()
    };
    assert!(search(10.05).is_none());
    assert!(matches!(search(15.0), Some(MatchError::AnisotropicVoxels { found }) if found.zyx() == [15.0, 10.0, 10.0]));
}
