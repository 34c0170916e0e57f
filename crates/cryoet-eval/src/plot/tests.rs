use std::collections::BTreeMap;

use cryoet_core::{Class, ClassLabel, ClassTable, Particle, Position, Score};

use super::*;
use crate::{Criterion, DistanceParams, Evaluation, ThresholdRule, evaluate_distance, sweep};

fn at(class: u8, x: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap())
}

fn evaluation(found: usize) -> Evaluation {
    let truth: Vec<_> = (0..10).map(|i| at(1, 10.0 * f64::from(i))).collect();
    evaluate_distance(&truth, &truth[..found], &DistanceParams::new(1.0)).unwrap()
}

fn count(plot: &Plot, colour: [u8; 3]) -> usize {
    plot.pixels().rows().into_iter().filter(|pixel| pixel.as_slice() == Some(&colour[..])).count()
}

#[test]
fn a_png_reads_back() {
    let plot = evaluation(5).plot_confusion();
    let mut bytes = Vec::new();
    plot.write_png(&mut bytes).unwrap();
    let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; plot.pixels().len()];
    reader.next_frame(&mut pixels).unwrap();
    assert!(plot.pixels().iter().eq(&pixels));
}

#[test]
fn cells_are_shaded_by_their_share_of_the_row() {
    // A row of one particle class: all of it found, half of it, none of it.
    let full = [8, 69, 148];
    let areas = [10, 5, 0].map(|found| count(&evaluation(found).plot_confusion(), full));
    assert!(areas[0] > 1000 && areas[1] == 0 && areas[2] > 1000, "{areas:?}");
    let half = [131, 162, 201]; // half way to white, twice
    assert!(count(&evaluation(5).plot_confusion(), half) > 2000);
}

#[test]
fn perfect_picks_draw_along_the_upper_border() {
    let list: Vec<_> = (0..4).map(|i| at(1, 10.0 * f64::from(i)).with_score(Score::new(f64::from(i)).unwrap())).collect();
    let curves = sweep(&list, &list, &DistanceParams::new(1.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
    let plot = curves.plot_precision_recall(&ClassTable::new(vec![Class::new(ClassLabel::new(1), "ribosome")]).unwrap());
    // The frame spans columns 96 to 536 and rows 20 to 460; finding lies above its only class.
    for column in 97..535 {
        assert!(plot.pixels()[[20, column, 0]] < 40, "column {column}");
    }
    assert!(plot.pixels()[[200, 300, 0]] == 255);
}

#[test]
fn masses_and_scores_find_their_places() {
    let masses = BTreeMap::from([(ClassLabel::new(1), 100.0), (ClassLabel::new(2), 1000.0), (ClassLabel::new(3), f64::NAN)]);
    let truth = [at(1, 0.0), at(2, 20.0), at(3, 40.0)];
    let evaluation = evaluate_distance(&truth, &[at(1, 0.0), at(3, 40.0)], &DistanceParams::new(1.0)).unwrap();
    let plot = plot_f1_by_mass(&[("a", &evaluation)], &masses);
    let blue = [0, 114, 178];
    let places: Vec<_> =
        plot.pixels().rows().into_iter().enumerate().filter(|(_, p)| p.as_slice() == Some(&blue[..])).map(|(i, _)| i).collect();
    let width = plot.pixels().dim().1;
    // A line from the upper left (100 kDa, F1 1) to the lower right (1,000 kDa, F1 0); its legend lies right of the frame.
    let [left, right] = [96.0 + 620.0 * 0.08 / 1.16, 96.0 + 620.0 * 1.08 / 1.16];
    let in_frame = |i: &&usize| *i % width < 716;
    let first = places.iter().filter(in_frame).min_by_key(|i| *i % width).unwrap();
    let last = places.iter().filter(in_frame).max_by_key(|i| *i % width).unwrap();
    assert!(((first % width) as f64 - (left - 4.0)).abs() <= 1.5 && ((last % width) as f64 - (right + 4.0)).abs() <= 1.5);
    assert!((last / width).abs_diff(first / width + 400) <= 4);
}

#[test]
fn nothing_draws_empty_pictures() {
    let none = evaluate_distance(&[], &[], &DistanceParams::new(1.0)).unwrap();
    assert!(none.plot_confusion().pixels().dim().0 > 0);
    let curves = sweep(&[], &[], &DistanceParams::new(1.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
    let plots = [
        curves.plot_precision_recall(&ClassTable::default()),
        plot_f1_by_mass(&[], &BTreeMap::new()),
        plot_f1_by_mass(&[("none", &none)], &BTreeMap::from([(ClassLabel::new(1), 1e300), (ClassLabel::new(2), 1e-300)])),
    ];
    for plot in plots {
        plot.write_png(io::sink()).unwrap();
    }
}
