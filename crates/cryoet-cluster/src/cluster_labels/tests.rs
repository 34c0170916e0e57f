use super::*;
use crate::{Connectivity, Method, Placement, Relief, Scoring, SizeFilter, Vote, Watershed, cluster_source};
use cryoet_core::ndarray::{Array3, s};
use cryoet_core::{Cancelled, ClassLabel, Position, Volume};
use proptest::prelude::*;

fn blobs(shape: [usize; 3], centres: &[([usize; 3], u8)], r2: usize) -> Array3<u8> {
    Array3::from_shape_fn(shape, |(z, y, x)| {
        let near = |c: [usize; 3]| z.abs_diff(c[0]).pow(2) + y.abs_diff(c[1]).pow(2) + x.abs_diff(c[2]).pow(2) <= r2;
        centres.iter().find(|(c, _)| near(*c)).map_or(0, |(_, label)| *label)
    })
}

#[test]
fn empty_and_ignored_volumes_have_no_particles() {
    for value in [0, 255] {
        let labels = Array3::from_elem((5, 6, 7), value);
        assert_eq!(cluster_labels(labels.view(), None, &ClusterParams::default(), &()), Ok(vec![]));
    }
    // However long the other axes.
    for shape in [(0, 4, 4), (1 << 40, 1, 0), (1, 0, 1 << 40)] {
        let none = Array3::<u8>::zeros(shape);
        for method in methods() {
            let params = ClusterParams { method, opening: Some(1.0), ..ClusterParams::default() };
            assert_eq!(cluster_labels(none.view(), None, &params, &()), Ok(vec![]));
        }
    }
}

#[test]
fn bad_input_is_named() {
    let labels = Array3::from_elem((3, 3, 3), 1_u8);
    let negative = ClusterParams { radius: -5.0, ..ClusterParams::default() };
    assert_eq!(cluster_labels(labels.view(), None, &negative, &()), Err(ClusterError::Radius { radius: -5.0 }));
    let endless = ClusterParams { radius: 1e300, ..ClusterParams::default() };
    assert_eq!(cluster_labels(labels.view(), None, &endless, &()), Err(ClusterError::Radius { radius: 1e300 }));
    let near = ClusterParams { min_distance: Some(-1.0), ..ClusterParams::default() };
    assert_eq!(cluster_labels(labels.view(), None, &near, &()), Err(ClusterError::MinDistance { distance: -1.0 }));

    let nothing = ClusterParams { radius: f64::NAN, ..ClusterParams::default() };
    assert!(matches!(cluster_labels(labels.view(), None, &nothing, &()), Err(ClusterError::Radius { .. })));
    let open = ClusterParams { opening: Some(-2.0), ..ClusterParams::default() };
    assert_eq!(cluster_labels(labels.view(), None, &open, &()), Err(ClusterError::Opening { radius: -2.0 }));
    let method = Method::Watershed(Watershed { depth: f64::INFINITY, ..Watershed::default() });
    let deep = ClusterParams { method, ..ClusterParams::default() };
    assert_eq!(cluster_labels(labels.view(), None, &deep, &()), Err(ClusterError::Depth { depth: f64::INFINITY }));

    let mut scores = Array3::from_elem((3, 3, 3), 0.5_f32);
    scores[[1, 2, 0]] = f32::NAN;
    let error = cluster_labels(labels.view(), Some(scores.view()), &ClusterParams::default(), &()).unwrap_err();
    assert!(error.to_string().contains("voxel [1, 2, 0]"), "{error}");
    let other = Array3::from_elem((3, 3, 4), 0.5_f32);
    let error = cluster_labels(labels.view(), Some(other.view()), &ClusterParams::default(), &()).unwrap_err();
    assert_eq!(error, ClusterError::Shapes { labels: [3, 3, 3], scores: [3, 3, 4] });

    scores.slice_mut(s![1.., .., ..]).fill(f32::INFINITY);
    for _ in 0..20 {
        let error = cluster_labels(labels.view(), Some(scores.view()), &ClusterParams::default(), &()).unwrap_err();
        assert_eq!(error, ClusterError::Score { voxel: [1, 0, 0], value: f32::INFINITY });
    }
    scores.fill(-0.5);
    assert!(matches!(cluster_labels(labels.view(), Some(scores.view()), &ClusterParams::default(), &()), Err(ClusterError::Score { .. })));

    let huge = labels.slice(s![..1, ..1, ..1]);
    let huge = huge.broadcast((1 << 12, 1 << 12, 1 << 9)).unwrap();
    let error = cluster_labels(huge, None, &ClusterParams::default(), &()).unwrap_err();
    assert_eq!(error, ClusterError::TooManyVoxels { shape: [1 << 12, 1 << 12, 1 << 9] });
}

