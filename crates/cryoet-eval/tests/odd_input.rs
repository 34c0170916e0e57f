//! What every rule of evaluation makes of lists that are empty, repeat themselves, or name classes the other list does not have.

use std::collections::BTreeMap;

use cryoet_core::ndarray::Array3;
use cryoet_core::{Class, ClassLabel, ClassTable, Particle, Position, Score};
use cryoet_eval::{
    Criterion, CziiClass, CziiParams, DistanceParams, Evaluation, HitboxProtocol, ThresholdRule, consensus, evaluate_czii,
    evaluate_deepfinder, evaluate_distance, evaluate_hitboxes, sweep,
};

fn at(class: u8, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(2.0, 2.0, x).unwrap()).with_score(Score::new(0.5).unwrap())
}

/// Boxes of five voxels along x, one after the other, the first particle's in the middle of the first.
fn hitboxes(truth: usize) -> Array3<u32> {
    Array3::from_shape_fn((5, 5, 50), |(_, _, x)| if x / 5 < truth { x as u32 / 5 + 1 } else { 0 })
}

/// The same lists under every rule that gives an evaluation.
fn every_rule(truth: &[Particle], picks: &[Particle]) -> Vec<(&'static str, Evaluation)> {
    let boxes = hitboxes(truth.len());
    let hit = |protocol| evaluate_hitboxes(truth, picks, boxes.view(), &protocol).unwrap();
    vec![
        ("SHREC'19", hit(HitboxProtocol::shrec_2019())),
        ("SHREC'20", hit(HitboxProtocol::shrec_2020())),
        ("SHREC'21", hit(HitboxProtocol::shrec_2021(ClassLabel::new(100), ClassLabel::new(101)))),
        ("strict", hit(HitboxProtocol::strict())),
        ("distance", evaluate_distance(truth, picks, &DistanceParams::new(2.0)).unwrap()),
        ("DeepFinder", evaluate_deepfinder(truth, picks, 2.0).unwrap()),
    ]
}

#[test]
fn empty_lists_score_zero_and_never_nan() {
    let some = [at(1, 2.0), at(2, 7.0)];
    for (truth, picks) in [(&some[..], &[][..]), (&[][..], &some[..]), (&[][..], &[][..])] {
        for (rule, evaluation) in every_rule(truth, picks) {
            let l = evaluation.localisation;
            for figure in [l.mean_distance, l.recall, l.precision, l.f1, evaluation.macro_f1, evaluation.micro_f1()] {
                assert_eq!(figure, 0.0, "{rule}, {} particles, {} picks", truth.len(), picks.len());
            }
            assert_eq!(l.miss_rate, if truth.is_empty() { 0.0 } else { 1.0 }, "{rule}");
            assert!(!evaluation.to_string().contains("NaN") && !evaluation.to_markdown().contains("NaN"), "{rule}");
        }
        let classes = BTreeMap::from([(ClassLabel::new(1), CziiClass { radius: 4.0, weight: 1.0 })]);
        assert_eq!(evaluate_czii(&[(truth, picks)], &CziiParams::new(classes)).unwrap().score, 0.0);
        let curves = sweep(truth, picks, &DistanceParams::new(2.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
        assert_eq!(curves.localisation.average_precision, 0.0);
        let shared = consensus(truth, picks, &DistanceParams::new(2.0)).unwrap();
        assert_eq!((shared.both.len(), shared.first_only.len(), shared.second_only.len()), (0, truth.len(), picks.len()));
    }
}

#[test]
fn a_repeated_pick_finds_once() {
    let truth = [at(1, 2.0), at(2, 7.0)];
    let picks = [truth[0].clone(), truth[0].clone(), truth[1].clone()];
    for (rule, evaluation) in every_rule(&truth, &picks) {
        let l = evaluation.localisation;
        // DeepFinder's own evaluator calls a particle with two picks missed.
        let (tp, fp) = match rule {
            "DeepFinder" => (1, 2),
            "distance" => (2, 1),
            _ => (2, 0),
        };
        assert_eq!((l.reported, l.tp, l.fp, l.multiple_hits), (3, tp, fp, 1), "{rule}");
        assert!(l.precision < 1.0, "{rule}");
    }
}

#[test]
fn classes_that_only_picks_have_are_wrong_names() {
    let truth = [at(1, 2.0), at(1, 7.0)];
    let picks = [at(1, 2.0), at(9, 7.0)];
    let names = ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")]).unwrap();
    for (rule, evaluation) in every_rule(&truth, &picks) {
        let evaluation = evaluation.with_names(&names);
        assert_eq!((evaluation.localisation.tp, evaluation.localisation.f1), (2, 1.0), "{rule}");
        let nine = evaluation.class(ClassLabel::new(9)).unwrap();
        assert_eq!((nine.name.as_str(), nine.support, nine.precision, nine.f1), ("9", 0, 0.0, 0.0), "{rule}");
        // The mean is over the classes of the truth.
        assert_eq!(evaluation.macro_f1, evaluation.class(ClassLabel::new(1)).unwrap().f1, "{rule}");
    }
}

#[test]
fn picks_of_background_find_without_naming() {
    let truth = [at(1, 2.0), at(1, 7.0)];
    for (rule, evaluation) in every_rule(&truth, &[at(1, 2.0), at(0, 7.0)]) {
        assert_eq!(evaluation.localisation.tp, 2, "{rule}");
        assert_eq!(evaluation.class(ClassLabel::new(1)).unwrap().recall, 0.5, "{rule}");
        assert_eq!(evaluation.confusion.count(ClassLabel::new(1), ClassLabel::BACKGROUND), 1, "{rule}");
        assert!(evaluation.class(ClassLabel::BACKGROUND).is_none(), "{rule}");
    }
    let curves = sweep(&truth, &[at(0, 2.0)], &DistanceParams::new(2.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
    assert_eq!(curves.classes.keys().map(|label| label.get()).collect::<Vec<_>>(), [1]);
}

#[test]
fn far_coordinates_are_nobodys() {
    let truth = [at(1, 2.0)];
    for far in [-1e300, -1e9, 1e9, 1e300] {
        for (rule, evaluation) in every_rule(&truth, &[at(1, far)]) {
            // The challenges move picks into the volume: one far below x = 0 comes to lie in the first box.
            let clamped = rule.starts_with("SHREC") && far < 0.0;
            assert_eq!(evaluation.localisation.tp, u64::from(clamped), "{rule} at {far}");
        }
    }
}
