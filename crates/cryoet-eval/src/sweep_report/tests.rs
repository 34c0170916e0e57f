use cryoet_core::{Class, ClassLabel, Particle, Position, Score};

use super::*;
use crate::{Criterion, DistanceParams, ThresholdRule, sweep};

fn at(class: u8, x: f64, score: f64) -> Particle {
    Particle::new(ClassLabel::new(class), Position::new(0.0, 0.0, x).unwrap()).with_score(Score::new(score).unwrap())
}

fn example() -> (Sweep, ClassTable) {
    let truth = [at(1, 0.0, 0.0), at(1, 20.0, 0.0), at(2, 40.0, 0.0)];
    let picks = [at(1, 0.0, 0.9), at(1, 60.0, 0.5), at(1, 20.0, 0.25)];
    let curves = sweep(&truth, &picks, &DistanceParams::new(2.0), Criterion::Score, ThresholdRule::MaxFBeta(1.0)).unwrap();
    (curves, ClassTable::new(vec![Class::new(ClassLabel::new(1), "big, |red|")]).unwrap())
}

#[test]
fn a_table_has_a_line_per_curve() {
    let (curves, names) = example();
    assert_eq!(
        curves.to_table(&names),
        "Class           AP  Threshold  Picks  TP  Precision  Recall      F1
all         0.5556       0.25      3   2     0.6667  0.6667  0.6667
big, |red|  0.8333       0.25      3   2     0.6667  1.0000  0.8000
2           0.0000
"
    );
    assert!(curves.to_string().contains("\n1      0.8333 "));
}

#[test]
fn markdown_and_csv_keep_their_columns() {
    let (curves, names) = example();
    assert!(
        curves.to_markdown(&names).contains("\n| big, \\|red\\| | 0.8333 | 0.25 | 3 | 2 | 0.6667 | 1.0000 | 0.8000 |\n| 2 | 0.0000 |  |")
    );
    let csv = curves.to_csv(&names);
    assert_eq!(csv.lines().count(), 7);
    assert!(csv.contains("\n,all,0.9,1,1,1,0.3333333333333333,0.5\n"));
    assert!(csv.contains("\n1,\"big, |red|\",0.5,2,1,0.5,0.5,0.5\n"));
}