#[test]
fn the_majority_names_and_the_score_is_its_share() {
    let mut labels = Array3::<u8>::zeros((8, 8, 8));
    labels.slice_mut(s![2..4, 2..4, 2..6]).fill(7);
    labels.slice_mut(s![2..4, 2..4, 5..6]).fill(3);
    let mean = ClusterParams { scoring: Scoring::Mean, ..ClusterParams::default() };
    let particles = cluster_labels(labels.view(), None, &mean, &()).unwrap();
    assert_eq!(particles.len(), 1);
    assert_eq!((particles[0].class, particles[0].size), (ClassLabel::new(7), Some(16)));
    assert_eq!(particles[0].score.unwrap().get(), 0.75);

    let scores = labels.mapv(|label| if label == 7 { 0.5 } else { 0.9 });
    let particles = cluster_labels(labels.view(), Some(scores.view()), &mean, &()).unwrap();
    assert_eq!(particles[0].score.unwrap().get(), 0.375);

    let per_class = ClusterParams { per_class: true, ..ClusterParams::default() };
    let particles = cluster_labels(labels.view(), None, &per_class, &()).unwrap();
    assert_eq!(particles.iter().map(|p| (p.class.get(), p.size)).collect::<Vec<_>>(), [(3, Some(4)), (7, Some(12))]);
}

#[test]
fn confidence_may_outvote_the_majority_and_draw_the_place() {
    let mut labels = Array3::<u8>::zeros((5, 5, 9));
    labels.slice_mut(s![2, 2, 2..5]).fill(1);
    labels.slice_mut(s![2, 2, 5..7]).fill(2);
    let scores = labels.mapv(|label| if label == 2 { 0.75_f32 } else { 0.25 });
    let with = |vote, placement| {
        let params = ClusterParams { vote, placement, scoring: Scoring::Mean, ..ClusterParams::default() };
        cluster_labels(labels.view(), Some(scores.view()), &params, &()).unwrap().remove(0)
    };
    assert_eq!(with(Vote::Majority, Placement::Centroid).class, ClassLabel::new(1));
    assert_eq!(with(Vote::Majority, Placement::Centroid).position.x(), 4.0);
    assert_eq!(with(Vote::Confidence, Placement::Centroid).class, ClassLabel::new(2));
    let weighted = with(Vote::Confidence, Placement::WeightedCentroid);
    assert!((weighted.position.x() - (0.25 * 9.0 + 0.75 * 11.0) / 2.25).abs() < 1e-12);
    assert!((weighted.score.unwrap().get() - 0.3).abs() < 1e-12);
}

#[test]
fn evidence_ranks_a_whole_particle_above_a_speck() {
    let labels = blobs([20, 20, 40], &[([10, 10, 8], 1), ([10, 10, 30], 2)], 24);
    let scores = labels.mapv(|label| if label == 1 { 0.9_f32 } else { 0.99 });
    // All but a speck of the second is background.
    let labels = Array3::from_shape_fn(labels.dim(), |at| if labels[at] == 2 && at.0 != 10 { 0 } else { labels[at] });
    let with = |scoring, radius_per_class| {
        let params = ClusterParams { scoring, radius_per_class, ..ClusterParams::default() };
        let found = cluster_labels(labels.view(), Some(scores.view()), &params, &()).unwrap();
        let score = |class| found.iter().find(|p| p.class == ClassLabel::new(class)).unwrap().score.unwrap().get();
        (score(1), score(2))
    };
    let (whole, speck) = with(Scoring::Mean, [].into());
    assert!(speck > whole);
    let (whole, speck) = with(Scoring::Evidence, [].into());
    assert!(whole > 0.4 && speck < 0.2);
    // A smaller class asks for less.
    let (_, of_small) = with(Scoring::Evidence, [(ClassLabel::new(2), 2.0)].into());
    assert!(of_small > 0.6);
}

