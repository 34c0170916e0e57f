use cryoet_core::ndarray::Array3;

use super::*;

fn at(class: u8, z: f64, y: f64, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(z, y, x).unwrap())
}

/// Three particles side by side along x in boxes of 4 voxels, two voxels of nobody's between them.
fn boxes() -> (Vec<Particle>, Array3<u32>) {
    let truth = vec![at(1, 2.0, 2.0, 1.5), at(2, 2.0, 2.0, 7.5), at(2, 2.0, 2.0, 13.5)];
    let hitboxes = Array3::from_shape_fn((5, 5, 16), |(_, _, x)| if x % 6 < 4 { x as u32 / 6 + 1 } else { 0 });
    (truth, hitboxes)
}

#[test]
fn every_figure_by_hand() {
    let (truth, hitboxes) = boxes();
    let picks = [
        at(2, 2.0, 2.0, 1.5),  // rounds to 2: hits 1 with the wrong class, which stays
        at(1, 2.0, 2.0, 3.5),  // rounds to 4: nobody's
        at(1, 2.0, 2.0, 0.0),  // hits 1 again
        at(2, 2.0, 5.0, 7.5),  // outside, clamped to y = 4: hits 2, 3 voxels off
        at(1, -9.0, 2.0, 4.0), // outside, clamped to nobody's
    ];
    let evaluation = evaluate_hitboxes(&truth, &picks, hitboxes.view(), &HitboxProtocol::shrec_2019()).unwrap();
    let l = evaluation.localisation;
    assert_eq!((l.reported, l.tp, l.fp, l.fn_, l.multiple_hits, l.outside), (5, 2, 2, 1, 1, 2));
    let mean = (0.5 + 1.5 + (4.0f64 + 0.25).sqrt()) / 3.0; // to voxels 2, 0 and, clamped, (4, 8)
    assert_eq!((l.mean_distance, l.recall, l.precision, l.miss_rate), (mean, 2.0 / 3.0, 0.4, 1.0 / 3.0));
    assert_eq!(l.f1, 0.5);
    assert_eq!(evaluation.matches, [Some(0), Some(3), None]);
    let [one, two] = [1, 2].map(|label| evaluation.class(ClassLabel::new(label)).unwrap());
    assert_eq!((one.precision, one.recall, one.support), (0.0, 0.0, 1));
    assert_eq!((two.precision, two.recall, two.support), (0.5, 0.5, 2));
    assert_eq!(evaluation.macro_f1, 0.25);
    assert_eq!(evaluation.confusion.count(ClassLabel::new(2), ClassLabel::BACKGROUND), 1);
}

#[test]
fn strict_rules_count_strays_and_miss_outside() {
    let (truth, hitboxes) = boxes();
    let picks = [at(2, 2.0, 5.0, 7.5), at(2, 2.0, 2.0, 8.0), at(1, 2.0, 2.0, 5.0)];
    let strict = HitboxProtocol::strict();
    let evaluation = evaluate_hitboxes(&truth, &picks, hitboxes.view(), &strict).unwrap();
    let l = evaluation.localisation;
    assert_eq!((l.tp, l.fp, l.outside, l.mean_distance), (1, 2, 1, 0.5));
    assert_eq!(evaluation.confusion.count(ClassLabel::BACKGROUND, ClassLabel::new(2)), 1);
    assert_eq!(evaluation.class(ClassLabel::new(2)).unwrap().precision, 0.5);
}

#[test]
fn ties_go_to_even_voxels_and_half_outside_is_inside() {
    assert_eq!(nearest_voxel(Position::new(0.5, 1.5, -0.5).unwrap(), [4, 4, 4]), (Some([0, 2, 0]), false));
    assert_eq!(nearest_voxel(Position::new(3.5, 1e300, -0.6).unwrap(), [4, 4, 4]), (Some([3, 3, 0]), true));
}

#[test]
fn empty_lists_and_volumes_score_zero() {
    let (truth, hitboxes) = boxes();
    let none = Array3::<u32>::zeros((5, 5, 16));
    let nothing = Array3::<u32>::zeros((0, 0, 0));
    for (truth, picks, volume) in [(&truth[..], &[][..], &hitboxes), (&[][..], &truth[..], &none), (&truth[..], &truth[..], &nothing)] {
        let evaluation = evaluate_hitboxes(truth, picks, volume.view(), &HitboxProtocol::shrec_2019()).unwrap();
        let l = evaluation.localisation;
        assert_eq!((l.tp, l.recall, l.precision, l.f1, l.mean_distance, evaluation.macro_f1), (0, 0.0, 0.0, 0.0, 0.0, 0.0));
        assert_eq!(l.fp, picks.len() as u64);
    }
}