#[test]
fn seeds_given_say_how_many_clusters_there_are() {
    let labels = blobs([20, 20, 40], &[([10, 10, 8], 1), ([10, 10, 30], 2)], 24);
    let seed = |x| Position::new(9.0, 11.0, x).unwrap();
    let with = |seeds| {
        let params = ClusterParams { method: Method::SeedsGiven(seeds), ..ClusterParams::default() };
        let found = cluster_labels(labels.view(), None, &params, &()).unwrap();
        found.iter().map(|p| p.position.zyx()).collect::<Vec<_>>()
    };
    assert_eq!(with(vec![seed(7.0), seed(31.0)]).len(), 2);
    assert_eq!(with(vec![seed(29.0)]), [[10.0, 10.0, 30.0]]);
    assert!(with(vec![]).is_empty());
    assert!(with(vec![seed(1e9)]).is_empty());
}

#[test]
fn an_opening_cuts_bridges_before_components_are_found() {
    let mut labels = blobs([20, 20, 40], &[([10, 10, 8], 1), ([10, 10, 30], 2)], 24);
    labels.slice_mut(s![10, 10, 10..28]).fill(1);
    let with = |opening| {
        let params = ClusterParams { method: Method::Components(Connectivity::Corners), opening, ..ClusterParams::default() };
        cluster_labels(labels.view(), None, &params, &()).unwrap().iter().map(|p| p.class.get()).collect::<Vec<_>>()
    };
    assert_eq!(with(None), [1]);
    assert_eq!(with(Some(1.5)), [1, 2]);
}

#[test]
fn what_works_on_scores_needs_them() {
    let labels = Array3::from_elem((3, 3, 3), 1_u8);
    for method in [Method::Peaks, Method::Watershed(Watershed { relief: Relief::Score, ..Watershed::default() })] {
        let params = ClusterParams { method, ..ClusterParams::default() };
        assert_eq!(cluster_labels(labels.view(), None, &params, &()), Err(ClusterError::NoScores));
    }
}

#[test]
fn a_class_may_have_its_own_radius() {
    let labels = Array3::from_shape_fn((1, 1, 60), |(_, _, x)| 1 + (x % 2) as u8);
    let with = |radius| {
        let radius_per_class = [(ClassLabel::new(2), radius)].into();
        let params = ClusterParams { per_class: true, radius: 100.0, radius_per_class, ..ClusterParams::default() };
        cluster_labels(labels.view(), None, &params, &()).map(|found| found.iter().map(|p| p.class.get()).collect::<Vec<_>>())
    };
    assert_eq!(with(100.0), Ok(vec![1, 2]));
    let narrow = with(5.0).unwrap();
    assert_eq!(narrow.iter().filter(|&&class| class == 1).count(), 1);
    assert!(narrow.iter().filter(|&&class| class == 2).count() > 3);
    assert_eq!(with(-1.0), Err(ClusterError::Radius { radius: -1.0 }));
}

#[test]
fn slabs_give_what_the_whole_gives() {
    let labels = Volume::new(blobs([30, 20, 20], &[([8, 10, 10], 1), ([20, 8, 9], 2)], 20));
    let scores = Volume::new(labels.data().mapv(|label| f32::from(label) / 4.0));
    for method in [Method::MeanShift, Method::EveryVoxel, Method::Peaks] {
        let params = ClusterParams { method, ..ClusterParams::default() };
        let whole = cluster_labels(labels.view(), Some(scores.view()), &params, &()).unwrap();
        assert!(!whole.is_empty());
        for depth in [0, 7, 100] {
            assert_eq!(cluster_source(&labels, Some(&scores), depth, &params, &()).unwrap(), whole);
        }
    }
}