#[test]
fn ids_beyond_the_truth_are_refused() {
    let (truth, hitboxes) = boxes();
    let error = evaluate_hitboxes(&truth[..2], &[], hitboxes.view(), &HitboxProtocol::shrec_2019()).unwrap_err();
    assert_eq!(error, EvaluateError::UnknownParticle { voxel: [0, 0, 12], id: 3, truth: 2 });
}

#[test]
fn dilation_lets_the_larger_id_win() {
    let (truth, hitboxes) = boxes();
    let shrec_2020 = HitboxProtocol::shrec_2020();
    let found = |x: f64| evaluate_hitboxes(&truth, &[at(1, 2.0, 2.0, x)], hitboxes.view(), &shrec_2020).unwrap().matches;
    assert_eq!(found(4.0), [Some(0), None, None]);
    assert_eq!(found(5.0), [None, Some(0), None]);
    let touching = Array3::from_shape_fn((5, 5, 16), |(_, _, x)| (x as u32 / 6 + 1).min(3));
    let found = |x: f64| evaluate_hitboxes(&truth, &[at(1, 0.0, 0.0, x)], touching.view(), &shrec_2020).unwrap().matches;
    assert_eq!((found(4.0), found(5.0)), (vec![Some(0), None, None], vec![None, Some(0), None]));
}

#[test]
fn first_hits_alone_make_the_mean_distance() {
    let (truth, hitboxes) = boxes();
    let picks = [at(1, 2.0, 2.0, 2.0), at(1, 2.0, 2.0, 0.0)];
    let of = |protocol: HitboxProtocol| evaluate_hitboxes(&truth, &picks, hitboxes.view(), &protocol).unwrap().localisation.mean_distance;
    assert_eq!((of(HitboxProtocol::shrec_2020()), of(HitboxProtocol::shrec_2019())), (0.5, 1.0));
}

#[test]
fn excluded_classes_are_no_truth_and_no_answer() {
    let (truth, hitboxes) = boxes();
    let picks = [at(1, 2.0, 2.0, 2.0), at(1, 2.0, 2.0, 8.0), at(2, 2.0, 2.0, 14.0)];
    let protocol = HitboxProtocol { excluded: [ClassLabel::new(1)].into(), ..HitboxProtocol::shrec_2019() };
    let evaluation = evaluate_hitboxes(&truth, &picks, hitboxes.view(), &protocol).unwrap();
    let l = evaluation.localisation;
    assert_eq!((l.reported, l.tp, l.fp, l.fn_, l.recall, l.precision), (3, 2, 0, 0, 1.0, 2.0 / 3.0));
    assert_eq!(evaluation.confusion.count(ClassLabel::new(2), ClassLabel::BACKGROUND), 1);
    assert_eq!(evaluation.class(ClassLabel::new(1)), None);
    let published = HitboxProtocol { in_recall: [ClassLabel::new(1)].into(), ..protocol };
    let recall = evaluate_hitboxes(&truth, &picks, hitboxes.view(), &published).unwrap().localisation.recall;
    assert_eq!(recall, 2.0 / 3.0);
}

#[test]
fn stray_picks_of_excluded_classes_name_background() {
    let (truth, hitboxes) = boxes();
    let (one, two) = (ClassLabel::new(1), ClassLabel::new(2));
    // One on the particle, one on it again, one on nothing: all of the excluded class.
    let picks = [at(1, 2.0, 2.0, 14.0), at(1, 2.0, 2.0, 14.0), at(1, 99.0, 2.0, 2.0)];
    let protocol = HitboxProtocol { excluded: [one].into(), ..HitboxProtocol::strict() };
    let evaluation = evaluate_hitboxes(&truth, &picks, hitboxes.view(), &protocol).unwrap();
    assert_eq!(evaluation.class(one), None);
    assert_eq!(evaluation.confusion.count(ClassLabel::BACKGROUND, ClassLabel::BACKGROUND), 2);
    assert_eq!((evaluation.confusion.count(two, ClassLabel::BACKGROUND), evaluation.micro_f1()), (2, 0.0));
}