#[test]
fn small_clusters_go() {
    let labels = blobs([40, 20, 20], &[([8, 10, 10], 1), ([30, 10, 10], 2)], 9);
    let with = |size_filter| {
        let params = ClusterParams { size_filter, ..ClusterParams::default() };
        cluster_labels(labels.view(), None, &params, &()).unwrap().len()
    };
    assert_eq!(with(SizeFilter { all: 123, ..SizeFilter::default() }), 2);
    assert_eq!(with(SizeFilter { all: 124, ..SizeFilter::default() }), 0);
    assert_eq!(with(SizeFilter { all: 0, per_class: [(ClassLabel::new(2), 124)].into() }), 1);
}

#[test]
fn a_user_can_stop() {
    let labels = blobs([20, 20, 20], &[([8, 10, 10], 1)], 9);
    let stop = |_: u64, _: u64| Err(Cancelled);
    for method in methods() {
        let params = ClusterParams { method, ..ClusterParams::default() };
        assert_eq!(cluster_labels(labels.view(), None, &params, &stop), Err(ClusterError::Cancelled(Cancelled)));
    }
}

#[test]
fn the_same_voxel_twice_is_an_error() {
    let block = Array3::from_elem((2, 2, 2), 1_u8);
    let mut builder = ForegroundBuilder::new([9, 9, 9]).unwrap();
    builder.push_block([0, 0, 0], block.view(), None).unwrap();
    builder.push_block([1, 1, 1], block.view(), None).unwrap();
    assert!(matches!(builder.push_block([8, 0, 0], block.view(), None), Err(ClusterError::Outside(_))));
    let scores = Array3::from_elem((2, 2, 2), 1.0_f32);
    let mixed = builder.push_block([4, 0, 0], block.view(), Some(scores.view()));
    assert_eq!(mixed, Err(ClusterError::MixedScores { start: [4, 0, 0], scores: true }));
    let error = builder.finish(&ClusterParams::default(), &()).unwrap_err();
    assert_eq!(error, ClusterError::Overlap { voxel: [1, 1, 1] });
}

fn methods() -> Vec<Method> {
    let seed = |x| Position::new(12.5, 8.0, x).unwrap();
    vec![
        Method::MeanShift,
        Method::EveryVoxel,
        Method::Components(Connectivity::Corners),
        Method::Seeded(Connectivity::Corners),
        Method::SeedsGiven(vec![seed(8.0), seed(14.0), seed(8.25)]),
        Method::Watershed(Watershed::default()),
        Method::Watershed(Watershed { relief: Relief::Score, depth: 0.1, ..Watershed::default() }),
        Method::Peaks,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn blocks_in_any_order_and_any_number_of_threads_give_the_same(
        centres in prop::collection::vec((prop::array::uniform3(0..30_usize), 1..5_u8), 1..12),
        noise in prop::collection::vec(0.0..1.0_f32, 64),
        cuts in prop::array::uniform3(1..29_usize),
        rotation in 0..8_usize,
        method in prop::sample::select(methods()),
        per_class in any::<bool>(),
        weighted in any::<bool>(),
        opening in prop::option::of(0.0..2.0),
        min_distance in prop::option::of(0.0..9.0),
    ) {
        let labels = blobs([30, 31, 32], &centres, 14);
        let scores = Array3::from_shape_fn((30, 31, 32), |(z, y, x)| noise[(z * 7 + y * 3 + x) % 64]);
        let params = ClusterParams { method, per_class, weighted, opening, min_distance, radius: 4.0, ..ClusterParams::default() };
        let threads = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let whole = threads(1).install(|| cluster_labels(labels.view(), Some(scores.view()), &params, &())).unwrap();
        let again = threads(2).install(|| cluster_labels(labels.view(), Some(scores.view()), &params, &())).unwrap();
        prop_assert_eq!(&whole, &again);

        let mut builder = ForegroundBuilder::new([30, 31, 32]).unwrap();
        for i in 0..8 {
            let corner = (i + rotation) % 8;
            let range = |axis: usize, n: usize| if corner >> axis & 1 == 0 { 0..cuts[axis] } else { cuts[axis]..n };
            let (z, y, x) = (range(0, 30), range(1, 31), range(2, 32));
            let start = [z.start, y.start, x.start];
            let block = s![z, y, x];
            builder.push_block(start, labels.slice(block), Some(scores.slice(block))).unwrap();
        }
        let pushed = threads(16).install(|| builder.finish(&params, &())).unwrap();
        prop_assert_eq!(whole, pushed);
    }
}
